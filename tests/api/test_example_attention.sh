#!/bin/sh
# SPDX-License-Identifier: MIT
# The ten-line example of the operator: it builds against libheed-attention alone, from C and C++
# compilers' points of view of its header, and prints what the formula gives.
. "$HEED_SOURCE/tests/tap.sh"

check "examples/attention.c builds" "$CC" -std=c11 -Wall -Wextra -Werror -I"$HEED_SOURCE/include" \
    "$HEED_SOURCE/examples/attention.c" -o attention "$HEED_BUILD/src/libheed-attention-check.so" \
    "-Wl,-rpath,$HEED_BUILD/src"

# Each number from softmax(q k) v over the words that count; head size 1, so scale 1.
awk 'BEGIN {
    split("1 0 2 0 1 1 2 0 99 0 2 99", x, " ")
    for (t = 0; t < 2; t++)
        for (w = 0; w < 3; w++) {
            printf "text %d word %d:", t, w
            for (h = 0; h < 2; h++) {
                sum = out = 0
                base = (t * 2 + h) * 3
                for (j = 0; j < 3 - t; j++) {
                    p = exp(x[base + w + 1] * x[base + j + 1])
                    sum += p
                    out += p * x[base + j + 1]
                }
                printf " %.3f", w < 3 - t ? out / sum : 0
            }
            printf "\n"
        }
}' >wanted
./attention >printed
check "examples/attention.c prints softmax(q k) v" diff wanted printed
finish
