#!/bin/sh
# SPDX-License-Identifier: MIT
# Each verb has a page, docs/cli/heed-VERB.md, whose options are those of the command. What the
# command says is put in by tools/pages.sh.
# shellcheck source=tests/tap.sh
. "$HEED_SOURCE/tests/tap.sh"

mkdir pages
cp "$HEED_SOURCE"/docs/cli/heed*.md pages/
check "every verb has a page" sh "$HEED_SOURCE/tools/pages.sh" "$HEED_COMMAND" pages
for page in pages/*.md; do
    name=$(basename "$page")
    check "$name has what the command says (tools/pages.sh puts it in)" \
        diff -u "$HEED_SOURCE/docs/cli/$name" "$page"
    verb=${name#heed}
    verb=${verb%.md}
    verb=${verb#-}
    [ -z "$verb" ] || check "$name is about a verb" "$HEED_COMMAND" help "$verb"
done
finish
