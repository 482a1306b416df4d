/* SPDX-License-Identifier: MIT */
/* A dense bias: s + b, b for each query and key, shared over sequences and heads as its strides
 * say. Its gradient is n x n, like itself. */
#include "attention/tables.h"

static void bias_forward(const heed__self *self, const heed__line *line, heed_real *s)
{
    const heed_attention_extra *b = self->extra[0];
    const heed_real *row = (const heed_real *)b->data + line->place->sequence * b->sequence_stride +
                           line->place->head * b->head_stride + line->query * b->row_stride +
                           line->key;
    self->kernels->add(line->n, row, s);
}

static void bias_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                          heed_real *d)
{
    (void)s;
    if (line->pairs) self->kernels->add(line->n, d, line->pairs);
}

const heed__shaper heed__stage_bias = {
    .entry = {.name = "bias",
              .help = "adds a number for each query and key, given with the batch",
              .extras = {{"bias.pairs", HEED_ATTENTION_PAIR_REALS}}},
    .forward = bias_forward,
    .backward = bias_backward,
    .pairs = 1,
};
