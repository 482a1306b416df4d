#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: recipes/hansards.sh DATA [OUT]
# Word alignment on the Canadian Hansards, English to French, the text as it stands (tokens, de-capitalised), with
# nothing but the attention of translators:
#   1. a translator of each direction is trained on 46,592 pairs; both link the training pairs, and the links on
#      which they agree are kept (few, and four of five are right);
#   2. two others are trained, one head of which is led towards those links. A head that has read the word it
#      stands for learns what the links have in common, and finds the others: the errors have no pattern.
# Layer, head and rule are chosen on the 37 trial pairs; the 447 test pairs are forced and scored (precision, recall,
# AER), in one direction and with both.
# LINKS=FILE in the environment names other links of the training pairs (Pharaoh lines, English word first); then one
# more model is led towards them. recipes/hansards_links.sh makes them with an aligner.
# DATA holds train.e.gz, train.f.gz, trial.e, trial.f, trial.wa, test.e, test.f, test.wa.nonullalign.
# STEPS (for each of the models), TIME: recipes/lib.sh; without them 1,000 to 3,000 steps, 45 minutes in
# all, and 18 for the last.
set -eu
# shellcheck source=recipes/lib.sh
. "$(dirname "$0")/lib.sh"
begin "$@"
need train.e.gz train.f.gz trial.e trial.f trial.wa test.e test.f test.wa.nonullalign
[ -z "${LINKS:-}" ] || [ -f "$LINKS" ] || stop "LINKS=$LINKS is no file; recipes/hansards_links.sh makes one"
unpack train.e.gz train.e
unpack train.f.gz train.f

# learn NAME FROM TO STEPS OPTION...: a translator of 2 + 2 layers.
learn() {
    name=$1 from=$2 to=$3 steps=$4
    shift 4
    if [ -n "${STEPS:-}${TIME:-}" ]; then
        length=$(budget "")
    else
        length="--steps $steps"
    fi
    # shellcheck disable=SC2086 # words
    train "$out/$name.heed" --source "$out/train.$from" --target "$out/train.$to" \
        --valid-source "$data/trial.$from" --valid-target "$data/trial.$to" --lowercase true \
        --encoder transformer --layers 2 --dim 256 --heads 8 --ffn 512 --dropout 0.1 --batch-tokens 2048 --lr 0.0015 \
        --label-smoothing 0 --bleu-sample 0 $length "$@"
}

# choose NAME FROM TO: the layer, head and rule that are best on the trial pairs; gold links have English first.
choose() {
    side=source
    [ "$2" = e ] || side=target
    title "$1: all layers, heads and rules on the trial pairs"
    "$HEED" align "$out/$1.heed" "$data/trial.$2" "$data/trial.$3" --gold "$data/trial.wa" --gold-side $side --choose
}

# judge TITLE NAME OPTION...: the test pairs.
judge() {
    title "$1, test"
    model=$out/$2.heed
    shift 2
    "$HEED" align "$model" "$data/test.e" "$data/test.f" --gold "$data/test.wa.nonullalign" "$@"
}

learn plain e f 3000
# It gives links only, so it may see little: words without their neighbours, near the diagonal.
learn reverse f e 1000 --mask window:left=0,right=0 --decoder-mask none --cross-mask window:left=15,right=15 \
    --cross-stages alibi:slopes=0.5/0.5/0.5/0.5/0.25/0.25/0.25/0.25
choose plain e f
choose reverse f e
judge "plain" plain
judge "plain and its reverse" plain --reverse "$out/reverse.heed" # grow-diag

if [ ! -s "$out/own.links" ]; then
    "$HEED" align "$out/plain.heed" "$out/train.e" "$out/train.f" --reverse "$out/reverse.heed" \
        --symmetrise intersection >"$out/own.links.part"
    mv "$out/own.links.part" "$out/own.links"
fi
awk '{ for (i = 1; i <= NF; i++) { split($i, at, "-"); $i = at[2] "-" at[1] } print }' "$out/own.links" >"$out/own.turned"
learn own e f 1500 --guide "$out/own.links" --guide-weight 0.5
learn own-reverse f e 1500 --guide "$out/own.turned" --guide-weight 0.5
choose own e f
choose own-reverse f e
judge "led by the translators' own links" own
for way in intersection grow-diag; do
    title "with its reverse, $way, trial"
    "$HEED" align "$out/own.heed" "$data/trial.e" "$data/trial.f" --gold "$data/trial.wa" \
        --reverse "$out/own-reverse.heed" --symmetrise $way
    judge "with its reverse, $way" own --reverse "$out/own-reverse.heed" --symmetrise $way
done

if [ -n "${LINKS:-}" ]; then
    learn guided e f 3000 --guide "$LINKS" --guide-weight 2 --guide-rest end
    choose guided e f
    judge "led by $LINKS" guided --boundary
else
    title "no LINKS: the model led by an aligner's is left out (recipes/hansards_links.sh makes them)"
fi
