#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: test_document.sh DOCUMENT
# Runs each block of a document that is marked so (tests/docs/blocks.awk says how), in order, in one
# scratch folder with the command on the path. A block without a mark fails. Python is a notebook: its
# cells are run together, where there is PyTorch.
document=$1
. "$HEED_SOURCE/tests/tap.sh"

PATH=$(dirname "$HEED_COMMAND"):$PATH
export PATH
blocks=$scratch.blocks
mkdir "$blocks" || exit 1
trap 'end_tests; rm -rf "$blocks"' EXIT

# shell_block SETUP SCRIPT: both in one shell that stops at the first failing line.
# shellcheck disable=SC2317 # called through check
shell_block() { bash -euo pipefail -c '. "$0"; . "$1"' "$1" "$2"; }

# program_block SETUP SOURCE: compiled against the library, then run.
# shellcheck disable=SC2317 # called through check
program_block() {
    case "$2" in
    *.c) compiler="$CC -std=c11" ;;
    *) compiler="$CXX -std=c++17" ;;
    esac
    # shellcheck disable=SC2086 # words
    $compiler -Wall -Wextra -Werror -I"$HEED_SOURCE/include" "$2" -o "$2.program" \
        "$HEED_BUILD/src/libheed-check.so" -Wl,-rpath,"$HEED_BUILD/src" || return 1
    printf '"%s"\n' "$2.program" >"$2.sh"
    shell_block "$1" "$2.sh"
}

awk -v folder="$blocks" -f "$HEED_SOURCE/tests/docs/blocks.awk" "$HEED_SOURCE/$document" \
    >"$blocks/list"
while read -r kind line what; do
    name=$document:$line
    case "$kind $what" in
    "run sh") check "$name" shell_block "$blocks/$line.setup" "$blocks/$line.sh" ;;
    "run c" | "run cpp") check "$name" program_block "$blocks/$line.setup" "$blocks/$line.$what" ;;
    "run python") cat "$blocks/$line.python" >>"$blocks/notebook.py" ;;
    file*) ;;
    skip*) skip "$name" "$what" ;;
    *)
        echo "give it <!-- run --> or <!-- not run: WHY --> above" >mark.log
        fail "$name has no mark" <mark.log
        ;;
    esac
done <"$blocks/list"
if [ -f "$blocks/notebook.py" ]; then # all cells, in order
    python=${HEED_PYTHON:-python3}
    if "$python" -c 'import torch' >/dev/null 2>&1; then
        check "$document: its notebook" "$python" "$blocks/notebook.py"
    else
        skip "$document: its notebook" "$python has no PyTorch; HEED_PYTHON names one that has"
    fi
fi
[ -s "$blocks/list" ] || skip "$document" "it shows no commands"
finish
