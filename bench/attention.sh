#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: bench/attention.sh HEED [OPTION...]     (./dev bench attention)
# What attention costs as texts grow, as a table in Markdown: one head of 64, as many queries as keys,
# all pairs, forward and backward. Options go to heed bench, such as --threads 2. LENGTHS="1024 4096"
# takes other lengths; the last is the one that the window is compared at.
set -eu
heed=$1
shift
lengths=${LENGTHS:-1024 4096 16384 65536}
figures=$(mktemp)
trap 'rm -f "$figures"' EXIT

# rounds KEYS: a long run is timed once.
rounds() {
    if [ "$1" -ge 65536 ]; then echo 1; elif [ "$1" -ge 16384 ]; then echo 3; else echo 9; fi
}

# rows NAME OPTION...: one row a length.
rows() {
    name=$1
    shift
    for keys in $lengths; do
        "$heed" bench --quiet --shape "1x1x${keys}x64" --backward --rounds "$(rounds "$keys")" "$@" |
            awk -v name="$name" -v keys="$keys" -v figures="$figures" '
                function two(x) { return x == "unknown" ? x : sprintf("%.2f", x) }
                $3 == "forward" { ms = $4; workspace = $10; measured = $11 }
                $3 == "backward" {
                    printf "| %s | %d | %.1f | %.1f | %.1f | %.2f, %.2f | %s, %s | %.0f |\n", name, keys,
                        ms, $4, $9, workspace, $10, two(measured), two($11), 4e-6 * keys * keys
                    print name "\t" keys "\t" ms "\t" $4 >>figures
                }'
    done
}

cat <<'END_OF_HEADING'
| | keys | forward, ms | backward, ms | arrays, MB | workspace, MB | measured, MB | n x n, MB |
|---|---|---|---|---|---|---|---|
END_OF_HEADING
rows softmax "$@"
rows additive --score additive "$@"
rows entmax-1.5 --normalizer entmax15 "$@"
rows "window 256" --window 256,256 "$@"
awk -F'\t' '
    $1 == "softmax" { forward[$2] = $3; backward[$2] = $4 }
    $1 == "window 256" {
        printf "%sAt %d keys the window is %.0f times as fast forward, %.0f times backward.\n",
            n++ ? "" : "\n", $2, forward[$2] / $3, backward[$2] / $4
    }' "$figures"
