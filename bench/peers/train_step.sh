#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: bench/peers/train_step.sh PYTHON TRAIN.tsv [THREADS [ROUNDS]]
# A training step of the default classifier without n-grams of characters, heed and PyTorch in turn; milliseconds and peak memory of each
# round, then the median ratio. PYTHON has torch installed; build/heed is built.
set -eu
python=$1 data=$2 threads=${3:-2} rounds=${4:-7} steps=400
here=$(dirname "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

heed_round() {
    rm -f "$folder"/m*
    /usr/bin/time -f %M -o "$folder/memory" build/heed train "$data" -o "$folder/m" --char-ngrams 0 --ngram-dropout 0 --steps "$steps" \
        --validate-every "$steps" --patience 0 --threads "$threads" --quiet >/dev/null
    # seconds counts from the first step to the end of the one validation
    sed 's/.*"seconds": *\([0-9.]*\).*/\1/' "$folder/m.metrics.jsonl" | tail -n 1 |
        awk -v steps="$steps" -v memory="$(cat "$folder/memory")" \
            '{ printf "%.3f %.0f\n", 1000 * $1 / steps, memory / 1024 }'
}

echo "round  heed ms  MB   pytorch ms  MB   pytorch/heed"
i=1
while [ "$i" -le "$rounds" ]; do
    ours=$(heed_round)
    theirs=$("$python" "$here/train_step.py" "$data" "$threads" "$steps")
    echo "$i $ours $theirs" | awk '{ printf "%d  %s  %s   %s  %s   %.2f\n", $1, $2, $3, $4, $5, $4 / $2 }'
    i=$((i + 1))
done | tee "$folder/rounds"
awk '{ print $6 }' "$folder/rounds" | sort -n |
    awk '{ r[NR] = $1 } END { printf "median of pytorch/heed: %.2f\n", r[int((NR + 1) / 2)] }'
