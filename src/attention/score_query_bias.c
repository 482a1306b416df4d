/* SPDX-License-Identifier: MIT */
/* The scaled dot product of q + u, u learned a head: Transformer-XL's content term (Dai et al.
 * 2019). With stage "xl" behind it, positions have their own u. */
#include "attention/tables.h"
#include "base/fail.h"

static heed_real scale_of(const heed__self *self)
{
    const heed_attention_query_bias *record = self->record;
    if (record && record->scale != 0) return record->scale;
    return HEED_REAL(1) / heed__sqrt((heed_real)self->width);
}

static void add_bias(const heed__self *self, int64_t head, const heed_real *x, heed_real *out)
{
    int64_t n = self->width;
    const heed_real *u = self->parameter[0] + head * n;
    heed_real scale = scale_of(self);
    for (int64_t d = 0; d < n; d++) out[d] = scale * (x[d] + u[d]);
}

static void add_bias_back(const heed__self *self, int64_t head, const heed_real *x,
                          const heed_real *d, heed_real *gradient, heed_real *const *dp)
{
    (void)head, (void)x;
    if (gradient) self->kernels->axpy(self->width, scale_of(self), d, gradient);
    if (dp[0]) self->kernels->axpy(self->width, scale_of(self), d, dp[0]);
}

static heed_status check_scale(const void *record, const heed_attention_options *options)
{
    const heed_attention_query_bias *r = record;
    (void)options;
    if (r && !(r->scale - r->scale == 0))
        return heed__fail(HEED_E_INVALID,
                          "score \"query_bias\": scale = %g; it must be finite (0 = 1 / sqrt(D))",
                          (double)r->scale);
    return HEED_OK;
}

static int64_t width(const heed_attention_options *options, const void *record)
{
    (void)record;
    return options->head_size;
}

static const heed__field fields[] = {
    {"scale", HEED_ATTENTION_REAL, offsetof(heed_attention_query_bias, scale), "1 / sqrt(D)"},
    {.name = NULL},
};

const heed__score heed__score_query_bias = {
    .entry = {.name = "query_bias",
              .help = "scale <q + u, k>, u learned for each head (Transformer-XL)",
              .record = sizeof(heed_attention_query_bias),
              .fields = fields,
              .check = check_scale,
              .slots = {{.name = "score.u",
                         .columns = width,
                         .side = HEED_SIDE_QUERY,
                         .from_finish = 1}}},
    .product = 1,
    .prepare = {add_bias, NULL},
    .finish = {add_bias_back, NULL},
};
