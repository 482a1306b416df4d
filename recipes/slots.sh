#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: recipes/slots.sh DATA [OUT]
# Intent and slots of a request (DATA/train, valid and test, each with seq.in, seq.out and label): ATIS or
# SNIPS. One model for both, a recurrent encoder in both directions and a conditional random field over the
# tags. Prints the figures on the validation data; on the test data too with TEST=1, to be read once, when
# all is chosen. EXTRA: more options for heed train, such as a seed.
# STEPS: recipes/lib.sh; without it 30 passes over the data.
set -eu
# shellcheck source=recipes/lib.sh
. "$(dirname "$0")/lib.sh"
begin "$@"
need train/seq.in train/seq.out train/label valid/seq.in test/seq.in

# shellcheck disable=SC2046,SC2086 # words
train "$out/slots.heed" "$data/train" --valid "$data/valid" --patience 0 \
    $(if [ -n "${STEPS:-}" ]; then echo "--steps $STEPS"; else echo "--epochs 30"; fi) ${EXTRA:-}

for part in valid ${TEST:+test}; do
    title "$part: intent, slots, both"
    "$HEED" eval "$out/slots.heed" "$data/$part" --quiet | grep -E '^rows'
done
title "a request, and why"
"$HEED" explain "$out/slots.heed" --string "$(head -n 1 "$data/valid/seq.in")"
