#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: recipes/multi30k_transformer.sh DATA [OUT]
# Multi30k, German to English: a Transformer of 3 + 3 layers, 256 wide, 8 heads, on 8,000 lower-cased
# subwords shared by both languages. Prints BLEU on test 2016 (13a, lower-cased, raw reference), greedy and
# with a beam of 5, and BLEU by the length of the source.
# DATA holds train, val and test_2016_flickr, each .de.gz and .en.gz. STEPS, TIME: recipes/lib.sh; without
# them it trains for about 55 minutes.
set -eu
# shellcheck source=recipes/lib.sh
. "$(dirname "$0")/lib.sh"
begin "$@"
for language in de en; do
    need "train.$language.gz" "val.$language.gz" "test_2016_flickr.$language.gz"
    unpack "test_2016_flickr.$language.gz" "test.$language"
done

# shellcheck disable=SC2046 # words
train "$out/transformer.heed" --source "$data/train.de.gz" --target "$data/train.en.gz" \
    --valid-source "$data/val.de.gz" --valid-target "$data/val.en.gz" \
    --encoder transformer --layers 3 --dim 256 --heads 8 --ffn 512 --lowercase true --average 5 \
    $(budget 55m)

for beam in 1 5; do
    title "BLEU on test 2016, beam $beam"
    "$HEED" translate "$out/transformer.heed" "$out/test.de" --beam $beam >"$out/beam$beam.out"
    "$HEED" metric bleu "$out/beam$beam.out" "$out/test.en" --lowercase
done

title "BLEU by the number of words in the German sentence"
METRIC=--lowercase "$recipes/by_length.sh" "$out/test.de" "$out/test.en" \
    "greedy=$out/beam1.out" "beam-5=$out/beam5.out"
