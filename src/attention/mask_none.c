/* SPDX-License-Identifier: MIT */
/* No mask: every key within the length. */
#include "attention/tables.h"

static heed__cover none_cover(const heed__mask_node *node, const heed__place *place,
                              const heed__block *block)
{
    (void)node, (void)place, (void)block;
    return HEED_FULL;
}

static void none_row(const heed__mask_node *node, const heed__place *place, int64_t i, int64_t j,
                     int64_t n, unsigned char *visible)
{
    (void)node, (void)place, (void)i, (void)j;
    for (int64_t t = 0; t < n; t++) visible[t] = 1;
}

const heed__mask heed__mask_none = {
    .entry = {.name = "none", .help = "every key within the sequence's length"},
    .cover = none_cover,
    .row = none_row,
};
