# SPDX-License-Identifier: MIT
# usage: awk -f listops.awk -v rows=N [-v least=500] [-v most=2000] [-v seed=1]
# Writes N different expressions over digits with their values, one a row: text, tab, label. The same
# bytes on every machine.
#
# A tree is a digit with probability 3/4, else one of four operators over 2 to 10 trees, at most 10
# deep; those whose length lies between least and most are kept. So Long Range Arena has it (Tay et
# al., arXiv 2011.04006; the task is Nangia and Bowman's, 2018). Brackets are words here: an operator
# opens, "end" closes.

function draw() {
    state = state * 16807 % 2147483647 # below 2^46: exact
    return state / 2147483647
}

function roll(n) { return int(draw() * n) }

# Appends a tree to `text`, counts its words in `count`, and returns its value.
function tree(depth,    k, i, j, op, value, given, swap) {
    if (count > most) return 0 # too long already
    if (depth == 10 || draw() > 0.25) {
        value = roll(10)
        text = text " " value
        count++
        return value
    }
    k = 2 + roll(9)
    op = roll(4)
    text = text " " name[op + 1]
    count += 2
    for (i = 1; i <= k; i++) {
        given[i] = tree(depth + 1)
        for (j = i; j > 1 && given[j] < given[j - 1]; j--) {
            swap = given[j]; given[j] = given[j - 1]; given[j - 1] = swap
        }
    }
    text = text " end"
    if (op == 0) return given[1]
    if (op == 1) return given[k]
    if (op == 2) return int((given[int((k + 1) / 2)] + given[int(k / 2) + 1]) / 2)
    for (i = 1; i <= k; i++) value += given[i]
    return value % 10
}

BEGIN {
    split("min max med sum", name, " ")
    if (!least) least = 500
    if (!most) most = 2000
    state = seed ? seed : 1
    print "text\tlabel"
    while (written < rows) {
        text = ""
        count = 0
        value = tree(1)
        if (count <= least || count >= most || (text in seen)) continue
        seen[text] = 1
        written++
        print substr(text, 2) "\t" value
    }
}
