#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: examples/sentences/make.sh FOLDER [TRAIN [TEST]]     (3000 and 200)
# Writes train.de, train.en, train.zh, train.links and test.* to FOLDER; no German sentence is in both.
set -eu
folder=$1 train=${2:-3000} test=${3:-200}
mkdir -p "$folder"
awk -f "$(dirname "$0")/sentences.awk" -v pairs=$((train + test)) -v name="$folder/all"
for language in de en zh links; do
    head -n "$train" "$folder/all.$language" >"$folder/train.$language"
    tail -n "$test" "$folder/all.$language" >"$folder/test.$language"
    rm "$folder/all.$language"
done
