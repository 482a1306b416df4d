# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What every test script sources first. It speaks TAP: `pass`, `fail` and `check` count one test
# each, and `finish` must be the last line, so that a script that stops early fails.

tests=0
failures=0
finished=no

# A scratch folder that goes away with the script; scripts run in it.
scratch=$(mktemp -d) || exit 1
trap 'end_tests' EXIT
trap 'exit 130' INT TERM
cd "$scratch" || exit 1

end_tests() {
    [ "$finished" = yes ] || printf 'not ok %d - the script ended early\n' $((tests + 1))
    cd / && rm -rf "$scratch"
}

pass() {
    tests=$((tests + 1))
    printf 'ok %d - %s\n' "$tests" "$1"
}

# fail NAME: what follows on standard input, if anything, is shown.
fail() {
    tests=$((tests + 1))
    failures=$((failures + 1))
    printf 'not ok %d - %s\n' "$tests" "$1"
    if [ ! -t 0 ]; then sed 's/^/#   /'; fi
}

# check NAME COMMAND...: the command must succeed. It runs in a subshell: a `cd` in it stays there.
check() {
    check_name=$1
    shift
    if ("$@") >check.log 2>&1 </dev/null; then
        pass "$check_name"
    else
        fail "$check_name" <check.log
    fi
}

# skip NAME WHY: counts neither way.
skip() {
    tests=$((tests + 1))
    printf 'ok %d - %s # SKIP %s\n' "$tests" "$1" "$2"
}

finish() {
    finished=yes
    printf '1..%d\n' "$tests"
    [ "$failures" = 0 ] && [ "$tests" -gt 0 ]
    exit
}
