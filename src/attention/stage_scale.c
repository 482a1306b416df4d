/* SPDX-License-Identifier: MIT */
/*
 * A factor on scores, or a temperature, set or learned: s = f s or s / f, with f = factor exp(p)
 * where p is learned, one number a head. The exponential keeps it above 0, and equal steps of p are
 * equal ratios.
 *
 *     ds'/ds = f or 1 / f        ds'/dp = s' or -s'
 */
#include "attention/tables.h"
#include "base/fail.h"

static heed_real sign_of(const heed__self *self)
{
    const heed_attention_scale *record = self->record;
    return record && record->temperature ? -1 : 1;
}

/* What scores are multiplied with. */
static heed_real factor_of(const heed__self *self, int64_t head)
{
    const heed_attention_scale *record = self->record;
    heed_real factor = record && record->factor != 0 ? record->factor : 1, grown = 1;
    if (self->parameter[0]) {
        grown = sign_of(self) * self->parameter[0][head];
        self->kernels->exp(1, &grown, &grown);
    }
    return grown * (sign_of(self) < 0 ? 1 / factor : factor);
}

static void scale_forward(const heed__self *self, const heed__line *line, heed_real *s)
{
    self->kernels->scale(line->n, factor_of(self, line->place->head), s, s);
}

static void scale_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                           heed_real *d)
{
    heed_real factor = factor_of(self, line->place->head), sum = 0;
    for (int64_t t = 0; t < line->n && line->dp[0]; t++)
        if (d[t] != 0) sum = heed__fma(d[t], s[t], sum); /* masked s may be anything */
    if (line->dp[0]) *line->dp[0] = heed__fma(sign_of(self) * factor, sum, *line->dp[0]);
    self->kernels->scale(line->n, factor, d, d);
}

static int64_t columns(const heed_attention_options *options, const void *record)
{
    const heed_attention_scale *r = record;
    (void)options;
    return r && r->learned;
}

static heed_status check(const void *record, const heed_attention_options *options)
{
    const heed_attention_scale *r = record;
    (void)options;
    if (!r) return HEED_OK;
    if (!(r->factor >= 0 && r->factor - r->factor == 0))
        return heed__fail(HEED_E_INVALID,
                          "stage \"scale\": factor = %g; it must be above 0 (0 = 1) and finite",
                          (double)r->factor);
    if (r->learned < 0 || r->learned > 1 || r->temperature < 0 || r->temperature > 1)
        return heed__fail(
            HEED_E_INVALID,
            "stage \"scale\": learned = %lld, temperature = %lld; each must be 0 or 1",
            (long long)r->learned, (long long)r->temperature);
    return HEED_OK;
}

static const heed__field fields[] = {
    {"factor", HEED_ATTENTION_REAL, offsetof(heed_attention_scale, factor), "above 0; 1"},
    {"temperature", HEED_ATTENTION_INTEGER, offsetof(heed_attention_scale, temperature),
     "1: scores are divided by the factor; 0"},
    {"learned", HEED_ATTENTION_INTEGER, offsetof(heed_attention_scale, learned),
     "1: each head has factor exp(p); 0"},
    {.name = NULL},
};

const heed__shaper heed__stage_scale = {
    .entry = {.name = "scale",
              .help = "scores times a factor, or divided by a temperature, set or learned",
              .record = sizeof(heed_attention_scale),
              .fields = fields,
              .check = check,
              .slots = {{.name = "scale.log", .columns = columns, .side = HEED_SIDE_QUERY}}},
    .forward = scale_forward,
    .backward = scale_backward,
};
