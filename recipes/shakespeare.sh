#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: recipes/shakespeare.sh DATA [OUT]
# Tiny Shakespeare (DATA/input.txt), characters: the default language model, a Transformer decoder without a
# source, 4 layers of 4 heads, 128 wide, 0.8 million parameters, whose characters see the 256 before them. The
# first 90 % of the bytes are learned, the rest is for validation. Prints the loss on it (nats a character) of
# three seeds and a sample, and leaves OUT/results.tsv for recipes/results.sh. From the environment: SEEDS; FLAGS,
# settings to try, which want another OUT; STEPS, TIME: recipes/lib.sh; without them 1,950 steps, at --precision
# high, four minutes of two processors with AMX.
set -eu
# shellcheck source=recipes/lib.sh
. "$(dirname "$0")/lib.sh"
begin "$@"
split_text input.txt
runs=$out/runs.tsv
: >"$runs"

for seed in ${SEEDS:-1 2 3}; do
    model=$out/shakespeare.$seed.heed
    begun=$(date +%s)
    # shellcheck disable=SC2046,SC2086 # words
    train "$model" "$out/train.txt" --valid "$out/valid.txt" --task language --precision high --seed "$seed" \
        --validate-every 195 ${FLAGS:-} $(budget 1950)
    seconds=$(($(date +%s) - begun))
    title "seed $seed, on the last tenth"
    "$HEED" eval "$model" "$out/valid.txt" --precision high -q | tee "$out/eval.txt"
    loss=$(sed -n 's/.*nats a token \([0-9.]*\).*/\1/p' "$out/eval.txt")
    printf '%s\t%s\t%s\n' "$seed" "$loss" "$seconds" >>"$runs"
done
awk -F'\t' -v flags="${FLAGS:+FLAGS=\"$FLAGS\" }" '
    { n++; sum += $2; time += $3; all = all (n > 1 ? ", " : "") sprintf("%.3f", $2) }
    END { printf "[tinyshakespeare, characters](results/shakespeare.md)\t%.3f nats a character (%s)\t1.80 / 1.60\t`%srecipes/shakespeare.sh DATA`\t%d s\n",
        sum / n, all, flags, time / n }' "$runs" >"$out/results.tsv"

title "a sample"
"$HEED" sample "$model" --prompt 'ROMEO:' --temperature 0.8 --max-length 500 --seed 1
