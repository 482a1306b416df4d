# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Made-up data for tests of the command, the same on every machine.

# reviews ROWS [SEED]: a table with header: label pos or neg, text with one word that decides it.
reviews() {
    awk -v rows="$1" -v state="${2:-1}" '
        function roll(n) { state = (state * 7141 + 54773) % 259200; return int(state / 259200 * n) }
        BEGIN {
            split("table green walks around city paper with some people today", filler, " ")
            split("good fine great bad dull awful", cue, " ")
            print "label\ttext"
            for (i = 0; i < rows; i++) {
                which = 1 + roll(6)
                words = 4 + roll(8)
                at = roll(words)
                text = ""
                for (j = 0; j < words; j++)
                    text = text (j ? " " : "") (j == at ? cue[which] : filler[1 + roll(10)])
                print (which < 4 ? "pos" : "neg") "\t" text
            }
        }'
}
