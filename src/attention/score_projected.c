/* SPDX-License-Identifier: MIT */
/*
 * Additive scores with their projections inside, over A hidden units: each row of q and k is
 * projected once, q~ = Wq q + b and k~ = Wk k, and the rest is as in the additive score.
 *
 *     additive_projected   w . tanh(Wq q + Wk k + b)    (Bahdanau, Cho, Bengio 2014)
 *     concat               w . tanh(W [q; k])           (Luong, Pham, Manning 2015), W = [Wq Wk]
 *     concat_tanh_sum      sum of tanh(W [q; k])        w all 1
 *
 * A matrix is [A, D], row a for hidden unit a; dW = d~ (x) x.
 */
#include "attention/score_additive.h"
#include "attention/tables.h"
#include "base/fail.h"

enum { WQ, WK, W, B }; /* slots */

static int64_t hidden_units(const heed_attention_options *options, const void *record)
{
    const heed_attention_projected *r = record;
    return r && r->hidden ? r->hidden : options->head_size;
}

static int64_t matrix_columns(const heed_attention_options *options, const void *record)
{
    return hidden_units(options, record) * options->head_size;
}

static void matrix_begin(const heed__beginning *b, int64_t head, heed_real *row)
{
    int64_t size = b->options->head_size;
    (void)head;
    heed__begin_matrix(b, size, b->columns / size, b->columns, row);
}

/* out = W x + b; b NULL = 0 */
static void project(const heed__self *self, const heed_real *w, const heed_real *b,
                    const heed_real *x, heed_real *out)
{
    int64_t size = self->options->head_size;
    for (int64_t a = 0; a < self->width; a++)
        out[a] = self->kernels->dot(size, w + a * size, x) + (b ? b[a] : 0);
}

/* gradient += W^T d, dw += d (x) x; NULL = unwanted */
static void project_back(const heed__self *self, const heed_real *w, const heed_real *x,
                         const heed_real *d, heed_real *gradient, heed_real *dw)
{
    int64_t size = self->options->head_size;
    for (int64_t a = 0; a < self->width; a++) {
        if (gradient) self->kernels->axpy(size, d[a], w + a * size, gradient);
        if (dw) self->kernels->axpy(size, d[a], x, dw + a * size);
    }
}

static const heed_real *matrix_of(const heed__self *self, int slot, int64_t head)
{
    return self->parameter[slot] + head * self->width * self->options->head_size;
}

static void query_prepare(const heed__self *self, int64_t head, const heed_real *x, heed_real *out)
{
    const heed_real *b = self->parameter[B] ? self->parameter[B] + head * self->width : NULL;
    project(self, matrix_of(self, WQ, head), b, x, out);
}

static void query_finish(const heed__self *self, int64_t head, const heed_real *x,
                         const heed_real *d, heed_real *gradient, heed_real *const *dp)
{
    project_back(self, matrix_of(self, WQ, head), x, d, gradient, dp[WQ]);
    if (dp[B]) self->kernels->add(self->width, d, dp[B]);
}

static void key_prepare(const heed__self *self, int64_t head, const heed_real *x, heed_real *out)
{
    project(self, matrix_of(self, WK, head), NULL, x, out);
}

static void key_finish(const heed__self *self, int64_t head, const heed_real *x, const heed_real *d,
                       heed_real *gradient, heed_real *const *dp)
{
    project_back(self, matrix_of(self, WK, head), x, d, gradient, dp[WK]);
}

static heed__additive score_of(const heed__self *self, int64_t head)
{
    const heed_real *w = self->parameter[W] ? self->parameter[W] + head * self->width : NULL;
    return (heed__additive){self->kernels, self->width, w};
}

static void row(const heed__self *self, int64_t head, const heed_real *q, const heed__keys *keys,
                heed_real *s, heed_real *scratch)
{
    heed__additive score = score_of(self, head);
    heed__additive_row(&score, q, keys, s, scratch);
}

static void row_backward(const heed__self *self, int64_t head, const heed_real *q,
                         const heed__keys *keys, const heed_real *ds, heed_real *dq, heed_real *dk,
                         int64_t dk_stride, heed_real *const *dp, heed_real *scratch)
{
    heed__additive score = score_of(self, head);
    heed__additive_row_backward(&score, q, keys, ds, dq, dk, dk_stride, dp[W], scratch);
}

static const heed__field fields[] = {
    {"hidden", HEED_ATTENTION_INTEGER, offsetof(heed_attention_projected, hidden),
     "hidden units A, 1 to 65536; D"},
    {.name = NULL},
};

static heed_status check(const void *record, const heed_attention_options *options)
{
    const heed_attention_projected *r = record;
    (void)options;
    if (!r || (r->hidden >= 0 && r->hidden <= 65536)) return HEED_OK;
    return heed__fail(HEED_E_INVALID, "score \"%s\": hidden = %lld; it must be 1 to 65536 (0 = D)",
                      r->part.name, (long long)r->hidden);
}

/* The slots that all have. */
#define MATRICES                                                                                   \
    {.name = "score.Wq", .columns = matrix_columns, .side = HEED_SIDE_QUERY, .from_finish = 1},    \
    {                                                                                              \
        .name = "score.Wk", .columns = matrix_columns, .side = HEED_SIDE_KEY, .from_finish = 1     \
    }

const heed__score heed__score_additive_projected = {
    .entry = {.name = "additive_projected",
              .help = "w . tanh(Wq q + Wk k + b), all learned (Bahdanau)",
              .record = sizeof(heed_attention_projected),
              .fields = fields,
              .check = check,
              .slots = {MATRICES,
                        {.name = "score.w", .columns = hidden_units, .side = HEED_SIDE_QUERY},
                        {.name = "score.b",
                         .columns = hidden_units,
                         .side = HEED_SIDE_QUERY,
                         .from_finish = 1}},
              .begin = {matrix_begin, matrix_begin, heed__begin_glorot},
              .decays = 1},
    .width = hidden_units,
    .prepare = {query_prepare, key_prepare},
    .finish = {query_finish, key_finish},
    .scratch = heed__additive_scratch,
    .row = row,
    .row_backward = row_backward,
};

const heed__score heed__score_concat = {
    .entry = {.name = "concat",
              .help = "w . tanh(W [q; k]), W = [Wq Wk], learned (Luong's concat)",
              .record = sizeof(heed_attention_projected),
              .fields = fields,
              .check = check,
              .slots = {MATRICES,
                        {.name = "score.w", .columns = hidden_units, .side = HEED_SIDE_QUERY}},
              .begin = {matrix_begin, matrix_begin, heed__begin_glorot},
              .decays = 1},
    .like = &heed__score_additive_projected,
};

const heed__score heed__score_concat_tanh_sum = {
    .entry = {.name = "concat_tanh_sum",
              .help = "sum of tanh(W [q; k]), W = [Wq Wk] learned",
              .record = sizeof(heed_attention_projected),
              .fields = fields,
              .check = check,
              .slots = {MATRICES},
              .begin = {matrix_begin, matrix_begin},
              .decays = 1},
    .like = &heed__score_additive_projected,
};
