/* SPDX-License-Identifier: MIT */
/* Causal: query i sees keys j <= i + offset. */
#include "attention/band.h"
#include "attention/tables.h"
#include "base/fail.h"

static heed_status causal_build(heed__arena *arena, const void *record,
                                const heed_attention_options *options, const void **out)
{
    heed__band *bands = NULL;
    (void)record;
    HEED_TRY(heed__bands_take(arena, options, &bands));
    for (int64_t h = 0; h < options->heads; h++) bands[h] = heed__band_of(-1, 0, 1);
    *out = bands;
    return HEED_OK;
}

const heed__mask heed__mask_causal = {
    .entry = {.name = "causal",
              .help = "query i sees keys j <= i + query_offset",
              .build = causal_build,
              .uses_positions = 1},
    .cover = heed__bands_cover,
    .row = heed__bands_row,
    .seek = heed__bands_seek,
};
