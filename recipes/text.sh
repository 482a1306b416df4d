#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: recipes/text.sh DATA [OUT]
# Six sets of labelled texts, three seeds each, no settings but the seed: what the defaults reach. DATA holds
# sst2, textgcn_bench and chinese_reviews (recipes/README.md). Prints a line for each run and the mean of each
# set, and leaves OUT/results.tsv for recipes/results.sh. From the environment: SETS (of sst2 r8 ohsumed mr hotel
# shopping) and SEEDS, to do a part; FLAGS, settings to try instead of the defaults; STEPS, TIME: recipes/lib.sh.
# A run that is done is not done again; text.sh of other FLAGS needs another OUT.
set -eu
# shellcheck source=recipes/lib.sh
. "$(dirname "$0")/lib.sh"
begin "$@"
sets=${SETS:-sst2 r8 ohsumed mr hotel shopping}
seeds=${SEEDS:-1 2 3}
runs=$out/runs.tsv
touch "$runs"

# split NAME: rows of a table whose number, from 0, is a multiple of ten are for testing, the others for training.
split() {
    gzip -dc "$data/chinese_reviews/$1.csv.gz" >"$out/$1.csv"
    awk -v test="$out/$1.test.csv" -v train="$out/$1.train.csv" '
        NR == 1 { print >test; print >train; next }
        { print >((NR - 2) % 10 ? train : test) }' "$out/$1.csv"
    rm "$out/$1.csv"
}

# of SET: its files in $train, $valid and $test, its columns in $columns, the name and the target of its row.
of() {
    valid='' columns=''
    case $1 in
    sst2)
        folder=sst2 name='[SST-2, sentences](results/sst2.md)' target=82.5
        train=train.tsv valid=dev.tsv test=test.tsv
        ;;
    r8 | mr | ohsumed)
        folder=textgcn_bench train=$1_train.tsv.gz test=$1_test.tsv.gz
        case $1 in
        r8) name='[R8](results/r8.md)' target=97.3 ;;
        mr) name='[MR](results/mr.md)' target=77.0 ;;
        *) name='[Ohsumed](results/ohsumed.md)' target=61 columns='--label 1 --text 3' ;;
        esac
        ;;
    hotel | shopping)
        folder=chinese_reviews target=91.5
        case $1 in
        hotel) csv=ChnSentiCorp_htl_all name='[hotel reviews (zh)](results/hotel.md)' columns='--label label --text review' ;;
        *) csv=online_shopping_10_cats name='shopping reviews, 10 topics (zh)' columns='--label cat --text review' ;;
        esac
        need "$folder/$csv.csv.gz"
        [ -f "$out/$csv.test.csv" ] || split "$csv"
        train=$out/$csv.train.csv test=$out/$csv.test.csv
        return
        ;;
    *) stop "$1 is no set; sets are sst2, r8, ohsumed, mr, hotel and shopping" ;;
    esac
    need "$folder/$train" "$folder/$test"
    train=$data/$folder/$train test=$data/$folder/$test
    [ -z "$valid" ] || valid="--valid $data/$folder/$valid"
}

# run SET SEED: one line of runs.tsv, with what heed eval says of the test rows and how long training took.
run() {
    grep -q "^$1	$2	" "$runs" && return
    model=$out/$1.$2.heed
    limit=''
    [ -z "${STEPS:-}${TIME:-}" ] || limit=$(budget 1m)
    begun=$(date +%s)
    # shellcheck disable=SC2086 # words
    show train "$train" $valid $columns --seed "$2" ${FLAGS:-} $limit -q -o "$model"
    seconds=$(($(date +%s) - begun))
    accuracy=$("$HEED" eval "$model" "$test" -q --json | awk -F'[:,]' '/"accuracy"/ { print 100 * $2; exit }')
    printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$accuracy" "$seconds" | tee -a "$runs"
    rm -f "$model" "$model.metrics.jsonl"
}

: >"$out/results.tsv"
for set in $sets; do
    of "$set"
    for seed in $seeds; do run "$set" "$seed"; done
    awk -v set="$set" -v name="$name" -v target="$target" -v flags="${FLAGS:+FLAGS=\"$FLAGS\" }" -F'\t' '
        $1 == set { n++; sum += $3; all = all (n > 1 ? ", " : "") sprintf("%.1f", $3); time += $4 }
        END {
            if (n) printf "%s\taccuracy %.1f (%s)\t%s\t`%srecipes/text.sh DATA`\t%d s\n", \
                name, sum / n, all, target, flags, time / n
        }' "$runs" >>"$out/results.tsv"
done

title "test accuracy, mean (each seed), target, seconds a run"
cut -f 1,2,3,5 "$out/results.tsv"
