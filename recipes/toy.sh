#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: recipes/toy.sh [OUT]
# Copy, reverse and sort: lines of 3 to 8 letters, 8,000 to learn from, 500 others to be measured on, for a GRU
# with additive attention and a Transformer. Prints how many lines are right to the last letter.
# STEPS, TIME: recipes/lib.sh; without them 3,000 steps each.
set -eu
# shellcheck source=recipes/lib.sh
. "$(dirname "$0")/lib.sh"
out=${1:-build/recipes/toy}
command -v "$HEED" >/dev/null || stop "no command $HEED; build it with ./dev build, or name it: HEED=/path/to/heed"
mkdir -p "$out"

# No line is in both parts. The same bytes on every machine.
awk -v out="$out" '
    function roll(n) { state = (state * 7141 + 54773) % 259200; return int(state / 259200 * n) }
    function add(what, text) { print text >(out "/" part "." what) }
    BEGIN {
        state = 1
        while (written < 8500) {
            n = 3 + roll(6)
            text = backwards = sorted = ""
            split("", count)
            for (i = 0; i < n; i++) {
                letter = substr("abcdefghijklmnop", 1 + roll(16), 1)
                text = text (i ? " " : "") letter
                backwards = letter (i ? " " : "") backwards
                count[letter]++
            }
            for (i = 1; i <= 16; i++) {
                letter = substr("abcdefghijklmnop", i, 1)
                for (k = count[letter]; k > 0; k--) sorted = sorted (sorted == "" ? "" : " ") letter
            }
            if (seen[text]++) continue
            part = ++written <= 8000 ? "train" : "test"
            add("source", text); add("copy", text); add("reverse", backwards); add("sort", sorted)
        }
    }'

for task in copy reverse sort; do
    for kind in gru transformer; do
        shape="--encoder $kind --layers 2 --dim 64"
        [ $kind = gru ] || shape="$shape --heads 4 --ffn 256 --positions learned --dropout 0.05"
        model=$out/$task-$kind.heed
        # shellcheck disable=SC2046,SC2086 # words
        train "$model" --source "$out/train.source" --target "$out/train.$task" --tokenizer words \
            $shape --batch-texts 64 --lr 0.003 --label-smoothing 0 --quiet \
            $(if [ -n "${STEPS:-}${TIME:-}" ]; then budget 1m; else echo --steps 3000; fi)
        "$HEED" translate "$model" "$out/test.source" >"$out/$task-$kind.out"
        paste "$out/test.$task" "$out/$task-$kind.out" | awk -F '\t' -v name="$task, $kind" '
            $1 == $2 { right++ } END { printf "%s: %d of %d lines right\n", name, right, NR }'
    done
done
