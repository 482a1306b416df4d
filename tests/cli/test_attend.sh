#!/bin/sh
# SPDX-License-Identifier: MIT
# heed attend: against attention by its definition (attend.awk), against itself, and what it refuses.
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/arrays.sh
. "$HEED_SOURCE/tests/cli/arrays.sh"

definition=$HEED_SOURCE/tests/cli/attend.awk

# by_definition OUT RULE...: what the definition gives, in wanted.txt.
by_definition() {
    wanted=$1
    shift
    for rule in "$@"; do set -- "$@" -v "$rule" && shift; done
    awk -v B=2 -v H=4 -v K=2 -v Q=5 -v T=7 -v D=4 -v E=3 "$@" -v out="$wanted" -f "$definition" \
        q.txt k.txt v.txt >wanted.txt
}
save q f4 "2, 4, 5, 4" 160 1 3
save k f4 "2, 2, 7, 4" 112 2 3
save v f4 "2, 2, 7, 3" 84 3

# ---- values
heed attend q.npy k.npy v.npy -o o.npy --lse lse.npy --weights p.npy --scores s.npy
expect "plain attention" code=0 lines=0 no_err=. file=o.npy
shape_is "the result" o.npy "f4 (2, 4, 5, 3)"
shape_is "lse" lse.npy "f4 (2, 4, 5)"
shape_is "the weights" p.npy "f4 (2, 4, 5, 7)"
by_definition o
close "the result is by the definition" o.npy wanted.txt
by_definition lse
close "and lse" lse.npy wanted.txt
by_definition p
close "and the weights" p.npy wanted.txt
by_definition s
close "and the scores" s.npy wanted.txt
heed attend q.npy k.npy v.npy -o again.npy --engine reference --threads 3
expect "another engine gives the same bytes" code=0 same=o.npy,again.npy
heed attend q.npy k.npy v.npy -o again.npy --score dot
expect "another score differs" code=0 differ=o.npy,again.npy
by_definition o scale=1
close "by its rule" again.npy wanted.txt
heed attend q.npy k.npy v.npy -o again.npy --scale 0.3 --softcap 0.7 --scores s.npy --scores-at softcap
expect "scale and softcap" code=0
by_definition o scale=0.3 cap=0.7
close "by the definition" again.npy wanted.txt
by_definition s scale=0.3 cap=0.7
close "scores after the softcap" s.npy wanted.txt
heed attend q.npy k.npy v.npy -o other.npy --score scaled_dot:scale=0.3 --stage softcap:cap=0.7
expect "the same in their text form" code=0 same=again.npy,other.npy
heed attend q.npy k.npy v.npy --scores raw.npy --scale 0.3 --softcap 0.7
by_definition s scale=0.3
close "raw scores come before it" raw.npy wanted.txt
heed attend q.npy k.npy v.npy -o o2.npy --causal --causal-offset 2 --weights p.npy --scores s.npy \
    --scores-at mask
expect "causal with an offset" code=0
by_definition o causal=1 offset=2
close "by the definition" o2.npy wanted.txt
by_definition s causal=1 offset=2
close "hidden scores are -inf" s.npy wanted.txt
heed attend q.npy k.npy v.npy -o end.npy --causal --causal-offset end
expect "the last query at the last key" code=0 same=o2.npy,end.npy
printf '2\n-1\n' | "$npy" write i8 2, offsets.npy
heed attend q.npy k.npy v.npy -o o3.npy --causal --causal-offset offsets.npy
expect "an offset for each sequence" code=0
{
    by_definition o causal=1 offset=2
    head -n 60 wanted.txt
    by_definition o causal=1 offset=-1
    tail -n 60 wanted.txt
} >wanted2.txt
close "by the definition" o3.npy wanted2.txt
heed attend q.npy k.npy v.npy -o o2.npy --mask-pattern causal --causal-offset -1 --lse lse.npy
expect "a row that sees nothing" code=0
by_definition o causal=1 offset=-1
close "is 0" o2.npy wanted.txt
by_definition lse causal=1 offset=-1
close "and its lse -inf" lse.npy wanted.txt
printf '3\n7\n' | "$npy" write i8 2, kl.npy
printf '5\n0\n' | "$npy" write i8 2, ql.npy
heed attend q.npy k.npy v.npy -o o2.npy --kv-lengths kl.npy --q-lengths ql.npy --weights p.npy \
    --lse lse.npy --mass mass.npy
expect "lengths on both sides" code=0
by_definition o "lengths=3 7" "queries=5 0"
close "by the definition" o2.npy wanted.txt
by_definition p "lengths=3 7" "queries=5 0"
close "weights beyond a length are 0" p.npy wanted.txt
by_definition lse "lengths=3 7" "queries=5 0"
close "lse beyond is -inf" lse.npy wanted.txt
"$npy" read p.npy | awk '{ w[int((NR - 1) / 35) * 7 + (NR - 1) % 7] += $1 }
    END { for (i = 0; i < 56; i++) print w[i] }' >wanted.txt
close "mass is the sum over queries" mass.npy wanted.txt

# ---- [B, T, C]: the same numbers in another order
turn() { awk -v H="$2" -v T="$3" -v D="$4" '{ x[NR - 1] = $1 } END {
    for (b = 0; b < 2; b++) for (t = 0; t < T; t++) for (h = 0; h < H; h++) for (d = 0; d < D; d++)
        print x[((b * H + h) * T + t) * D + d] }' "$1"; }
turn q.txt 4 5 4 | "$npy" write f4 "2, 5, 16" q3.npy
turn k.txt 2 7 4 | "$npy" write f4 "2, 7, 8" k3.npy
turn v.txt 2 7 3 | "$npy" write f4 "2, 7, 6" v3.npy
heed attend q3.npy k3.npy v3.npy -o o3.npy --heads 4 --kv-heads 2 --lse lse3.npy
expect "[B, T, C]" code=0
shape_is "the result" o3.npy "f4 (2, 5, 12)"
by_definition o
turn wanted.txt 4 5 3 >wanted3.txt
close "has the same numbers" o3.npy wanted3.txt

# ---- biases and masks
save bias f4 "5, 7" 35 9 2
heed attend q.npy k.npy v.npy -o o2.npy --bias bias.npy --grad-output o.npy --grad-array bias.pairs=db.npy
expect "a bias, and its gradient" code=0
shape_is "which is shaped like it" db.npy "f4 (5, 7)"
by_definition o bias=bias.txt
close "by the definition" o2.npy wanted.txt
heed attend q.npy k.npy v.npy -o other.npy --mask bias.npy
expect "a mask of numbers is added" code=0 same=o2.npy,other.npy
heed attend q.npy k.npy v.npy -o other.npy --stage bias --array bias.pairs=bias.npy
expect "the same by its name" code=0 same=o2.npy,other.npy
heed attend q.npy k.npy v.npy -o other.npy --bias bias.npy --mask bias.npy --softcap 2
expect "bias and mask and softcap" code=0
awk '{ print 2 * $1 }' bias.txt >twice.txt
by_definition o bias=twice.txt cap=2
close "by the definition" other.npy wanted.txt

awk '{ print NR % 3 ? 1 : 0 }' bias.txt >flags.txt
awk '{ print NR % 3 ? 0 : "-inf" }' bias.txt >hide.txt
"$npy" write b1 "5, 7" flags.npy <flags.txt
heed attend q.npy k.npy v.npy -o o2.npy --mask flags.npy
expect "a mask of booleans" code=0
by_definition o bias=hide.txt
close "true attends" o2.npy wanted.txt
"$npy" write f4 "5, 7" hide.npy <hide.txt
heed attend q.npy k.npy v.npy -o other.npy --mask hide.npy
expect "-inf hides" code=0 same=o2.npy,other.npy
numbers 20 4 | "$npy" write f4 "5, 4" short.npy
numbers 20 4 | awk '{ print; if (NR % 4 == 0) print "-inf\n-inf\n-inf" }' >short.txt
heed attend q.npy k.npy v.npy -o o2.npy --mask short.npy
expect "a short mask hides the rest" code=0
by_definition o bias=short.txt
close "by the definition" o2.npy wanted.txt
printf '1\n1\n0\n1\n1\n0\n1\n' | "$npy" write b1 "1, 1, 1, 7" one.npy
heed attend q.npy k.npy v.npy -o o2.npy --mask one.npy --causal --causal-offset 2
expect "a mask shared by all rows, and causal" code=0
awk '{ print (NR - 1) % 7 == 2 || (NR - 1) % 7 == 5 ? "-inf" : 0 }' bias.txt >hide.txt
by_definition o bias=hide.txt causal=1 offset=2
close "both must hold" o2.npy wanted.txt
heed attend q.npy k.npy v.npy -o o2.npy --window 2,1 --causal-offset 1
expect "a window" code=0
by_definition o left=2 right=1 offset=1
close "both ends are inside" o2.npy wanted.txt
heed attend q.npy k.npy v.npy -o o2.npy --window 2,-1 --causal --causal-offset 1
expect "open to one side, and causal" code=0
by_definition o left=2 causal=1 offset=1
close "by the definition" o2.npy wanted.txt
heed attend q.npy k.npy v.npy -o o2.npy --window 2
expect "a window has two sides" code=2 err='--window 2: it must be LEFT,RIGHT'
save q0 f4 "2, 4, 7, 4" 224 1 3
printf '%s\n' 0 0 0 1 1 2 2 5 5 1 1 1 1 1 >ids.txt
"$npy" write i8 "2, 7" ids.npy <ids.txt
heed attend q0.npy k.npy v.npy -o o2.npy --documents ids.npy --causal
expect "documents" code=0
cp q.txt q.kept && cp q0.txt q.txt
by_definition o Q=7 "ids=$(tr '\n' ' ' <ids.txt)" causal=1
mv q.kept q.txt
close "see themselves" o2.npy wanted.txt
heed attend q.npy k.npy v.npy -o o2.npy --documents ids.npy
expect "queries of other rows need theirs" code=2 err='--array documents\.query_ids=FILE'
numbers 4 8 >sink.txt
"$npy" write f4 4, sink.npy <sink.txt
heed attend q.npy k.npy v.npy -o o2.npy --sink sink.npy --lse lse.npy
expect "a sink" code=0
by_definition o "sinks=$(tr '\n' ' ' <sink.txt)"
close "takes its share" o2.npy wanted.txt
by_definition lse "sinks=$(tr '\n' ' ' <sink.txt)"
close "and is in lse" lse.npy wanted.txt

# ---- the past
tail_rows() { awk -v T="$2" -v D="$3" -v from="$4" -v to="$5" \
    '{ t = int((NR - 1) / D) % T } t >= from && t < to' "$1"; }
for side in k:4 v:3; do
    name=${side%:*} size=${side#*:}
    tail_rows "$name.txt" 7 "$size" 0 2 | "$npy" write f4 "2, 2, 2, $size" "past_$name.npy"
    tail_rows "$name.txt" 7 "$size" 2 7 | "$npy" write f4 "2, 2, 5, $size" "new_$name.npy"
done
heed attend q.npy new_k.npy new_v.npy --past-key past_k.npy --past-value past_v.npy -o o2.npy \
    --present-key pk.npy --present-value pv.npy --causal
expect "keys of the past" code=0 same=pk.npy,pk.npy
by_definition o causal=1 offset=2
close "the offset is their number" o2.npy wanted.txt
close "present keys" pk.npy k.txt 1e-6
close "present values" pv.npy v.txt 1e-6

# ---- sums over the weights
heed attend q.npy k.npy v.npy --entropy h.npy --mass m.npy --topk t.npy --topk-weights w.npy --top 3
expect "sums" code=0
shape_is "the heaviest keys" t.npy "i8 (2, 4, 5, 3)"
by_definition p
awk '{ i = int((NR - 1) / 7); h[i] -= $1 * log($1) } END { for (i = 0; i < 40; i++) print h[i] }' \
    wanted.txt >entropy.txt
close "entropy" h.npy entropy.txt
awk '{ p[(NR - 1) % 7] = $1 } NR % 7 == 0 { for (n = 0; n < 3; n++) { best = -1
    for (j = 0; j < 7; j++) if (p[j] >= 0 && (best < 0 || p[j] > p[best])) best = j
    print best, p[best]; p[best] = -1 } }' wanted.txt >top.txt
cut -d' ' -f1 top.txt >keys.txt
cut -d' ' -f2 top.txt >heaviest.txt
close "the heaviest keys" t.npy keys.txt 0
close "and their weights" w.npy heaviest.txt

# ---- float64, float16, bfloat16
for name in q k v; do
    "$npy" shape $name.npy | sed 's/.*(//; s/)//' >shape.txt
    "$npy" write f8 "$(cat shape.txt)" ${name}8.npy <$name.txt
done
heed attend q8.npy k8.npy v8.npy -o o8.npy --causal --causal-offset 2 --softcap 3
if [ "$code" = 6 ]; then
    skip "float64" "not built in"
else
    expect "float64" code=0
    shape_is "the result" o8.npy "f8 (2, 4, 5, 3)"
    by_definition o causal=1 offset=2 cap=3
    close "to the last digits" o8.npy wanted.txt 1e-13
    # Gradients against finite differences: dq for a gradient of ones is the change of sum o.
    awk 'BEGIN { for (i = 0; i < 120; i++) print 1 }' >ones.txt
    "$npy" write f8 "2, 4, 5, 3" ones8.npy <ones.txt
    heed attend q8.npy k8.npy v8.npy --grad-output ones8.npy --grad-q dq.npy --grad-k dk.npy --grad-v dv.npy
    expect "gradients" code=0
    for name in q k v; do shape_is "d$name" d$name.npy "f8 ($("$npy" shape ${name}8.npy | sed 's/.*(//')"; done
    sum_of() { by_definition o; awk '{ s += $1 } END { printf "%.17g\n", s }' wanted.txt; }
    for name in q k v; do
        cp $name.txt kept.txt
        awk 'NR == 30 { $1 += 1e-4 } { printf "%.17g\n", $1 }' kept.txt >$name.txt
        up=$(sum_of)
        awk 'NR == 30 { $1 -= 1e-4 } { printf "%.17g\n", $1 }' kept.txt >$name.txt
        down=$(sum_of)
        cp kept.txt $name.txt
        awk -v a="$up" -v b="$down" 'BEGIN { printf "%.17g\n", (a - b) / 2e-4 }' >slope.txt
        "$npy" read d$name.npy | sed -n 30p >found2.txt
        check "d$name is the slope" awk -v most=1e-7 -f "$near" found2.txt slope.txt
    done
fi
for kind in f2:15:10:2e-3 u2:127:7:1e-2; do
    IFS=: read -r name bias bits most <<WORDS
$kind
WORDS
    for side in q:2,4,5,4 k:2,2,7,4 v:2,2,7,3; do
        array=${side%%:*}
        bfloat "$array.txt" "$bias" "$bits" | "$npy" write "$name" "${side#*:}" "${array}2.npy"
        unbits "${array}2.npy" "$bias" "$bits" >"${array}2.txt"
    done
    heed attend q2.npy k2.npy v2.npy -o o2.npy --lse lse2.npy --causal --causal-offset 2
    expect "$name" code=0
    shape_is "the result" o2.npy "$name (2, 4, 5, 3)"
    shape_is "lse" lse2.npy "f4 (2, 4, 5)"
    for array in q k v; do cp $array.txt $array.kept && cp ${array}2.txt $array.txt; done
    by_definition o causal=1 offset=2
    unbits o2.npy "$bias" "$bits" >found3.txt
    check "$name within $most" awk -v most="$most" -f "$near" found3.txt wanted.txt
    by_definition lse causal=1 offset=2
    close "$name accumulates in float32" lse2.npy wanted.txt
    for array in q k v; do mv $array.kept $array.txt; done
done

# ---- learned arrays, dropout, other mechanisms
save w f4 "4, 4" 16 7
save q7 f4 "2, 2, 5, 4" 80 5
heed attend q.npy k.npy v.npy -o o2.npy --score additive
expect "a learned array that is missing is named with its shape" code=2 \
    err='--parameter (score|additive)[a-z_.]* *=FILE.npy is missing: \[4, 4\]'
parameter=$(sed -n 's/.*--parameter \([a-z_.]*\)=.*is missing.*/\1/p' stderr)
heed attend q.npy k.npy v.npy -o o2.npy --score additive --parameter "$parameter=w.npy" \
    --grad-output o.npy --grad-parameter "$parameter=dw.npy"
expect "with it, and its gradient" code=0 file=o2.npy
shape_is "which is shaped like it" dw.npy "f4 (4, 4)"
heed attend q.npy k.npy v.npy -o o2.npy --score additive --parameter "$parameter=k.npy"
expect "a wrong shape is told with the right one" code=2 err='k\.npy is \[2, 2, 7, 4\]; .* must be \[4, 4\]'
heed attend q.npy k.npy v.npy -o o2.npy --normalizer sparsemax --weights p.npy
expect "another normaliser" code=0 differ=o.npy,o2.npy
"$npy" read p.npy | awk '{ s += $1 } NR % 7 == 0 { print s; s = 0 }' >sums.txt
awk 'BEGIN { for (i = 0; i < 40; i++) print 1 }' >ones.txt
check "whose weights sum to 1" awk -v most=1e-5 -f "$near" sums.txt ones.txt
heed attend q.npy k.npy v.npy -o a.npy --normaliser sparsemax
expect "spelled otherwise" code=0 same=o2.npy,a.npy
heed attend q.npy k.npy v.npy -o a.npy --dropout 0.5 --seed 3
expect "dropout" code=0 differ=o.npy,a.npy
heed attend q.npy k.npy v.npy -o b.npy --dropout 0.5 --seed 3 --threads 3
expect "is a function of the seed" code=0 same=a.npy,b.npy
heed attend q.npy k.npy v.npy -o b.npy --dropout 0.5 --seed 4
expect "and of nothing else" code=0 differ=a.npy,b.npy
heed attend q.npy k.npy v.npy -o a.npy --normalizer sampled --seed 3
expect "arrays of the backward pass alone are not asked for before it" code=0
heed attend q.npy k.npy v.npy --grad-q dq.npy --grad-output o.npy --normalizer sampled
expect "but there they are" code=2 err='--array sampled\.advantage=FILE'
heed attend q.npy k.npy v.npy -o a.npy --rope 10000,interleaved --causal-offset 0
expect "rotary positions" code=0 differ=o.npy,a.npy
heed attend q.npy k.npy v.npy -o b.npy --position rotary:base=10000,interleaved=1 --causal-offset 0
expect "in their text form" code=0 same=a.npy,b.npy
heed attend q.npy k.npy v.npy -o b.npy --rope 10000 --causal-offset 0
expect "the other pairs" code=0 differ=a.npy,b.npy
heed attend q.npy k.npy v.npy -o b.npy --rope ten
expect "a base that is no number" code=2 err='--rope ten: it must be BASE or BASE,interleaved'
heed attend q.npy k.npy v.npy -o a.npy --alibi --causal-offset 2
expect "slopes" code=0
by_definition o offset=2 "slopes=0.25 0.0625 0.015625 0.00390625"
close "by the definition" a.npy wanted.txt

# ---- what is printed
heed attend q.npy k.npy v.npy --plan --causal --causal-offset 2 --stage bias
expect "the plan says what it reads" code=0 out='^attention: score scaled_dot, .*mask causal' \
    out='engine tiled' out='workspace [0-9]+ bytes' out='--array bias\.pairs=FILE\.npy: numbers'
heed attend q.npy k.npy v.npy --plan --json -o o2.npy
expect "as JSON" code=0 out='"heads": 4' out='"full": ' out='"file": "o2.npy"' out='"plan": "attention'
if command -v python3 >/dev/null; then check "which is JSON" python3 -m json.tool stdout; fi
heed attend q.npy k.npy v.npy --strict --engine reference -o x.npy
expect "a slow plan is refused" code=6 no_file=x.npy
heed attend q.npy k.npy v.npy --lint
expect "nothing is odd" code=0 out='^nothing is odd$'
heed attend q.npy k.npy v.npy --lint --causal --causal-offset -3
expect "queries that see no key are told" code=0 no_out='^nothing' out='no key'
heed attend q.npy k.npy v.npy --lint --json --causal --causal-offset -3
expect "as JSON" code=0 out='"lint": ".*no key'
save q1 f4 "1, 1, 2, 2" 4 1
save k1 f4 "1, 1, 3, 2" 6 2
save v1 f4 "1, 1, 3, 2" 6 3
heed attend q1.npy k1.npy v1.npy --trace --softcap 5 --causal --causal-offset 1
expect "every step" code=0 out='^sequence 0, head 0' out='^  scores, scaled_dot' \
    out='^  after softcap' out='^  after mask causal' out='-inf' out='^  weights, softmax' \
    out='^  o = weights v \[2, 2\]'
save q9 f4 "1, 1, 17, 2" 34 1
heed attend q9.npy k1.npy v1.npy --trace
expect "of small inputs only" code=2 err='17 queries, 3 keys.*too many to print'
heed list attention
expect "settings are listed" code=0 out='^  softcap ' out='cap=REAL'
heed list attention --json
expect "as JSON too" code=0 out='"setting": "cap"'

# ---- standard input and output
heed attend - k.npy v.npy -o piped.npy <q.npy
expect "queries from standard input" code=0 same=o.npy,piped.npy
heed attend q.npy k.npy - -o - <v.npy
expect "and the result to standard output" code=0 same=o.npy,stdout
heed attend q.npy k.npy v.npy --mask - --kv-lengths kl.npy -o piped.npy <flags.npy
expect "a mask from standard input" code=0
heed attend q.npy k.npy v.npy --mask flags.npy --kv-lengths kl.npy -o other.npy
expect "is the same mask" code=0 same=piped.npy,other.npy
heed attend q0.npy k.npy v.npy --documents - --causal -o piped.npy <ids.npy
expect "ids of both sides" code=0
heed attend q0.npy k.npy v.npy --documents ids.npy --causal -o other.npy
expect "are read once" code=0 same=piped.npy,other.npy
heed attend q.npy k.npy v.npy --score additive --parameter "$parameter=-" --grad-output o.npy \
    --grad-parameter "$parameter=-" <w.npy
expect "a learned array and its gradient" code=0 same=stdout,dw.npy
heed attend q.npy - - -o x.npy <k.npy
expect "standard input twice" code=2 no_file=x.npy err="'-' is given 2 times to be read"
heed attend q.npy k.npy v.npy -o - --lse -
expect "standard output twice" code=2 lines=0 err="'-' is given 2 times to be written"
heed attend q.npy k.npy v.npy -o - --json
expect "beside what is printed" code=2 lines=0 err='--json is printed where'
heed attend q.npy - v.npy -o x.npy </dev/null
expect "nothing there" code=5 err='standard input: not a \.npy file'
heed attend - q.npy v.npy -o x.npy <bias.npy
expect "messages name it" code=2 err='standard input is \[5, 7\]; it must be'
heed attend q.npy k.npy v.npy --html - --picture-of seen
expect "a page to standard output" code=0 out='<!DOCTYPE html>'

# ---- what is refused
heed attend q.npy k.npy v.npy -o x.npy --lse x.npy
expect "one file for two results" code=2 no_file=x.npy err='--output and --lse would both write x\.npy; give each'
heed attend q.npy k.npy v.npy -o x.npy -o x.npy --quiet
expect "but the last of an option counts" code=0
rm x.npy
heed attend q.npy k.npy v.npy
expect "nothing asked for" code=2 err='nothing is asked for: give -o'
heed attend q.npy v.npy v.npy -o x.npy
expect "head sizes" code=2 no_file=x.npy err='q\.npy is \[2, 4, 5, 4\] and v\.npy is \[2, 2, 7, 3\]; the last'
heed attend q.npy k.npy q1.npy -o x.npy
expect "batches" code=2 err='q\.npy is \[2, 4, 5, 4\] and q1\.npy is \[1, 1, 2, 2\]; all three'
heed attend q.npy k.npy new_v.npy -o x.npy
expect "rows of keys and values" code=2 err='k\.npy is \[2, 2, 7, 4\] and new_v\.npy is \[2, 2, 5, 3\]; keys'
heed attend k.npy q.npy q.npy -o x.npy
expect "more key heads than heads" code=2 err='2 heads over 4 key heads'
heed attend q3.npy k3.npy v3.npy -o x.npy
expect "[B, T, C] needs its heads" code=2 err='q3\.npy is \[2, 5, 16\]: \[B, T, C\] needs --heads'
heed attend q3.npy k3.npy v3.npy -o x.npy --heads 3
expect "which divide C" code=2 err='q3\.npy is \[2, 5, 16\]; .*multiple of --heads 3'
heed attend q.npy k.npy v.npy -o x.npy --heads 8
expect "heads that the shape denies" code=2 err='--heads 8: q\.npy has 4 heads'
heed attend bias.npy k.npy v.npy -o x.npy
expect "two dimensions" code=2 err='bias\.npy is \[5, 7\]; it must be \[B, H, T, D\]'
heed attend kl.npy k.npy v.npy -o x.npy
expect "whole numbers" code=2 err='kl\.npy holds int64'
heed attend q8.npy k.npy v.npy -o x.npy
expect "two kinds" code=2 err='q8\.npy holds float64 and k\.npy float32'
heed attend q.npy missing.npy v.npy -o x.npy
expect "a missing file" code=4 err='missing\.npy'
printf 'no array' >bad.npy
heed attend q.npy bad.npy v.npy -o x.npy
expect "what is no array" code=5 err='bad\.npy: not a \.npy file'
heed attend q.npy k.npy v.npy -o x.npy --causal
expect "causal without a corner" code=2 err='5 queries and 7 keys.*--causal-offset'
heed attend q.npy k.npy v.npy -o x.npy --kv-lengths bias.npy
expect "lengths are whole numbers" code=2 err='bias\.npy: its elements are float32; they must be int64'
heed attend q.npy k.npy v.npy -o x.npy --kv-lengths offsets.npy
expect "of a right size" code=2 err='-1; it must be 0 to 7'
printf '1\n2\n3\n' | "$npy" write i8 3, three.npy
heed attend q.npy k.npy v.npy -o x.npy --kv-lengths three.npy
expect "one for each sequence" code=2 err='three\.npy is \[3\]; it must be \[2\]'
heed attend q.npy k.npy v.npy -o x.npy --bias k.npy
expect "a bias that does not fit" code=2 err='k\.npy is \[2, 2, 7, 4\]; .* = \[2, 4, 5, 7\]'
heed attend q.npy k.npy v.npy -o x.npy --mask q1.npy
expect "a mask that does not fit" code=2 err='--mask q1\.npy is \[1, 1, 2, 2\]; .* = \[2, 4, 5, 7\]'
heed attend q.npy k.npy v.npy -o x.npy --stage bias
expect "an array that is missing" code=2 err='--array bias\.pairs=FILE\.npy is missing: numbers'
heed attend q.npy k.npy v.npy -o x.npy --array bias.pairs=bias.npy
expect "an array that nothing reads" code=2 err='--array bias\.pairs: no mechanism here'
heed attend q.npy k.npy v.npy -o x.npy --parameter w=w.npy
expect "a learned array that nothing has" code=2 err='--parameter w: no mechanism here'
heed attend q.npy k.npy v.npy -o x.npy --array bias
expect "an array without a file" code=2 err='--array bias: it must be NAME=FILE\.npy'
heed attend q.npy k.npy v.npy -o x.npy --score cosin
expect "an unknown score" code=2 err='there is no score "cosin"; there are'
heed attend q.npy k.npy v.npy -o x.npy --stage softcap:c=1
expect "an unknown setting" code=2 err='has no setting "c"; it has: cap'
heed attend q.npy k.npy v.npy -o x.npy --score dot --scale 2
expect "a score without a scale" code=2 err='--scale: score "dot" has no scale'
heed attend q.npy k.npy v.npy -o x.npy --sink sink.npy --normalizer sparsemax
expect "a sink is softmax's" code=2 err='--sink is softmax with a sink'
heed attend q.npy k.npy v.npy -o x.npy --past-key past_k.npy
expect "half a past" code=2 err='--past-key needs --past-value'
heed attend q.npy k.npy v.npy -o x.npy --past-key past_v.npy --past-value past_v.npy
expect "a past that does not fit" code=2 err='past_v\.npy is \[2, 2, 2, 3\]; it must be \[2, 2, any, 4\]'
heed attend q.npy k.npy v.npy --grad-q dq.npy
expect "a gradient of nothing" code=2 err='give --grad-output'
heed attend q.npy k.npy v.npy --grad-q dq.npy --grad-output q.npy
expect "a gradient that does not fit" code=2 err='q\.npy is \[2, 4, 5, 4\]; it must be \[2, 4, 5, 3\]'
heed attend q.npy k.npy v.npy --grad-output o.npy --grad-past-key x.npy
expect "no past, no gradient of it" code=2 err='there is no past'
heed attend q.npy k.npy v.npy -o x.npy --engine fast
expect "an unknown engine" code=2 err='there is no engine "fast"'
heed attend q.npy k.npy v.npy -o missing/x.npy
expect "a result that cannot be written" code=4 err='missing/x\.npy'
heed attend q.npy k.npy -o x.npy
expect "three arrays" code=2 err='usage: heed attend'
finish
