#!/bin/sh
# SPDX-License-Identifier: MIT
# heed attend on float16 against ONNX's operator (tests/golden/onnx_float16.py).
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/arrays.sh
. "$HEED_SOURCE/tests/cli/arrays.sh"

# Arrays become NAME.npy; of each case y_NAME.npy.
while read -r word name what shape; do
    case "$word" in
    case)
        now=$name
        echo "$name $what $shape" >>cases.txt
        ;;
    array)
        [ "$name" = y ] && name=y_$now
        read -r numbers
        echo "$numbers" | "$npy" write "$what" "$(echo "$shape" | sed "s/,/, /g")" "$name.npy"
        ;;
    esac
done <"$HEED_SOURCE/tests/golden/onnx_float16.txt"

while read -r name given; do
    # shellcheck disable=SC2046 # words
    heed attend $(echo "$given" | sed 's/@\([^ ]*\)/\1.npy/g') -o y.npy
    expect "$name: $given" code=0 file=y.npy
    check "$name has the operator's shape" test "$("$npy" shape y.npy)" = "$("$npy" shape "y_$name.npy")"
    unbits "y_$name.npy" 15 10 >wanted.txt
    unbits y.npy 15 10 >found.txt
    check "$name is within 2e-3" awk -v most=2e-3 -f "$near" found.txt wanted.txt
done <cases.txt
check "there were cases" test "$(wc -l <cases.txt)" -ge 5
finish
