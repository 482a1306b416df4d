# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# For tests of the command: run it, then say what must hold. Source it as the first line:
#     . "$HEED_SOURCE/tests/cli/lib.sh"
#     heed train missing.tsv -o model.heed
#     expect "a missing file is named" code=4 err='missing\.tsv' no_file=model.heed
#     finish
# Each expect is one counted test; when it fails it shows the command and both its outputs.

# shellcheck source=tests/tap.sh
. "$HEED_SOURCE/tests/tap.sh"

last="(no command yet)"
code=-1

# heed ARGUMENT...: runs the command; its exit code is in $code, its outputs in ./stdout, ./stderr.
heed() {
    last="heed $*"
    code=0
    "$HEED_COMMAND" "$@" >stdout 2>stderr || code=$?
}

# expect NAME RULE...: about the last command. Rules:
#   code=N  out=REGEX  err=REGEX  no_out=REGEX  no_err=REGEX   (grep -E, any line)
#   lines=N (of stdout)  file=PATH  no_file=PATH  same=PATH,PATH  differ=PATH,PATH
expect() {
    expect_name=$1
    shift
    broken=""
    for rule in "$@"; do
        holds "${rule%%=*}" "${rule#*=}" || broken="$broken $rule"
    done
    # A crash is never what a test asks for.
    if [ "$code" -ge 128 ]; then broken="$broken (died of signal $((code - 128)))"; fi
    if [ -z "$broken" ]; then
        pass "$expect_name"
    else
        report >report.txt
        fail "$expect_name" <report.txt
    fi
}

report() {
    printf 'broken:%s\ncommand: %s\nexit code: %d\n--- stdout\n' "$broken" "$last" "$code"
    head -n 40 stdout
    printf -- '--- stderr\n'
    head -n 40 stderr
}

holds() {
    case "$1" in
    code) [ "$code" = "$2" ] ;;
    out) grep -Eq -e "$2" stdout ;;
    err) grep -Eq -e "$2" stderr ;;
    no_out) ! grep -Eq -e "$2" stdout ;;
    no_err) ! grep -Eq -e "$2" stderr ;;
    lines) [ "$(wc -l <stdout)" -eq "$2" ] ;;
    file) [ -s "$2" ] ;;
    no_file) [ ! -e "$2" ] ;;
    same) cmp -s "${2%,*}" "${2#*,}" ;;
    differ) [ -s "${2%,*}" ] && [ -s "${2#*,}" ] && ! cmp -s "${2%,*}" "${2#*,}" ;;
    *)
        printf 'expect: no such rule: %s\n' "$1" >&2
        return 1
        ;;
    esac
}
