/* SPDX-License-Identifier: MIT */
#include "ops/attend.h"
#include "ops/guide.h"
#include "ops/memory.h"
#include "ops/ops.h"
#include "ops/pointer.h"

#include <stddef.h>

const heed__op *const heed__ops[] = {
    &heed__op_linear,
    &heed__op_embedding,
    &heed__op_bag,
    &heed__op_position,
    &heed__op_add,
    &heed__op_multiply,
    &heed__op_weighted_sum,
    &heed__op_concat,
    &heed__op_stack_rows,
    &heed__op_take_rows,
    &heed__op_slice,
    &heed__op_layer_norm,
    &heed__op_activation,
    &heed__op_glu,
    &heed__op_feed_forward,
    &heed__op_dropout,
    &heed__op_drop_add,
    &heed__op_centre,
    &heed__op_attend,
    &heed__op_additive_scores,
    &heed__op_dot_scores,
    &heed__op_softmax,
    &heed__op_read,
    &heed__op_gru,
    &heed__op_lstm,
    &heed__op_gru_step,
    &heed__op_lstm_step,
    &heed__op_mean,
    &heed__op_first,
    &heed__op_last,
    &heed__op_cross_entropy,
    &heed__op_linear_cross_entropy,
    &heed__op_binary_cross_entropy,
    &heed__op_squared_error,
    &heed__op_chain_loss,
    &heed__op_divergence,
    &heed__op_coverage_loss,
    &heed__op_pointer_loss,
    &heed__op_guide_dot,
    &heed__op_guide_weights,
    NULL,
};
