#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: recipes/scales.sh DATA [OUT]
# Heads that look only so far, or at only so much, beside plain ones: a language model of the characters of Tiny
# Shakespeare (DATA/input.txt), 4 layers of 4 heads, 0.8 million parameters, that sees up to 512 characters. All heads
# see all; each has a window of its own scale; each learns its span, from 32 keys on, from 8, and from 8 at a price;
# each drops keys (entmax), alpha set or learned. The first 90 % of the bytes are learned, the rest is for validation.
# Prints for each the loss on it (nats a character), what a step costs beside softmax (seconds of one processor, by
# turns, so that other work on the machine meets all alike), memory while training, and what each head came to.
# HEADS ("softmax windows ...": which of them), BLOCK (512), ROUNDS (3; 0 leaves the cost out) and, from
# recipes/lib.sh, STEPS in the environment; 400 steps without.
set -eu
# shellcheck source=recipes/lib.sh
. "$(dirname "$0")/lib.sh"
begin "$@"
split_text input.txt
head -c 600 "$out/valid.txt" >"$out/little.txt"
STEPS=${STEPS:-400}
heads=${HEADS:-softmax windows span span-8 span-8-priced entmax15 entmax}

# The options that make it what it is.
options_of() {
    case $1 in
    softmax) ;;
    windows) echo "--mask windows:left=7/31/127/-1" ;;
    span) echo "--stages span:longest=512" ;;
    span-8) echo "--stages span:longest=512,ramp=8" ;;
    span-8-priced) echo "--stages span:longest=512,ramp=8,price=0.001" ;;
    entmax15) echo "--normaliser entmax15" ;;
    entmax) echo "--normaliser entmax:learned=1" ;;
    *) stop "HEADS: $1 is none of softmax windows span span-8 span-8-priced entmax15 entmax" ;;
    esac
}
common="--task language --tokenizer characters --dim 128 --decoder-layers 4 --decoder-heads 4 --decoder-ffn 512
    --block ${BLOCK:-512} --position rotary --positions none --batch-tokens 2048 --lr 0.003"

for name in $heads; do
    # shellcheck disable=SC2046,SC2086 # words
    train "$out/$name.heed" "$out/train.txt" --valid "$out/valid.txt" $common --steps "$STEPS" --validate-every 200 \
        $(options_of "$name")
done

# Seconds of processor that commands took, as `times` wrote it: itself outside of $(...), which has taken none.
spent() { awk 'NR == 2 { split($1, u, /[ms]/); split($2, s, /[ms]/); print 60 * (u[1] + s[1]) + u[2] + s[2] }' "$1"; }

# first_steps NAME STEPS: notes what a training of so many steps takes.
first_steps() {
    times >"$out/before"
    # shellcheck disable=SC2046,SC2086 # words
    "$HEED" train "$out/train.txt" --valid "$out/little.txt" $common --steps "$2" --threads 1 \
        $(options_of "$1") -o "$out/first.heed" 2>"$out/log" >/dev/null || stop "$(cat "$out/log")"
    times >"$out/after"
    echo "$1 $2 $(spent "$out/before") $(spent "$out/after")" \
        "$(sed -n 's/.* \([0-9.]*\) MB for training.*/\1/p' "$out/log")" >>"$out/costs"
}

: >"$out/costs"
for round in $(seq "${ROUNDS:-3}"); do
    for name in $heads; do
        printf 'round %s: the first steps of %s  \r' "$round" "$name" >&2
        first_steps "$name" 2
        first_steps "$name" 22
    done
done

title "loss, and cost of a step"
for name in $heads; do
    "$HEED" info "$out/$name.heed" | awk -v name="$name" '$1 == "valid_loss" { print name, "loss", $2 }'
done | cat - "$out/costs" | awk '
    $2 == "loss" { names[n++] = $1; loss[$1] = $3; next }
    { seconds[$1] += ($2 > 2 ? 1 : -1) * ($4 - $3); steps[$1] += $2 > 2 ? 20 : 0; memory[$1] = $5 }
    END {
        printf "%-14s %10s %14s %10s %8s\n", "heads", "valid_loss", "seconds a step", "of softmax", "MB"
        for (i = 0; i < n; i++) {
            x = names[i]
            each = steps[x] ? seconds[x] / steps[x] : 0
            if (i == 0) one = each
            printf "%-14s %10.3f %14.3f %10.2f %8s\n", x, loss[x], each, one ? each / one : 0, memory[x]
        }
    }'
for name in $heads; do
    title "$name: what its heads came to, over 20 windows"
    "$HEED" info --attention "$out/$name.heed" "$out/valid.txt" --texts 20 2>"$out/log" || stop "$(cat "$out/log")"
done
