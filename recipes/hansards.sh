#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: recipes/hansards.sh DATA [OUT]
# Word alignment on the Canadian Hansards, English to French, the text as it stands (tokens, de-capitalised):
# a translator is trained on 46,592 pairs; the layer, head and rule whose links are best on the 37 trial pairs
# are kept; and the 447 test pairs are forced and scored (precision, recall, AER).
# LINKS=FILE in the environment names links of the training pairs (Pharaoh lines, English word first): then a
# second model, one of whose heads is trained towards them, is scored too. recipes/hansards_links.sh makes them.
# DATA holds train.e.gz, train.f.gz, trial.e, trial.f, trial.wa, test.e, test.f, test.wa.nonullalign.
# STEPS, TIME: recipes/lib.sh; without them each model trains for about 55 minutes.
set -eu
# shellcheck source=recipes/lib.sh
. "$(dirname "$0")/lib.sh"
begin "$@"
need train.e.gz train.f.gz trial.e trial.f trial.wa test.e test.f test.wa.nonullalign
[ -z "${LINKS:-}" ] || [ -f "$LINKS" ] || stop "LINKS=$LINKS is no file; recipes/hansards_links.sh makes one"

# train_hansards MODEL OPTION...
train_hansards() {
    model=$1
    shift
    train "$model" --source "$data/train.e.gz" --target "$data/train.f.gz" \
        --valid-source "$data/trial.e" --valid-target "$data/trial.f" \
        --encoder transformer --layers 3 --dim 256 --heads 8 --ffn 1024 --lowercase true "$@"
}

# judge NAME: the choice is kept in a copy, so that the first figure stays what it is.
judge() {
    cp "$out/$1.heed" "$out/$1-chosen.heed"
    title "$1, test: what the model takes by itself"
    "$HEED" align "$out/$1.heed" "$data/test.e" "$data/test.f" --gold "$data/test.wa.nonullalign"
    title "$1: all layers, heads and rules on the trial pairs"
    "$HEED" align "$out/$1-chosen.heed" "$data/trial.e" "$data/trial.f" --gold "$data/trial.wa" --choose
    title "$1, test: with the best of them"
    "$HEED" align "$out/$1-chosen.heed" "$data/test.e" "$data/test.f" --gold "$data/test.wa.nonullalign"
}

# shellcheck disable=SC2046 # words
train_hansards "$out/plain.heed" $(budget 55m)
judge plain

if [ -n "${LINKS:-}" ]; then
    train_hansards "$out/guided.heed" --guide "$LINKS" --steps "$(steps_of "$out/plain.heed")"
    judge guided
else
    title "no LINKS: the guided model is left out (recipes/hansards_links.sh makes them)"
fi
