#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: recipes/slots.sh DATA [OUT]
# Intent and slots of a request (DATA/train, valid and test, each with seq.in, seq.out and label): ATIS or
# SNIPS. One model for both, a recurrent encoder in both directions and a conditional random field over the
# tags, by the defaults but for the length of the training. Prints intent accuracy and span F1 of each seed on
# the validation data; with TEST=1, to be done once, when all is chosen, on the test data too, and leaves
# OUT/results.tsv for recipes/results.sh. From the environment: SEEDS; FLAGS, settings to try, which want another
# OUT; STEPS, TIME: recipes/lib.sh; without them 3,500 steps.
set -eu
# shellcheck source=recipes/lib.sh
. "$(dirname "$0")/lib.sh"
begin "$@"
need train/seq.in train/seq.out train/label valid/seq.in test/seq.in
case $(basename "$data") in
atis) name='[ATIS](results/slots.md)' target='98 / 96' ;;
snips) name='[SNIPS](results/slots.md)' target='98 / 94.5' ;;
*) name=$(basename "$data") target='' ;;
esac

# figures MODEL PART: intent accuracy and span F1, in percent.
figures() {
    "$HEED" eval "$1" "$data/$2" -q | awk '
        /^rows [0-9]+ +accuracy/ { intent = $4 }
        /^rows .* spans/ { for (i = 1; i < NF; i++) if ($i == "F1") slots = $(i + 1) }
        END { printf "%.2f\t%.2f\n", 100 * intent, 100 * slots }'
}

: >"$out/runs.tsv"
for seed in ${SEEDS:-1 2 3}; do
    begun=$(date +%s)
    # shellcheck disable=SC2046,SC2086 # words
    train "$out/slots.$seed.heed" "$data/train" --valid "$data/valid" --patience 0 --seed "$seed" \
        $(budget 3500) ${FLAGS:-}
    seconds=$(($(date +%s) - begun))
    title "seed $seed: intent, slots"
    for part in valid ${TEST:+test}; do
        printf '%s\t%s\t%s\t%s\n' "$part" "$seed" "$(figures "$out/slots.$seed.heed" "$part")" "$seconds" |
            tee -a "$out/runs.tsv"
    done
done
awk -F'\t' -v name="$name" -v target="$target" -v flags="${FLAGS:+FLAGS=\"$FLAGS\" }" '
    $1 == "test" { n++; intent += $3; slots += $4; time += $5
        all = all (n > 1 ? ", " : "") sprintf("%.1f / %.1f", $3, $4) }
    END { if (n) printf "%s, intent / slots\taccuracy %.1f / F1 %.1f (%s)\t%s\t`%sTEST=1 recipes/slots.sh DATA`\t%d s\n",
        name, intent / n, slots / n, all, target, flags, time / n }' "$out/runs.tsv" >"$out/results.tsv"

title "a request, and why"
"$HEED" explain "$out/slots.${seed}.heed" --string "$(head -n 1 "$data/valid/seq.in")"
