#!/bin/sh
# SPDX-License-Identifier: MIT
# heed report, and the page that heed train writes.
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/data.sh
. "$HEED_SOURCE/tests/cli/data.sh"

# page FILE: its content as the output that rules look at.
page() {
    cp "$1" stdout
    : >stderr
    last="cat $1"
}

# Some labels are wrong, so that there are mistakes to show.
reviews 300 | awk 'NR > 1 && NR % 25 == 0 { sub(/^pos/, "-"); sub(/^neg/, "pos"); sub(/^-/, "neg") } 1' >data.tsv

# ---- a classifier ----
heed train data.tsv -o model.heed --steps 40 --validate-every 10 --patience 0 --quiet
expect "training writes a page" code=0 file=model.heed.html no_err=.
page model.heed.html
expect "with curves" out='>Loss<' out='>Accuracy<' out='>Norm of the gradient<' \
    out='>Learning rate<' out='>Speed<' out='>Memory<' out='class="at"'
expect "what it gets wrong" out='taken for' out='Worst mistakes' out='\(wrong: it is (pos|neg)\)'
expect "and where it came from" out='heed train DATA .*--steps 40' out='SHA-256 of the data' \
    out='<th scope="row">train.validate_every</th><td>10'
expect "no script, nothing from a network, nor a run that goes on" no_out='<script' \
    no_out='(src|href)=' no_out='http-equiv'
heed train data.tsv -o bare.heed --steps 40 --validate-every 10 --patience 0 --quiet --report none
expect "without it the model is the same" code=0 no_file=bare.heed.html same=bare.heed,model.heed
heed train data.tsv -o named.heed --steps 5 --quiet --report why.html
expect "it may have another name" code=0 file=why.html no_file=named.heed.html
heed train data.tsv -o named.heed --steps 5 --quiet --report nowhere/why.html
expect "one that cannot be written is a warning" code=0 \
    err='warning: nowhere/why\.html: no report: .*cannot be written'
cp data.tsv mine.tsv
heed train mine.tsv -o named.heed --steps 5 --report mine.tsv
expect "the data is not written over" code=2 err='--report: .*mine\.tsv is also read' \
    same=mine.tsv,data.tsv

# ---- several networks ----
heed train data.tsv -o two.heed --members 2 --steps 10 --validate-every 5 --patience 0 --quiet
expect "two members" code=0
page two.heed.html
expect "have a curve each, and a figure together" out='>member 1<' out='>member 2<' \
    out='>2 together<' out='accuracy, validation, 2 members together' out='Members alone: [0-9.]+ %, [0-9.]+ %\.'

# ---- again, about other data ----
reviews 80 2 >other.tsv
heed report model.heed other.tsv -o other.html
expect "a page about other rows" code=0 out='^other\.html$' file=other.html
page other.html
expect "has their figures" out='The best model on 80 rows' out='other\.tsv:[0-9]+'
heed report model.heed
expect "without data it has the curves" code=0 out='^model\.heed\.html$'
page model.heed.html
expect "and no figures" out='>Loss<' no_out='Right and wrong'
rm model.heed.metrics.jsonl
heed report model.heed -o -
expect "without the metrics file, what it is made of" code=0 out='What was trained' no_out='>Loss<'
heed report model.heed --metrics missing.jsonl -o -
expect "a metrics file that was named must be there" code=4 err='missing\.jsonl'
heed report model.heed other.tsv -o other.tsv
expect "data is not written over" code=2 err='other\.tsv is also read'

# ---- labels and texts are text, whatever they hold ----
awk 'BEGIN {
    print "label\ttext"
    for (i = 0; i < 60; i++)
        print (i % 2 ? "<b onclick=\"x()\">&amp;" : "</style><script>1</script>") "\t" \
            (i % 3 ? "<img src=x onerror=\"y()\">" : "</td></table><script>alert(1)</script>") " " i
}' >evil.tsv
heed train evil.tsv -o '<i>evil.heed' --steps 5 --quiet
expect "labels that look like pages" code=0
page '<i>evil.heed.html'
expect "are shown, not obeyed" no_out='<script' no_out='<b onclick' no_out='<img' no_out='<i>evil' \
    out='&lt;script&gt;' out='&lt;b onclick=&quot;x\(\)&quot;&gt;&amp;amp;'

# ---- other kinds of outputs ----
awk 'BEGIN { print "text\tlabel"; for (i = 0; i < 90; i++)
    print (i % 3 ? "a" : "b") " " (i % 2 ? "c" : "d") "\t" (i % 3 ? "x" : "y") (i % 2 ? "|z" : "") }' >set.tsv
heed train set.tsv -o set.heed --task set --steps 10 --quiet
expect "several labels a row" code=0
page set.heed.html
expect "have a line each" out='of rows exactly right' out='>precision<' no_out='taken for'
awk 'BEGIN { print "text\tlabel"; for (i = 0; i < 90; i++) print "w" i % 7 " v\t" i % 7 + 0.5 }' >number.tsv
heed train number.tsv -o number.heed --steps 10 --quiet
expect "numbers" code=0
page number.heed.html
expect "are points" out='true and predicted numbers' out='mean absolute error' out='>R²<'

# Spans in words, and what the text is about; "<b>" is a word like others.
awk 'BEGIN { print "text\tabout\ttags"; for (i = 0; i < 120; i++)
    print (i % 2 ? "fly from new york to <b>" : "play some " (i % 3 ? "jazz" : "new rock")) "\t" \
        (i % 2 ? "flight" : "music") "\t" (i % 2 ? "O O B-from I-from O B-to" : \
        "O O " (i % 3 ? "B-kind" : "B-kind I-kind")) }' >trips.tsv
heed train trips.tsv --label about,tags -o trips.heed --encoder none --steps 1 --lr 0.000001 --quiet
expect "spans and an intent" code=0
page trips.heed.html
expect "wrong spans stand below the true ones, and words below the intent" out='Worst mistakes' \
    out='<h3>tags: <span class="wrong">[0-9]+ missed' out='>true</span>' out='>found</span>' \
    out='<mark class="off">new york<small>from</small></mark>' out='&lt;b&gt;<small>to</small>' \
    out='<h3>about: (flight|music)' out='by occlusion' no_out='to <b>'
awk -F '\t' -v OFS='\t' 'NR > 1 { gsub(/[BI]-/, "", $3) } 1' trips.tsv >words.tsv
heed train words.tsv --label tags --task tags -o words.heed --encoder none --steps 1 --lr 0.000001 --quiet
expect "labels of words" code=0
page words.heed.html
expect "show the wrong words only" out='tags: <span class="wrong">[0-9]+ wrong<' no_out='missed<' \
    out='<mark class="off">[a-z]+<small>' no_out='<mark>'

# ---- models that write ----
numbers
# shellcheck disable=SC2086 # options
heed train --source numbers.de --target numbers.en -o de-en.heed $small_writer --quiet
expect "a translator" code=0 file=de-en.heed.html
page de-en.heed.html
expect "shows translations, references and alignment" out='>reference<' out='>written<' \
    out='written ↓' out='BLEU' out='perplexity of a token'
heed report de-en.heed numbers.de numbers.en -o pairs.html --examples 2
expect "also of two files of lines" code=0 file=pairs.html
for i in 1 2 3 4 5 6 7 8 9; do sed "s/^/$i. /" numbers.en; done >text.txt
heed train text.txt --task language --tokenizer characters -o text.heed --dim 16 --layers 1 \
    --heads 2 --steps 20 --quiet
expect "a language model" code=0
page text.heed.html
expect "shows samples" out='drawn at temperature 0\.8' out='<pre dir="auto">'
finish
