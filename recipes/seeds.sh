#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: recipes/seeds.sh DATA [OUT]
# How much chance there is in a figure: the defaults with ten seeds on SST-2 (train.tsv, dev.tsv,
# test.tsv) and on MR (mr_train.tsv.gz, mr_test.tsv.gz), whichever DATA holds. Prints the accuracy on
# validation rows and on test of each, then least, mean, greatest and standard deviation. A run that
# fails ends the recipe. SEEDS in the environment says how many, MEMBERS how many networks each.
set -eu
# shellcheck source=recipes/lib.sh
. "$(dirname "$0")/lib.sh"
begin "$@"

# accuracy MODEL FILE
accuracy() { "$HEED" eval "$1" "$2" --json --quiet | sed -n 's/^ *"accuracy": \([0-9.]*\).*/\1/p' | head -n 1; }

# seeds NAME TEST TRAIN [VALID]
seeds() {
    job=$1 test=$2 train=$3
    shift 3
    title "$job: seed, validation, test"
    seed=1
    while [ "$seed" -le "${SEEDS:-10}" ]; do
        # shellcheck disable=SC2086 # words
        valid=$("$HEED" train "$train" "$@" ${STEPS:+--steps "$STEPS"} --seed "$seed" --members "${MEMBERS:-1}" \
            -o "$out/$job.heed" --quiet --json | sed -n 's/.*"value": \([0-9.]*\).*/\1/p')
        printf '%d %.4f %.4f\n' "$seed" "$valid" "$(accuracy "$out/$job.heed" "$test")"
        seed=$((seed + 1))
    done | tee "$out/$job.txt"
    awk '{n++; s += $3; q += $3 * $3; if (n == 1 || $3 < a) a = $3; if ($3 > b) b = $3}
        END {m = s / n; d = n > 1 ? (q - n * m * m) / (n - 1) : 0
            printf "least %.4f  mean %.4f  greatest %.4f  deviation %.4f of %d\n", a, m, b, sqrt(d > 0 ? d : 0), n}' \
        "$out/$job.txt"
}

[ -f "$data/train.tsv" ] || [ -f "$data/mr_train.tsv.gz" ] || need train.tsv
if [ -f "$data/train.tsv" ]; then
    need dev.tsv test.tsv
    seeds sst2 "$data/test.tsv" "$data/train.tsv" --valid "$data/dev.tsv"
fi
if [ -f "$data/mr_train.tsv.gz" ]; then seeds mr "$data/mr_test.tsv.gz" "$data/mr_train.tsv.gz"; fi
