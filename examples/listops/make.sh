#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: examples/listops/make.sh FOLDER [TRAIN [TEST [LEAST [MOST]]]]     (2000, 200, 500 and 2000)
# Writes train.tsv and test.tsv to FOLDER: expressions of LEAST to MOST words and their values.
set -eu
folder=$1 train=${2:-2000} test=${3:-200} least=${4:-500} most=${5:-2000}
mkdir -p "$folder"
awk -f "$(dirname "$0")/listops.awk" -v rows=$((train + test)) -v least="$least" -v most="$most" >"$folder/all.tsv"
head -n $((train + 1)) "$folder/all.tsv" >"$folder/train.tsv"
{
    head -n 1 "$folder/all.tsv"
    tail -n "$test" "$folder/all.tsv"
} >"$folder/test.tsv"
rm "$folder/all.tsv"
