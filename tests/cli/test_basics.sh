#!/bin/sh
# SPDX-License-Identifier: MIT
# What holds for the command as a whole, whatever the verb.
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"

heed --version
expect "it says its version" code=0 out='^heed [0-9]+\.[0-9]+\.[0-9]+' no_err=.
heed
expect "without a verb it points to its help" code=2 err='heed --help' no_out=.
heed --help
expect "help names the verbs and the exit codes" code=0 out='^  info ' out='^  4  .*disk is full' no_err=.
cp stdout overview
heed help
expect "heed help is heed --help" code=0 same=stdout,overview
heed trian
expect "an unknown verb is refused" code=2 err='there is no verb trian' no_out=.
heed lsit
expect "and the nearest is named" code=2 err='the nearest is list'
heed help lsit
expect "in help too" code=2 err='the nearest is list'
heed list --jsn
expect "an unknown flag is refused and the nearest named" code=2 \
    err='^heed list: there is no --jsn; the nearest is --json'

# Each verb explains itself, in the three spellings alike.
for verb in $("$HEED_COMMAND" list verbs | cut -d' ' -f1); do
    heed "$verb" --help
    expect "heed $verb --help" code=0 out="^usage: heed $verb " no_err=.
    cp stdout by_flag
    heed help "$verb"
    expect "heed help $verb" code=0 same=stdout,by_flag
    heed "$verb" -h
    expect "heed $verb -h" code=0 same=stdout,by_flag
done

# Output that cannot be written.
if [ -w /dev/full ]; then
    for words in --help "help info" "list verbs" "list verbs --json" "info" "info --json"; do
        code=0
        # shellcheck disable=SC2086 # words
        "$HEED_COMMAND" $words >/dev/full 2>stderr || code=$?
        : >stdout
        last="heed $words >/dev/full"
        expect "a full disk is noticed: heed $words" code=4 err='No space left'
    done
else
    skip "a full disk is noticed" "no /dev/full"
fi

# Nobody reads: the pipe's reader is gone before the command writes.
mkfifo pipe
(exec 3<pipe) &
(
    exec >pipe
    wait
    sleep 0.2
    code=0
    "$HEED_COMMAND" info 2>stderr || code=$?
    echo "$code" >code
)
wait
last="heed info | nobody"
code=$(cat code)
: >stdout
expect "a reader that went away ends it quietly" code=9 no_err=.
finish
