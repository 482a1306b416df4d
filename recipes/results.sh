#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: recipes/results.sh PAGE RESULTS.tsv...
# Puts rows that recipes left (results.tsv: data, figure, target, command, time, with tabs between) into the
# table of a page, docs/results.md: a row of the same data and target is replaced, others are added, the rest of
# the page stays.
set -eu
case $# in 0 | 1)
    echo "usage: recipes/results.sh PAGE RESULTS.tsv...; the page is docs/results.md" >&2
    exit 1
    ;;
esac
page=$1
shift
if ! grep -q '^<!-- from recipes/results.sh' "$page" || ! grep -q '^<!-- end -->$' "$page"; then
    echo "$page: it must hold the lines <!-- from recipes/results.sh --> and <!-- end -->" >&2
    exit 1
fi
cat "$@" | awk -F'\t' -v page="$page" '
    NF != 5 { print "line " NR ": " NF " columns, not 5" >"/dev/stderr"; bad = 1; exit 1 }
    { key = $1 "\t" $3; if (!(key in row)) order[++n] = key
      row[key] = "| " $1 " | " $2 " | " $3 " | " $4 " | " $5 " |" }
    END {
        if (bad) exit 1
        while ((getline line < page) > 0) {
            if (line ~ /^<!-- from recipes\/results.sh/) inside = 1
            if (line == "<!-- end -->") {
                for (i = 1; i <= n; i++) if (!(order[i] in done)) print row[order[i]]
                if (n) print ""
                inside = 0
            }
            if (inside && line ~ /^\| /) {
                split(line, cell, " [|] ")
                sub(/^[|] /, "", cell[1])
                key = cell[1] "\t" cell[3]
                if (key in row) { line = row[key]; done[key] = 1 }
            }
            if (!(inside && line == "" && table)) print line
            table = inside && line ~ /^\|/
        }
    }' >"$page.new"
mv "$page.new" "$page"
