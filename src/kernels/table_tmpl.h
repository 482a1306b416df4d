/* SPDX-License-Identifier: MIT */
/* A level's table. Parameters: LEVEL, TILE_ROWS, TILE_VECS, and the vec with its mathematics. */
#ifndef HEED_KERNELS_TABLE_TMPL_H
#define HEED_KERNELS_TABLE_TMPL_H

#include "kernels/bytes_tmpl.h"
#include "kernels/drop_tmpl.h"
#include "kernels/hash_tmpl.h"
#include "kernels/loops_tmpl.h"
#include "kernels/norm_tmpl.h"
#include "kernels/softmax_tmpl.h"
#include "kernels/tile_tmpl.h"
#include "kernels/update_tmpl.h"

static const heed__kernels table = {
    .level = LEVEL,
    .exp = map_exp,
    .log = map_log,
    .tanh = map_tanh,
    .sigmoid = map_sigmoid,
    .erf = map_erf,
    .exp_sum = loop_exp_sum,
    .softmax_online = softmax_online,
    .softmax_back = softmax_back,
    .sum = loop_sum,
    .dot = loop_dot,
    .max = loop_max,
    .zero_times = loop_zero_times,
    .axpy = loop_axpy,
    .scale = loop_scale,
    .turn = loop_turn,
    .affine = loop_affine,
    .scale_rows = loop_scale_rows,
    .add = loop_add,
    .multiply = loop_multiply,
    .multiply_add = loop_multiply_add,
    .norm = norm_row,
    .norm_learn = norm_learn,
    .norm_back = norm_back,
    .drop = drop_row,
    .drop_tile = drop_tile,
    .adamw = update_adamw,
    .sgd = update_sgd,
    .sha256 = hash_sha256,
    .byte_sums = bytes_sums,
    .fetch = loop_fetch,
    .copy = loop_copy,
    .transpose = loop_transpose,
    .tile_rows = TILE_ROWS,
    .tile_cols = TILE_VECS * LANES,
    .gemm_tile = tile_product,
    .peak = tile_peak,
};

#endif
