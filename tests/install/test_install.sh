#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: test_install.sh static|shared BUILD
# Installs a build into a scratch prefix and uses it as others do: from C and from C++, through
# find_package and through pkg-config.
. "$HEED_SOURCE/tests/tap.sh"

kind=$1
build=$2
prefix=$scratch/prefix
projects=$HEED_SOURCE/tests/install

check "$kind: it installs" cmake --install "$build" --prefix "$prefix"
library=$(find "$prefix" -name 'libheed.*' | head -n 1)
library_folder=$(dirname "$library")
for file in include/heed/heed.h bin/heed share/doc/heed/LICENSE "${library_folder#"$prefix"/}/pkgconfig/heed.pc"; do
    check "$kind: $file is there" test -s "$prefix/$file"
done
check "$kind: a manual page is there" test -s "$prefix/share/man/man1/heed.1"
if [ "$kind" = static ]; then
    # Code and data: what a program gets that uses all of it; tables of symbols stay in the archive.
    size=$(size -t "$library_folder/libheed-attention.a" | awk 'END { print $4 }')
    check "$kind: libheed-attention is under 1 MB ($size bytes)" test "$size" -lt 1000000
fi
export PKG_CONFIG_PATH="$library_folder/pkgconfig" LD_LIBRARY_PATH="$library_folder"

# runs PROGRAM: it prints the version that was installed.
# shellcheck disable=SC2317 # called through check
runs() { "$1" | grep -E "^heed $(pkg-config --modversion heed), [0-9]+ threads$"; }
check "$kind: the command runs" "$prefix/bin/heed" --version

for language in c cxx; do
    check "$kind: find_package configures $language" cmake -S "$projects/$language" \
        -B "$language" -DCMAKE_PREFIX_PATH="$prefix"
    check "$kind: find_package builds $language" cmake --build "$language"
    check "$kind: find_package runs $language" runs "$language/consumer"
done
check "$kind: find_package runs the operator alone" runs c/operator

# by_pkgconfig NAME COMPILER STANDARD SOURCE PACKAGE
by_pkgconfig() {
    # shellcheck disable=SC2046 # flags are words
    check "$kind: pkg-config builds $1" "$2" "-std=$3" "$projects/$4" -o "$1" \
        $(pkg-config --cflags --libs "$5")
    check "$kind: pkg-config runs $1" runs "./$1"
}
by_pkgconfig c.consumer "$CC" c11 c/main.c heed
by_pkgconfig cxx.consumer "$CXX" c++17 cxx/main.cc heed
by_pkgconfig operator "$CC" c11 c/operator.c heed-attention
if [ "$kind" = shared ]; then
    pkg-config --libs heed >libs
    check "$kind: pkg-config keeps the private libraries private" test -z \
        "$(grep -E 'jansson|pango|csv' libs)"
    readelf -d "$prefix/bin/heed" >needs
    check "$kind: the command links the shared library" grep -q 'NEEDED.*libheed\.so' needs
fi
finish
