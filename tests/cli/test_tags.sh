#!/bin/sh
# SPDX-License-Identifier: MIT
# A label for each word, beside one for the whole: trained, measured, predicted from the command.
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"

# slots FOLDER SEED ROWS: requests with an intent, and slots of one word or two.
slots() {
    mkdir -p "$1"
    awk -v seed="$2" -v rows="$3" -v folder="$1" 'BEGIN {
        srand(seed)
        split("rome oslo new_york san_jose", cities, " ")
        split("jazz folk hip_hop", genres, " ")
        for (i = 0; i < rows; i++) {
            music = rand() < 0.5
            value = music ? genres[1 + int(rand() * 3)] : cities[1 + int(rand() * 4)]
            type = music ? "genre" : "city"
            tags = (music ? "O O" : "O O O") " B-" type (index(value, "_") ? " I-" type : "")
            sub("_", " ", value)
            text = (music ? "play some " : "fly me to ") value
            if (rand() < 0.5) { text = text " please"; tags = tags " O" }
            print text > (folder "/seq.in")
            print tags > (folder "/seq.out")
            print (music ? "music" : "flight") > (folder "/label")
        }
    }'
}

slots train 1 160
slots valid 2 60
heed train train --valid valid -o m.heed --steps 90 --dim 32 --embedding-dim 16 --lr 0.01 \
    --input-dropout 0.1 --output-dropout 0.1
expect "a folder of seq.in, seq.out and label is seen" code=0 out='mean score (1\.0000|0\.9)' \
    err='train: read as slots'
expect "what was found is said" err="label 'tags': one a word, 5 tags \(B-city "
heed info m.heed
expect "info knows both outputs" code=0 out='kind +tags' out='kind +class' \
    out='rebuild +heed train .*--task tags'

# ---- eval ----
heed eval m.heed valid
expect "precision, recall and F1 of all spans" code=0 \
    out='^rows 60   words [0-9]+   accuracy [01]\.[0-9]+   spans 60, found [0-9]+   precision'
expect "and of each type" out='^city +[01]\.[0-9]+ +[01]\.[0-9]+ +[01]\.[0-9]+ +[0-9]+$' \
    out='^genre '
expect "and rows where all is right" out='^rows with every output right [01]\.[0-9]+$'
heed eval m.heed valid --json
expect "the same as data" code=0 out='"f1": ?[01]\.' out='"types": ?\{' out='"exact": ?[01]\.'

# ---- predict ----
printf 'play some hip hop\n\nfly me to oslo please\n' >texts
"$HEED_COMMAND" predict m.heed <texts >stdout 2>stderr
expect "intent, probability and tags of each line" lines=3 \
    out='^music	[01]\.[0-9]+	O O B-genre I-genre$' out='^flight	[01]\.[0-9]+	O O O B-city O$'
"$HEED_COMMAND" predict m.heed --json <texts >stdout 2>stderr
expect "JSON has words, tags and spans" \
    out='"tags": ?\["O", ?"O", ?"B-genre", ?"I-genre"\]' \
    out='"spans": ?\[\{"type": ?"genre", ?"text": ?"hip hop", ?"first": ?2, ?"last": ?3'
"$HEED_COMMAND" predict m.heed --conll <texts >stdout 2>stderr
expect "CoNLL lines" out='^# label = music$' out='^hop I-genre$' lines=13
cp stdout answers.conll
awk 'NF == 2 { print $1 "\tX\t" $2 } NF == 0 { print "" }' answers.conll >gold.conll
heed predict m.heed gold.conll --conll --quiet
expect "columns of CoNLL input are kept" code=0 out='^hop X I-genre I-genre$'
heed predict m.heed valid --quiet
expect "a folder can be asked about" code=0 lines=60
heed predict m.heed valid --json --conll
expect "one way at a time" code=2 err='--conll and --json were both given'

heed info m.heed --attention valid
expect "the pool of the intent can be looked at" code=0 out='^pool '

# ---- explain ----
heed explain m.heed --string 'play some hip hop please' --colour none
expect "each span is explained, and the intent" code=0 out='^label: music' \
    out='^tags: genre: hip hop +[0-9.]+ %' out='\[hip\]'
heed explain m.heed --string 'play some hip hop' --colour none --methods gradient,pool,occlusion
expect "by other methods too" code=0 out='by gradient'
heed explain m.heed --string 'please' --colour none --json
expect "so is a text without spans" code=0 out='"name": ?"tags"' out='"label": ?"no span"'
paste train/seq.in train/label train/seq.out |
    awk 'BEGIN { print "text\tlabel\ttags" } NR < 9' >rows.tsv
heed explain m.heed rows.tsv --colour none --html why.html
expect "spans are held against the truth" code=0 out='^tags: (city|genre): .*right' file=why.html
heed explain m.heed rows.tsv --keywords 3
expect "keywords are those of the whole" code=0 out='music' no_out='tags'

# ---- words and tags as JSON lists ----
# lists FOLDER: its rows as JSON lines.
lists() {
    paste "$1/seq.in" "$1/seq.out" "$1/label" | awk -F '\t' '{
        gsub(/ /, "\", \"", $1); gsub(/ /, "\", \"", $2)
        print "{\"words\": [\"" $1 "\"], \"tags\": [\"" $2 "\"], \"label\": \"" $3 "\"}" }'
}
lists train >train.jsonl
lists valid >valid.jsonl
heed train train.jsonl --valid valid.jsonl --label label,tags -o lists.heed --steps 90 --dim 32 --embedding-dim 16 \
    --lr 0.01 --input-dropout 0.1 --output-dropout 0.1
expect "lists of words and tags are words and tags" code=0 err="label 'tags': one a word, 5 tags"
heed eval m.heed valid
cp stdout figures
heed eval lists.heed valid.jsonl
expect "and give the same model" code=0 same=stdout,figures
heed eval lists.heed valid
expect "in either form" code=0 same=stdout,figures
heed predict lists.heed valid.jsonl --json
cp stdout answers.jsonl
heed eval lists.heed answers.jsonl
expect "what was answered can be asked again" code=0 same=stdout,figures
heed explain lists.heed valid.jsonl --rows 1-3 --colour none
expect "and explained, with the truth" code=0 out='^tags: (city|genre): .*right'
"$HEED_COMMAND" predict m.heed --json <texts >answers.jsonl 2>stderr
heed eval m.heed answers.jsonl
expect "an answer is no truth" code=3 err="'prediction' is an object; write the label as a field of its own"

# ---- metric ----
printf 'B-a I-a O\nO B-b\n' >gold
printf 'B-a I-a O\nO I-b\n' >same
printf 'B-a O O\nB-b B-b\n' >other
heed metric spans same gold
expect "an I- that begins a span is one" code=0 \
    out='spans 2, found 2   precision 1\.0000   recall 1\.0000   F1 1\.0000'
heed metric spans other gold
expect "ends and places count" code=0 out='precision 0\.3333   recall 0\.5000   F1 0\.4000' \
    out='^b +0\.500 +1\.000 +0\.667 +1$'
heed metric spans other gold --json
expect "the same as data" code=0 out='"f1": ?0\.4' out='"types": ?\{'
printf 'w B-a B-a\nw I-a O\n\nw O B-b\n' | "$HEED_COMMAND" metric spans - >stdout 2>stderr
expect "conlleval's columns" out='spans 1, found 2   precision 0\.0000'
printf 'O\n' >short
heed metric spans short gold
expect "files of unlike length are refused" code=3 err='short ends before gold'
heed metric spans short short --lowercase
expect "what has no effect is refused" code=2 err='--lowercase has no effect on spans'
heed metric bleu gold
expect "others need references" code=2 err='bleu: the references are missing'

# ---- CoNLL files ----
paste -d ' ' train/seq.in train/seq.out |
    awk '{ for (i = 1; i <= NF / 2; i++) print $i, "x", $(i + NF / 2); print "" }' >train.txt
heed train train.txt -o c.heed --steps 60 --dim 32 --lr 0.01 --input-dropout 0.1 --crf true
expect "a CoNLL file, the last column the tags" code=0 out='span_f1 (1|0\.9)' err='read as conll'
heed eval c.heed train.txt --quiet
expect "it is measured" code=0 out='F1 (1|0\.9)'
heed eval m.heed train.txt
expect "a model of two outputs wants both" code=2 err='1 label columns, the model 2 outputs'
printf 'a O\nb O\n\nc O\nd\n' >bad.txt
heed eval c.heed bad.txt --format conll
expect "a bad sentence is named" err='bad\.txt:4: line 5 has 1 columns where the sentence has 2'

paste train/seq.in train/label >plain.tsv
heed train train.txt -o x.heed --steps 2 --dim 16 --pool mean --label-smoothing 0.2
expect "what a chain of tags does not hear is said" code=0 err='pool\.kind has no effect' \
    err='output\.smoothing has no effect'
heed train plain.tsv -o x.heed --steps 2 --crf true
expect "nor other outputs a chain" code=0 err='output\.crf has no effect: no output has a label'
rm x.heed

# ---- other shapes ----
paste train/seq.in train/seq.out >two.tsv
heed train two.tsv -o t.heed --steps 5 --dim 16
expect "columns of a table may be tags" code=0 err='one a word, 5 tags'
heed train plain.tsv --task tags -o x.heed
expect "tags that are none are refused" code=3 err='no label column .* holds a tag for each word' \
    no_file=x.heed
finish
