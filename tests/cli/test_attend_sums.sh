#!/bin/sh
# SPDX-License-Identifier: MIT
# heed attend: what it says of the weights without their matrix, against the matrix.
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/arrays.sh
. "$HEED_SOURCE/tests/cli/arrays.sh"

names="mass value-mass gradient-mass entropy distance distance-variance support group-mass max argmax"

# array NAME SHAPE SEED FACTOR: in both kinds.
array() {
    count=$(echo "$2" | awk -F, '{ print $1 * $2 * $3 * $4 }')
    save "$1" f4 "$2" "$count" "$3" "$4"
    "$npy" write f8 "$2" "${1}8.npy" <"$1.txt"
}
array q "2, 4, 5, 4" 1 3
array k "2, 2, 7, 4" 2 3
array v "2, 2, 7, 3" 3 1
array "do" "2, 4, 5, 3" 4 1
printf '%s\n' 0 0 2 1 -1 1 0 1 1 1 0 2 2 2 >ids.txt
"$npy" write i8 "2, 7" ids.npy <ids.txt
printf '7\n4\n' | "$npy" write i8 2, kl.npy
printf '5\n3\n' | "$npy" write i8 2, ql.npy

# compare WHAT KIND OFFSET MOST OPTION...: every sum with that of the weights.
compare() {
    what=$1 kind=$2 offset=$3 most=$4
    shift 4
    for name in $names; do set -- "$@" "--$name" "$name.npy"; done
    heed attend "q$kind.npy" "k$kind.npy" "v$kind.npy" --weights p.npy --grad-output "do$kind.npy" \
        --groups ids.npy "$@"
    if [ "$code" = 6 ] && [ -n "$kind" ]; then
        skip "$what" "not built in"
        return
    fi
    expect "$what" code=0 no_err=.
    "$npy" read p.npy >p.txt
    for name in $names; do
        awk -f "$HEED_SOURCE/tests/cli/attend_sums.awk" -v B=2 -v H=4 -v K=2 -v Q=5 -v T=7 -v E=3 \
            -v offset="$offset" -v out="$name" p.txt v.txt do.txt ids.txt >wanted.txt
        close "$what: $name" "$name.npy" wanted.txt "$most"
    done
}
for kind in "" 8; do
    most=1e-5
    [ -z "$kind" ] || most=1e-12
    compare "float$kind" "$kind" 1 "$most" --causal-offset 1
    compare "float$kind causal, rows that see nothing" "$kind" -2 "$most" --causal --causal-offset -2
    compare "float$kind lengths" "$kind" 0 "$most" --causal-offset 0 --kv-lengths kl.npy --q-lengths ql.npy
    compare "float$kind entmax15" "$kind" 2 "$most" --causal-offset 2 --normalizer entmax15
    compare "float$kind span" "$kind" 2 "$most" --causal-offset 2 --stage alibi --window 2,3
done
shape_is "a sum over queries" value-mass.npy "f8 (2, 4, 7)"
shape_is "a sum over keys" distance.npy "f8 (2, 4, 5)"
shape_is "one for each group" group-mass.npy "f8 (2, 4, 5, 3)"
shape_is "indices" argmax.npy "i8 (2, 4, 5)"

heed attend q.npy k.npy v.npy --max one.npy --topk-weights three.npy --top 3 --argmax key.npy --topk keys.npy
expect "the maximum beside others" code=0
for pair in one:three key:keys; do
    "$npy" read ${pair#*:}.npy | awk 'NR % 3 == 1' >first.txt
    close "is the first of them (${pair%:*})" ${pair%:*}.npy first.txt 0
done
printf '%s\n' 0 0 0 0 1 1 1 >ids1.txt
"$npy" write i8 7, ids1.npy <ids1.txt
heed attend q.npy k.npy v.npy --groups ids1.npy --group-mass g.npy --json
expect "groups that all sequences share" code=0 out='"name": "group-mass"'
shape_is "two of them" g.npy "f4 (2, 4, 5, 2)"

# ---- rollout, layer by layer from the last, against the matrices
array lower-q "2, 4, 6, 4" 11 3
array lower-k "2, 2, 6, 4" 12 3
array upper-q "2, 4, 6, 4" 13 3
array upper-k "2, 2, 6, 4" 14 3
printf '6\n4\n' | "$npy" write i8 2, lengths.npy
numbers 12 15 1 >from.txt
for kind in "" 8; do
    "$npy" write f${kind:-4} "2, 6" from.npy <from.txt
    heed attend upper-q$kind.npy upper-k$kind.npy upper-k$kind.npy --rollout upper.npy --weights upper-p.npy
    [ "$code" = 6 ] && continue
    expect "float$kind rollout of a layer" code=0
    heed attend lower-q$kind.npy lower-k$kind.npy lower-k$kind.npy --rollout lower.npy \
        --rollout-from upper.npy --weights lower-p.npy --causal
    expect "float$kind and of the one below" code=0
    shape_is "float$kind rollout" lower.npy "f${kind:-4} (2, 6)"
    "$npy" read upper-p.npy >p.txt
    "$npy" read lower-p.npy >>p.txt
    awk '{ p[int((NR - 1) / 288), int((NR - 1) / 144) % 2, int((NR - 1) / 6) % 6, (NR - 1) % 6] += $1 / 4 }
        END { for (b = 0; b < 2; b++) {
                  for (i = 0; i < 6; i++) r[i] = 1 / 6
                  for (l = 0; l < 2; l++) {
                      for (j = 0; j < 6; j++) for (i = s[j] = 0; i < 6; i++) s[j] += r[i] * p[l, b, i, j]
                      for (j = 0; j < 6; j++) r[j] = (r[j] + s[j]) / 2
                  }
                  for (j = 0; j < 6; j++) printf "%.17g\n", r[j] } }' p.txt >wanted.txt
    close "float$kind is what the matrices give" lower.npy wanted.txt "$([ "$kind" ] && echo 1e-12 || echo 1e-6)"
done
heed attend upper-q.npy upper-k.npy upper-k.npy --rollout short.npy --kv-lengths lengths.npy --q-lengths lengths.npy
expect "rollout of texts of lengths" code=0
"$npy" read short.npy | awk 'NR > 6 { s += $1 } NR > 10 { e += ($1 != 0) } END { exit !(e == 0 && s > 0.99999 && s < 1.00001) }'
check "stays within them" test $? = 0
heed attend q.npy k.npy v.npy --rollout x.npy
expect "rollout past a residual path" code=2 no_file=x.npy err='5 queries and 7 keys; the residual path'
heed attend upper-q.npy upper-k.npy upper-k.npy --rollout x.npy --kv-lengths lengths.npy
expect "with other lengths" code=2 err='sequence 1 has 6 queries and 4 keys'
heed attend upper-q.npy upper-k.npy upper-k.npy --rollout x.npy --rollout-from q.npy
expect "shares of other rows" code=2 err='q\.npy is \[2, 4, 5, 4\]; it must be \[2, 6\] like the rows'
heed attend upper-q.npy upper-k.npy upper-k.npy -o x.npy --rollout-from from.npy
expect "shares for nothing" code=2 err='--rollout-from does nothing without --rollout'

heed attend q.npy k.npy v.npy --distance d.npy
expect "distances need a place" code=2 err='--causal-offset'
heed attend q.npy k.npy v.npy --group-mass g.npy
expect "which groups?" code=2 err='give --groups'
heed attend q.npy k.npy v.npy --groups ids.npy -o o.npy
expect "groups of nothing" code=2 err='--groups does nothing without --group-mass'
heed attend q.npy k.npy v.npy --gradient-mass g.npy
expect "which gradient?" code=2 err='give --grad-output'
heed attend q.npy k.npy v.npy --gradient-mass g.npy --grad-output q.npy
expect "one that does not fit" code=2 err='q\.npy is \[2, 4, 5, 4\]; it must be \[2, 4, 5, 3\]'
heed attend q.npy k.npy v.npy -o o.npy --grad-output do.npy
expect "a gradient that nothing reads" code=2 err='--grad-output does nothing where no gradient'
heed attend q.npy k.npy v.npy -o o.npy --top 3
expect "how many of what?" code=2 err='--top does nothing without --topk'
printf '%s\n' -1 -1 -1 -1 -1 -1 -1 | "$npy" write i8 7, none.npy
heed attend q.npy k.npy v.npy --groups none.npy --group-mass g.npy
expect "no group at all" code=2 err='no key is in a group'
printf '%s\n' 0 0 0 0 1 1 100000 | "$npy" write i8 7, far.npy
heed attend q.npy k.npy v.npy --groups far.npy --group-mass g.npy
expect "a group far away" code=2 err='group 100000; they are numbered from 0 to 65535'
heed attend q.npy k.npy v.npy --groups kl.npy --group-mass g.npy
expect "groups of other keys" code=2 err='kl\.npy is \[2\]'
finish
