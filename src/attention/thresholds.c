/* SPDX-License-Identifier: MIT */
#include "attention/thresholds.h"

/* ./dev bench tune; docs/performance.md has what it printed. */
const heed__thresholds heed__thresholds_found = {
    .narrow_queries = 64,
    .few_queries = 16,
    .few_keys = 1 << 16,
    .piece_rounds = 8,
    .forward_blocks = 16,
    .narrow_blocks = 32,
    .halves_cost = 140,
    .half_blocks = 4,
};
