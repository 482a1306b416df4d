#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# usage: tools/aarch64.sh JOBS   (through ./dev test --long, after ./dev build)
# heed for 64-bit Arm, under qemu: kernel tests, and two small trainings whose files and translations
# must be those of build/heed. Arm's libraries are unpacked into build/aarch64/root; this machine's
# packages are left alone. Speaks TAP.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
jobs=${1:-2}
build=$PWD/build/aarch64
root=$build/root
checked=(kernels softmax gemm drop hash math)

# The libraries as Debian has them for arm64, with what they need.
fetch_root() {
    local apt=$build/apt deb
    mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$root.new"
    : >"$apt/status"
    local get=(apt-get -qq -o Dir::State="$apt/state" -o Dir::Cache="$apt/cache"
        -o Dir::State::status="$apt/status" -o APT::Architecture=arm64
        -o APT::Architectures=arm64 -o APT::Sandbox::User=)
    "${get[@]}" update
    "${get[@]}" -y --no-install-recommends --download-only install libjansson-dev libutf8proc-dev \
        libcsv-dev zlib1g-dev libcmocka-dev
    for deb in "$apt"/cache/archives/*.deb; do dpkg-deb -x "$deb" "$root.new"; done
    mv "$root.new" "$root"
    rm -rf "$apt"
}

compile() {
    local launcher=()
    if command -v ccache >/dev/null; then
        launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    fi
    cmake -S . -B "$build" -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/aarch64.cmake" \
        -DHEED_ARM_ROOT="$root" -DCMAKE_BUILD_TYPE=Release -DHEED_TESTS=ON \
        -DHEED_SENTENCEPIECE=OFF -DHEED_CAIRO=OFF "${launcher[@]}"
    cmake --build "$build" -j "$jobs" --target heed-command "${checked[@]/#/test_}"
}

# train FOLDER COMMAND...: a classifier and a translator, and what the translator says.
train() {
    local folder=$build/$1 mail=$PWD/examples/mail/train.tsv sentences=$PWD/examples/sentences/make.sh
    shift
    rm -rf "$folder"
    mkdir -p "$folder"
    (
        cd "$folder"
        "$@" train "$mail" --text subject,body --label topic --quiet --tokenizer words \
            --encoder transformer --dim 16 --heads 2 --steps 20 --validate-every 10 -o mail.heed
        "$sentences" . 200 12
        "$@" train --source train.de --target train.en --tokenizer words --encoder gru --quiet \
            --decoder transformer --dim 16 --decoder-heads 2 --decoder-ffn 32 --layers 1 \
            --steps 8 -o sentences.heed
        "$@" translate sentences.heed test.de --scores >translated
    )
}

trains_alike() {
    local emulated=(qemu-aarch64 -L "$root" "$build/heed") file
    train here "$PWD/build/heed"
    train neon "${emulated[@]}"
    HEED_CPU=scalar train scalar "${emulated[@]}"
    for file in mail.heed sentences.heed translated; do
        cmp "$build/here/$file" "$build/neon/$file"
        cmp "$build/here/$file" "$build/scalar/$file"
    done
    (cd "$build/neon" && sha256sum mail.heed sentences.heed translated | sed 's/^/# /')
}

# quietly LOG COMMAND...: what it returns; its first failing command ends it.
quietly() {
    local log=$1 code
    shift
    set +e
    (
        set -e
        "$@"
    ) >"$log" 2>&1
    code=$?
    set -e
    [ $code = 0 ] || tail -n 40 "$log" >&2
    result=$code
}

number=0
broken=0
# try NAME COMMAND...
try() {
    local name=$1
    shift
    number=$((number + 1))
    quietly "$build/$name.log" "$@"
    if [ "$result" = 0 ]; then
        grep '^# ' "$build/$name.log" || true
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        broken=$((broken + 1))
    fi
}

mkdir -p "$build"
if [ ! -d "$root" ]; then
    quietly "$build/fetch.log" fetch_root
    if [ "$result" != 0 ]; then
        echo "ok 1 # SKIP aarch64: apt cannot fetch the libraries for arm64"
        exit 0
    fi
fi
try aarch64_build compile
if [ $broken = 0 ]; then
    for name in "${checked[@]}"; do
        try "aarch64_$name" qemu-aarch64 -L "$root" "$build/tests/test_$name"
    done
    try aarch64_trains_alike trains_alike
fi
[ $broken = 0 ]
