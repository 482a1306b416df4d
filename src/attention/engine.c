/* SPDX-License-Identifier: MIT */
#include "attention/engine.h"

static const heed__engine *const engines[] = {
    &heed__engine_tiled,
    &heed__engine_rows,
    &heed__engine_reference,
};

const heed__engine *heed__engine_at(size_t index)
{
    return index < sizeof engines / sizeof engines[0] ? engines[index] : NULL;
}
