#!/bin/sh
# SPDX-License-Identifier: MIT
# heed align and the pictures of heed explain: links of known pairs, gold links, the choice of a head.
# shellcheck disable=SC2016,SC2086 # programs of awk and sh; words
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/data.sh
. "$HEED_SOURCE/tests/cli/data.sh"

numbers
heed train --source numbers.de --target numbers.en --valid-source numbers.de \
    --valid-target numbers.en -o m.heed $small_writer --quiet
expect "a translator" code=0
heed train --source numbers.en --target numbers.de --valid-source numbers.en \
    --valid-target numbers.de -o back.heed $small_writer --quiet
expect "and one of the other direction" code=0
# What belongs together is known: the tens, the ones, and nothing for "und".
awk '{ if (NF == 3) print NR, 3, 1, "S\n" NR, 1, 2, "S"; else print NR, 1, 1, "S" }' numbers.de >gold
awk '{ print $1, $3, $2, $4 }' gold >turned

# ---- links ----
heed align m.heed numbers.de numbers.en --quiet
expect "a line of links for each pair" code=0 lines=99 out='^0-0$' out='^[0-2]-0 [0-2]-1$' no_err=.
cp stdout links
heed align m.heed numbers.de numbers.en --threads 1 --quiet
expect "one thread links alike" code=0 same=stdout,links
paste numbers.de numbers.en | "$HEED_COMMAND" align m.heed - --text 1 --label 2 --quiet >stdout
expect "a table links alike" same=stdout,links
heed translate m.heed numbers.de --alignment hard --quiet
sed 's/ ||| .*//' stdout >written
sed 's/.* ||| //' stdout >translated
heed align m.heed numbers.de written --quiet
expect "what heed translate wrote has its links" code=0 same=stdout,translated
heed align m.heed numbers.de numbers.en --soft --quiet
expect "--soft" code=0 lines=99 out='^([01]\.[0-9]{4},){2}[01]\.[0-9]{4} ([01]\.[0-9]{4},){2}[01]\.[0-9]{4}$'
# Each row's greatest weight is where its link goes.
paste -d '#' stdout links >both
check "the greatest weight is the link" awk -F '#' '{
    n = split($1, row, " "); split($2, link, " ")
    for (i = 1; i <= n; i++) {
        m = split(row[i], w, ","); best = 1
        for (j = 2; j <= m; j++) if (w[j] > w[best]) best = j
        split(link[i], at, "-")
        if (w[at[1] + 1] < w[best]) exit 1
    }
}' both
heed align m.heed numbers.de numbers.en --json --quiet
expect "--json" code=0 lines=99 out='^\{"source":"drei","target":"three","aligned":\{"score":-[0-9.e-]+,"tokens":\[.*\],"end":-[0-9.e-]+,"alignment":\[\[0,0\]\]\}\}$'
heed align m.heed numbers.de numbers.en --threshold 0.2 --quiet
cp stdout loose
paste -d '#' both loose >three
check "--threshold links all that have as much" awk -F '#' '{
    n = split($1, row, " "); wanted = 0
    for (i = 1; i <= n; i++) {
        m = split(row[i], w, ",")
        for (j = 1; j <= m; j++) {
            if (w[j] > 0.2001 && !index(" " $3 " ", " " j - 1 "-" i - 1 " ")) exit 1
            if (w[j] < 0.1999 && index(" " $3 " ", " " j - 1 "-" i - 1 " ")) exit 1
        }
    }
}' three
heed align m.heed numbers.de numbers.en --soft --threshold 0.2
expect "where no links are shown" code=2 err='--threshold says which links there are'
heed translate m.heed numbers.de --alignment soft --boundary
expect "nor in translations" code=2 err='--boundary says which links there are'
heed align m.heed numbers.de numbers.en --threshold 1.5
expect "a threshold above all weights" code=2 err='--threshold 1.5'
printf 'drei\n\nvier\n' >gaps.de
printf 'three\n\nfour\n' >gaps.en
heed align m.heed gaps.de gaps.en --quiet
printf '0-0\n\n0-0\n' >wanted
expect "an empty pair has an empty line" code=0 same=stdout,wanted

printf 'drei\n' >lone.de
printf '\n' >lone.en
heed align m.heed lone.de lone.en --json
expect "a pair with one empty side is told" code=0 out='^\{"source":"drei","target":""\}$' \
    err='1 pair has one empty side and was left out; the first is lone\.de:1$'

# ---- known links ----
heed align m.heed numbers.de numbers.en --gold gold --quiet
expect "precision, recall and AER" code=0 lines=1 \
    out='^AER [0-9.]+ %: precision [0-9.]+ %, recall [0-9.]+ %, 171 links, 171 sure ones, 99 pairs$'
cp stdout score
heed align m.heed numbers.de numbers.en --gold turned --gold-side target --quiet
expect "the other side first" code=0 same=stdout,score
heed align m.heed numbers.de numbers.en --gold links --quiet
expect "Pharaoh lines are gold too: one's own are right" code=0 out='^AER 0\.00 %'
head -n 5 links >few
heed align m.heed numbers.de numbers.en --gold few
expect "pairs that nothing is known of are told" code=0 \
    err='gold few: has no link of 94 of 99 pairs; all that is found there counts as wrong'
heed info m.heed
expect "nobody has chosen" code=0 no_out='^alignment'
cp m.heed chosen.heed
heed align chosen.heed numbers.de numbers.en --gold gold --choose --quiet
expect "the best choice is kept" code=0 out='^ *layer +head +rule' out=' kept$' differ=m.heed,chosen.heed
best=$(awk '/ kept$/ {print $6}' stdout)
heed align chosen.heed numbers.de numbers.en --gold gold --quiet
expect "and used from then on" code=0 out="^AER $best %"
heed translate chosen.heed numbers.de --quiet
cp stdout again
heed translate m.heed numbers.de --quiet
expect "it translates as before" code=0 same=stdout,again
heed align chosen.heed numbers.de numbers.en --gold gold --choose --json --quiet
expect "the table as data" code=0 out='"choices": \[' out='"best": \{' out='"aer": '

# ---- both directions ----
heed align m.heed numbers.de numbers.en --reverse back.heed --symmetrise intersection --quiet
expect "both directions" code=0 lines=99
cp stdout crossed
heed align back.heed numbers.en numbers.de --quiet
awk '{ for (i = 1; i <= NF; i++) { split($i, p, "-"); printf("%s%s-%s", i - 1 ? " " : "", p[2], p[1]) } print "" }' \
    stdout >back.links
heed align m.heed numbers.de numbers.en --reverse-links back.links --symmetrise intersection --quiet
expect "by the links of the other direction alike" code=0 same=stdout,crossed
heed align m.heed numbers.de numbers.en --reverse back.heed --gold gold --json --quiet
expect "their error as data" code=0 out='"aer": [0-9.e-]+' out='"pairs": 99'

# ---- pictures ----
heed explain m.heed --source 'drei und fünfzig' --columns 60
expect "an alignment on the screen" code=0 out='^ *fifty ' out='^ *three ' no_err=.
heed explain m.heed --source 'drei und fünfzig' --target 'fifty four' --svg a.svg --html a.html --json --quiet
expect "of a given pair, as pictures and data" code=0 out='"four"' out='"weights"' file=a.svg file=a.html
check "the page holds the words" grep -q 'fünfzig' a.html
heed explain m.heed numbers.de --rows 2-3 --html rows.html --quiet
expect "of rows of a file" code=0 out='numbers\.de:2' out='numbers\.de:3'
heed explain m.heed numbers.de
expect "of the first 20" code=0 out='numbers\.de:20' no_out='numbers\.de:21' err='79 are left out'
heed explain m.heed --source drei --methods occlusion
expect "no words that decided" code=2 err='--methods is for models that label texts; m\.heed translates'
heed explain m.heed --string drei
expect "a string is a source" code=2 err='use --source'
heed explain m.heed --target three
expect "a target of nothing" code=2 err='--target three: of which text'

# ---- what it refuses ----
head -n 98 numbers.en >short
heed align m.heed numbers.de short
expect "files of different lengths" code=3 err='short ends after line 98, and numbers\.de goes on'
heed align m.heed short numbers.en
expect "the other one too" code=3 err='short ends after line 98, and numbers\.en goes on'
heed align m.heed numbers.de numbers.en --choose
expect "a choice by nothing" code=2 err='--choose goes with --gold' no_out=.
heed align m.heed numbers.de numbers.en --gold gold --choose --layer 1
expect "a choice already made" code=2 err='--choose and --layer' no_out=.
heed align m.heed numbers.de numbers.en --soft --gold gold
expect "weights are not scored" code=2 err='--soft and --gold' no_out=.
heed align m.heed numbers.de numbers.en --symmetrise union
expect "one direction alone" code=2 err='--symmetrise goes with --reverse' no_out=.
: >nothing
heed align chosen.heed numbers.de numbers.en --gold nothing --choose
expect "gold without a link chooses nothing" code=3 err='nothing: holds no links' no_out=.
heed align m.heed numbers.de numbers.en --gold missing
expect "missing gold" code=4 err='missing' no_out=.
echo '100 1 1 S' >far
heed align m.heed numbers.de numbers.en --gold far
expect "gold past the last pair" code=3 err='far: .*pair 100.* 99 pairs'
echo '1 9 1 S' >wide
heed align m.heed numbers.de numbers.en --gold wide
expect "gold past the last word" code=3 err='wide:1'
echo 'nonsense' >bad
heed align m.heed numbers.de numbers.en --gold bad
expect "gold that is none" code=5 err='bad:1'
head -n 5 links >few
heed align m.heed numbers.de numbers.en --reverse-links few
expect "too few links" code=3 err='few: has 5 lines'
heed align m.heed numbers.de numbers.en third
expect "three files" code=2 err="'third' is too much"
finish
