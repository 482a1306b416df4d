/* SPDX-License-Identifier: MIT */
/* The dot product, plain and scaled (Vaswani et al. 2017). The scale goes onto the query, once a
 * row, before the product. */
#include "attention/tables.h"
#include "base/fail.h"

static heed_real scale_of(const heed__self *self)
{
    const heed_attention_scaled_dot *record = self->record;
    if (record && record->scale != 0) return record->scale;
    return HEED_REAL(1) / heed__sqrt((heed_real)self->width);
}

static void scale_query(const heed__self *self, int64_t head, const heed_real *x, heed_real *out)
{
    (void)head;
    self->kernels->scale(self->width, scale_of(self), x, out);
}

static void scale_query_back(const heed__self *self, int64_t head, const heed_real *x,
                             const heed_real *d, heed_real *gradient, heed_real *const *dp)
{
    (void)head, (void)x, (void)dp;
    if (gradient) self->kernels->axpy(self->width, scale_of(self), d, gradient);
}

static const heed__field fields[] = {
    {"scale", HEED_ATTENTION_REAL, offsetof(heed_attention_scaled_dot, scale), "1 / sqrt(D)"},
    {.name = NULL},
};

static heed_status check_scale(const void *record, const heed_attention_options *options)
{
    const heed_attention_scaled_dot *r = record;
    (void)options;
    if (r && !(r->scale - r->scale == 0))
        return heed__fail(HEED_E_INVALID,
                          "score \"scaled_dot\": scale = %g; it must be finite (0 = 1 / sqrt(D))",
                          (double)r->scale);
    return HEED_OK;
}

const heed__score heed__score_scaled_dot = {
    .entry = {.name = "scaled_dot",
              .help = "scale <q, k>, scale 1 / sqrt(D) by default",
              .record = sizeof(heed_attention_scaled_dot),
              .fields = fields,
              .check = check_scale},
    .product = 1,
    .prepare = {scale_query, NULL},
    .finish = {scale_query_back, NULL},
    .query_factor = scale_of,
};

const heed__score heed__score_dot = {
    .entry = {.name = "dot", .help = "<q, k>"},
    .product = 1,
};
