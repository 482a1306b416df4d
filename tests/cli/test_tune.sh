#!/bin/sh
# SPDX-License-Identifier: MIT
# heed train --tune: a search that can be repeated, stopped and resumed, and never sees a test file.
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/data.sh
. "$HEED_SOURCE/tests/cli/data.sh"

reviews 200 >data.tsv
small="--dim 8 --steps 18 --quiet --report none"

# shellcheck disable=SC2086 # options
heed train data.tsv -o a.heed $small --tune-trials 4 --tune-steps 2
expect "four candidates, then two, then the best in full" code=0 \
    out='^candidate +2 steps +6 steps  settings \(accuracy on the validation rows\)$' \
    out='^\*' out='the same search again: --tune-trials 4 --tune-steps 2 --steps 18' \
    out='the defaults$' lines=7 file=a.heed file=a.heed.tune.jsonl no_file=a.heed.trial \
    no_file=a.heed.trial.state no_err=.
expect "what was given is not searched" no_out='encoder\.dim'
cp stdout table
# shellcheck disable=SC2086
heed train data.tsv -o b.heed $small --tune-trials 4 --tune-steps 2 --threads 2
expect "again it finds the same" code=0 same=a.heed,b.heed
sed 's/b\.heed/a.heed/' stdout >again
expect "by the same way" same=table,again
heed info a.heed
rebuild=$(sed -n 's/^rebuild *heed train DATA\(.*\) -o MODEL$/\1/p' stdout)
# shellcheck disable=SC2086 # options
heed train data.tsv $rebuild -o c.heed --quiet --report none
expect "the command that heed info prints makes it without a search" code=0 same=a.heed,c.heed

# ---- going on from a model ----
# shellcheck disable=SC2086
heed train data.tsv --from a.heed -o on.heed --steps 18 --quiet --report none --tune-trials 4 --tune-steps 2
expect "what its parameters depend on is not searched" code=0 out='(lr|dropout|smoothing|weight_decay)' \
    no_out='(encoder\.dim|encoder\.kind|input\.ngrams)' lines=7 file=on.heed

# ---- as data ----
# shellcheck disable=SC2086
heed train data.tsv -o d.heed $small --tune-trials 3 --tune-steps 2 --json --lr 0.002
expect "as data" code=0 out='"candidates": \[' out='"best": [0-2]' out='"full_steps": 18' \
    no_out='"train\.lr"'

# ---- stopped and resumed ----
cp b.heed.tune.jsonl whole.jsonl
for lines in 1 3 6; do
    head -n $lines whole.jsonl >b.heed.tune.jsonl
    printf '{"candidate":' >>b.heed.tune.jsonl
    rm -f b.heed
    # shellcheck disable=SC2086
    heed train data.tsv -o b.heed $small --tune-trials 4 --tune-steps 2 --resume
    expect "a search that was cut after $lines lines goes on to the same" code=0 same=a.heed,b.heed
done
# shellcheck disable=SC2086
heed train data.tsv -o b.heed $small --tune-trials 5 --tune-steps 2 --resume
expect "another search is refused" code=2 err='tune\.jsonl: belongs to another search'
# shellcheck disable=SC2086
heed train data.tsv -o new.heed $small --tune-trials 5 --resume
expect "nothing to resume" code=2 err='no search to resume'

# ---- by time ----
heed train data.tsv -o e.heed --dim 8 --steps 20 --tune 2s --report none
expect "time becomes trials and steps" code=0 err='2 s are [0-9]+ trials, the first ones of [0-9]+ steps' \
    out='the same search again: --tune-trials [0-9]+ --tune-steps [0-9]+ --steps [0-9]+'
again=$(sed -n 's/^the same search again: //p' stdout)
# shellcheck disable=SC2086 # options
heed train data.tsv -o f.heed --dim 8 --quiet --report none $again
expect "which give the same bytes" code=0 same=e.heed,f.heed

# ---- what does not go together ----
heed train data.tsv -o no.heed --tune 9s --tune-trials 3
expect "time beside trials" code=2 err='--tune and --tune-trials both say' no_file=no.heed
heed train data.tsv -o no.heed --tune 9s --time 9s
expect "two times" code=2 err='--time does not go with a search' no_file=no.heed
heed train - -o no.heed --tune 9s <data.tsv
expect "standard input" code=2 err='name a file' no_file=no.heed

# ---- a model that writes ----
numbers
# shellcheck disable=SC2086 # options
heed train --source numbers.de --target numbers.en -o t.heed $small_writer --steps 9 --quiet \
    --tune-trials 3 --tune-steps 1 --report none
expect "a translator is chosen by its loss" code=0 out='settings \(loss on the validation rows\)' \
    no_out='train\.lr ' out='output\.smoothing'
finish
