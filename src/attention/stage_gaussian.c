/* SPDX-License-Identifier: MIT */
/*
 * The Gaussian of local-p (Luong et al. 2015): weights are multiplied after the normaliser, and not
 * normalised again, by g_j = exp(-(j - c)^2 / (2 sigma^2)) around the query's centre c.
 *
 *     dp_j = d_j g_j          dc = sum_j d_j p_j g_j (j - c) / sigma^2
 */
#include "attention/extra.h"
#include "base/fail.h"

static heed_real sigma_of(const heed__self *self)
{
    const heed_attention_local_gaussian *r = self->record;
    return r && r->sigma != 0 ? r->sigma : 5;
}

static heed_real centre_of(const heed__self *self, const heed__line *line)
{
    const heed_attention_extra *x = self->extra[0];
    return heed__extra_reals(x, line->place, HEED_SIDE_QUERY)[line->query * x->row_stride];
}

static void bell(const heed__self *self, const heed__line *line, heed_real *g)
{
    heed_real centre = centre_of(self, line), sigma = sigma_of(self);
    for (int64_t t = 0; t < line->n; t++) {
        heed_real away = ((heed_real)(line->key + t) - centre) / sigma;
        g[t] = -away * away / 2;
    }
    self->kernels->exp(line->n, g, g);
}

static void gaussian_weigh(const heed__self *self, const heed__line *line, heed_real *p)
{
    heed_real g[HEED_KEY_BLOCK];
    bell(self, line, g);
    for (int64_t t = 0; t < line->n; t++) {
        heed_real w = p[t] * g[t];
        /* What is hidden stays 0, even where the centre is NaN. What is next to nothing becomes 0:
         * a product with it would be 0 of either sign, and engines need not agree on that. */
        p[t] = p[t] == 0 || (w < HEED_REAL(0x1p-100) && w > -HEED_REAL(0x1p-100)) ? 0 : w;
    }
}

static void gaussian_back(const heed__self *self, const heed__line *line, const heed_real *p,
                          heed_real *d)
{
    heed_real g[HEED_KEY_BLOCK], centre = centre_of(self, line), sigma = sigma_of(self), sum = 0;
    const heed_attention_extra *x = self->extra[0];
    bell(self, line, g);
    for (int64_t t = 0; t < line->n; t++) {
        if (p[t] != 0) sum += d[t] * p[t] * g[t] * ((heed_real)(line->key + t) - centre);
        if (d[t] != 0) d[t] *= g[t];
    }
    if (line->owner && x->gradient)
        x->gradient[heed__extra_start(x, line->place, HEED_SIDE_QUERY) +
                    line->query * x->row_stride] += sum / (sigma * sigma);
}

static heed_status gaussian_check(const void *record, const heed_attention_options *options)
{
    const heed_attention_local_gaussian *r = record;
    (void)options;
    if (!r || (r->sigma >= 0 && r->sigma - r->sigma == 0)) return HEED_OK;
    return heed__fail(HEED_E_INVALID,
                      "stage \"gaussian\": sigma = %g; it must be above 0 (0 = 5) and finite",
                      (double)r->sigma);
}

static const heed__field fields[] = {
    {"sigma", HEED_ATTENTION_REAL, offsetof(heed_attention_local_gaussian, sigma),
     "in keys, above 0; 5"},
    {.name = NULL},
};

const heed__shaper heed__stage_gaussian = {
    .entry = {.name = "gaussian",
              .help = "weights fade with the distance from a centre given for each query (local-p)",
              .record = sizeof(heed_attention_local_gaussian),
              .fields = fields,
              .check = gaussian_check,
              .extras = {{"gaussian.centre", HEED_ATTENTION_QUERY_REALS}},
              .ranges = {HEED_ATTENTION_KEY_PLACES},
              .uses_lengths = 1},
    .weigh = gaussian_weigh,
    .weigh_back = gaussian_back,
};
