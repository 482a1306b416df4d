# SPDX-License-Identifier: MIT
# awk -v version=0.1.0 -f tools/man.awk docs/cli/heed-VERB.md: the page as a manual page, man(7).
# The page is "# heed verb - what it does", a description, then sections, paragraphs, lists, tables (a
# row becomes a tagged paragraph) and fenced blocks.

function escape(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    return text
}

# `code` and **strong** in bold, *emphasis* in italics, [text](link) as its text.
function inline(text,    out, rest, quoted) {
    while (match(text, /\[[^]]*\]\([^)]*\)/)) {
        quoted = substr(text, RSTART + 1, index(substr(text, RSTART), "](") - 2)
        text = substr(text, 1, RSTART - 1) quoted substr(text, RSTART + RLENGTH)
    }
    text = escape(text)
    while (match(text, /`[^`]*`|\*\*[^*]+\*\*|\*[^*]+\*/)) {
        quoted = substr(text, RSTART, RLENGTH)
        rest = substr(text, RSTART + RLENGTH)
        out = out substr(text, 1, RSTART - 1)
        if (quoted ~ /^`/) out = out "\\fB" substr(quoted, 2, length(quoted) - 2) "\\fR"
        else if (quoted ~ /^\*\*/) out = out "\\fB" substr(quoted, 3, length(quoted) - 4) "\\fR"
        else out = out "\\fI" substr(quoted, 2, length(quoted) - 2) "\\fR"
        text = rest
    }
    return out text
}

# A line that does not begin with a request.
function put(text) {
    print (text ~ /^[.']/ ? "\\&" : "") text
}

function split_row(line, cells,    count, i) {
    gsub(/\\\|/, "\001", line) # an escaped bar belongs to its cell
    sub(/^\|[ ]*/, "", line)
    sub(/[ ]*\|[ ]*$/, "", line)
    count = split(line, cells, /[ ]*\|[ ]*/)
    for (i = 1; i <= count; i++) gsub(/\001/, "|", cells[i])
    return count
}

# The first cell is the tag, the second what it means; the others follow in brackets.
function table_row(line,    cells, count, i, after) {
    count = split_row(line, cells)
    for (i = 3; i <= count; i++) {
        if (cells[i] == "") continue
        after = after (after == "" ? "" : "; ")
        after = after (column[i] == "default" ? "default " : "") cells[i]
    }
    print ".TP"
    put(inline(cells[1]))
    put(inline(cells[2] (after == "" ? "" : " (" after ")")) "\\&")
}

/^<!--/ { hidden = 1 }
hidden {
    if (/-->/) hidden = 0
    next
}
/^```/ {
    fenced = !fenced
    if (fenced) print (gap < 0 ? "" : ".PP\n") ".in +4n\n.nf"
    else print ".fi\n.in"
    gap = 1
    next
}
fenced { put(escape($0)); next }
!/^\|/ {
    if (in_table) gap = 1 # a paragraph after a table is one of its own
    in_table = 0
}
/^# / && !titled {
    titled = 1
    title = substr($0, 3)
    name = title
    sub(/ - .*/, "", name)
    title = substr(title, length(name) + 1)
    gsub(/ /, "-", name) # "heed train" is heed-train(1)
    printf ".TH %s 1 \"\" \"heed %s\" \"heed\"\n.SH NAME\n", toupper(name), version
    put(escape(name title))
    gap = -1
    next
}
!described && /[^ \t]/ {
    described = 1
    if (!/^## /) print ".SH DESCRIPTION"
}
/^## / { print ".SH " escape(toupper(substr($0, 4))); gap = -1; next }
/^### / { print ".SS " inline(substr($0, 5)); gap = -1; next }
/^\|[ :|-]+$/ { next } # the rule below a table's heading
/^\|/ {
    if (in_table) table_row($0)
    else split_row($0, column)
    in_table = 1
    next
}
/^- / { print ".IP \\(bu 2"; put(inline(substr($0, 3))); next }
/^[ \t]*$/ { if (gap == 0) gap = 1; next } # after a heading none is wanted
{
    if (gap == 1) print ".PP"
    gap = 0
    sub(/^ +/, "")
    put(inline($0))
}
