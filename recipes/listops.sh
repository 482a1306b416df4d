#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: recipes/listops.sh [OUT]
# ListOps as Long Range Arena defines it, made by examples/listops: expressions of 500 to 2,000 words, ten
# values. Accuracy on 1,000 others, by length. ROWS in the environment says how many to train on (20,000).
set -eu
# shellcheck source=recipes/lib.sh
. "$(dirname "$0")/lib.sh"
out=${1:-build/recipes/listops}
mkdir -p "$out"
[ -s "$out/test.tsv" ] || "$recipes/../examples/listops/make.sh" "$out" "${ROWS:-20000}" 1000
options="--encoder transformer --mask longformer:window=64,tokens=0 --pool cls --layers 2 --ngrams 1 --char-ngrams 0
    --input-dropout 0 --dropout 0.05 --output-dropout 0 --label-smoothing 0 --lr 0.001 --validate-every 300"
title "window and a global token"
# shellcheck disable=SC2046,SC2086 # words
[ -s "$out/listops.heed" ] || show train "$out/train.tsv" -o "$out/listops.heed" $options $(budget 30m)
show eval "$out/listops.heed" "$out/test.tsv"
title "accuracy by length"
tail -n +2 "$out/test.tsv" >"$out/rows.tsv"
cut -f 1 "$out/rows.tsv" | "$HEED" predict "$out/listops.heed" --quiet | cut -f 1 | paste "$out/rows.tsv" - |
    awk -F '\t' '
        { part = int(split($1, words, " ") / 500); all[part]++; right[part] += $2 == $3 }
        END {
            for (part = 0; part < 5; part++)
                if (all[part]) printf "%4d to %4d words: %3d rows, %.3f\n", 500 * part, 500 * part + 499, all[part], right[part] / all[part]
        }'
