#!/bin/sh
# SPDX-License-Identifier: MIT
# heed train on what models that write learn from: pairs in two files or two columns, running text,
# documents; and what is wrong with them.
# shellcheck disable=SC2016,SC2086 # programs of awk; words
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/data.sh
. "$HEED_SOURCE/tests/cli/data.sh"

numbers
pair="--source numbers.de --target numbers.en"
short="$small_writer --steps 1"

# ---- tokenizers ----
heed train $pair -o m.heed $short
expect "one vocabulary is made of both sides" code=0 err='tokenizer words: [0-9]+ tokens'
check "and only one" test "$(grep -c 'heed: tokenizer' stderr)" = 1
heed train $pair -o m.heed $short --joint false --target-tokenizer characters
expect "or one of each, of kinds of their own" code=0 \
    err='tokenizer words of sources: [0-9]+ tokens' \
    err='tokenizer characters of targets: [0-9]+ tokens'
check "which are two" test "$(grep -c 'heed: tokenizer' stderr)" = 2
heed translate m.heed numbers.de --quiet --max-length 3
expect "and can be translated with" code=0 lines=99
heed train $pair -o m.heed $short --target-tokenizer characters
expect "other kinds are other vocabularies" code=0 err='tokenizer characters'
heed train $pair -o no.heed $short --joint true --target-tokenizer characters
expect "which cannot be asked to be one" code=2 err='input.joint: .*no vocabulary in common' \
    no_file=no.heed

# ---- settings that no model can have, before a tokenizer is trained ----
early() { # NAME REGEX ARGUMENT...
    early_name=$1 early_message=$2
    shift 2
    heed train $pair -o no.heed --steps 1 "$@"
    expect "$early_name" code=2 err="$early_message" no_err='read as|heed: tokenizer' no_file=no.heed
}
early "copying needs attention" 'decoder\.copy needs attention over a source; .*additive' \
    --decoder gru --attention none --copy true
early "so does coverage" 'decoder\.coverage needs attention' \
    --decoder gru --attention none --coverage true
early "and its loss" 'decoder\.coverage_loss needs attention' \
    --decoder lstm --attention none --coverage-loss 1
early "sizes that a score cannot compare" 'make decoder\.dim 32' \
    --decoder gru --attention dot --dim 32 --decoder-dim 48
early "heads that do not divide" 'not a multiple of heads = 3' --heads 3 --dim 32
early "one matrix for two vocabularies" 'decoder\.tie = all; it needs one vocabulary' \
    --tie all --joint false
: >links
early "a layer to guide that is not there" 'guide_layer = 9; the decoder has 3' \
    --guide links --guide-layer 9
early "or a head" 'guide_head = 9; a layer has 8' --guide links --guide-head 9
early "or no attention at all" 'guide with --attention none' \
    --guide links --decoder gru --attention none

# ---- what is wrong with pairs ----
head -n 97 numbers.en >short.en
heed train --source numbers.de --target short.en -o no.heed $short
expect "different counts are named with both files" code=3 no_file=no.heed \
    err='numbers\.de has 99 lines and short\.en has 97; .*equally many lines'
sed '5s/.*//' numbers.en >gap.en
heed train --source numbers.de --target gap.en -o m.heed $short
expect "an empty side is left out and named" code=0 \
    err='1 of 99 pairs have an empty side and were left out; the first is gap\.en:5'
gzip -c numbers.de | head -c 40 >cut.de.gz
heed train --source cut.de.gz --target numbers.en -o no.heed $short
expect "damaged gzip is named" code=5 err='cut\.de\.gz' no_file=no.heed
{ cat numbers.de && seq -s ' ' 1 60; } >long.de
{ cat numbers.en && echo one; } >long.en
heed train --source long.de --target long.en -o m.heed $short
expect "sides of too different lengths are left out and named" code=0 \
    err='1 of [0-9]* pairs were left out: 1 with sides of too different lengths .*long\.de:100'
heed train --source long.de --target long.en -o m.heed $short --max-ratio 0 --max-length 40
expect "what is too long is left out, not cut" code=0 no_err='cut at' \
    err='pairs were left out: 1 too long .*long\.de:100'
heed train --source numbers.de --target numbers.de -o no.heed $short --drop-identical true
expect "none may be left" code=3 err='none of [0-9]* pairs is left: [0-9]* of two equal texts' \
    no_file=no.heed
heed train numbers.de --task translate -o no.heed $short
expect "lines alone are no pairs" code=3 err='numbers\.de: .*--target' no_file=no.heed

# ---- what a step takes ----
planned() {
    sed -n 's/.* parameters, \(.*\) MB for training.*/\1/p' stderr
}
heed train $pair -o m.heed $short --batch-tokens 4096
plain=$(planned)
heed train $pair -o m.heed $short --batch-tokens 4096 --sampling 0.5
check "the first pass of sampling is planned and told before the first step" \
    test "$(planned)" != "$plain"

# ---- text for a language model ----
language="--task language --tokenizer characters --dim 8 --ffn 8 --layers 1 --heads 2"
i=0
while [ $i -lt 400 ]; do
    echo "Line $i of a play:"
    echo
    i=$((i + 1))
done >play.txt
heed train play.txt -o lm.heed $language --steps 2 --block 16 --batch-tokens 64
expect "running text is read whole" code=0 err='play\.txt: read as running text' no_err='cut at'
heed train play.txt -o lm.heed --task language --decoder gru --dim 32 --steps 2 --block 32
sed -n 's/.* parameters, \([0-9.]*\) MB for training.*/\1/p' stderr >said
grep -oE ' [0-9]+ MB ' stderr | tail -n 1 >taken
check "what steps take was said before the first" sh -c \
    'paste -d " " said taken | awk "{ exit !(\$1 > 1 && \$2 <= \$1 + 0.6) }"'
heed train play.txt -o lm.heed $language --steps 2 --max-ratio 3
expect "a setting for pairs is said to have no effect" code=0 \
    err='train\.max_ratio = 3 has no effect: output\.kind is language'
heed train --source numbers.de --target numbers.en -o led.heed --encoder gru --dim 8 --steps 1 --guide-rest end \
    --pool-heads 2
expect "how to be guided is said to have no effect without a guide" code=0 \
    err='train\.guide_rest = end has no effect without --guide'
expect "what pools has no effect in a translator" code=0 err='pool\.heads = 2 has no effect: output\.kind is translate'
paste numbers.de numbers.en >pairs.tsv
heed train play.txt -o no.heed --task language --encoder gru --steps 1
expect "what reads a source is not for a language model" code=2 no_file=no.heed \
    err='encoder\.kind = gru in a language model, which has no source; leave it out .*decoder\.kind'
heed train play.txt -o no.heed --task language --decoder gru --attention dot --steps 1
expect "nor what looks at one" code=2 err='decoder\.attention = dot in a language model' no_file=no.heed
heed train pairs.tsv -o no.heed --steps 1
expect "pairs taken for labels: what they may be is told" code=3 err='translations: --task translate' no_file=no.heed
awk '{ print "0-0" }' numbers.de >links
sed '1s/.*//' links >others
led="--source numbers.de --target numbers.en -o led.heed --encoder gru --dim 8 --tokenizer words --validate-every 1"
heed train $led --steps 2 --guide links
expect "a translator that is led by links" code=0
heed info led.heed
expect "says so: command, links and what it aligns by" code=0 \
    out='^rebuild .* --target TARGET --guide LINKS --task translate' out='guide_sha256 +[0-9a-f]{64}$' \
    out='^alignment$' out='  layer +1$' out='  head +1$' out='  rule +output$'
"$HEED_COMMAND" train $led --steps 100000 --guide links >/dev/null 2>&1 &
training=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    [ -f led.heed.state ] && break
    sleep 0.5
done
kill -INT $training
wait $training || :
heed train $led --steps 100000 --guide others --resume
expect "which does not go on by others" code=2 err='led\.heed\.state: belongs to other data or links'
heed train $led --steps 100000 --resume
expect "nor by none" code=2 err='belongs to other data or links'
heed train pairs.tsv -o lm.heed $language --steps 1
expect "rows are documents" code=0 err='pairs\.tsv: read as tsv'
heed train play.txt pairs.tsv -o no.heed $language --steps 1
expect "which are not mixed with running text" code=3 err='pairs\.tsv: is read as tsv' no_file=no.heed

finish
