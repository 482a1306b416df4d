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

# bfloat FILE BIAS BITS: the bits of numbers in 16 bits, of so many mantissa bits and that exponent
# bias. They are made of the numbers of float32, toward zero, so the input is exact.
bfloat() { awk '{ x = $1; s = x < 0 ? 32768 : 0; if (x < 0) x = -x
    if (x == 0) { print s; next }
    for (e = 0; x >= 2; e++) x /= 2
    for (; x < 1; e--) x *= 2
    printf "%d\n", s + (e + bias) * 2 ^ bits + int((x - 1) * 2 ^ bits) }' bias="$2" bits="$3" "$1"; }
# unbits FILE.npy BIAS BITS: the numbers of such an array.
unbits() { "$npy" read "$1" | sed 's/0x//' | awk -v bias="$2" -v bits="$3" '
    { v = 0; for (i = 1; i <= 4; i++) v = v * 16 + index("0123456789abcdef", substr($1, i, 1)) - 1
    s = v >= 32768 ? -1 : 1; v %= 32768; e = int(v / 2 ^ bits); m = v % 2 ^ bits
    print s * (e ? (1 + m / 2 ^ bits) * 2 ^ (e - bias) : m / 2 ^ bits * 2 ^ (1 - bias)) }'; }
