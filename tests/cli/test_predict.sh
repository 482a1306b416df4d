#!/bin/sh
# SPDX-License-Identifier: MIT
# heed predict, and what any verb does with a model file that is not whole.
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/data.sh
. "$HEED_SOURCE/tests/cli/data.sh"

reviews 300 >data.tsv
reviews 90 2 >other.tsv
heed train data.tsv -o model.heed --quiet
expect "a model to ask" code=0

# ---- what it writes ----
heed predict model.heed other.tsv
expect "a label and its probability for each row" code=0 lines=90 \
    out='^(pos|neg)	[01]\.[0-9]{6}$' err='first line is a header'
cp stdout answers
awk -F '\t' 'NR > 1 {print $1}' other.tsv >truth
right=$(cut -f 1 answers | paste - truth | awk '$1 == $2' | wc -l)
check "$right of 90 are right" test "$right" -ge 85
tail -n +2 other.tsv | cut -f 2 >texts
"$HEED_COMMAND" predict model.heed <texts >stdout 2>stderr
expect "lines of standard input are answered alike" same=stdout,answers
heed predict model.heed - <texts
expect "- is standard input" code=0 same=stdout,answers
for threads in 1 3; do
    heed predict model.heed other.tsv --threads $threads --quiet
    expect "$threads threads answer alike" code=0 same=stdout,answers no_err=.
done
tail -n 1 texts | "$HEED_COMMAND" predict model.heed >stdout 2>stderr
tail -n 1 answers >last_answer
expect "an answer does not depend on the texts around it" same=stdout,last_answer
heed predict model.heed other.tsv -k 2 --quiet
expect "-k 2 gives both labels" code=0 out='^pos	0\.[0-9]+	neg	0\.[0-9]+$|^neg	.*	pos	'
# At a probability that half of them have: as many empty labels as are below it, in their places.
half=$(cut -f 2 answers | sort | sed -n 45p | awk '{printf "%.7f", $1 - 0.0000005}') # before rounding
heed predict model.heed other.tsv --abstain "$half"
awk -F '\t' -v OFS='\t' -v least="$half" '{print ($2 < least ? "" : $1), $2}' answers >abstained
expect "--abstain leaves what is less likely" code=0 same=stdout,abstained \
    err="$(grep -c '^	' abstained) of 90 labels left open: less likely than 0"
heed predict model.heed other.tsv --abstain 1 --json -k 2 --quiet
expect "in JSON: null, beside what it might be" code=0 lines=90 no_err=. \
    out='"label": ?null, ?"probability": ?[0-9.e-]+, ?"best": ?\[\{"label": ?"(pos|neg)"'
heed predict model.heed other.tsv --abstain 0.9 -k 2
expect "columns cannot have both" code=2 err='take --json'
heed predict model.heed other.tsv --abstain 90
expect "a probability is meant" code=2 err='abstain'
heed eval model.heed other.tsv --abstain "$half"
expect "eval says what is kept" code=0 out='before the temperature of [0-9.]+\)' \
    out='of a probability of 0\.[0-9]+ or more: [0-9.]+ % of the rows, accuracy [01]\.[0-9]+'
heed eval model.heed other.tsv --json --abstain 1
expect "in JSON, with the error before the temperature" code=0 out='"ece_before":' \
    out='"abstain": \{' out='"kept": [0-9.]+' out='"temperature": [0-9.]+'
heed predict model.heed other.tsv --csv --quiet
expect "--csv" code=0 lines=90 out='^(pos|neg),[01]\.[0-9]{6}$'
heed predict model.heed other.tsv --json --quiet
expect "--json passes the fields through" code=0 lines=90 \
    out='"text": ?".*"prediction": ?\{"label": ?"(pos|neg)", ?"probability": ?[0-9.e-]+\}'
printf 'a good film\n\nbad, really\n' | "$HEED_COMMAND" predict model.heed >stdout 2>stderr
sed -n 2p stdout >second
expect "a line without text gets an empty one" lines=3
check "in its place" test "$(cat second)" = ""
printf '{"text": "a good film", "id": 7}\n' | "$HEED_COMMAND" predict model.heed --json >stdout
expect "other fields of JSON lines stay" out='"id": ?7'

# The first answer comes before the second text was written.
mkfifo texts_in answers_out
"$HEED_COMMAND" predict model.heed --quiet <texts_in >answers_out &
exec 3>texts_in 4<answers_out
echo 'a good film' >&3
read -r first <&4
echo 'a bad film' >&3
read -r second <&4
exec 3>&- 4<&-
wait
last="heed predict, one text after another"
code=0
printf '%s\n%s\n' "$first" "$second" >stdout
expect "from a pipe each text is answered at once" lines=2 out='^pos	' out='^neg	'

# ---- what it refuses ----
: >empty.tsv
head -c 3000 "$HEED_COMMAND" >binary
heed predict model.heed missing.tsv
expect "a missing file is named" code=4 err='missing\.tsv: cannot be opened' no_out=.
heed predict model.heed empty.tsv
expect "an empty one" code=3 err='empty\.tsv: is empty' no_out=.
heed predict model.heed binary
expect "a binary one" code=5 err='binary: .*no UTF-8' no_out=.
heed predict model.heed other.tsv --text stars
expect "a column that is not there" code=2 err="no column 'stars'; its columns are: label, text"
heed predict model.heed other.tsv --besst 2
expect "an unknown flag" code=2 err='no --besst; the nearest is --best'
heed predict model.heed other.tsv --best 0
expect "a number out of range" code=2 err='--best 0: .* from 1 to'
heed predict model.heed other.tsv --json --csv
expect "two forms at once" code=2 err='--json and --csv'
heed predict
expect "no model" code=2 err='usage: heed predict'

# ---- where output goes ----
code=0
yes 'a good film' | head -n 100000 | {
    "$HEED_COMMAND" predict model.heed --quiet 2>stderr || echo $? >status
} | head -n 1 >stdout
read -r code <status
last="heed predict | head -n 1"
expect "a reader that goes away ends it quietly" code=9 lines=1 no_err=.
if [ -w /dev/full ]; then
    code=0
    "$HEED_COMMAND" predict model.heed other.tsv --quiet >/dev/full 2>stderr || code=$?
    : >stdout
    last="heed predict >/dev/full"
    expect "a full disk is noticed" code=4 err='No space left'
fi

# ---- model files that are not whole ----
size=$(wc -c <model.heed)
broken=0
for cut in 0 1 7 8 9 100 1000 $((size / 2)) $((size - 1)); do
    head -c "$cut" model.heed >cut.heed
    heed predict cut.heed other.tsv
    if [ "$code" != 5 ] || ! grep -q '^heed predict: cut.heed: ' stderr; then
        broken=$((broken + 1))
        echo "cut at $cut: exit code $code" && cat stderr
    fi
done >report
check "a model cut at any byte is refused" sh -c "cat report; [ $broken = 0 ]"
broken=0
for at in 0 3 8 20 60 200 900 1500 $((size / 3)) $((size / 2)) $((size - 100)) $((size - 1)); do
    cp model.heed flipped.heed
    byte=$(od -An -tu1 -j "$at" -N 1 model.heed | tr -d ' ')
    # shellcheck disable=SC2059 # the format is the byte
    printf "\\$(printf '%03o' $((byte ^ 4)))" |
        dd of=flipped.heed bs=1 seek="$at" conv=notrunc 2>/dev/null
    heed predict flipped.heed other.tsv
    if [ "$code" != 5 ] || ! grep -q '^heed predict: flipped.heed: ' stderr; then
        broken=$((broken + 1))
        echo "flipped at $at: exit code $code" && cat stderr
    fi
done >report
check "a model with a byte flipped is refused" sh -c "cat report; [ $broken = 0 ]"
LC_ALL=C sed 's/"heed\.format":"[0-9]"/"heed.format":"7"/' model.heed >newer.heed
heed predict newer.heed other.tsv
expect "a newer format is refused" code=5 err='newer\.heed: format version 7.*newer heed' \
    differ=newer.heed,model.heed
heed predict data.tsv other.tsv
expect "what is no model is refused" code=5 err='data\.tsv: not a safetensors file'
heed predict missing.heed other.tsv
expect "a missing model is named" code=4 err='missing\.heed: cannot be opened'
finish
