#!/bin/sh
# SPDX-License-Identifier: MIT
# heed info and heed list.
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"

heed info
expect "info names version, processor, levels and libraries" code=0 out='^heed  ' \
    out='^processor  ' out='^levels .*scalar.*\(used\)' out='jansson +[0-9]' no_err=.
HEED_CPU=scalar heed info
expect "HEED_CPU caps the level" code=0 out='^levels +scalar \(used\)' no_err=.
HEED_CPU=abacus heed info
expect "a level that is none is said" code=0 err='HEED_CPU=abacus' out='\(used\)'
heed info --threads 3
expect "threads are counted" code=0 out='^threads +3$'
heed info --threads many
expect "threads must be a number" code=2 err='--threads many: it must be a whole number from 0 to 1024'
heed info --json
expect "info as data" code=0 out='"level": ' out='"libraries": '
if command -v python3 >/dev/null; then
    check "which is JSON" python3 -m json.tool stdout
fi
heed info missing.heed
expect "a missing model is named" code=4 err='^heed info: missing\.heed: '
printf 'not a model' >text.heed
heed info text.heed
expect "what is no model is refused" code=5 err='text\.heed'
heed info one two
expect "what info does not take is refused" code=2 err='only --attention reads data'

heed list
expect "list lists the tables" code=0 out='^verbs ' out='^libraries ' out='^ops ' \
    out='^settings '
cp stdout tables
while read -r table _; do
    heed list "$table"
    expect "list $table" code=0 out=. no_err=.
    heed list "$table" --json
    expect "list $table --json" code=0 out='"name": ' out='"help": '
done <tables
heed list verb
expect "an unknown table is refused" code=2 err='there is no table verb; the nearest is verbs'
finish
