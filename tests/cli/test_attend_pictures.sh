#!/bin/sh
# SPDX-License-Identifier: MIT
# heed attend --png, --svg, --html: what they show, and what is too big to be shown.
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/arrays.sh
. "$HEED_SOURCE/tests/cli/arrays.sh"

save q f4 "2, 4, 5, 4" 160 1 3
save k f4 "2, 2, 7, 4" 112 2 3
save v f4 "2, 2, 7, 3" 84 3
printf '7\n6\n' | "$npy" write i8 2, kl.npy

# cells FILE: the numbers under the cells of a page, row by row, all matrices.
cells() { tr '<' '\n' <"$1" | sed -n 's/^td class.* title="[0-9]* – [0-9]*: \([^"]*\)".*/\1/p'; }
# part TEXT SEQUENCE HEAD [KEYS]: one matrix of the whole [2, 4, 5, 7], its first keys.
part() {
    awk -v b="$2" -v h="$3" -v n="${4:-7}" 'int((NR - 1) / 35) == b * 4 + h && (NR - 1) % 7 < n' "$1"
}

heed attend q.npy k.npy v.npy --html all.html --weights p.npy --causal --causal-offset 2
expect "a page" code=0 lines=0 file=all.html
"$npy" read p.npy >p.txt
for head in 0 1 2 3; do part p.txt 0 $head; done >wanted.txt
cells all.html >found.txt
check "shows the weights of each head" awk -v most=1e-4 -f "$near" found.txt wanted.txt
check "named" test "$(grep -c '<figcaption>head [0-3]</figcaption>' all.html)" = 4
heed attend q.npy k.npy v.npy --html one.html --weights p.npy --kv-lengths kl.npy --picture-sequence 1 \
    --picture-head 2 --title "Two & two" --json
expect "one head of another sequence" code=0 out='"file": "one.html"'
"$npy" read p.npy >p.txt
part p.txt 1 2 6 >wanted.txt
cells one.html >found.txt
check "shows its weights, as many as it has keys" awk -v most=1e-4 -f "$near" found.txt wanted.txt
check "under its title" grep -q 'Two &amp; two' one.html
heed attend q.npy k.npy v.npy --html own.html --max max.npy
expect "each head with its own scale" code=0
# darkest FILE: what the darkest colour of each head stands for.
darkest() { sed -n 's/.*<\/span> \([0-9.]*\) &#160; Point.*/\1/p' "$1"; }
"$npy" read max.npy | head -n 20 >max.txt # of four heads with five queries each
darkest own.html >found.txt
awk '{ if ($1 > most) most = $1 } NR % 5 == 0 { printf "%.3f\n", most; most = 0 }' max.txt >wanted.txt
check "is that of its largest weight" diff wanted.txt found.txt
heed attend q.npy k.npy v.npy --html shared.html --picture-scale shared
expect "one for all" code=0
darkest shared.html >found.txt
sort -n max.txt | tail -n 1 | awk '{ for (h = 0; h < 4; h++) printf "%.3f\n", $1 }' >wanted.txt
check "is the largest weight of all" diff wanted.txt found.txt
heed attend q.npy k.npy v.npy --html seen.html --picture-of seen --picture-head 0 --causal --causal-offset 2
expect "which keys are seen" code=0
awk 'BEGIN { for (i = 0; i < 5; i++) for (j = 0; j < 7; j++) print (j <= i + 2) }' >wanted.txt
cells seen.html >found.txt
check "is the mask" awk -v most=0 -f "$near" found.txt wanted.txt
for name in q k v; do
    "$npy" write f8 "$("$npy" shape $name.npy | sed 's/.*(//; s/)//')" ${name}8.npy <$name.txt
done
heed attend q8.npy k8.npy v8.npy --html again.html --causal --causal-offset 2
if [ "$code" = 6 ]; then
    skip "float64" "not built in"
else
    expect "float64 looks the same" code=0 same=all.html,again.html
fi

heed attend q.npy k.npy v.npy --png all.png --svg all.svg
if [ "$code" = 6 ]; then
    skip "images" "not built in"
else
    expect "images" code=0 file=all.png file=all.svg
    check "a png" sh -c "od -An -tx1 -N 4 all.png | grep -q '89 50 4e 47'"
    check "a drawing" grep -q '<svg' all.svg
    heed attend q.npy k.npy v.npy --png again.png --threads 3
    expect "the same bytes again" code=0 same=all.png,again.png
    heed attend q.npy k.npy v.npy --png again.png --width 400
    expect "narrower" code=0 differ=all.png,again.png
    check "is at most as wide as asked for" sh -c \
        "set -- \$(od -An -tu1 -j 18 -N 2 again.png); [ \$((\$1 * 256 + \$2)) -le 400 ]"
fi

# ---- what is refused
save q2 f4 "1, 1, 129, 1" 129 1
save k2 f4 "1, 1, 3, 1" 3 1
heed attend q2.npy k2.npy k2.npy --png x.png
expect "too many queries" code=2 no_file=x.png err='129 queries and 3 keys is too big; it may have 128'
save q3 f4 "1, 17, 2, 1" 34 1
save k3 f4 "1, 17, 3, 1" 51 1
heed attend q3.npy k3.npy k3.npy --svg x.svg
expect "too many heads" code=2 no_file=x.svg err='17 heads is too big; it may have 16: choose'
heed attend q3.npy k3.npy k3.npy --html one.html --picture-head 16
expect "one of them" code=0 file=one.html
heed attend q3.npy k3.npy k3.npy --html x.html --picture-head 17
expect "which is there" code=2 err='--picture-head 17: there are 0 to 16'
heed attend q.npy k.npy v.npy --html x.html --picture-sequence 2
expect "a sequence that is not there" code=2 err='--picture-sequence 2: there are 0 to 1'
printf '7\n0\n' | "$npy" write i8 2, none.npy
heed attend q.npy k.npy v.npy --html x.html --picture-sequence 1 --kv-lengths none.npy
expect "nothing to draw" code=3 no_file=x.html err='sequence 1 has 5 queries and 0 keys'
heed attend q.npy k.npy v.npy -o o.npy --picture-head 1
expect "a head of no picture" code=2 err='--picture-head does nothing without --png'
heed attend q.npy k.npy v.npy -o o.npy --picture-scale shared
expect "a scale of no picture" code=2 err='--picture-scale does nothing without --png'
heed attend q.npy k.npy v.npy --html missing/x.html
expect "a picture that cannot be written" code=4 err='missing/x\.html'
finish
