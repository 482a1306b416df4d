#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: recipes/tatoeba.sh DATA [OUT]
# Tatoeba, English to French (DATA/fra.txt.gz) or to Chinese (DATA/cmn.txt.gz), whichever is there: a
# Transformer of 2 + 2 layers, 256 wide, on 4,000 subwords, trained for five minutes. Prints BLEU on the test part
# and 20 sentences of it with their translations, picked by a rule: every k-th line, k = lines / 20.
# The parts are told by a hash of the English sentence (split.awk), so no English sentence is in two of them.
# STEPS, TIME: recipes/lib.sh.
set -eu
# shellcheck source=recipes/lib.sh
. "$(dirname "$0")/lib.sh"
begin "$@"
if [ -f "$data/fra.txt.gz" ]; then
    language=fra tokens=13a drop="--dropout 0.05"
elif [ -f "$data/cmn.txt.gz" ]; then
    language=cmn tokens=zh drop="--dropout 0.2 --attention-dropout 0.1" # a fifth of the pairs: eight passes
else
    stop "$data holds neither fra.txt.gz nor cmn.txt.gz; recipes/README.md says where the data comes from"
fi

# The byte order mark goes; no-break spaces (U+00A0, U+202F) become blanks.
split="$out/$language"
if [ ! -f "$split.train.1" ]; then
    gzip -dc "$data/$language.txt.gz" |
        awk '{ sub(/^\357\273\277/, ""); gsub(/\302\240|\342\200\257/, " "); print }' |
        LC_ALL=C awk -f "$recipes/split.awk" -v name="$split"
fi
wc -l "$split".train.1 "$split".valid.1 "$split".test.1 | sed '$d'

# shellcheck disable=SC2046,SC2086 # words
train "$out/$language.heed" --source "$split.train.1" --target "$split.train.2" \
    --valid-source "$split.valid.1" --valid-target "$split.valid.2" \
    --encoder transformer --layers 2 --dim 256 --heads 4 --ffn 512 --vocabulary 4000 \
    --batch-tokens 1024 $drop --label-smoothing 0 --bleu-sample 0 $(budget 5m)

title "BLEU on the test part, one reference"
"$HEED" translate "$out/$language.heed" "$split.test.1" >"$split.out"
"$HEED" metric bleu "$split.out" "$split.test.2" --tokenize $tokens

every=$(($(wc -l <"$split.test.1") / 20))
title "20 sentences: every $every-th of the test part; English, the model's, a person's"
paste "$split.test.1" "$split.out" "$split.test.2" |
    awk -F '\t' -v every=$every 'NR % every == 0 && n < 20 { n++; printf "%2d  %s\n    %s\n    (%s)\n", n, $1, $2, $3 }'
