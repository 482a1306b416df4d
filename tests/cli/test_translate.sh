#!/bin/sh
# SPDX-License-Identifier: MIT
# heed translate: order, forms, search, streams, and what it refuses.
# shellcheck disable=SC2016,SC2086 # programs of awk and sh; words
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/data.sh
. "$HEED_SOURCE/tests/cli/data.sh"

numbers
heed train --source numbers.de --target numbers.en --valid-source numbers.de \
    --valid-target numbers.en -o m.heed $small_writer --quiet
expect "a translator to ask" code=0 file=m.heed no_file=m.heed.state

# ---- what it writes ----
heed translate m.heed numbers.de --quiet
expect "a line for each line" code=0 lines=99 no_err=.
cp stdout english
right=$(paste -d '|' english numbers.en | awk -F '|' '$1 == $2' | wc -l)
check "$right of 99 are right" test "$right" -ge 90
"$HEED_COMMAND" translate m.heed <numbers.de >stdout 2>stderr
expect "lines of standard input alike" same=stdout,english
for threads in 1 3; do
    heed translate m.heed numbers.de --threads $threads --quiet
    expect "$threads threads translate alike" code=0 same=stdout,english
done
heed translate m.heed numbers.de --batch 7 --quiet
expect "batches of 7 alike" code=0 same=stdout,english
: >single
while read -r line; do
    printf '%s\n' "$line" | "$HEED_COMMAND" translate m.heed --quiet
done >single <<END
$(head -n 12 numbers.de)
END
head -n 12 english >stdout
expect "one by one alike" same=stdout,single
printf '\ndrei\n   \n\nzwei und zwanzig\n\n' | "$HEED_COMMAND" translate m.heed >stdout 2>stderr
printf '\nthree\n\n\ntwenty two\n\n' >wanted
expect "empty lines stay empty, to the last" same=stdout,wanted
printf '' | "$HEED_COMMAND" translate m.heed >stdout 2>stderr
code=$?
expect "no line, no line" code=0 lines=0
printf 'drei\n\377\nvier\n' >latin
heed translate m.heed latin
printf 'three\n\nfour\n' >wanted
expect "a line that is not UTF-8 is named, the others stay abreast" code=0 same=stdout,wanted \
    err='latin:2: byte 1 \(0xFF\) is not UTF-8'

# ---- forms ----
heed translate m.heed numbers.de --scores --quiet
expect "--scores" code=0 lines=99 out='^-[0-9]+\.[0-9]{6}	[a-z ]+$'
cut -f 2 stdout >texts
check "and the text after the tab" cmp texts english
cut -f 1 stdout >scores
heed score m.heed numbers.de english --quiet
cut -f 1 stdout >forced
check "heed score says the same scores" cmp scores forced
heed translate m.heed numbers.de --alignment hard --quiet
expect "--alignment hard" code=0 lines=99 out='^[a-z ]+ \|\|\| [0-9]+-[0-9]+( [0-9]+-[0-9]+)*$'
sed 's/ ||| .*//' stdout >texts
check "after the text" cmp texts english
heed translate m.heed numbers.de --alignment soft --quiet
expect "--alignment soft" code=0 lines=99 \
    out='^[a-z]+ [a-z]+ \|\|\| ([01]\.[0-9]{4},){2}[01]\.[0-9]{4} ([01]\.[0-9]{4},){2}[01]\.[0-9]{4}$'
heed translate m.heed numbers.de --beam 5 -k 3 --quiet
expect "-k 3" code=0 lines=297 out='^0 \|\|\| [a-z ]+ \|\|\| -[0-9.]+$' out='^98 \|\|\| '
check "best first" awk -F ' [|][|][|] ' '$1 == last && $3 > score {exit 1} {last = $1; score = $3}' stdout
awk -F ' [|][|][|] ' '!seen[$1]++ {print $2}' stdout >first
heed translate m.heed numbers.de --beam 5 --quiet
check "the first is the translation" cmp first stdout
heed translate m.heed numbers.de -k 2 --alignment hard --quiet
expect "-k with an alignment" code=0 out='^1 \|\|\| three \|\|\| 0-0 \|\|\| -[0-9.]+$'

printf '{"id": 7, "de": "drei", "score": "kept"}\n{"de": "zwei und zwanzig"}\n' >in.jsonl
heed translate m.heed in.jsonl --text de --json --quiet
expect "JSON in, JSON out, fields pass through" code=0 lines=2 \
    out='^\{"id":7,"de":"drei","score":"kept","translation":\{"target":"three","score":-[0-9.e-]+,"normalised":-[0-9.e-]+,"finished":true,"tokens":\[\{"token":"[^"]*three","score":-[0-9.e-]+\}\],"end":-[0-9.e-]+,"alignment":\[\[0,0\]\]\}\}$' \
    out='"target":"twenty two"'
heed translate m.heed in.jsonl --text de --json --alignment soft -k 2 --quiet
expect "weights and the best as data" code=0 out='"words":\["twenty","two"\],"weights":\[\[[0-9.e-]+,' \
    out='"best":\[\{"target":'
printf 'drei\n' | "$HEED_COMMAND" translate m.heed --json --alignment none --quiet >stdout
expect "plain lines have their text under source" \
    out='^\{"source":"drei","translation":\{"target":"three"' no_out='alignment'
printf 'n\tde\n3\tdrei\n4\tvier\n' >in.tsv
heed translate m.heed in.tsv --text de --quiet
printf 'three\nfour\n' >wanted
expect "a column of a table" code=0 same=stdout,wanted

# ---- search ----
heed translate m.heed numbers.de --beam 1 --scores --quiet
cp stdout greedy
heed translate m.heed numbers.de --beam 1 --norm none --scores --quiet
expect "a beam of one knows no norm" code=0 same=stdout,greedy
heed sample m.heed numbers.de --temperature 0 --quiet
cut -f 2 greedy >wanted
expect "a beam of one is greedy" code=0 same=stdout,wanted
heed translate m.heed numbers.de --beam 1 --quiet
expect "without scores it writes the same" code=0 same=stdout,wanted
heed translate m.heed numbers.de --beam 1 --stream --threads 2 --quiet
expect "one text at a time too" code=0 same=stdout,wanted
heed translate m.heed numbers.de --norm wu --alpha 0.6 --coverage-penalty 0.1 --quiet
expect "other norms" code=0 lines=99
heed translate m.heed numbers.de --max-length 1 --quiet
expect "--max-length" code=0 lines=99 no_out=' '
heed translate m.heed numbers.de --max-length 512 --batch 7 --quiet
expect "as many as the model writes" code=0 same=stdout,english no_err=.
heed translate m.heed numbers.de --max-length 5000 --batch 7 --quiet
expect "more is told" code=0 same=stdout,english \
    err='^heed: warning: max_length = 5000: the model writes at most 512 tokens'
check "once" test "$(wc -l <stderr)" = 1
heed translate m.heed numbers.de --prefix 'sixty' --quiet
check "--prefix is kept" sh -c '! grep -v "^sixty" stdout'
sed 's/ .*//' numbers.en >begin
heed translate m.heed numbers.de --prefixes begin --quiet
check "--prefixes, each its own" sh -c 'cut -d" " -f1 stdout | cmp - begin'
printf 'drei und zweiundzwanzig\nxyz\n' >unknown
heed translate m.heed unknown --quiet
expect "unknown words are not written" code=0 lines=2 no_out='unk'
heed translate m.heed unknown --prefix 'sixty zebra' --batch 1 --quiet
expect "an unknown word of a prefix stays, and is named" code=0 lines=2 no_out='unk' \
    out='^sixty zebra' err="^heed: warning: 'zebra' in a prefix is not in the vocabulary"
check "once" test "$(wc -l <stderr)" = 1
heed translate m.heed unknown --prefix 'sixty one' --quiet
expect "a known one is not" code=0 no_err=.
heed translate m.heed unknown --replace-unknown --batch 1 --quiet
expect "--replace-unknown without any in training is told" code=0 lines=2 no_out='<unk>' \
    err='^heed: warning: replace_unknown has no effect: no target in training had an unknown word'
check "once for all texts" test "$(wc -l <stderr)" = 1
heed info m.heed --json
expect "as the model knows" code=0 out='"unknown_targets": *0'
heed train --source numbers.de --target numbers.en -o rare.heed $small_writer --steps 2 \
    --min-count 10 --quiet
heed info rare.heed --json
expect "unknown targets are counted" code=0 out='"unknown_targets": *[1-9]'
heed translate rare.heed unknown --replace-unknown --quiet
expect "--replace-unknown" code=0 lines=2 no_out='<unk>' no_err=.

# ---- one after another ----
mkfifo texts_in answers_out
for stream in "" --stream; do
    # shellcheck disable=SC2086 # no option, no word
    "$HEED_COMMAND" translate m.heed --quiet $stream <texts_in >answers_out &
    exec 3>texts_in 4<answers_out
    echo 'drei' >&3
    read -r first <&4
    echo 'zwei und zwanzig' >&3
    read -r second <&4
    exec 3>&- 4<&-
    wait
    last="heed translate $stream, one text after another"
    code=0
    printf '%s\n%s\n' "$first" "$second" >stdout
    expect "from a pipe what is there is answered at once $stream" lines=2 out='^three$' \
        out='^twenty two$'
done

# ---- what it refuses ----
reviews 60 >reviews.tsv
heed train reviews.tsv -o classes.heed --steps 5 --quiet
heed translate classes.heed numbers.de
expect "a model that labels" code=2 no_out=. \
    err='^heed translate: classes\.heed: the model labels texts; ask it with heed predict'
heed predict m.heed reviews.tsv
expect "heed predict of a translator" code=2 no_out=. \
    err='^heed predict: m\.heed: the model translates; ask it with heed translate'
heed eval m.heed reviews.tsv
expect "heed eval says what measures a translator" code=2 no_out=. \
    err='^heed eval: m\.heed: the model translates; .*heed translate .*heed metric .*heed score --summary'
{ echo drei && yes drei | head -n 700 | tr '\n' ' ' && echo; } >long.de
heed translate m.heed long.de
printf 'three\n' >wanted
expect "a text that is too long is named, those before it are answered" code=3 same=stdout,wanted \
    err='translate: long\.de:2: longer than the [0-9]+ tokens'
heed translate m.heed missing.de
expect "a missing file" code=4 err='missing\.de: cannot be opened' no_out=.
remedy='; name a file that heed wrote, or get it again, whole$'
head -c 3000 m.heed >cut.heed
head -c 5 m.heed >stump.heed
head -c "$(($(wc -c <m.heed) - 10))" m.heed >short.heed
: >empty.heed
for file in numbers.de cut.heed stump.heed short.heed empty.heed; do
    heed translate $file numbers.de
    expect "$file is no model, and what to do about it" code=5 no_out=. \
        err="^heed translate: $file: .*$remedy"
done
heed translate m.heed numbers.de --beam 2 -k 3
expect "more than the beam has" code=2 err='--best 3: a beam of 2' no_out=.
heed translate m.heed numbers.de --prefix a --prefixes begin
expect "two prefixes" code=2 err='--prefix and --prefixes' no_out=.
head -n 3 begin >few
heed translate m.heed numbers.de --prefixes few
expect "too few prefixes" code=3 err='--prefixes few: it ends before the texts do' no_out=.
cat begin few >many
heed translate m.heed numbers.de --prefixes many
expect "too many" code=3 err='--prefixes many: line 100 has no text'
heed translate m.heed numbers.de --scores --json
expect "scores twice" code=2 err='--scores' no_out=.
heed translate m.heed numbers.de --stream --batch 4
expect "a stream of batches" code=2 err='--stream is --batch 1' no_out=.
heed translate m.heed numbers.de --layer 1
expect "a layer for nothing" code=2 err='ask for one with --alignment' no_out=.
heed translate m.heed numbers.de --alignment hard --layer 9
expect "a layer that is not there" code=2 err='--layer 9: .* has 1' no_out=.
heed translate m.heed numbers.de --alignment hard --head 1
expect "a head of no layer" code=2 err='--head 1: of which layer' no_out=.
heed translate m.heed numbers.de --norm none --alpha 2
expect "an exponent of nothing" code=2 err='--alpha 2' no_out=.
heed translate m.heed numbers.de --replace-unknown --allow-unknown
expect "unknown words both ways" code=2 err='choose one' no_out=.
if [ -w /dev/full ]; then
    code=0
    "$HEED_COMMAND" translate m.heed numbers.de --quiet >/dev/full 2>stderr || code=$?
    : >stdout
    last="heed translate >/dev/full"
    expect "a full disk is noticed" code=4 err='No space left'
fi
finish
