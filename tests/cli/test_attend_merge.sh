#!/bin/sh
# SPDX-License-Identifier: MIT
# heed attend --merge-output: results over parts of the keys are joined into that over all of them.
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/arrays.sh
. "$HEED_SOURCE/tests/cli/arrays.sh"

# array NAME SHAPE SEED FACTOR: in both kinds.
array() {
    count=$(echo "$2" | awk -F, '{ print $1 * $2 * $3 * ($4 ? $4 : 1) }')
    save "$1" f4 "$2" "$count" "$3" "$4"
    "$npy" write f8 "$2" "${1}8.npy" <"$1.txt"
}
array q "2, 4, 5, 4" 1 3
array k "2, 2, 7, 4" 2 3
array v "2, 2, 7, 3" 3 1
array "do" "2, 4, 5, 3" 4 1
array dl "2, 4, 5" 5 1

# rows FIRST LAST WIDTH FILE: these of every 7 rows of so many numbers.
rows() {
    awk -v first="$1" -v last="$2" -v width="$3" '{ row = int((NR - 1) / width) % 7 }
        row >= first && row <= last' "$4"
}
# part NUMBER FIRST LAST: keys and values of a part.
part() {
    for name in k:4 v:3; do
        rows "$2" "$3" ${name#*:} ${name%:*}.txt >part.txt
        for kind in f4: f8:8; do
            "$npy" write ${kind%:*} "2, 2, $(($3 - $2 + 1)), ${name#*:}" \
                "${name%:*}$1${kind#*:}.npy" <part.txt
        done
    done
}
part 1 0 2
part 2 3 5
part 3 6 6

# run WHAT KIND K V OPTION...: with all that comes of it, in WHAT-NAME.npy.
run() {
    what=$1 kind=$2 k=$3
    shift 3
    heed attend "q$kind.npy" "k$k$kind.npy" "v$k$kind.npy" -o "$what-o.npy" --lse "$what-lse.npy" \
        --weights "$what-p.npy" --mass "$what-mass.npy" --grad-output "do$kind.npy" \
        --grad-lse "dl$kind.npy" --grad-q "$what-dq.npy" --grad-k "$what-dk.npy" --grad-v "$what-dv.npy" "$@"
}
# joined KIND MOST: the parts, each joined with the two others, against the whole.
joined() {
    most=$2
    run all "$1" "" --softcap 5
    if [ "$code" = 6 ] && [ -n "$1" ]; then
        skip "float64" "not built in"
        return
    fi
    expect "float$1: all keys" code=0
    for file in o lse p mass dq dk dv; do "$npy" read all-$file.npy >all-$file.txt; done
    for one in 1 2 3; do run "part$one" "$1" $one --softcap 5; done
    while read -r one two three from to; do
        run whole "$1" "$one" --softcap 5 --merge-output "part$two-o.npy" --merge-lse "part$two-lse.npy" \
            --merge-output "part$three-o.npy" --merge-lse "part$three-lse.npy"
        expect "part $one with the others" code=0 no_err=.
        close "part $one with the others: o" whole-o.npy all-o.txt "$most"
        close "part $one with the others: lse" whole-lse.npy all-lse.txt "$most"
        awk -v first="$from" -v last="$to" '{ j = (NR - 1) % 7 } j >= first && j <= last' \
            all-p.txt >wanted.txt
        close "part $one with the others: its weights within the whole" whole-p.npy wanted.txt "$most"
        rows "$from" "$to" 1 all-mass.txt >wanted.txt
        close "part $one with the others: the mass of its keys" whole-mass.npy wanted.txt "$most"
        rows "$from" "$to" 4 all-dk.txt >wanted.txt
        close "part $one with the others: the gradient of its keys" whole-dk.npy wanted.txt "$most"
        rows "$from" "$to" 3 all-dv.txt >wanted.txt
        close "part $one with the others: the gradient of its values" whole-dv.npy wanted.txt "$most"
        "$npy" read whole-dq.npy >"dq$one.txt"
    done <<'END'
1 2 3 0 2
2 3 1 3 5
3 1 2 6 6
END
    paste -d " " dq1.txt dq2.txt dq3.txt | awk '{ printf "%.17g\n", $1 + $2 + $3 }' >found.txt
    check "float$1: the parts' gradients of q sum to that of all" awk -v most="$most" -f "$near" \
        found.txt all-dq.txt
}
joined "" 1e-5
joined 8 1e-12

# ---- [B, T, C], masks that hide a part, parts without keys
save fq f4 "2, 3, 8" 48 6 2
save fk f4 "2, 4, 8" 64 7 2
save fv f4 "2, 4, 4" 32 8
heed attend fq.npy fk.npy fv.npy --heads 2 -o one.npy --lse lse.npy
heed attend fq.npy fk.npy fv.npy --heads 2 -o hidden.npy --lse none.npy --causal --causal-offset -9
heed attend fq.npy fk.npy fv.npy --heads 2 -o both.npy --lse both-lse.npy --causal --causal-offset -9 \
    --merge-output one.npy --merge-lse lse.npy
expect "a part that sees nothing adds nothing" code=0 same=both.npy,one.npy same=both-lse.npy,lse.npy
heed attend fq.npy fk.npy fv.npy --heads 2 -o both.npy --lse both-lse.npy --merge-output hidden.npy \
    --merge-lse none.npy
expect "on either side" code=0 same=both.npy,one.npy same=both-lse.npy,lse.npy
heed attend fq.npy fk.npy fv.npy --heads 2 -o both.npy --lse both-lse.npy --merge-output hidden.npy \
    --merge-lse none.npy --causal --causal-offset -9
expect "two that see nothing" code=0 same=both.npy,hidden.npy same=both-lse.npy,none.npy

# ---- what is refused
heed attend q.npy k.npy v.npy -o x.npy --merge-output all-o.npy
expect "a result without its lse" code=2 err='--merge-output is given 1 times and --merge-lse 0'
heed attend fq.npy fk.npy fv.npy --heads 2 -o x.npy --merge-output fq.npy --merge-lse lse.npy
expect "another shape" code=2 no_file=x.npy err='fq\.npy is \[2, 3, 8\]; it must be \[2, 3, 4\] like the output'
heed attend fq.npy fk.npy fv.npy --heads 2 -o x.npy --merge-output one.npy --merge-lse one.npy
expect "another shape of lse" code=2 err='one\.npy is \[2, 3, 4\]; it must be \[2, 2, 3\] like lse'
for name in sparsemax softmax1 sink; do
    heed attend fq.npy fk.npy fv.npy --heads 2 -o x.npy --normalizer $name --merge-output one.npy --merge-lse lse.npy
    expect "results under $name" code=2 err="results under \"$name\" cannot be joined"
done
heed attend fq.npy fk.npy fv.npy --heads 2 --trace --merge-output one.npy --merge-lse lse.npy
expect "a trace of half" code=2 lines=0 err='--trace shows one run by itself'
finish
