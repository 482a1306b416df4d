#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: recipes/multi30k_gru.sh DATA [OUT]
# Multi30k, German to English: a GRU encoder (512 states in each direction) and a GRU decoder (512) over
# embeddings of 256, words lower-cased that occur at least twice; once with additive (Bahdanau) attention,
# once with none, for the same number of steps. Prints BLEU on test 2016 (13a, lower-cased, raw reference),
# a table of the two by the length of the source, and the alignment of a sentence.
# DATA holds train, val and test_2016_flickr, each .de.gz and .en.gz. STEPS, TIME: recipes/lib.sh; without
# them each model trains for about 55 minutes.
set -eu
# shellcheck source=recipes/lib.sh
. "$(dirname "$0")/lib.sh"
begin "$@"
for language in de en; do
    need "train.$language.gz" "val.$language.gz" "test_2016_flickr.$language.gz"
    unpack "test_2016_flickr.$language.gz" "test.$language"
done

# train_gru MODEL OPTION...
train_gru() {
    model=$1
    shift
    train "$model" --source "$data/train.de.gz" --target "$data/train.en.gz" \
        --valid-source "$data/val.de.gz" --valid-target "$data/val.en.gz" \
        --tokenizer words --min-count 2 --joint false --batch-tokens 2048 \
        --encoder gru --embedding-dim 256 --dim 1024 --decoder-dim 512 "$@"
}

# shellcheck disable=SC2046 # words
train_gru "$out/additive.heed" --attention additive $(budget 55m)
train_gru "$out/none.heed" --attention none --steps "$(steps_of "$out/additive.heed")"

for model in additive none; do
    title "BLEU on test 2016, attention: $model"
    "$HEED" translate "$out/$model.heed" "$out/test.de" --beam 5 >"$out/$model.out"
    "$HEED" metric bleu "$out/$model.out" "$out/test.en" --lowercase
done

title "BLEU by the number of words in the German sentence"
METRIC=--lowercase "$recipes/by_length.sh" "$out/test.de" "$out/test.en" \
    "additive=$out/additive.out" "none=$out/none.out"

title "where it looked"
"$HEED" explain "$out/additive.heed" --source "$(sed -n 10p "$out/test.de")"
