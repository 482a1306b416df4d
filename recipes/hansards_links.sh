#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: recipes/hansards_links.sh DATA [OUT]
# Links of the training pairs for recipes/hansards.sh, made by eflomal (Östling and Tiedemann 2016), which is no
# part of heed:    python3 -m venv eflomal && eflomal/bin/pip install eflomal && PATH=$PWD/eflomal/bin:$PATH
# It aligns training, trial and test text together in both directions (known links are not read) and writes
# OUT/links, what both directions agree on, a line for each training pair, English word first. Prints the AER
# of the same on the test pairs.
set -eu
# shellcheck source=recipes/lib.sh
. "$(dirname "$0")/lib.sh"
begin "$@"
need train.e.gz train.f.gz test.e test.f test.wa.nonullalign
command -v eflomal-align >/dev/null || stop "no eflomal-align on the path; the head of this file says how to get it"
for side in e f; do
    {
        gzip -dc "$data/train.$side.gz"
        cat "$data/test.$side"
    } | tr '[:upper:]' '[:lower:]' >"$out/all.$side"
done
eflomal-align -s "$out/all.e" -t "$out/all.f" -f "$out/forward" -r "$out/reverse" --overwrite

# Both write English-French; a link stays where both have it.
paste "$out/forward" "$out/reverse" | awk -F '\t' '{
    split("", seen)
    line = ""
    n = split($1, link, " ")
    for (i = 1; i <= n; i++) seen[link[i]] = 1
    n = split($2, link, " ")
    for (i = 1; i <= n; i++) if (link[i] in seen) line = line (line == "" ? "" : " ") link[i]
    print line
}' >"$out/both"
pairs=$(gzip -dc "$data/train.e.gz" | wc -l)
head -n "$pairs" "$out/both" >"$out/links"
tail -n +$((pairs + 1)) "$out/both" >"$out/test.links"
title "AER of the links on the test pairs"
awk '
    FNR == 1 { file++ }
    file == 1 { id = $1 + 0; possible[id, $2, $3] = 1; if ($4 == "S") { sure[id, $2, $3] = 1; n_sure++ } next }
    {
        for (i = 1; i <= NF; i++) {
            split($i, at, "-")
            found++
            hit_sure += (FNR, at[1] + 1, at[2] + 1) in sure
            hit += (FNR, at[1] + 1, at[2] + 1) in possible
        }
    }
    END { printf "%.1f %%\n", 100 * (1 - (hit_sure + hit) / (found + n_sure)) }
' "$data/test.wa.nonullalign" "$out/test.links"
echo "LINKS=$out/links recipes/hansards.sh $data"
