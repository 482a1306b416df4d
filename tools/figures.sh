#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: tools/figures.sh [COMMAND [FOLDER]]     (build/heed and docs/attention/images)
# Draws the figures of docs/attention with the command alone: each from a few numbers made here. A
# test holds the committed ones to it, byte for byte, where the same libraries draw.
set -eu
command=${1:-build/heed}
folder=${2:-docs/attention/images}
arrays=$(dirname "$0")/../examples/array.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$folder"

# array NAME KIND SHAPE: the numbers of standard input as NAME.npy; KIND f4, i8 or b1.
array() { "$arrays" "$2:$3" "$work/$1.npy"; }
# numbers PROGRAM: an awk program that prints a number a line; random() is within -1 and 1.
numbers() { awk "function random() { x = (x * 69069 + 1) % 16777216; return int(x / 131072) / 64 - 1 }
    BEGIN { x = 3; $1 }"; }
# figure NAME INPUT OPTION...: of INPUT_q.npy and INPUT_k.npy.
figure() {
    name=$1 input=$2
    shift 2
    "$command" attend "$work/${input}_q.npy" "$work/${input}_k.npy" "$work/${input}_k.npy" \
        --png "$folder/$name.png" "$@"
}

# ---- masks: which keys (columns) each query (row) sees; where heads differ, three of them
for heads in 1 3; do
    numbers "for (i = 0; i < $heads * 16; i++) print 0" | tee "$work/zeros" | array all${heads}_q f4 "1, $heads, 16, 1"
    array all${heads}_k f4 "1, $heads, 16, 1" <"$work/zeros"
done
mask() {
    name=$1 input=$2 pattern=$3 width=340
    shift 3
    [ "$input" = all1 ] || width=900
    figure "mask-$name" "$input" --picture-of seen --mask-pattern "$pattern" --width $width "$@"
}
mask causal all1 causal
mask window all1 window:left=3,right=1
mask windows all3 windows:left=2/4/2,right=2/0/1,dilation=1/1/3
mask local_m all1 local_m:width=2
numbers 'for (i = 0; i < 16; i++) print int(i * i / 15)' | array centre f4 16
mask local_p all1 local_p:width=2 --array "local_p.centre=$work/centre.npy"
mask prefix all1 prefix:count=5
numbers 'for (i = 0; i < 16; i++) print i < 8 ? 3 : 11' | array counts i8 16
mask prefixes all1 prefixes --array "prefixes.count=$work/counts.npy"
numbers 'for (i = 0; i < 16; i++) print (i >= 5) + (i >= 12)' | array ids i8 "1, 16"
mask documents all1 documents --array "documents.query_ids=$work/ids.npy" \
    --array "documents.key_ids=$work/ids.npy"
mask global all1 global:tokens=0/9
mask longformer all1 longformer:window=2,tokens=0/9
mask strided all1 strided:stride=4
mask fixed all1 fixed:stride=4,summary=1
mask bigbird all3 bigbird:size=1,random=1
mask blocks all1 blocks:size=4,pairs=0/0/1/2/2/1/2/2/3/0
numbers 'for (i = 0; i < 256; i++) print (random() > 0)' | array flags b1 "16, 16"
mask dense all1 dense --array "dense.flags=$work/flags.npy"
mask all all1 "all(causal,window:left=5)"
mask any all1 "any(window:left=1,right=1,global:tokens=0)"

# ---- normalisers: the same scores under each
numbers 'for (i = 0; i < 48; i++) print random() * 2' | tee "$work/keys" | array score_k f4 "1, 1, 12, 4"
awk '{ print $1 * 1.25 + (NR * 7 % 5 - 2) / 4 }' "$work/keys" | array score_q f4 "1, 1, 12, 4"
numbers 'print 2' | array sink f4 "1, 1"
normaliser() {
    name=$1
    case "$name" in
    hard | straight_through | sampled) width=286 ;; # without a legend, cells as large as elsewhere
    *) width=400 ;;
    esac
    shift
    figure "normaliser-$name" score --width $width --normaliser "$@"
}
for name in softmax sparsemax entmax15 entmax:alpha=1.25 topk:k=3 sigmoid:bias=-2 relu2 hard \
    straight_through gumbel sampled; do
    normaliser "${name%:*}" "$name"
done
normaliser sink sink --parameter "sink.score=$work/sink.npy"

# The same scores less 5: softmax would not see it.
numbers 'for (i = 0; i < 144; i++) print -5' | array lower f4 "12, 12"
normaliser softmax1 softmax1 --bias "$work/lower.npy"

# ---- stages that go by the score alone: the same scores under each
figure stage-softcap score --width 400 --stage softcap:cap=3
numbers 'for (h = 0; h < 3; h++) { x = 3; for (i = 0; i < 48; i++) print random() * 2 }' |
    tee "$work/keys" | array scores_k f4 "1, 3, 12, 4"
awk '{ i = (NR - 1) % 48 + 1; print $1 * 1.25 + (i * 7 % 5 - 2) / 4 }' "$work/keys" |
    array scores_q f4 "1, 3, 12, 4"
numbers 'print -1.0986; print 0; print 1.0986' | array log f4 "3, 1"
figure stage-scale scores --width 1000 --stage scale:learned=1 --parameter "scale.log=$work/log.npy"
numbers 'print 1; print 0.5; print 0.25' | array gates f4 "3, 1"
figure stage-gate scores --width 1000 --stage gate --parameter "gate.heads=$work/gates.npy" --picture-scale shared

# ---- scores: queries and keys on a circle, one more twelfth of the way round in each row; of `far`
# every other key is twice as far out
circle() { numbers "for (i = 0; i < 12; i++) { r = i % 2 ? $1 : 1; a = i * 0.523599; print r * cos(a); print r * sin(a) }"; }
circle 1 | tee "$work/same" | array circle_q f4 "1, 1, 12, 2"
array circle_k f4 "1, 1, 12, 2" <"$work/same"
array far_q f4 "1, 1, 12, 2" <"$work/same"
circle 2 | array far_k f4 "1, 1, 12, 2"
score() {
    name=$1 input=$2
    shift 2
    figure "score-$name" "$input" --width 400 --score "$@"
}
score scaled_dot far scaled_dot:scale=3
score cosine far cosine:scale=3
score distance far distance:scale=3
score gaussian far gaussian:sigma=0.577
numbers 'print 0; print 3; print -3; print 0' | array turn f4 "1, 4"
score general far general --parameter "score.W=$work/turn.npy"
numbers 'print 3; print 3' | array w f4 "1, 2"
score additive circle additive --parameter "score.weight=$work/w.npy"
# Each unit compares along one axis, and a query far out on that axis fills it.
numbers 'print 4; print 0; print 0; print 4' | array Wq f4 "1, 4"
numbers 'print 1.5; print 0; print 0; print 1.5' | array Wk f4 "1, 4"
score concat circle concat:hidden=2 --parameter "score.Wq=$work/Wq.npy" \
    --parameter "score.Wk=$work/Wk.npy" --parameter "score.w=$work/w.npy"
score concat_tanh_sum circle concat_tanh_sum:hidden=2 --parameter "score.Wq=$work/Wq.npy" \
    --parameter "score.Wk=$work/Wk.npy"
# Two units whose difference is a bump where the first numbers of query and key are alike.
numbers 'print 4; print 0; print 4; print 0' | array Wq2 f4 "1, 4"
numbers 'print -4; print 0; print -4; print 0' | array Wk2 f4 "1, 4"
numbers 'print 3; print -3' | array w2 f4 "1, 2"
numbers 'print 0.5; print -0.5' | array b2 f4 "1, 2"
score additive_projected circle additive_projected:hidden=2 --parameter "score.Wq=$work/Wq2.npy" \
    --parameter "score.Wk=$work/Wk2.npy" --parameter "score.w=$work/w2.npy" --parameter "score.b=$work/b2.npy"

# ---- positions: 24 queries and keys that are all alike, so that places alone decide
alike() {
    numbers "for (i = 0; i < $2 * 24 * $3; i++) print $4" | tee "$work/same" | array "$1_q" f4 "1, $2, 24, $3"
    array "$1_k" f4 "1, $2, 24, $3" <"$work/same"
}
alike rotary 1 8 1.5
alike one 1 1 0
alike heads 2 1 0
figure position-rotary rotary --width 420 --position rotary:base=100
figure stage-alibi heads --stage alibi:slopes=0.5/0.0625 --width 800
numbers 'for (i = 0; i < 24; i++) print random() * 2' | array bias f4 "2, 12"
figure stage-t5 heads --width 800 --stage t5:buckets=12,distance=16 --parameter "t5.bias=$work/bias.npy"
numbers 'print 0.125; print 0.5' | array z f4 "2, 1"
figure stage-span heads --width 800 --stage span:longest=16,ramp=4 --parameter "span.z=$work/z.npy"
numbers 'for (i = 0; i < 24; i++) print int(i * i / 23)' | array far f4 24
# 24 leaves of a tree that halves thrice and then parts: less 1 for each level that two lie apart.
numbers 'for (i = 0; i < 24; i++) for (j = 0; j < 24; j++)
    print -0.75 * ((i != j) + (int(i / 3) != int(j / 3)) + (int(i / 6) != int(j / 6)) + (int(i / 12) != int(j / 12)))' |
    array tree f4 "24, 24"
figure stage-bias one --width 420 --bias "$work/tree.npy"
figure stage-gaussian one --width 420 --stage gaussian:sigma=2 --array "gaussian.centre=$work/far.npy"

# Even queries hold (1, 0) and odd ones (0, 1); of each step's vector the first number favours keys
# before, the second keys after.
numbers 'for (i = 0; i < 24; i++) print i % 2 ? "0\n1" : "1\n0"' | array sides_q f4 "1, 1, 24, 2"
numbers 'for (i = 0; i < 48; i++) print 0' | array sides_k f4 "1, 1, 24, 2"
numbers 'for (r = -8; r <= 8; r++) { print (r < 0 ? 3 + r / 4 : 0); print (r > 0 ? 3 - r / 4 : 0) }' |
    array steps f4 "1, 34"
numbers 'print 0.5; print 0' | array u f4 "1, 2"
figure stage-shaw sides --width 420 --scale 1 --stage shaw_keys:clip=8 --parameter "shaw.keys=$work/steps.npy"
figure stage-xl sides --width 420 --scale 1 --stage xl:clip=8 --parameter "xl.keys=$work/steps.npy" \
    --parameter "xl.u=$work/u.npy"

# Other libraries draw other bytes.
"$command" info | awk '$1 == "cairo" || $1 == "pango" { print $1, $2 }' >"$folder/drawn-with.txt"
