#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# usage: tools/lint.sh JOBS   (through ./dev lint)
# Every rule that a machine can hold: form, warnings, floors, headers, scripts, lengths.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
jobs=${1:-2}
broken=0

# rule NAME COMMAND...: runs it quietly, shows what it says when it fails.
rule() {
    local name=$1 log
    shift
    if log=$("$@" 2>&1); then
        printf 'ok      %s\n' "$name"
    else
        printf 'broken  %s\n%s\n' "$name" "$log"
        broken=$((broken + 1))
    fi
}

# Tracked files and new ones, without what git ignores.
files() { git ls-files --cached --others --exclude-standard -- "$@" | sort -u; }

in_form() { files '*.[ch]' '*.cc' | xargs clang-format --dry-run -Werror; }

# builds CC CXX: with warnings as errors, tests and all.
builds() {
    local folder=build/lint-$1
    cmake -S . -B "$folder" -DCMAKE_C_COMPILER="$1" -DCMAKE_CXX_COMPILER="$2" -DHEED_WERROR=ON \
        -DHEED_TESTS=ON -DHEED_BENCH=ON -DCMAKE_BUILD_TYPE=Release "${launcher[@]}" >/dev/null &&
        cmake --build "$folder" -j "$jobs" -- -k "${keep_going[@]}"
}

floors() { files 'src/**/*.[ch]' 'src/**/*.cc' 'cli/*.[ch]' | xargs awk -f tools/floors.awk; }

headers() {
    HEED_SOURCE=$PWD CC=gcc CXX=g++ sh tests/api/test_headers.sh &&
        HEED_SOURCE=$PWD CC=clang CXX=clang++ sh tests/api/test_headers.sh
}

symbols() { HEED_SOURCE=$PWD HEED_BUILD=$PWD/build/lint-gcc CC=gcc sh tests/api/test_symbols.sh; }

scripts() { files '*.sh' dev .ci/run | xargs shellcheck -x; }

licensed() {
    local file status=0
    for file in $(files '*.[ch]' '*.cc' '*.sh' '*.awk' dev .ci/run); do
        head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || {
            printf '%s: no SPDX line\n' "$file"
            status=1
        }
    done
    return $status
}

# Shows all that is wrong, not the first file only.
keep_going=()
if command -v ninja >/dev/null; then
    export CMAKE_GENERATOR=Ninja
    keep_going=(0)
fi
launcher=()
if command -v ccache >/dev/null; then
    launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi

rule "clang-format" in_form
rule "licence lines" licensed
rule "floors" floors
rule "scripts (shellcheck)" scripts
rule "public headers alone, documented" headers
rule "gcc, warnings as errors" builds gcc g++
rule "clang, warnings as errors" builds clang clang++
rule "exported symbols" symbols
files '*.[ch]' '*.cc' '*.sh' dev | xargs wc -l |
    awk '$2 != "total" && $1 > 500 {printf "note    %s has %d lines: think again at 500\n", $2, $1}'

[ "$broken" = 0 ] || { printf '%d rules broken\n' "$broken" && exit 1; }
