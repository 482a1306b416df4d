#!/bin/sh
# SPDX-License-Identifier: MIT
# The floors of src/ include downwards only, and the checker sees each kind of breach.
. "$HEED_SOURCE/tests/tap.sh"

floors=$HEED_SOURCE/tools/floors.awk

# shellcheck disable=SC2317 # called through check
in_house() {
    cd "$HEED_SOURCE" &&
        find src cli -name '*.[ch]' -o -name '*.cc' | sort | xargs awk -f "$floors"
}
check "every floor includes downwards only" in_house

# refused NAME FILE LINE: the checker must object to a file that holds this line.
refused() {
    mkdir -p "$(dirname "$2")"
    printf '%s\n' "$3" >"$2"
    if awk -f "$floors" "$2" >found.log; then fail "$1" </dev/null; else pass "$1"; fi
}
refused "an upward include is seen" src/kernels/a.c '#include "ops/op.h"'
refused "a sideways include is seen" src/nn/a.c '#include "optim/adamw.h"'
refused "the command's look inside is seen" cli/a.c '#include "base/file.h"'
refused "an unknown floor is seen" src/attic/a.c '#include "base/file.h"'
refused "a library below io is seen" src/ops/a.c '#include <jansson.h>'
refused "the operator's look at the model is seen" src/attention/a.c '#include "heed/model.h"'

mkdir -p src/model
printf '#include "model/b.h"\n#include "base/file.h"\n#include "heed/model.h"\n' >src/model/a.c
check "what is allowed is allowed" awk -f "$floors" src/model/a.c
finish
