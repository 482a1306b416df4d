# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# For tests of heed attend: arrays made of numbers, and compared. Source it after lib.sh.

npy=$HEED_BUILD/tests/npy_text
near=$HEED_SOURCE/tests/cli/near.awk

# numbers COUNT SEED [FACTOR]: COUNT numbers within +-1, always the same, exact in float32.
numbers() {
    awk -v n="$1" -v x="$2" -v f="${3:-1}" -v OFMT=%.9g 'BEGIN {
        for (i = 0; i < n; i++) { x = (x * 69069 + 1) % 16777216; print (x / 8388608 - 1) * f } }'
}
# save NAME KIND SHAPE COUNT SEED [FACTOR]: NAME.txt and NAME.npy.
save() {
    numbers "$4" "$5" "${6:-1}" >"$1.txt"
    "$npy" write "$2" "$3" "$1.npy" <"$1.txt"
}
# close NAME FILE.npy FILE.txt [MOST]: the array has these numbers.
close() {
    "$npy" read "$2" >found.txt
    check "$1" awk -v most="${4:-1e-5}" -f "$near" found.txt "$3"
}
shape_is() { check "$1 is $3" test "$("$npy" shape "$2")" = "$3"; }
