#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds heed once more as shared libraries, unoptimised to be quick, then tests their installation.
build=$HEED_BUILD/shared
mkdir -p "$build"
options="-DBUILD_SHARED_LIBS=ON -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_COMPILER=$CC -DCMAKE_CXX_COMPILER=$CXX"
if [ -n "$HEED_LAUNCHER" ]; then
    options="$options -DCMAKE_C_COMPILER_LAUNCHER=$HEED_LAUNCHER -DCMAKE_CXX_COMPILER_LAUNCHER=$HEED_LAUNCHER"
fi
[ -f "$build/CMakeCache.txt" ] || options="-G $HEED_GENERATOR $options"
# shellcheck disable=SC2086 # options are words
if cmake -S "$HEED_SOURCE" -B "$build" $options >"$build/log" 2>&1 &&
    cmake --build "$build" -j 2 >>"$build/log" 2>&1; then
    exec sh "$HEED_SOURCE/tests/install/test_install.sh" shared "$build"
fi
echo "not ok 1 - the shared libraries build"
tail -n 40 "$build/log"
exit 1
