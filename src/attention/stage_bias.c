/* SPDX-License-Identifier: MIT */
/* A dense bias: s + b, b for each query and key, shared over sequences and heads as its strides
 * say. Its gradient is n x n, like itself. */
#include "attention/tables.h"

/* Rows lie far apart, and no processor guesses the next. */
enum { ROWS_AHEAD = 8 };

static void fetch_ahead(const heed__self *self, const heed__line *line, const heed_real *row,
                        int64_t row_stride)
{
    if (line->query + ROWS_AHEAD < line->place->queries)
        self->kernels->fetch(line->n, row + ROWS_AHEAD * row_stride);
}

static void bias_forward(const heed__self *self, const heed__line *line, heed_real *s)
{
    const heed_attention_extra *b = self->extra[0];
    const heed_real *row = (const heed_real *)b->data + line->place->sequence * b->sequence_stride +
                           line->place->head * b->head_stride + line->query * b->row_stride +
                           line->key;
    fetch_ahead(self, line, row, b->row_stride);
    self->kernels->add(line->n, row, s);
}

static void bias_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                          heed_real *d)
{
    (void)s;
    if (!line->pairs) return;
    fetch_ahead(self, line, line->pairs, self->extra[0]->row_stride);
    self->kernels->add(line->n, d, line->pairs);
}

const heed__shaper heed__stage_bias = {
    .entry = {.name = "bias",
              .help = "adds a number for each query and key, given with the batch",
              .extras = {{"bias.pairs", HEED_ATTENTION_PAIR_REALS}}},
    .forward = bias_forward,
    .backward = bias_backward,
    .pairs = 1,
};
