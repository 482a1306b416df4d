#!/bin/sh
# SPDX-License-Identifier: MIT
# Every configuration in examples/configs trains, predicts, and has its row in the README.
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"

configs=$HEED_SOURCE/examples/configs
mail=$HEED_SOURCE/examples/mail/train.tsv

# For the kinds that the e-mails do not have: a number and a set of labels made of their columns.
awk -F '\t' -v OFS='\t' 'NR == 1 { print "text", "label"; next }
    { print $1, length($1) + NR % 7 / 10 }' "$mail" >number.tsv
awk -F '\t' -v OFS='\t' 'NR == 1 { print "text", "label"; next }
    { print $1 " " $2, $3 (NR % 3 ? "|" $4 : "") }' "$mail" >set.tsv

for config in "$configs"/*.json; do
    name=$(basename "$config" .json)
    case $name in
    regression) set -- number.tsv ;;
    multi-label) set -- set.tsv ;;
    *) set -- "$mail" --text subject,body --label topic ;;
    esac
    heed train "$@" -o "$name.heed" --config "$config" --steps 4 --threads 2
    expect "$name trains" code=0 file="$name.heed" no_file="$name.heed.state"
    heed predict "$name.heed" "$1"
    expect "$name predicts" code=0 lines="$(tail -n +2 "$1" | wc -l)"
    check "$name is in the README" grep -q "\[$name.json\]($name.json)" "$configs/README.md"
done

# The textbook's classifier is what it says: an embedding, three projections, a linear layer.
heed info textbook.heed
expect "the textbook's classifier has no pairs" code=0 out='pairs +0'
cat >tensors.txt <<'END'
embedding.weight
encoder.0.attention.qkv.bias
encoder.0.attention.qkv.weight
output.0.bias
output.0.weight
tokenizer
END
head -c 100000 textbook.heed | tr -d '\n' | grep -ao '"[a-z0-9.]*":{"dtype"' |
    cut -d '"' -f 2 | LC_ALL=C sort >found.txt
check "the textbook's classifier has no other tensors" diff tensors.txt found.txt

# Attention as data: what was named is what there is.
heed info sparse.heed
expect "info shows each layer's plan" code=0 out='^attention of one text' out='^  layer 1; layer 2$' \
    out='normaliser entmax15, mask window:left=32,right=32, .*stages softcap' out='^  pool$'
heed info --attention sparse.heed "$mail" --text subject,body --label topic --texts 9
expect "and how its heads attend" code=0 lines=10 out='^layer 2 +4( +[0-9.]+){4} +[0-9.e-]+$' \
    out='^pool +1( +[0-9.]+)+ +- '
heed info --attention sparse.heed "$mail" --text subject,body --label topic --texts 9 --json
expect "as data" code=0 out='"entropy": ' out='"rank": null'
heed info --attention sparse.heed
expect "which needs data" code=2 err='--attention wants a model and data of its task'
heed train "$mail" --text subject,body --label topic -o watched.heed --config "$configs/sparse.json" \
    --steps 4 --watch 5 --quiet
cp watched.heed.metrics.jsonl stdout
expect "a training notes how heads attend" code=0 \
    out='"attention": *\[\{"layer": *"layer 1", *"head": *1, *"entropy": *[0-9.]+'

# What one configuration wrote rebuilds the same model from a file of settings alone.
heed info --json gru.heed
expect "info tells the configuration" code=0
sed -n '/^  "config": {/,/^  }/p' stdout | sed '1s/.*/{/; $s/.*/}/' >again.json
heed train "$mail" --text subject,body --label topic -o again.heed --config again.json
expect "a model's own configuration trains it again" code=0 same=gru.heed,again.heed
finish
