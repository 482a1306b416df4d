#!/bin/sh
# SPDX-License-Identifier: MIT
# The examples that load a model, in C and in C++, say what the command says.
. "$HEED_SOURCE/tests/tap.sh"

i=0
while [ $i -lt 40 ]; do
    printf 'a fine warm film number %d\tgood\na dull cold film number %d\tbad\n' $i $i
    i=$((i + 1))
done >films.tsv
check "a model is trained" "$HEED_COMMAND" train films.tsv -o films.heed --quiet
printf 'a warm film\na dull evening\n' | "$HEED_COMMAND" predict films.heed --quiet >wanted

check "examples/predict.c builds" "$CC" -std=c11 -Wall -Wextra -Werror -I"$HEED_SOURCE/include" \
    "$HEED_SOURCE/examples/predict.c" -o predict-c "$HEED_BUILD/src/libheed-check.so" \
    "-Wl,-rpath,$HEED_BUILD/src"
./predict-c films.heed 'a warm film' 'a dull evening' >printed
check "examples/predict.c says what the command says" diff wanted printed

check "examples/predict.cc builds" "$CXX" -std=c++17 -Wall -Wextra -Werror -I"$HEED_SOURCE/include" \
    "$HEED_SOURCE/examples/predict.cc" -o predict-cc "$HEED_BUILD/src/libheed-check.so" \
    "-Wl,-rpath,$HEED_BUILD/src"
./predict-cc films.heed 'a warm film' 'a dull evening' >printed
check "examples/predict.cc says what the command says" diff wanted printed
finish
