#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: examples/array.sh SHAPE FILE...             float32, numbers within -1 and 1
#        examples/array.sh KIND:SHAPE FILE <NUMBERS  KIND f4, i8 (0 to 255) or b1
# Writes small .npy files to try heed attend on: examples/array.sh 1,2,6,4 q.npy k.npy v.npy
# Each file of a call has other numbers; the same call gives the same files.
set -eu
kind=f4 shape=${1?SHAPE, such as 1,2,6,4}
given=${shape%%:*}
[ "$given" = "$shape" ] || kind=$given
shape=${shape#*:}
shift

# numbers SEED: as many as SHAPE holds.
numbers() {
    awk -v seed="$1" -v shape="$shape" 'BEGIN {
        n = split(shape, size, ",")
        for (count = 1; n; n--) if (size[n] != "") count *= size[n]
        for (x = seed * 40503; count; count--) {
            x = (x * 69069 + 1) % 16777216
            print int(x / 131072) / 64 - 1
        }
    }'
}

# write FILE: the numbers of standard input.
write() {
    {
        printf '\223NUMPY\001\000v\000'
        printf '%-117s\n' "{'descr': '$(echo "$kind" | sed 's/^[^b]/<&/; s/^b/|&/')', 'fortran_order': False, 'shape': ($shape,), }"
        # shellcheck disable=SC2059 # the bytes, in octal
        printf "$(awk -v kind="$kind" '
            function put(byte) { printf "\\%03o", byte }
            function number(given,    x, e, m, i) {
                if (kind != "f4") {
                    put(given)
                    for (i = 0; kind == "i8" && i < 7; i++) put(0)
                    return
                }
                x = given < 0 ? -given : given + 0
                e = m = 0
                if (x) {
                    for (e = 127; x >= 2; e++) x /= 2
                    for (; x < 1; e--) x *= 2
                    m = int((x - 1) * 8388608 + 0.5)
                }
                put(m % 256)
                put(int(m / 256) % 256)
                put(int(m / 65536) + e % 2 * 128)
                put(int(e / 2) + (given < 0 ? 128 : 0))
            }
            { for (f = 1; f <= NF; f++) number($f) }')"
    } >"$1"
}

if [ "$given" != "$shape" ]; then
    write "$1"
    exit
fi
seed=0
for file; do
    seed=$((seed + 1))
    numbers $seed | write "$file"
done
