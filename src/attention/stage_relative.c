/* SPDX-License-Identifier: MIT */
/*
 * Relative positions by a vector for each step r = j - i, clipped to `clip` either way:
 *
 *     shaw        s + q a_r,  o + sum of P c_r        Shaw, Uszkoreit, Vaswani 2018
 *     shaw_keys   s + q a_r
 *     xl          s + (q + u) a_r                     Dai et al. 2019 (Transformer-XL)
 *
 * q is as the score prepared it, its scale included. Keys that share a row cost one product.
 */
#include "attention/relative.h"
#include "attention/tables.h"
#include "base/fail.h"

enum { KEYS, VALUES, BIAS = VALUES }; /* slots */

static int64_t clip_of(const void *record)
{
    const heed_attention_relative *r = record;
    return r && r->clip ? r->clip : 16;
}

static int64_t key_columns(const heed_attention_options *options, const void *record)
{
    return (2 * clip_of(record) + 1) * options->head_size;
}

static int64_t value_columns(const heed_attention_options *options, const void *record)
{
    return (2 * clip_of(record) + 1) * options->value_size;
}

static int64_t bias_columns(const heed_attention_options *options, const void *record)
{
    (void)record;
    return options->head_size;
}

/* A head's table of one slot. */
static const heed_real *table_of(const heed__self *self, const heed__line *line, int slot,
                                 int64_t width)
{
    int64_t rows = 2 * clip_of(self->record) + 1;
    return self->parameter[slot] + line->place->head * rows * width;
}

static void keys_forward(const heed__self *self, const heed__line *line, heed_real *s)
{
    int64_t n = self->width;
    const heed_real *table = table_of(self, line, KEYS, n);
    heed__steps x = {0};
    while (heed__steps_next(line, clip_of(self->record), &x))
        heed__steps_add(&x, self->kernels->dot(n, line->q, table + x.row * n), s);
}

static void keys_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                          heed_real *d)
{
    int64_t n = self->width;
    const heed_real *table = table_of(self, line, KEYS, n);
    heed__steps x = {0};
    (void)s;
    while (heed__steps_next(line, clip_of(self->record), &x)) {
        heed_real sum = heed__steps_sum(&x, d);
        if (sum == 0) continue; /* all are masked, say */
        if (line->dq) self->kernels->axpy(n, sum, table + x.row * n, line->dq);
        if (line->dp[KEYS]) self->kernels->axpy(n, sum, line->q, line->dp[KEYS] + x.row * n);
    }
}

static void shaw_values(const heed__self *self, const heed__line *line, const heed_real *w,
                        heed_real *o)
{
    int64_t n = self->options->value_size;
    const heed_real *table = table_of(self, line, VALUES, n);
    heed__steps x = {0};
    while (heed__steps_next(line, clip_of(self->record), &x)) {
        heed_real sum = heed__steps_sum(&x, w);
        if (sum != 0) self->kernels->axpy(n, sum, table + x.row * n, o);
    }
}

static void shaw_values_back(const heed__self *self, const heed__line *line, const heed_real *w,
                             const heed_real *d_o, heed_real *d)
{
    int64_t n = self->options->value_size;
    const heed_real *table = table_of(self, line, VALUES, n);
    heed__steps x = {0};
    while (heed__steps_next(line, clip_of(self->record), &x)) {
        heed__steps_add(&x, self->kernels->dot(n, d_o, table + x.row * n), d);
        if (line->dp[VALUES])
            self->kernels->axpy(n, heed__steps_sum(&x, w), d_o, line->dp[VALUES] + x.row * n);
    }
}

static void xl_forward(const heed__self *self, const heed__line *line, heed_real *s)
{
    int64_t n = self->width;
    const heed_real *table = table_of(self, line, KEYS, n);
    const heed_real *u = self->parameter[BIAS] + line->place->head * n;
    heed__steps x = {0};
    while (heed__steps_next(line, clip_of(self->record), &x)) {
        const heed_real *a = table + x.row * n;
        heed__steps_add(&x, self->kernels->dot(n, line->q, a) + self->kernels->dot(n, u, a), s);
    }
}

static void xl_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                        heed_real *d)
{
    int64_t n = self->width;
    const heed_real *table = table_of(self, line, KEYS, n);
    const heed_real *u = self->parameter[BIAS] + line->place->head * n;
    heed__steps x = {0};
    keys_backward(self, line, s, d);
    while (heed__steps_next(line, clip_of(self->record), &x)) {
        heed_real sum = heed__steps_sum(&x, d);
        if (sum == 0) continue;
        if (line->dp[BIAS]) self->kernels->axpy(n, sum, table + x.row * n, line->dp[BIAS]);
        if (line->dp[KEYS]) self->kernels->axpy(n, sum, u, line->dp[KEYS] + x.row * n);
    }
}

static heed_status relative_check(const void *record, const heed_attention_options *options)
{
    int64_t clip = clip_of(record);
    (void)options;
    if (clip >= 1 && clip <= 65536) return HEED_OK;
    return heed__fail(HEED_E_INVALID, "stage \"%s\": clip = %lld; it must be 1 to 65536 (0 = 16)",
                      ((const heed_attention_part *)record)->name, (long long)clip);
}

static const heed__field fields[] = {
    {"clip", HEED_ATTENTION_INTEGER, offsetof(heed_attention_relative, clip), "1 to 65536; 16"},
    {.name = NULL},
};

const heed__shaper heed__stage_shaw = {
    .entry = {.name = "shaw",
              .help = "a learned vector for each step to a key, for keys and for values",
              .record = sizeof(heed_attention_relative),
              .fields = fields,
              .check = relative_check,
              .slots = {{.name = "shaw.keys", .columns = key_columns, .side = HEED_SIDE_QUERY},
                        {.name = "shaw.values", .columns = value_columns, .side = HEED_SIDE_QUERY}},
              .uses_positions = 1},
    .forward = keys_forward,
    .backward = keys_backward,
    .values = shaw_values,
    .values_back = shaw_values_back,
    .reads_query = 1,
};

const heed__shaper heed__stage_shaw_keys = {
    .entry = {.name = "shaw_keys",
              .help = "a learned vector for each step to a key, for keys alone",
              .record = sizeof(heed_attention_relative),
              .fields = fields,
              .check = relative_check,
              .slots = {{.name = "shaw.keys", .columns = key_columns, .side = HEED_SIDE_QUERY}},
              .uses_positions = 1},
    .forward = keys_forward,
    .backward = keys_backward,
    .reads_query = 1,
};

const heed__shaper heed__stage_xl = {
    .entry = {.name = "xl",
              .help = "Transformer-XL's position terms: (q + u) times a vector for each step",
              .record = sizeof(heed_attention_relative),
              .fields = fields,
              .check = relative_check,
              .slots = {{.name = "xl.keys", .columns = key_columns, .side = HEED_SIDE_QUERY},
                        {.name = "xl.u", .columns = bias_columns, .side = HEED_SIDE_QUERY}},
              .uses_positions = 1},
    .forward = xl_forward,
    .backward = xl_backward,
    .reads_query = 1,
};
