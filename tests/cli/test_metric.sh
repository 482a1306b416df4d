#!/bin/sh
# SPDX-License-Identifier: MIT
# heed metric: what it reads, prints and refuses. Whether the figures are right is a unit test.
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"

printf 'The cat is on a mat.\nIt rains\n\n' >hypotheses
printf 'The cat is on the mat.\nIt rains\n\n' >references
printf 'A cat is on a mat.\nIt rains.\nNothing\n' >others
printf 'The cat is on the mat.\tA cat is on a mat.\nIt rains\tIt rains.\n\tNothing\n' >several

heed metric bleu hypotheses references
expect "the score comes first" code=0 lines=1 no_err=. \
    out='^[0-9.]+ BLEU\|nrefs:1\|case:mixed\|eff:no\|tok:13a\|smooth:exp\|version:heed-[0-9.]+ [0-9./]+ \(BP = 1\.000 '
cp stdout one
heed metric bleu hypotheses hypotheses
expect "a text is like itself" code=0 out='^100\.00 BLEU'
heed metric bleu hypotheses references others
expect "several files of references" code=0 out='BLEU\|nrefs:2\|'
heed metric bleu hypotheses several --tabs
expect "several references a line; empty ones are none" code=0 out='BLEU\|nrefs:var\|'
heed metric bleu hypotheses references -t intl --lowercase --smooth floor
expect "the signature says how" code=0 out='case:lc\|eff:no\|tok:intl\|smooth:floor\[0\.10\]'
heed metric bleu hypotheses references --sentence
expect "a score a line" code=0 lines=3 out='^[0-9]+\.[0-9][0-9]$' no_out=BLEU
heed metric bleu hypotheses references --sentence --json
expect "the same as data" code=0 out='"sentences": \[' out='eff:yes' out='"precisions": \['
if command -v python3 >/dev/null; then
    check "which is JSON" python3 -m json.tool stdout
fi
heed metric bleu,chrf,chrf++ hypotheses references
expect "several metrics in one pass" code=0 lines=3 out='^[0-9.]+ BLEU' \
    out='^[0-9.]+ chrF2\|nrefs:1\|case:mixed\|eff:yes\|nc:6\|nw:0\|space:no' out='^[0-9.]+ chrF2\+\+\|.*nw:2'
heed metric bleu,chrf hypotheses references --sentence
expect "a column each" code=0 lines=3 out='^[0-9.]+	[0-9.]+$'
heed metric rouge hypotheses references
expect "rouge is three of them" code=0 lines=3 out='^[0-9.]+ ROUGE-1' out='ROUGE-2' \
    out='ROUGE-L\|nrefs:1\|case:lc\|tok:rouge\|stem:no.*precision = '
heed metric ter hypotheses references
expect "edits" code=0 out='^[0-9.]+ TER\|nrefs:1\|case:lc\|tok:tercom\|norm:no\|punct:yes\|asian:no.*edits = 1 ref_len = 8\.0'
heed metric chrf,rougeL hypotheses references --json
expect "several as data" code=0 out='"chrf": \{' out='"rougeL": \{' out='"recall": '
heed metric bleu,chrf hypotheses references --tokenize intl --smooth none
expect "options go to the metrics that know them" code=0 out='tok:intl\|smooth:none' out='chrF2'
heed list metrics
expect "list metrics" code=0 out='^  chrf\+\+ ' out='^tokenisations' out='^  13a '

# Where lines come from.
gzip -c references >references.gz
heed metric bleu hypotheses references.gz
expect "gzip is read" code=0 same=stdout,one
sed 's/$/\r/' references >crlf
heed metric bleu hypotheses crlf
expect "CR LF is read" code=0 same=stdout,one
heed metric bleu - references <hypotheses
expect "standard input" code=0 same=stdout,one
heed metric bleu - - <hypotheses
expect "but once" code=2 err='standard input can be read once'

# What is refused.
head -n 1 references >short
heed metric bleu hypotheses short
expect "different line counts are said" code=3 no_out=. \
    err='^heed metric: hypotheses has 3 lines and short has 1; '
heed metric bleu short hypotheses
expect "the other way round too" code=3 err='short has 1 lines and hypotheses has 3'
: >empty
heed metric bleu empty empty
expect "nothing to measure" code=3 err='empty: has no lines'
printf 'good\nba\377d\n' >latin
heed metric bleu latin latin
expect "what is not UTF-8 has file and line" code=3 err='latin:2: byte 3 is not UTF-8'
yes word | head -n 10000 | tr '\n' ' ' >long
heed metric ter long long
expect "what takes too long to compare has its line" code=2 err='long:1: 10000 words against 10000'
heed metric bleu missing references
expect "a missing file is named" code=4 err='missing: '
heed metric blue hypotheses references
expect "an unknown metric" code=2 err='there is no metric blue; there are bleu, chrf, .*rougeL, ter, rouge .*aer, .*spans$'
heed metric bleu hypotheses references -t moses
expect "an unknown tokenisation" code=2 err='there is no tokenisation moses; there are 13a'
heed metric bleu hypotheses references --smooth-value 2
expect "a value that exp does not take" code=2 err='smooth = exp takes no smooth_value'
heed metric bleu hypotheses references others --tabs
expect "tabs or files" code=2 err='with tabs one file holds all references'
heed metric chrf hypotheses references -t zh
expect "chrf has no tokenisation" code=2 err='--tokenize: chrf works on characters'
heed metric chrf,rouge1 hypotheses references --smooth none
expect "nor smoothing" code=2 err='--smooth: chrf,rouge1 is not smoothed; bleu is'
heed metric bleu, hypotheses references
expect "an empty name" code=2 err='there is no metric '
heed metric bleu hypotheses
expect "a reference must be given" code=2 err=.

# Links: 4 of them, 3 sure known ones; 2 are sure, 3 at least possible.
printf '0-0 1-1 5-5\n0-1\n' >links
printf '0-0 1-1 2p1\n0p1 1-0\n' >known
printf '0001 1 1 S\n0001 2 2 S\n0001 3 2 P\n0002 1 2 P\n0002 2 1 S\n' >known.wa
awk '{ print $1, $3, $2, $4 }' known.wa >turned.wa
heed metric aer links known
expect "error rate of links" code=0 lines=1 no_err=. \
    out='^28\.57 AER\|version:heed-[0-9.]+ \(precision = 75\.00 recall = 66\.67 links = 4 sure = 3 pairs = 2\)$'
heed metric aer links known.wa
expect "the same from gold lines" code=0 out='^28\.57 AER'
heed metric aer links turned.wa --gold-side target
expect "whichever side comes first" code=0 out='^28\.57 AER'
heed metric aer links known --json
expect "as data" code=0 out='"aer": 0\.2857' out='"pairs": 2'
heed metric aer links links --lowercase
expect "links have no case" code=2 err='--lowercase is for texts'
heed metric bleu,aer links known
expect "links are no texts" code=2 err='ask for it alone'
heed metric bleu hypotheses references --gold-side target
expect "texts are no links" code=2 err='--gold-side is for aer'
heed metric aer links known others
expect "one file of known links" code=2 err='others: aer takes one file'
heed metric aer hypotheses known
expect "what is no link has file and line" code=5 err="hypotheses:1: 'The' is no link"
printf '0-0\n' >short
heed metric aer links short
expect "other numbers of pairs" code=3 err='short: 1 lines for 2 pairs'
finish
