/* SPDX-License-Identifier: MIT */
#include "kernels/gemm_thresholds.h"

/* ./dev bench tune gemm; docs/performance.md has what it printed. */
const heed__gemm_thresholds heed__gemm_found = {
    .block_rows = 272, /* 19 tiles of 14: with a piece of 256 a second cache's eighth */
    .block_cols = 512,
    .held = 1 << 18,
    .held_cols = 512,
    .held_least = 128,
    .deep = 2048,
    .few_tiles = 5,
    .even_tiles = 8,
    .task_work = 1 << 18,
    .many_tasks = 4,

    .slab = 1 << 19,
    .whole = 1 << 20,
    .large = 1 << 20,
    .turned = 1 << 17,
    .turned_deep = 512,
    .turned_rows = 1 << 19,
    .near = 1 << 17,
    .task_strips = 8,
    .enough_tasks = 8,
    .least_panels = 4,
    .own = 1 << 19,
    .own_rows = 512,
    .own_cols = 256,
    .stream = 1 << 24,
};

const heed__gemm_thresholds *heed__gemm_now = &heed__gemm_found;
