#!/bin/sh
# SPDX-License-Identifier: MIT
# heed score and heed sample, of a translator and of a language model.
# shellcheck disable=SC2016,SC2086 # programs of awk and sh; words
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/data.sh
. "$HEED_SOURCE/tests/cli/data.sh"

numbers
heed train --source numbers.de --target numbers.en --valid-source numbers.de \
    --valid-target numbers.en -o m.heed $small_writer --quiet
expect "a translator" code=0
heed train numbers.en --task language --format lines -o lm.heed $small_writer --encoder none --quiet
expect "a language model" code=0

# ---- scores ----
heed score m.heed numbers.de numbers.en
expect "a score and a number of tokens for each pair" code=0 lines=99 \
    out='^-[0-9]+\.[0-9]{6}	[23]$' err='^heed: perplexity 1\.[0-9]+: .* nats a token, 270 tokens, 99 texts$'
cp stdout scores
sed -n 's/^heed: perplexity \([0-9.]*\):.*/\1/p' stderr >said
check "the perplexity is that of the lines" awk 'NR == FNR {said = $1; next} {sum += $1; n += $2}
    END {p = exp(-sum / n); exit p - said > 0.001 || said - p > 0.001}' said scores
heed score m.heed numbers.de numbers.en --batch 5
expect "there is no such option" code=2 err='no --batch'
heed score m.heed numbers.de numbers.en --threads 1 --quiet
expect "one thread scores alike" code=0 same=stdout,scores no_err=.
head -n 1 numbers.de >one.de
head -n 1 numbers.en >one.en
heed score m.heed one.de one.en --quiet
head -n 1 scores >wanted
expect "one alone alike" code=0 same=stdout,wanted
paste numbers.de numbers.en >pairs.tsv
heed score m.heed pairs.tsv --text 1 --label 2 --quiet
expect "a table alike" code=0 same=stdout,scores
heed score m.heed numbers.de numbers.en --normalise --quiet
paste stdout scores >both
check "--normalise is the mean" awk '{d = $1 - $3 / $4; if (d > 1e-5 || d < -1e-5) exit 1}' both
heed score m.heed numbers.de numbers.en --summary
expect "--summary" code=0 lines=1 out='^perplexity ' no_err='perplexity'
heed score m.heed numbers.de numbers.en --summary --json --quiet
expect "as data" code=0 out='"perplexity": 1\.[0-9]+' out='"tokens": 270' out='"texts": 99'
heed score m.heed numbers.de numbers.en --json --quiet
expect "--json" code=0 lines=99 \
    out='^\{"source":"drei","target":"three","scored":\{"score":-[0-9.e-]+,"tokens":\[\{"token":.*\],"end":-[0-9.e-]+,"perplexity":1\.[0-9]+\}\}$'
sed 's/^fifty/sixty/' numbers.en >wrong
heed score m.heed numbers.de wrong --quiet
paste stdout scores numbers.en >both
check "wrong words score less" awk '$5 == "fifty" && $1 >= $3 {exit 1}' both
heed score lm.heed numbers.en
expect "a language model scores texts" code=0 lines=99 err='perplexity '
cp stdout scores
awk '{ for (i = NF; i > 0; i--) printf "%s%s", $i, i > 1 ? " " : "\n" }' numbers.en >turned
heed score lm.heed turned --quiet
paste stdout scores numbers.en >both
check "the wrong order scores less" awk 'NF == 6 && $1 >= $3 {bad++} NF == 6 {n++} END {exit bad * 20 > n}' both
printf 'twenty two\n\nthree\n' | "$HEED_COMMAND" score lm.heed --quiet >stdout
expect "a blank line has an empty one" lines=3
check "in its place" sh -c '[ -z "$(sed -n 2p stdout)" ]'

printf 'drei\n\nvier\n' >lone.de
printf 'three\nfive\n\n' >lone.en
heed score m.heed lone.de lone.en
expect "so has a pair without a source, which is told" code=0 lines=3 \
    err='^heed: warning: 1 pair has one empty side and was left out; the first is lone\.de:2$' \
    err=' 3 tokens, 2 texts$'
check "in its place; to write nothing has a score" awk '(NF == 2) == (NR == 2) {exit 1} NR == 3 && ($1 >= 0 || $2 != 1) {exit 1}' stdout
heed score m.heed lone.de lone.en --json
expect "as data it has no score" code=0 lines=3 out='^\{"source":"","target":"five"\}$' \
    out='^\{"source":"vier","target":"","scored":.*"score":-'

# ---- samples ----
heed sample lm.heed --seed 3 --quiet
expect "from nothing" code=0 lines=1 out='^[a-z]' no_err=.
cp stdout once
heed sample lm.heed --seed 3 --threads 1 --quiet
expect "the same seed, the same text" code=0 same=stdout,once
heed sample lm.heed -n 50 --quiet
expect "-n 50, each under its heading" code=0 out='^==> sample 50 <==$'
grep -v '^==>' stdout | sed '/^$/d' | sort -u | wc -l >many
check "they differ" awk '$1 < 10 {exit 1}' many
heed sample lm.heed -n 20 --temperature 0 --quiet
grep -v '^==>' stdout | sed '/^$/d' | sort -u >alike
check "but not at temperature 0" sh -c '[ "$(wc -l <alike)" = 1 ]'
heed sample lm.heed -n 20 --top-k 1 --quiet
expect "nor with --top-k 1" code=0 out="^$(cat alike)\$"
heed sample lm.heed --prompt 'twenty' -n 5 --quiet
check "a prompt stands at the beginning" sh -c '[ "$(grep -c "^twenty" stdout)" = 5 ]'
printf 'twenty\nninety\n' | "$HEED_COMMAND" sample lm.heed - --quiet >stdout
expect "prompts from standard input" out='^==> prompt 1, sample 1 <==$' out='^ninety'
heed sample lm.heed --prompt twenty -n 2 --json --quiet
expect "samples as data" code=0 lines=1 \
    out='^\{"prompt":"twenty","samples":\[\{"text":".*","score":-[0-9.e-]+,"finished":true,"tokens":\['
heed sample lm.heed --max-length 1 --json --quiet
expect "--max-length" code=0 out='"samples":\[\{.*"tokens":\[(\{[^{]*\})?\]'
heed sample m.heed numbers.de --quiet
expect "translations, drawn" code=0 lines=99 out='^[a-z]+ [a-z]+$'
cp stdout drawn
heed sample m.heed numbers.de --quiet --threads 1
expect "alike again" code=0 same=stdout,drawn
tail -n 5 numbers.de >tail.de
tail -n 5 drawn >wanted
heed sample m.heed tail.de --quiet
expect "whatever stands before" code=0 same=stdout,wanted
heed sample m.heed numbers.de -n 2 --top-p 0.9 --quiet
expect "several of each" code=0 lines=198 out='^0 \|\|\| [a-z ]+ \|\|\| -?[0-9.]+$'
heed sample m.heed one.de --prefix sixty --quiet
expect "with a prefix" code=0 out='^sixty'

# ---- learned positions: none beyond the windows of training ----
for act in 1 2 3 4; do echo "act $act" && cat numbers.en && echo; done >running.txt
learned="--task language --tokenizer characters --positions learned --block 32 --dim 8 --ffn 8
    --layers 1 --heads 2"
heed train running.txt -o positions.heed $learned --steps 1 --quiet
expect "a model of 32 positions" code=0
heed sample positions.heed -n 9 --prompt twenty --json --quiet
expect "texts end where the positions do" code=0
tr '{' '\n' <stdout | grep -c '"token"' >count
check "the prompt included" awk '{exit $1 > 9 * 25 || $1 < 100}' count
heed sample positions.heed --prompt 'twenty one, twenty two, twenty three' --quiet
expect "a longer prompt is refused" code=3 no_out=. err='longer than the 31 tokens .*greater --block'
heed sample positions.heed --max-length 32 --quiet
expect "so is a greater length" code=2 no_out=. \
    err='max_length = 32; the model.s learned positions end after 31 tokens.*--block'
printf '%s\n' 'thirty one signs, of a to z one' 'thirty two signs, of a to z some' >reach
heed score positions.heed reach --quiet
expect "and a text to score, after those before it" code=3 \
    err='reach:2: longer than the 31 tokens'
heed train running.txt -o no.heed $learned --steps 1 --max-length 64
expect "nor are more positions trained than windows have" code=2 no_file=no.heed \
    err='input\.max_length = 64; .* 31 tokens'
heed train running.txt -o sines.heed $learned --positions sinusoidal --steps 1 --quiet
heed sample sines.heed --max-length 64 --quiet
expect "sinusoids have no end" code=0

# ---- what they refuse ----
head -n 98 numbers.en >short
heed score m.heed numbers.de short
expect "files of different lengths" code=3 err='short ends after line 98, and numbers\.de goes on'
head -n 98 numbers.de >few.de
{ head -n 97 numbers.en && yes one | head -n 600 | tr '\n' ' ' && echo; } >long.en
heed score m.heed few.de long.en --quiet
expect "a target that is too long is named by file and line" code=3 lines=97 \
    err='few\.de:98: target: longer than the 512 tokens .*--max-length'
heed score m.heed a b c
expect "three files" code=2 err="'c' is too much" no_out=.
heed translate lm.heed numbers.de
expect "a language model does not translate" code=2 \
    err='lm\.heed: the model is a language model; ask it with heed sample, score or eval' no_out=.
heed align lm.heed numbers.de numbers.en
expect "nor align" code=2 err='is a language model' no_out=.
heed eval lm.heed numbers.en
expect "its measure is how likely it finds a text" code=0 lines=2 out='^perplexity of a token [0-9.]+'
heed explain lm.heed numbers.en
expect "nor explain" code=2 err='is a language model' no_out=.
heed sample lm.heed --prompt a numbers.en
expect "a prompt and a file" code=2 err='--prompt and numbers\.en' no_out=.
heed sample lm.heed --prefix a
expect "a prefix of no translation" code=2 err='goes on from --prompt' no_out=.
reviews 60 >reviews.tsv
heed train reviews.tsv -o classes.heed --steps 5 --quiet
for verb in sample score align; do
    heed $verb classes.heed numbers.de numbers.en
    expect "heed $verb of a model that labels" code=2 no_out=. \
        err="^heed $verb: classes\\.heed: the model labels texts; ask it with heed predict"
done
finish
