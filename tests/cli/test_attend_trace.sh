#!/bin/sh
# SPDX-License-Identifier: MIT
# heed attend --trace, under each mechanism of the tables: what it prints of it, and that it ends in
# the result.
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/arrays.sh
. "$HEED_SOURCE/tests/cli/arrays.sh"

save q f4 "1, 2, 5, 4" 40 1 2
save k f4 "1, 1, 6, 4" 24 2 2
save v f4 "1, 1, 6, 3" 18 3

# array_of KIND SHAPE NAME: something that fits, as NAME.npy.
array_of() {
    count=$(echo "$2" | awk -F, '{ n = 1; for (i = 1; i <= NF; i++) if ($i != "") n *= $i; print n }')
    if [ "$1" = f4 ]; then
        numbers "$count" 7
    else
        awk -v n="$count" 'BEGIN { for (i = 0; i < n; i++) print i % 2 }'
    fi | "$npy" write "$1" "$2" "$3.npy"
}
# needs OPTION...: what the plan reads beside q, k and v is made; the options for it, in needs.txt.
needs() {
    heed attend q.npy k.npy v.npy --plan --causal-offset 1 "$@"
    sed -n 's/^  \(--[a-z]*\) \([a-zA-Z_0-9.]*\)=FILE.npy: \(.*\)/\1 \2 \3/p' stdout >reads.txt
    : >needs.txt
    while read -r flag array what; do
        case "$what" in
        \[*) array_of f4 "$(echo "$what" | tr -d '[]')" "$array" ;;
        *Tq,\ Tk*) array_of "$(echo "$what" | sed 's/^bool.*/b1/; s/^numb.*/f4/')" "5, 6" "$array" ;;
        whole*Tk*) array_of i8 6, "$array" ;;
        whole*) array_of i8 5, "$array" ;;
        *) array_of f4 5, "$array" ;;
        esac
        echo "$flag $array=$array.npy" >>needs.txt
    done <reads.txt
}
# trace OPTION...: with what it needs.
trace() {
    needs "$@"
    # shellcheck disable=SC2046 # words
    heed attend q.npy k.npy v.npy --trace -o o.npy --causal-offset 1 "$@" $(cat needs.txt)
}
# ends_in_the_result NAME: the numbers under "o = weights v" are those of o.npy.
ends_in_the_result() {
    awk '/^  o = / { on = 1; next } /^[^ ]/ { on = 0 } on { for (i = 1; i <= NF; i++) print $i }' stdout >o.txt
    close "$1: o is the result" o.npy o.txt
}
# words TABLE NAME: what stands before its step.
words() {
    case "$1" in
    score) echo "^  scores, $2: " ;;
    normaliser) echo "^  weights, $2: " ;;
    mask) echo "^  after mask $2: .*; what is hidden becomes -inf" ;;
    position) [ "$2" = none ] && echo "^  scores" || echo "^  position $2: " ;;
    stage) echo "^  after $2: " ;;
    esac
}
heed list attention
awk '/^[a-z]/ { table = $1 } /^  [a-z]/ { print table, $1 }' stdout | grep -v '^engine \|^stage user$' >rows.txt
while read -r table name; do
    option=--$table
    spec=$name
    case "$table $name" in
    "mask all" | "mask any") spec="$name(causal,window:left=1)" ;;
    "mask blocks") spec="blocks:size=2,pairs=0/0/1/2/2/2" ;;
    esac
    [ "$table" = mask ] && option=--mask-pattern
    trace "$option" "$spec"
    expect "$table $name" code=0 out="$(words "$table" "$name")" no_out='nan' lines="$(wc -l <stdout)" \
        out='^sequence 0, head 1 \(keys and values: head 0\)$' out='^  o = weights v \[5, 3\]$'
    ends_in_the_result "$table $name"
done <rows.txt
check "all rows were traced" test "$(wc -l <rows.txt)" -gt 50

# ---- steps that are there where something makes them
trace --score dot
expect "plain rows are printed once" code=0 no_out='as it is compared' no_out='what the normaliser gets'
trace --position rotary
expect "turned rows" code=0 out='^  q as it is compared \[5, 4\]$' out='^  k as it is compared \[6, 4\]$'
# Scores are the products of what is compared.
awk '/^  [qk] as/ { at = $1; n[at] = 0; next } /^  [a-z]/ { at = $1 == "scores," ? "s" : ""; next }
    /^sequence/ { if (seen++) exit; at = ""; next }
    at { for (i = 1; i <= NF; i++) x[at, n[at]++] = $i }
    END { for (i = 0; i < 5; i++) for (j = 0; j < 6; j++) { s = 0
        for (d = 0; d < 4; d++) s += x["q", i * 4 + d] * x["k", j * 4 + d]
        print s > "products.txt"; print x["s", i * 6 + j] > "scores.txt" } }' stdout
check "scores are their products" awk -v most=1e-4 -f "$near" scores.txt products.txt
trace --score additive_projected:hidden=20
expect "rows too long" code=0 out='^  q as it is compared \[5, 20\]: rows too long to print$'
trace --normalizer gumbel
expect "noise" code=0 out='^  what the normaliser gets, with its noise$'
trace --stage span:longest=2,ramp=1
expect "a stage that hides" code=0 out='^  after span: ' out='-inf' no_out='what the normaliser gets'
trace --stage gate --stage gaussian --stage softcap
expect "each in its place" code=0
grep -o '^  \(scores\|after [a-z]*\|weights\|o =\)' stdout | head -n 6 | tr -d '\n' >order.txt
check "scores, softcap, weights, gate, gaussian, o" test "$(cat order.txt)" = \
    "  scores  after softcap  weights  after gate  after gaussian  o ="
trace --stage shaw
expect "values that a stage adds to" code=0 out='^  shaw adds to the values: '
trace --dropout 0.5
expect "dropout" code=0 out='^  after dropout: each is 0 with probability 0.5, else divided by 0.5$'
# The last matrix of weights times v is the result.
awk '/^  after dropout/ { at = "p"; next } /^  v \[/ { at = "v"; m = 0; next } /^ ? ?[a-z]/ { at = "" }
    at == "p" { for (i = 1; i <= NF; i++) p[n++] = $i }
    at == "v" { for (i = 1; i <= NF; i++) v[m++] = $i }
    END { for (i = 0; i < 10; i++) for (e = 0; e < 3; e++) { s = 0
        for (j = 0; j < 6; j++) s += p[i * 6 + j] * v[j * 3 + e]
        print s } }' stdout >sums.txt
close "o is what is left of the weights times v" o.npy sums.txt 1e-4
finish
