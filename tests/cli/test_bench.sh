#!/bin/sh
# SPDX-License-Identifier: MIT
# heed bench: what it counts is right; clocks are not tested.
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"

npy=$HEED_BUILD/tests/npy_text
number='[0-9]+(\.[0-9]+)?'

# json KEY: the first number of that name.
json() { sed -n "s/^ *\"$1\": \([0-9.e-]*\),*\$/\1/p" stdout | head -n 1; }
same_number() { check "$1" test "$2" = "$3"; }

row="$number +$number +$number +$number +$number%"
heed bench --keys 64,200 --heads 2 --kv-heads 1 --dim 8 --rounds 2 --threads 2 --backward
expect "a table of lengths" code=0 no_err=. lines=19 out='score scaled_dot, normaliser softmax'
expect "the plan's text goes before it" code=0 out='engine tiled on .*, 2 threads'
expect "and says how work is cut" code=0 out='backward: in two passes, 256 keys or queries a task, since 1 '
expect "and what the machine gives" code=0 out="the machine: $number GFLOP/s, $number GB/s"
expect "forward" code=0 out="^1x2x64x8 +64 +forward +$row +0\.0"
expect "backward" code=0 out="^1x2x200x8 +200 +backward +$row +0\.0"
expect "both" code=0 out="^1x2x200x8 +200 +both +$row\$"
heed bench attention --shape 1x1x64x8 --shape 2x3x200x4 --queries 7 --rounds 1 --quiet
expect "quiet, forward, and shapes of all sizes" code=0 lines=3 no_out='backward|score' \
    out="^2x3x200x4 +7 +forward +$row"
heed bench --keys 50 --dim 8 --rounds 1 --quiet --pass backward
expect "the other pass" code=0 lines=2 no_out=forward out='50x8 +50 +backward'
heed bench --keys 20 --heads 2 --batch 3 --dim 4 --value-dim 6 --window 2,1 --json --rounds 1 \
    --backward
expect "data" code=0 out='"roofline": '
same_number "one block, which the window cuts" "$(json partial)" 1.0
if command -v python3 >/dev/null; then check "which is JSON" python3 -m json.tool stdout; fi
same_number "pairs are counted" "$(json seen_pairs)" $((6 * (20 * 4 - 1 - 2 - 1)))
# q, k, dq, dk: 4; v, o, do, dv: 6; lse: 1
same_number "bytes of arrays" "$(json array_bytes)" $((3 * 2 * 20 * (4 * 4 + 4 * 6 + 1) * 4))
# work NAME OPERATIONS: gflops is what the first seconds make of them.
work() {
    check "$1" awk -v f="$(json gflops)" -v s="$(json seconds)" -v n="$2" \
        'BEGIN { f *= 1e9 * s; exit !(f > n * 0.999 && f < n * 1.001) }'
}
work "operations are those of the pairs" $((2 * 456 * (4 * 4 + 3 * 6)))
workspace=$(json workspace_bytes)
numbers() { awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) print i % 7 }'; }
numbers 480 | "$npy" write f4 "3, 2, 20, 4" q.npy
numbers 480 | "$npy" write f4 "3, 2, 20, 4" k.npy
numbers 720 | "$npy" write f4 "3, 2, 20, 6" v.npy
heed attend q.npy k.npy v.npy --window 2,1 --plan --json
same_number "the workspace is that of heed attend" "$workspace" "$(json forward)"

heed bench attention --shape 2x3x40x8 --causal --json --rounds 1
work "forward: 4 B H T T D, half of it when causal" $((2 * 2 * 3 * 40 * 40 * 8))
heed bench attention --shape 2x3x40x8 --backward --json --rounds 1
work "and backward: 3.5 times that" $((14 * 2 * 3 * 40 * 40 * 8))

# ---- at another program's pace
printf '0.001\n0\n' >paces
heed bench attention --shape 1x2x20x8 --backward --paced <paces
expect "a round a line" code=0 lines=2 out='^[0-9]\.[0-9]+e-[0-9]+ [0-9]\.[0-9]+e-[0-9]+$'

# ---- mechanisms, and the arrays that they ask for
for kind in score normaliser mask-pattern position stage; do
    table=${kind%-pattern}
    for name in $("$HEED_COMMAND" list attention --json |
        awk -v table="$table" -F'"' '$2 == "group" { group = $4 } $2 == "name" && group == table { print $4 }'); do
        case $name in
        user) continue ;; # a function of the caller's
        esac
        spec=$name
        case $name in
        all | any) spec="$name(causal,window:left=3)" ;;
        blocks) spec="blocks:size=8,pairs=0/0" ;;
        esac
        heed bench --shape 1x2x40x4 --backward --paced --$kind "$spec" <paces
        expect "$kind $name" code=0 lines=2
    done
done
numbers 40 | "$npy" write i8 "1, 40" documents.npy
heed bench --keys 40 --heads 2 --dim 4 --rounds 1 --json --documents documents.npy
expect "documents from a file" code=0 out='mask documents'
# 40 = 5 x 7 + 5: five numbers six times, two five times
same_number "and they count" "$(json seen_pairs)" $((2 * (5 * 36 + 2 * 25)))
heed bench --keys 30 --queries 10 --causal --causal-offset end --json --rounds 1 --heads 1
expect "the last query at the last key" code=0
same_number "by its pairs" "$(json seen_pairs)" $((21 + 22 + 23 + 24 + 25 + 26 + 27 + 28 + 29 + 30))

# ---- memory: what the process grows by is what the plan says, and no matrix of 4096 x 4096
if grep -q '^HEED_SANITIZE:STRING=$' "$HEED_BUILD/CMakeCache.txt" && [ -w /proc/self/clear_refs ]; then
    for mechanism in "--normalizer softmax" "--normalizer entmax15 --window 256,256"; do
        # shellcheck disable=SC2086 # words
        heed bench --keys 4096 --heads 1 --dim 8 --rounds 1 --threads 2 --json --backward $mechanism
        expect "measured: $mechanism" code=0
        for pass in forward backward; do
            sed -i "/\"$pass\": {/,\$!d" stdout
            check "$pass: measured $(json measured_bytes), planned $(json workspace_bytes)" \
                awk -v m="$(json measured_bytes)" -v p="$(json workspace_bytes)" \
                'BEGIN { exit !(m > p / 2 - 300000 && m < p + 600000) }'
        done
    done
else
    skip "measured memory" "a sanitizer, or no /proc/self/clear_refs"
fi

# ---- refusals
heed bench --keys 1024,x
expect "a length that is none" code=2 err='--keys 1024,x: it must be'
heed bench --keys 0
expect "no keys" code=2 err='--keys 0: it must be'
heed bench --keys 10,
expect "a comma too many" code=2 err='--keys 10,: it must be'
heed bench --heads 3 --kv-heads 2
expect "heads that do not go together" code=2 err='heads = 3 is not a multiple of key_heads = 2'
heed bench --keys 30 --queries 10 --causal
expect "no default corner" code=2 err='10 queries and 30 keys.*--causal-offset'
heed bench --score cosin
expect "an unknown score" code=2 err='there is no score "cosin"; there are'
heed bench --normalizer sparsemax --engine tiled
expect "an engine that cannot" code=6 err='needs whole rows'
heed bench --array bias.pairs=q.npy
expect "an array that nothing reads" code=2 err='--array bias\.pairs: no mechanism here'
heed bench --keys 1000000000 --queries 1 --heads 60000
expect "more than there is" code=7 err='no memory for the keys'
heed bench q.npy
expect "nothing but attention" code=2 err='heed bench q\.npy: what can be timed is attention'
heed bench --shape 1x2x30
expect "a shape of three" code=2 err='--shape 1x2x30: it must be BxHxTxD'
heed bench --shape 1x2x30x8 --heads 2
expect "a size twice" code=2 err='--heads is a part of --shape; give one'
heed bench --shape 1x2x30x8 --shape 1x2x40x8 --paced
expect "one shape at a time" code=2 err='--paced times one shape, not 2'
heed bench --shape 1x2x30x8 --precision high --rounds 1
expect "the plan says what a precision comes to" code=0 out='products in float32: (this processor has no AMX|sequences have fewer)'
heed bench --shape 1x2x30x8 --precision low
expect "a precision that is not there" code=2 err='low'
finish
