#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header stands alone in C11 and in C++17, documents every function, and heed.h
# includes it.
. "$HEED_SOURCE/tests/tap.sh"

for header in "$HEED_SOURCE"/include/heed/*.h; do
    name=heed/$(basename "$header")
    printf '#include "%s"\n#include "%s"\nint main(void) { return 0; }\n' "$name" "$name" >one.c
    cp one.c one.cc
    check "$name alone in C11" "$CC" -std=c11 -Wall -Wextra -Wundef -pedantic-errors -Werror \
        -fsyntax-only -I"$HEED_SOURCE/include" one.c
    check "$name alone in C++17" "$CXX" -std=c++17 -Wall -Wextra -Wundef -pedantic-errors -Werror \
        -fsyntax-only -I"$HEED_SOURCE/include" one.cc
    check "$name documents its functions" awk -f "$HEED_SOURCE/tools/undocumented.awk" "$header"
    [ "$name" = heed/heed.h ] ||
        check "heed.h includes $name" grep -qF "#include \"$name\"" "$HEED_SOURCE/include/heed/heed.h"
done
finish
