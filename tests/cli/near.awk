# SPDX-License-Identifier: MIT
# awk -v most=1e-5 -f near.awk A B: are two files of numbers as long, and everywhere within `most`
# of each other (relative above 1)? Infinities must be equal. Names the first that is not.
function number(text) { return text ~ /inf|nan/ ? text : text + 0 }
NR == FNR { a[FNR] = $1; n = FNR; next }
{
    x = number(a[FNR]); y = number($1); m = FNR
    if (x == y) next
    scale = y < 0 ? -y : y
    gap = x > y ? x - y : y - x
    if (x ~ /inf|nan/ || y ~ /inf|nan/ || FNR > n || gap > most * (scale > 1 ? scale : 1)) {
        printf "line %d: %s and %s\n", FNR, a[FNR], $1
        bad = 1
        exit
    }
}
END {
    if (!bad && n != m) { printf "%d numbers and %d\n", n, m; bad = 1 }
    exit bad
}
