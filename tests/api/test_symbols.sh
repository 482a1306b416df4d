#!/bin/sh
# SPDX-License-Identifier: MIT
# What the libraries show and need: names that begin with heed_, no internal one (heed__) in a shared
# library; libheed-attention stands on libc and libm alone and stays under 1 MB.
. "$HEED_SOURCE/tests/tap.sh"

operator=$HEED_BUILD/src/libheed-attention-check.so
whole=$HEED_BUILD/src/libheed-check.so

# Defined, global names of a file that are not of this form are printed; none must be.
# shellcheck disable=SC2317 # called through check
only() { ! nm "$1" --defined-only "$2" 2>/dev/null | awk 'NF == 3 && $2 ~ /[A-Z]/ {print $3}' |
    grep -Ev -e "$3"; }
# Symbols of version scripts and of libstdc++'s templates in archives are not ours.
check "the shared operator shows heed_ names only" only -D "$operator" '^heed_[a-z0-9]'
check "the shared library shows heed_ names only" only -D "$whole" '^heed_[a-z0-9]'
for archive in heed heed-attention; do
    if [ -f "$HEED_BUILD/src/lib$archive.a" ]; then
        check "lib$archive.a defines heed_ names only" only -g "$HEED_BUILD/src/lib$archive.a" \
            '^(heed_|_Z|DW\.ref\.|__odr_asan)'
    fi
done

# Every HEED_API function in the headers is there, and nothing else is shown.
declared_in() {
    sed 's/^#.*//' "$@" | tr '\n' ' ' | tr ';{}' '[\n*]' |
        sed -nE 's/.*HEED_API [^(]*[ *](heed_[a-z0-9_]+)\(.*/\1/p' | sort -u
}
declared_in "$HEED_SOURCE"/include/heed/*.h >declared
nm -D --defined-only "$whole" | awk '{print $3}' | sort -u >all
grep -v '_f64$' all >shown
check "every declared function is exported, and no other" diff declared shown

# The operator in float64: the same functions under other names, if it is built in.
sed -nE 's/.*define +(heed_[a-z0-9_]+) +\1_f64$/\1/p' \
    "$HEED_SOURCE/include/heed/attention_double.h" | sort -u >double
declared_in "$HEED_SOURCE"/include/heed/attention*.h >operator
check "heed/attention_double.h names every function of the operator" diff operator double
if grep -q '_f64$' all; then
    sed -n 's/_f64$//p' all | sort >shown
    check "each is there in float64" diff operator shown
fi

needs() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }

# inexact FILE...: the functions of libm that the files take although IEEE 754 does not fix their
# result to the last bit.
exact='fma|sqrt|floor|ceil|trunc|rint|nearbyint|lrint|llrint|round|lround|llround|ldexp|scalbn'
exact="$exact|scalbln|fabs|copysign|fmin|fmax|fmod|remainder|frexp|modf|logb|ilogb|nextafter"
nm -D --defined-only "$("$CC" -print-file-name=libm.so.6)" |
    awk '{sub(/@.*/, "", $3); print $3}' | sort -u >libm
inexact() {
    nm --undefined-only "$@" | awk '$1 == "U" {sub(/@.*/, "", $2); print $2}' | sort -u |
        join - libm | grep -Ev "^($exact)f?$"
}

if nm -D "$operator" | grep -Eq '__(asan|tsan|ubsan)_'; then
    skip "what the operator needs, and its size" "sanitizer build"
    finish
fi
needs "$operator" | grep -Ev '^(libc|libm|libpthread|ld-linux.*)\.so' >foreign
check "the operator needs libc and libm only" diff /dev/null foreign
inexact -D "$operator" >rounding
check "the operator takes exactly rounded functions of libm only" diff /dev/null rounding
# So must everything that a parameter of a model passes through.
for floor in autograd ops nn optim model; do
    objects=$(find "$HEED_BUILD"/src/CMakeFiles/heed-*-objects.dir/$floor -name '*.o')
    # shellcheck disable=SC2086 # a list of files
    inexact $objects >rounding
    check "$floor takes exactly rounded functions of libm only" diff /dev/null rounding
done
cp "$operator" stripped.so && strip stripped.so
size=$(wc -c <stripped.so)
check "the operator is under 1 MB ($size bytes)" test "$size" -lt 1000000
finish
