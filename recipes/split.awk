# SPDX-License-Identifier: MIT
# usage: LC_ALL=C awk -f split.awk -v name=PREFIX TABLE
# Splits a table of tab-separated pairs into PREFIX.train.1 (first column) and PREFIX.train.2 (second),
# PREFIX.valid.* and PREFIX.test.*, by the first column's 32-bit FNV-1a hash modulo 100: below 5 valid,
# below 10 test. All pairs with the same first column are in one part. Bytes: LC_ALL must be C.

# Exclusive or of two bytes; awk has none.
function xor_bytes(a, b,    bit, sum) {
    for (bit = 1; bit < 256; bit *= 2) {
        if (a % 2 != b % 2) sum += bit
        a = int(a / 2)
        b = int(b / 2)
    }
    return sum + 0
}

# Every product stays below 2^53: 16777619 = 2^24 + 403.
function fnv1a(text,    hash, low, i) {
    hash = 2166136261
    for (i = 1; i <= length(text); i++) {
        low = hash % 256
        hash = hash - low + either[low, code[substr(text, i, 1)]]
        hash = (hash * 403 + hash % 256 * 16777216) % 4294967296
    }
    return hash
}

BEGIN {
    FS = "\t"
    for (a = 0; a < 256; a++) {
        code[sprintf("%c", a)] = a
        for (b = 0; b < 256; b++) either[a, b] = xor_bytes(a, b)
    }
}

NF < 2 { next }
{
    if (!($1 in part_of)) {
        share = fnv1a($1) % 100
        part_of[$1] = share < 5 ? "valid" : share < 10 ? "test" : "train"
    }
    print $1 >(name "." part_of[$1] ".1")
    print $2 >(name "." part_of[$1] ".2")
}
