#!/bin/sh
# SPDX-License-Identifier: MIT
# The figures of docs/attention are what tools/figures.sh draws, and each is shown by a page.
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"

pages=$HEED_SOURCE/docs/attention
for file in "$pages"/images/*.png; do basename "$file"; done | sort >committed.txt
cat "$pages"/*.md | grep -o '](images/[^)]*)' | sed 's/.*images.//; s/)//' | sort -u >shown.txt
check "pages show the figures that there are" diff -u committed.txt shown.txt

# A page for each mechanism, with all its parts (a user's function has no text, `none` no figure).
lacking() {
    for page in "$pages"/score-*.md "$pages"/normaliser-*.md "$pages"/mask-*.md "$pages"/position-*.md \
        "$pages"/stage-*.md; do
        for part in '^```text' '!\[.*](images/' '^\*\*When\.' '^\*\*Cost\.' '^\*\*Source\.' '^\*\*Traps\.' \
            '^heed attend ' '^```c$'; do
            case "${page##*/} $part" in
            stage-user.md*heed* | mask-none.md*images*) continue ;;
            esac
            grep -q "$part" "$page" || echo "${page##*/} lacks $part"
        done
    done
}
lacking >lacking.txt
check "pages have a formula, a figure, when, cost, source, traps, a command and code" diff -u /dev/null lacking.txt

heed info
awk '$1 == "cairo" || $1 == "pango" { print $1, $2 }' stdout >libraries.txt
if ! cmp -s libraries.txt "$pages/images/drawn-with.txt"; then
    skip "the figures are drawn again" "they were drawn with $(tr '\n' ' ' <"$pages/images/drawn-with.txt")"
else
    check "the figures are drawn" sh "$HEED_SOURCE/tools/figures.sh" "$HEED_COMMAND" again
    check "the same bytes as those in the tree (tools/figures.sh puts them in)" \
        diff -rq "$pages/images" again
fi
finish
