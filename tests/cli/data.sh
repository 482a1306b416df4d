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

# numbers: the numbers from 1 to 99 as words, shuffled, line i of numbers.de, numbers.en and numbers.zh
# the same number. German says the ones first.
numbers() {
    awk '
        function roll(n) { state = (state * 7141 + 54773) % 259200; return 1 + int(state / 259200 * n) }
        BEGIN {
            split("eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn " \
                "fünfzehn sechzehn siebzehn achtzehn neunzehn", de, " ")
            split("zehn zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig", detens, " ")
            split("one two three four five six seven eight nine ten eleven twelve thirteen fourteen " \
                "fifteen sixteen seventeen eighteen nineteen", en, " ")
            split("ten twenty thirty forty fifty sixty seventy eighty ninety", entens, " ")
            split("一 二 三 四 五 六 七 八 九", zh, " ")
            state = 1
            for (i = 1; i < 100; i++) order[i] = i
            for (i = 99; i > 1; i--) { j = roll(i); n = order[i]; order[i] = order[j]; order[j] = n }
            for (i = 1; i < 100; i++) {
                n = order[i]; ones = n % 10; tens = int(n / 10)
                if (n < 20) { german = de[n]; english = en[n] }
                else if (!ones) { german = detens[tens]; english = entens[tens] }
                else {
                    german = (ones == 1 ? "ein" : de[ones]) " und " detens[tens]
                    english = entens[tens] " " en[ones]
                }
                print german >"numbers.de"
                print english >"numbers.en"
                print (tens > 1 ? zh[tens] : "") (tens ? "十" : "") (ones ? zh[ones] : "") >"numbers.zh"
            }
        }'
}

# Options of a small model that writes, and learns the numbers in about a second.
# shellcheck disable=SC2034 # used by the scripts
small_writer="--tokenizer words --encoder transformer --decoder transformer --dim 32 --heads 2
    --layers 1 --ffn 64 --steps 100 --lr 0.01 --dropout 0.1 --validate-every 50 --patience 0"
