#!/bin/sh
# SPDX-License-Identifier: MIT
# --precision high and medium: what they promise of bits, resuming and losses, with AMX and without.
# shellcheck disable=SC2086 # words
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/data.sh
. "$HEED_SOURCE/tests/cli/data.sh"

heed info --json
expect "info says what each precision is" code=0 out='"precisions": ' out='"high": "' \
    out='"medium": "'
amx=1
grep -q '"high": "float32"' stdout && amx=0
if [ $amx = 0 ]; then echo "# no AMX here (or HEED_CPU forbids it): high and medium are highest"; fi

reviews 600 >data.tsv
reviews 200 7 >valid.tsv
settings="--valid valid.tsv --dim 32 --epochs 4 --patience 0 --quiet"
for kind in transformer gru; do
    for precision in highest high medium; do
        heed train data.tsv -o $kind-$precision.heed --encoder $kind $settings \
            --precision $precision
        expect "$kind trains at $precision" code=0 file=$kind-$precision.heed
        heed train data.tsv -o more.heed --encoder $kind $settings --precision $precision --threads 3
        expect "to the same bytes on three threads" code=0 same=$kind-$precision.heed,more.heed
    done
    loss() { sed -n 's/.*"valid_loss": *\([^,}]*\).*/\1/p' "$1.metrics.jsonl" | tail -n 1; }
    check "$kind reaches the loss of highest within 1 % at high" awk \
        -v a="$(loss $kind-highest.heed)" -v b="$(loss $kind-high.heed)" \
        'BEGIN { exit !(a > 0 && b > 0.99 * a && b < 1.01 * a) }'
done
heed info gru-high.heed
expect "the model says at which precision it was trained" code=0 out='--precision high' \
    out='arithmetic  '

# ---- answers: the same alone and together ----
cut -f 2 valid.tsv | tail -n +2 | head -n 40 >texts.txt
for kind in transformer gru; do
    heed predict $kind-high.heed texts.txt --precision high --quiet
    expect "$kind answers at high" code=0 lines=40
    cp stdout together.txt
    while read -r line; do
        echo "$line" | "$HEED_COMMAND" predict $kind-high.heed --precision high --threads 1 --quiet
    done <texts.txt >alone.txt
    check "to the same bits one at a time" cmp together.txt alone.txt
    HEED_CPU=avx512 heed predict $kind-high.heed texts.txt --quiet
    cp stdout without.txt
    heed predict $kind-high.heed texts.txt --quiet
    cp stdout with.txt
    check "at highest on every level" cmp with.txt without.txt
done

# ---- writing: step by step and whole, as at highest ----
numbers
pair="--source numbers.de --target numbers.en --valid-source numbers.de --valid-target numbers.en"
for kind in gru transformer; do
    heed train $pair -o $kind.heed --precision high --quiet --tokenizer words --encoder gru \
        --decoder $kind --dim 16 --decoder-heads 2 --decoder-ffn 32 --layers 1 --steps 150 \
        --validate-every 150 --bleu-sample 0 --lr 0.01
    expect "a $kind that writes trains at high" code=0
    heed translate $kind.heed numbers.de --scores --quiet --precision high --max-length 8
    expect "and writes" code=0 lines=99
    cp stdout together.txt
    head -n 10 numbers.de | while read -r line; do
        echo "$line" | "$HEED_COMMAND" translate $kind.heed --scores --quiet --precision high \
            --max-length 8 --threads 1
    done >alone.txt
    head -n 10 together.txt >some.txt
    check "the same bits one at a time" cmp some.txt alone.txt
    paste numbers.de together.txt | awk -F "\t" '$3 != "" && split($3, word, " ") < 7' >ended.txt
    cut -f 1 ended.txt >from.txt
    cut -f 3 ended.txt >written.txt
    cut -f 2 ended.txt >scores.txt
    heed score $kind.heed from.txt written.txt --precision high --quiet
    cut -f 1 stdout >again.txt
    check "it writes some that end" test -s ended.txt
    check "and scores what it wrote as it did" cmp scores.txt again.txt
done

# ---- interrupted ----
settings="--encoder transformer --dim 32 --layers 2 --epochs 8 --patience 0 --validate-every 10"
heed train data.tsv -o whole.heed $settings --precision high --quiet
"$HEED_COMMAND" train data.tsv -o cut.heed $settings --precision high --quiet >stdout 2>stderr &
process=$!
tries=0
while [ ! -s cut.heed.state ] && [ $tries -lt 600 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
kill -KILL $process 2>/dev/null
wait $process 2>/dev/null || true
if [ -s cut.heed.state ]; then
    heed train data.tsv -o cut.heed $settings --resume
    expect "a run at high is not gone on with at highest" code=2 err='other data or another precision'
    if [ $amx = 1 ]; then
        HEED_CPU=avx512 heed train data.tsv -o cut.heed $settings --precision high --resume
        expect "nor where there is no AMX" code=2 err='another precision or machine' err='as at highest'
    fi
    heed train data.tsv -o cut.heed $settings --precision high --quiet --resume
    expect "at high it goes on to the same bytes" code=0 same=whole.heed,cut.heed
fi
heed predict gru-high.heed texts.txt --precision low
expect "other precisions are none" code=2 err='highest, high or medium'
finish
