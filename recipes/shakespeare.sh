#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: recipes/shakespeare.sh DATA [OUT]
# Tiny Shakespeare (DATA/input.txt), characters: a Transformer decoder without a source, 4 layers of 4 heads,
# 128 wide, 0.8 million parameters, which sees up to 256 characters. The first 90 % of the bytes are learned,
# the rest is for validation. Prints the loss on it (nats a character) and a sample.
# STEPS, TIME: recipes/lib.sh; without them it trains for ten minutes.
set -eu
# shellcheck source=recipes/lib.sh
. "$(dirname "$0")/lib.sh"
begin "$@"
split_text input.txt

# shellcheck disable=SC2046 # words
train "$out/shakespeare.heed" "$out/train.txt" --valid "$out/valid.txt" --task language \
    --tokenizer characters --dim 128 --decoder-layers 4 --decoder-heads 4 --decoder-ffn 512 --block 256 \
    $(budget 10m)

title "validation"
"$HEED" info "$out/shakespeare.heed" | grep -E '^parameters| (step|valid_loss|token_accuracy) '
title "a sample"
"$HEED" sample "$out/shakespeare.heed" --prompt 'ROMEO:' --temperature 0.8 --max-length 500 --seed 1
