#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: recipes/prices.sh DATA [OUT]
# A number from a text: what an order costs, from a sentence such as "please send three large lamps and a small
# chair by express". The sentences are made here (DATA is any folder): a sum of products of numbers, sizes and
# things, with a share for express and some noise, so that no model can reach R2 = 1; a tenth is for testing.
# Prints the figures on the test set and the words that decided for two orders.
# STEPS, TIME: recipes/lib.sh; without them it trains for two minutes.
set -eu
# shellcheck source=recipes/lib.sh
. "$(dirname "$0")/lib.sh"
begin "$@"
awk -v train="$out/train.tsv" -v test="$out/test.tsv" '
    function roll(n) { state = (state * 7141 + 54773) % 259200; return 1 + int(state / 259200 * n) }
    function part() {
        c = roll(5); s = roll(3); t = roll(8)
        cost += c * price[t] * (s == 1 ? 0.6 : s == 3 ? 1.7 : 1)
        return (c == 1 ? "a" : count[c]) " " (s == 1 ? "small " : s == 3 ? "large " : "") thing[t] (c > 1 ? "s" : "")
    }
    BEGIN {
        state = 1
        split("a two three four five", count, " ")
        split("lamp chair table shelf carpet mirror clock sofa", thing, " ")
        split("25 40 120 60 90 35 15 300", price, " ")
        split("please send|i would like|we need|could i have", begin, "|")
        print "text\tprice" >train
        print "text\tprice" >test
        for (i = 0; i < 6000; i++) {
            cost = 0
            text = begin[roll(4)] " " part()
            for (more = roll(3); more > 1; more--) text = text " and " part()
            if (roll(4) == 1) { text = text " by express"; cost *= 1.15 }
            cost *= 1 + (roll(1000) - 500) / 10000
            printf "%s\t%.2f\n", text, cost >(i % 10 ? train : test)
        }
    }'

# shellcheck disable=SC2046 # words
train "$out/prices.heed" "$out/train.tsv" --text text --label price --task number --encoder gru $(budget 2m)
title "test"
show eval "$out/prices.heed" "$out/test.tsv"
title "why"
show explain "$out/prices.heed" "$out/test.tsv" --rows 1,2
