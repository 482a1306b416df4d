#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: recipes/rationale.sh DATA [OUT]
# Hard attention on SST-2: a classifier that reads one word for each of its heads and nothing else, so that what it
# read is why it said so. Three ways to learn the choice (straight through, Gumbel noise, REINFORCE) beside
# softmax, sparsemax and entmax, which read more. The encoder is none: a state is a word's embedding, and a word
# that is not read cannot have had a say. Prints for each the accuracy on the test part, mean of SEEDS, and the
# share of words read. DATA holds train.tsv, dev.tsv, test.tsv.
# HEADS ("1 2 4"), SEEDS ("1 2 3") and, from recipes/lib.sh, STEPS in the environment.
set -eu
# shellcheck source=recipes/lib.sh
. "$(dirname "$0")/lib.sh"
begin "$@"
need train.tsv dev.tsv test.tsv
cut -f 1 "$data/test.tsv" >"$out/test.texts"

# quietly COMMAND...: what it says is shown only if it fails.
quietly() { "$@" 2>"$out/log" || stop "$(cat "$out/log")"; }

# measure NAME HEADS NORMALISER OPTION...
measure() {
    name=$1 heads=$2 normaliser=$3
    shift 3
    : >"$out/rows" # accuracy, words read, words
    for seed in ${SEEDS:-1 2 3}; do
        model=$out/$name-$heads-$seed.heed
        # shellcheck disable=SC2046 # words
        # An interrupted training leaves the best so far, and its state.
        { [ -e "$model" ] && ! [ -e "$model.state" ]; } || quietly "$HEED" train "$data/train.tsv" --valid "$data/dev.tsv" -o "$model" --quiet \
            --ngrams 1 --char-ngrams 0 --pool attention --pool-heads "$heads" --pool-normaliser "$normaliser" --seed "$seed" "$@" \
            $([ ! -e "$model.state" ] || echo --resume) \
            $([ -z "${STEPS:-}" ] || echo --steps "$STEPS") >/dev/null
        quietly "$HEED" eval "$model" "$data/test.tsv" --json >"$out/eval"
        quietly "$HEED" explain "$model" "$out/test.texts" --methods pool --removed 0 --limit 0 --json >"$out/explained"
        awk '/"accuracy"/ && !found++ { gsub(/[^0-9.]/, ""); printf "%s ", $0 }
             /"pool": [0-9]/ { words++; read += $2 > 0 }
             END { print read, words }' "$out/eval" "$out/explained" >>"$out/rows"
    done
    awk -v name="$name" -v heads="$heads" '
        { sum += $1; read += $2; words += $3 }
        END { printf "%-18s %5d   %.1f %%    %.1f %%\n", name, heads, 100 * sum / NR, 100 * read / words }' "$out/rows"
}

echo "normaliser         heads   accuracy  words read"
for heads in ${HEADS:-1 2 4}; do
    measure softmax "$heads" softmax
    measure entmax15 "$heads" entmax15
    measure sparsemax "$heads" sparsemax
    measure straight_through "$heads" straight_through
    measure gumbel "$heads" gumbel:hard=1,tau=0.5 --input-dropout 0.2
    measure sampled "$heads" sampled --input-dropout 0.2
done
