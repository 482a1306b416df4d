#!/bin/sh
# SPDX-License-Identifier: MIT
# Mechanisms of attention named in models of every task, and models looked at for how they attend.
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"

mail=$HEED_SOURCE/examples/mail/train.tsv
awk 'BEGIN {
    split("ein mann geht hund ruft frau", de); split("a man walks dog calls woman", en)
    for (i = 1; i <= 120; i++) {
        s = t = ""
        for (w = 0; w <= i * 7 % 5; w++) { k = (i * i + w * i) % 6 + 1; s = s " " de[k]; t = t " " en[k] }
        print substr(s, 2) >"tiny.de"; print substr(t, 2) >"tiny.en"
        print substr(s, 2) "\t" substr(t, 2) >"tiny.rows"
    }
}'
{ printf 'de\ten\n' && cat tiny.rows; } >tiny.tsv
small='--dim 16 --heads 2 --ffn 16 --steps 4 --quiet --threads 2'

# A classifier, as data: no encoder is named, so it is one that attends.
echo '{"attention": {"normalizer": "entmax15", "window": [32, 32]}}' >plain.json
# shellcheck disable=SC2086 # several options
heed train "$mail" --text subject,body --label topic -o plain.heed --config plain.json $small
expect "attention as data trains" code=0 file=plain.heed no_err='no effect'
heed info plain.heed
expect "and is there" code=0 out='normaliser entmax15, mask window:left=32,right=32' \
    out='^    kind +transformer'
for spelling in normaliser normalizer; do
    # shellcheck disable=SC2086
    heed train "$mail" --text subject,body --label topic -o $spelling.heed --$spelling sparsemax \
        --stages alibi_learned --pool-$spelling entmax15 $small
    expect "--$spelling is a setting" code=0
done
check "both spellings are one" cmp normaliser.heed normalizer.heed
heed train "$mail" -o no.heed --normalisers sparsemax
expect "others are none" code=2 err='the nearest is --normaliser'
heed explain normaliser.heed --string "fast train tickets" --methods attention,rollout
expect "what it learned is explained" code=0 out=.
heed predict normaliser.heed "$mail" --text subject,body
expect "and predicts" code=0

# A translator: each of its three attentions by itself.
# shellcheck disable=SC2086
heed train --source tiny.de --target tiny.en --tokenizer words -o t.heed --layers 1 $small \
    --normaliser entmax15 --decoder-position rotary --decoder-mask window:left=8,right=0 \
    --cross-mask local_p:width=3 --cross-stages gaussian,softcap:cap=9 --cross-normalizer sparsemax --watch 6
expect "a translator takes mechanisms" code=0 no_err='no effect'
cp t.heed.metrics.jsonl stdout
expect "and notes how they attend" code=0 out='"layer": *"encoder layer 1"' \
    out='"layer": *"decoder layer 1, itself"' out='"layer": *"decoder layer 1"'
heed info t.heed
expect "info shows the three plans" code=0 out='^  encoder layer 1$' out='^  decoder layer 1, itself$' \
    out='^  decoder layer 1$' out='mask all\(causal, window:left=8\), position rotary' \
    out='normaliser sparsemax, mask local_p:width=3, .*stages gaussian > softcap:cap=9'
heed info --attention t.heed tiny.de tiny.en --texts 9
expect "and how its heads attend" code=0 lines=7 \
    out='^decoder layer 1, itself +2( +[0-9.]+){4} +[0-9.e-]+$'
cp stdout lines
heed info --attention t.heed tiny.tsv --text de --label en --texts 9
expect "over a table too" code=0 same=stdout,lines
heed info --attention t.heed tiny.de tiny.en tiny.de
expect "but not over three files" code=2 err='is too much: a translator is looked at over SOURCE'
heed translate t.heed tiny.de
expect "it translates" code=0 lines=120
# shellcheck disable=SC2086
heed train --source tiny.de --target tiny.en --valid-source tiny.de --valid-target tiny.en -o w.heed \
    --tokenizer words $small --layers 1 --watch 7 --validate-every 4 --normaliser sigmoid --decoder-stages xl:clip=3
expect "a translator is watched as it trains" code=0
heed info --attention w.heed tiny.de tiny.en --texts 7 --json
tr -d ' \n' <stdout >figures
tr -d ' ' <w.heed.metrics.jsonl >metrics
check "by the figures that info gives of its file" grep -Fq "\"attention\":$(cat figures)" metrics
heed explain t.heed --source "ein mann geht" --target "a man walks"
expect "and its alignment is drawn" code=0 out=.
# shellcheck disable=SC2086
heed train --source tiny.de --target tiny.en --tokenizer words -o g.heed --encoder gru --dim 16 \
    --steps 4 --quiet --cross-mask local_m:width=2 --cross-normaliser sparsemax --watch 3
expect "a recurrent one takes them at the source" code=0 no_err='no effect'
heed info --attention g.heed tiny.de tiny.en --texts 9
expect "and is looked at" code=0 lines=2 out='^decoder source +1( +[0-9.]+){4} +[0-9.e-]+$'
heed train --source tiny.de --target tiny.en --tokenizer words -o c.heed --encoder gru --dim 16 \
    --steps 4 --quiet --copy true --min-count 1 --coverage true --watch 3
expect "one that copies is watched" code=0
heed info --attention c.heed tiny.de tiny.en --texts 9
expect "for its entropy" code=0 lines=2 out='^decoder source +1 +[0-9.]+( +-){4}$'
# shellcheck disable=SC2086
heed train --source tiny.de --target tiny.en --tokenizer words -o no.heed --encoder gru --dim 16 \
    --steps 4 --quiet --cross-normaliser sparsemax --decoder-mask global
expect "what it does not listen to is said" code=0 err='decoder.mask = global has no effect'
heed train --source tiny.de --target tiny.en -o no.heed --encoder gru --coverage true --cross-mask local_m
expect "coverage reckons weights by itself" code=6 err='cross.mask = local_m in a decoder that copies or covers'
heed train --source tiny.de --target tiny.en -o no.heed --encoder gru --attention none --cross-mask local_m
expect "who does not look has no mask" code=6 err='a decoder that does not look at a source'
sed 's/.*/0-0/' tiny.de >links
heed train --source tiny.de --target tiny.en -o no.heed --guide links --cross-stages softcap
expect "guided attention is plain" code=6 err='cross.stages = softcap; only none can be guided'
heed train --source tiny.de --target tiny.en -o no.heed --decoder-stages gaussian
expect "what depends on the end cannot be written" code=6 err='depends on how long the text becomes'

# A language model: encoder settings are its own, decoder settings win.
# shellcheck disable=SC2086
heed train tiny.en --valid tiny.en --task language --block 32 --layers 2 -o l.heed $small --normalizer sink \
    --mask window:left=16,right=0 --decoder-stages shaw:clip=4 --watch 2
expect "a language model takes them" code=0 no_err='no effect'
heed info l.heed
expect "and shows its plan" code=0 out='^  decoder layer 1, itself; decoder layer 2, itself$' \
    out='normaliser sink, mask all\(causal, window:left=16\), .*stages shaw:clip=4'
heed info --attention l.heed tiny.en --texts 3
expect "and how it attends" code=0 lines=5 out='^decoder layer 2, itself +2 '
heed sample l.heed --prompt "a man" --max-length 50
expect "and writes" code=0
heed train tiny.en --task language -o no.heed --cross-mask causal
expect "it has no source" code=2 err='cross.mask = causal in a language model, which has no source'
finish
