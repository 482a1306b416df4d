/* SPDX-License-Identifier: MIT */
/* The dot product, plain and scaled (Vaswani et al. 2017). The scale goes onto the query, once a
 * row, before the product. */
#include "attention/tables.h"
#include "base/fail.h"

static heed_real scale_of(const heed__self *self, int64_t n)
{
    const heed_attention_scaled_dot *record = self->record;
    if (record && record->scale != 0) return record->scale;
    return HEED_REAL(1) / heed__sqrt((heed_real)n);
}

static void scale_query(const heed__self *self, const heed__kernels *kernels, int64_t head,
                        int64_t n, const heed_real *x, heed_real *out)
{
    (void)head;
    kernels->scale(n, scale_of(self, n), x, out);
}

static void scale_query_back(const heed__self *self, const heed__kernels *kernels, int64_t head,
                             int64_t n, const heed_real *x, const heed_real *d, heed_real *gradient)
{
    (void)head, (void)x;
    kernels->axpy(n, scale_of(self, n), d, gradient);
}

static heed_status check_scale(const void *record, const heed_attention_options *options)
{
    const heed_attention_scaled_dot *r = record;
    (void)options;
    if (!(r->scale - r->scale == 0))
        return heed__fail(HEED_E_INVALID,
                          "score \"scaled_dot\": scale = %g; it must be finite (0 = 1 / sqrt(D))",
                          (double)r->scale);
    return HEED_OK;
}

const heed__score heed__score_scaled_dot = {
    .entry = {.name = "scaled_dot",
              .help = "scale <q, k>, scale 1 / sqrt(D) by default",
              .record = sizeof(heed_attention_scaled_dot),
              .check = check_scale},
    .product = 1,
    .prepare = {scale_query, NULL},
    .finish = {scale_query_back, NULL},
};

const heed__score heed__score_dot = {
    .entry = {.name = "dot", .help = "<q, k>"},
    .product = 1,
};
