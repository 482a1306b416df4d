#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: tools/pages.sh [COMMAND [FOLDER]]     (build/heed and docs/cli)
# Puts what the command's tables say (heed --markdown VERB) into each verb's page, between the lines
# "<!-- from heed --markdown ... -->" and "<!-- end -->". A page that is missing or lacks the lines
# is an error.
set -eu
command=${1:-build/heed}
folder=${2:-docs/cli}

# put_in PAGE VERB
put_in() {
    if ! grep -q '^<!-- from heed --markdown' "$1" || ! grep -q '^<!-- end -->$' "$1"; then
        echo "$1: it must hold the lines <!-- from heed --markdown${2:+ $2} --> and <!-- end -->" >&2
        return 1
    fi
    # shellcheck disable=SC2086 # no verb, no word
    "$command" --markdown $2 >"$1.tables"
    awk -v tables="$1.tables" '
        /^<!-- end -->$/ { inside = 0 }
        !inside { print }
        /^<!-- from heed --markdown/ {
            inside = 1
            print ""
            while ((getline line < tables) > 0) print line
            print ""
        }' "$1" >"$1.new"
    mv "$1.new" "$1"
    rm "$1.tables"
}

put_in "$folder/heed.md" ""
for verb in $("$command" list verbs | cut -d' ' -f1); do
    put_in "$folder/heed-$verb.md" "$verb"
done
