#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: recipes/by_length.sh SOURCE REFERENCE NAME=OUTPUT...
# BLEU of translations by the length of the source, in words between white space: the files are cut by
# length, and each part is scored as a corpus of its own (a mean over sentences would be another figure).
# EDGES in the environment are the greatest lengths of all parts but the last: "10 15 20".
# METRIC are options for heed metric, such as --lowercase.
set -eu
# shellcheck source=recipes/lib.sh
. "$(dirname "$0")/lib.sh"
[ $# -ge 3 ] || stop "usage: recipes/by_length.sh SOURCE REFERENCE NAME=OUTPUT..."
source=$1 reference=$2
shift 2
edges=${EDGES:-8 11 14 19}
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT
lines=$(wc -l <"$source")

# cut_by_length FILE NAME: writes parts/1.NAME, parts/2.NAME, ...
cut_by_length() {
    [ -f "$1" ] || stop "$1 is missing"
    [ "$(wc -l <"$1")" = "$lines" ] || stop "$1 has $(wc -l <"$1") lines, $source has $lines"
    awk -v edges="$edges" -v folder="$parts" -v name="$2" '
        BEGIN { n = split(edges, edge, " ") }
        NR == FNR { length_of[FNR] = NF; next }
        { for (part = 1; part <= n && length_of[FNR] > edge[part];) part++; print >(folder "/" part "." name) }
    ' "$source" "$1"
}

# score PART NAME: BLEU, or - where there is nothing.
score() {
    # shellcheck disable=SC2086 # words
    "$HEED" metric bleu "$parts/$1.$2" "$parts/$1.reference" ${METRIC:-} | cut -d ' ' -f 1
}

cut_by_length "$reference" reference
printf '%-12s %9s' 'source words' sentences
for pair; do
    case $pair in
    *=*) ;;
    *) stop "$pair: an output is given as NAME=FILE" ;;
    esac
    printf ' %12s' "${pair%%=*}"
    cut_by_length "${pair#*=}" "${pair%%=*}"
done
echo
part=1 from=1
for edge in $edges ''; do
    label="$from or more"
    [ -z "$edge" ] || label=$from-$edge
    if [ -f "$parts/$part.reference" ]; then
        printf '%-12s %9d' "$label" "$(wc -l <"$parts/$part.reference")"
        for pair; do printf ' %12s' "$(score $part "${pair%%=*}")"; done
        echo
    fi
    from=$((${edge:-0} + 1)) part=$((part + 1))
done
