#!/bin/sh
# SPDX-License-Identifier: MIT
# heed explain: which texts, in which form, and what it refuses. (That the right words are found is
# held by tests/unit/explain/test_explainer.c and test_demo.sh.)
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/data.sh
. "$HEED_SOURCE/tests/cli/data.sh"
unset NO_COLOR COLUMNS

reviews 300 >data.tsv
reviews 30 2 >other.tsv
heed train data.tsv -o model.heed --quiet
expect "a model to explain" code=0
heed train data.tsv -o layers.heed --quiet --encoder transformer --dim 16 --heads 2 --steps 20
expect "and one with layers" code=0

# ---- which texts ----
heed explain model.heed --string 'the paper with a good table'
expect "a text on the command line" code=0 out='^the text$' out='^pos  [0-9.]+ %$' \
    out='\[\[good\]\]' out='^Without its 3 highest words' no_err=.
heed explain model.heed other.tsv
expect "20 texts of a file, what is left out is said" code=0 out='^other\.tsv:2$' \
    out='^other\.tsv:21$' no_out='^other\.tsv:22$' err='first 20 texts .*, 10 are left out'
expect "the truth beside the answer, and the mean over the texts" out='\((right|wrong: it is )' \
    out='^label: over 20 texts the highest words are worth'
heed explain model.heed other.tsv --limit 3 --quiet
expect "--limit" code=0 out='^other\.tsv:4$' no_out='^other\.tsv:5$' no_err=.
heed explain model.heed other.tsv --limit 0
expect "--limit 0 is all" code=0 out='^other\.tsv:31$' no_err='left out'
heed explain model.heed other.tsv --rows 2,29-30
expect "--rows" code=0 out='^other\.tsv:3$' out='^other\.tsv:30$' out='^other\.tsv:31$' \
    no_out='^other\.tsv:[24]$' no_err='left out'
tail -n +2 other.tsv | cut -f 2 | head -n 2 >texts
heed explain model.heed <texts
expect "lines of standard input, which have no truth" code=0 out='^line 2$' no_out='right|wrong'
printf '{"label": "neg", "text": "a good table"}\n' | "$HEED_COMMAND" explain model.heed >stdout 2>stderr
expect "JSON lines with the label" out='\(wrong: it is neg\)'
mkdir -p folder/pos && echo 'a good table' >folder/pos/one.txt
heed explain model.heed folder
expect "a folder" code=0 out='^folder/pos/one\.txt$'

# ---- in which form ----
heed explain model.heed other.tsv --rows 1 --methods occlusion,gradient,pool
expect "methods asked for are shown" code=0 out='^by occlusion:' out='^by gradient:' out='^by pool:'
heed explain layers.heed --string 'the paper with a good table' --methods attention --heat-maps
expect "attention of layers and heads" code=0 out='^layer 1, head 1 ' out='^layer 1, head 2 '
heed explain model.heed --string 'a good table' --colour 256
expect "colours when asked for" code=0 out="$(printf '\033')\\[48;5;"
heed explain model.heed --string 'a good table' --colour rgb
expect "24 bit too" code=0 out="$(printf '\033')\\[48;2;"
heed explain model.heed other.tsv --columns 40 --rows 1
check "lines keep to --columns" awk 'length > 40 {print; exit 1}' stdout
heed explain model.heed other.tsv --rows 1-2 --json --title two
expect "as data" code=0 out='"explanations": ' out='"truth": "(pos|neg)"' out='"occlusion": ' \
    out='"gradient": ' out='"drop_highest": ' out='"left_out": 0' out='"title": "two"'
heed explain model.heed other.tsv --rows 1-2 --json --removed 0
expect "faithfulness can be left out" code=0 no_out='drop_highest'
heed explain model.heed other.tsv --rows 1-2 --html page.html --svg page.svg --title 'Two <b>'
expect "a page that stands alone" code=0 file=page.html file=page.svg out='^other\.tsv:2$'
check "the page is whole and escaped" grep -q 'Two &lt;b&gt;' page.html
check "and asks for nothing from elsewhere" sh -c "! grep -Eq '(src|href)=.http' page.html"
heed info
if grep -Eq '^ *cairo +[0-9]' stdout; then
    heed explain model.heed other.tsv --rows 1-2 --png page.png --width 400
    expect "a picture" code=0 file=page.png
    check "of that width" sh -c "od -An -tu1 -j 18 -N 2 page.png | grep -q '^ *1 144$'"
fi
heed explain model.heed other.tsv --keywords 2
cp stdout keywords
expect "keywords of each text and each label" code=0 out='^other\.tsv:31$' \
    out='^label, over 30 texts$' out='^  pos \([0-9]+\): ' no_err='left out'
# shellcheck disable=SC2016 # awk's own
check "a label's keywords are the words that decide it" awk '
    /^  (pos|neg) \(/ {
        seen++
        known = $1 == "pos" ? "good fine great" : "bad dull awful"
        found = 0
        for (i = 3; i <= NF; i++) {
            sub(/,$/, "", $i)
            found += index(" " known " ", " " $i " ") > 0
        }
        if (!found) exit 1
    }
    END {exit seen != 2}' keywords
heed explain model.heed other.tsv --keywords 2 --json
expect "keywords as data" code=0 out='"texts": ' out='"labels": ' out='"word": "good"' out='"count": '
heed explain model.heed other.tsv --limit 4 --json --seed 5 --quiet
cp stdout first
heed explain model.heed other.tsv --limit 4 --json --seed 5 --quiet --threads 1
expect "the same bytes again" code=0 same=stdout,first

# ---- what it refuses ----
heed explain model.heed --string 'a good table' other.tsv
expect "a text and a file" code=2 err='--string and other\.tsv'
heed explain model.heed other.tsv --rows 3-1
expect "rows that are none" code=2 err='--rows 3-1: .*1,5-9' no_out=.
heed explain model.heed other.tsv --rows 31-40
expect "rows that are not there" code=2 err='--rows 31-40: the input has 30 rows' no_out=.
heed explain model.heed other.tsv --methods attention
expect "a method the model has no part for" code=2 \
    err='method attention: this model has occlusion, gradient, pool' no_out=.
heed explain model.heed other.tsv --label stars
expect "a label column that is not there" code=2 err='no column stars in other\.tsv' no_out=.
heed explain model.heed missing.tsv
expect "a missing file" code=4 err='missing\.tsv: cannot be opened' no_out=.
heed explain missing.heed other.tsv
expect "a missing model" code=4 err='missing\.heed' no_out=.
heed explain model.heed --string "$(printf 'caf\351')"
expect "a text that is not UTF-8" code=3 err='not UTF-8 at byte' no_out=.
heed explain model.heed other.tsv --colors
expect "an unknown flag" code=2 err='nearest is --colour' no_out=.
heed explain model.heed other.tsv --colour mauve
expect "an unknown colour" code=2 err='auto, none, 256 or rgb' no_out=.
cp model.heed mine.heed
heed explain mine.heed other.tsv --html ./mine.heed
expect "the model is not written over" code=2 err='--html: .*mine\.heed is also read' no_out=. \
    same=mine.heed,model.heed
cp other.tsv mine.tsv
heed explain model.heed mine.tsv --svg mine.tsv
expect "nor is the data" code=2 err='--svg: mine\.tsv is also read' no_out=. same=mine.tsv,other.tsv
heed explain model.heed other.tsv --html nowhere/page.html
expect "a page that cannot be written" code=4 err='nowhere/page\.html: cannot be written' no_out=.
if [ -w /dev/full ]; then
    heed explain model.heed other.tsv --html /dev/full
    expect "a full disk" code=4 err='/dev/full: cannot be written: No space left' no_out=.
    code=0
    "$HEED_COMMAND" explain model.heed other.tsv >/dev/full 2>stderr || code=$?
    : >stdout
    last="heed explain >/dev/full"
    expect "a full disk behind standard output" code=4 err='No space left'
fi
{ "$HEED_COMMAND" explain model.heed other.tsv --limit 0 --json 2>stderr || echo $? >status; } |
    head -n 1 >stdout
read -r code <status
last="heed explain | head -n 1"
expect "a reader that goes away ends it quietly" code=9 no_err='cannot'
finish
