/* SPDX-License-Identifier: MIT */
/*
 * Cosine similarity (Neural Turing Machines, Graves et al. 2014; Luo et al. 2017): s = scale q . k
 * /
 * (|q| |k|). Rows are made unit long once, so that the product is one of unit rows; a row of zeros
 * stays one and has no gradient. With u = x / |x|:
 *
 *     dx = (d - u <u, d>) / |x|
 */
#include "attention/tables.h"
#include "base/fail.h"

static heed_real scale_of(const heed__self *self)
{
    const heed_attention_cosine *record = self->record;
    return record && record->scale != 0 ? record->scale : 1;
}

/* |x| in two factors, so that no square overflows: the largest |x_d| (0 for zeros, NaN if any is)
 * and |x| over it. */
typedef struct length {
    heed_real most, root;
} length;

static length length_of(int64_t n, const heed_real *x)
{
    length l = {0, 0};
    for (int64_t d = 0; d < n; d++) {
        heed_real size = x[d] < 0 ? -x[d] : x[d];
        if (size > l.most || size != size) l.most = size;
    }
    if (l.most == 0) return l;
    for (int64_t d = 0; d < n; d++) l.root = heed__fma(x[d] / l.most, x[d] / l.most, l.root);
    l.root = heed__sqrt(l.root);
    return l;
}

static void to_length(int64_t n, heed_real wanted, const heed_real *x, heed_real *out)
{
    length l = length_of(n, x);
    heed_real factor = l.most == 0 ? 0 : wanted / l.root;
    for (int64_t d = 0; d < n; d++) out[d] = l.most == 0 ? 0 : x[d] / l.most * factor;
}

static void to_length_back(int64_t n, heed_real wanted, const heed_real *x, const heed_real *d_out,
                           heed_real *gradient)
{
    length l = length_of(n, x);
    heed_real along = 0;
    if (!gradient || l.most == 0) return;
    for (int64_t d = 0; d < n; d++) along = heed__fma(x[d] / l.most / l.root, d_out[d], along);
    heed_real factor = wanted / l.root / l.most;
    for (int64_t d = 0; d < n; d++)
        gradient[d] = heed__fma(factor, d_out[d] - x[d] / l.most / l.root * along, gradient[d]);
}

static void query_prepare(const heed__self *self, int64_t head, const heed_real *x, heed_real *out)
{
    (void)head;
    to_length(self->width, scale_of(self), x, out);
}

static void query_finish(const heed__self *self, int64_t head, const heed_real *x,
                         const heed_real *d, heed_real *gradient, heed_real *const *dp)
{
    (void)head, (void)dp;
    to_length_back(self->width, scale_of(self), x, d, gradient);
}

static void key_prepare(const heed__self *self, int64_t head, const heed_real *x, heed_real *out)
{
    (void)head;
    to_length(self->width, 1, x, out);
}

static void key_finish(const heed__self *self, int64_t head, const heed_real *x, const heed_real *d,
                       heed_real *gradient, heed_real *const *dp)
{
    (void)head, (void)dp;
    to_length_back(self->width, 1, x, d, gradient);
}

static const heed__field fields[] = {
    {"scale", HEED_ATTENTION_REAL, offsetof(heed_attention_cosine, scale), "finite; 1"},
    {.name = NULL},
};

static heed_status check_scale(const void *record, const heed_attention_options *options)
{
    const heed_attention_cosine *r = record;
    (void)options;
    if (!r || r->scale - r->scale == 0) return HEED_OK;
    return heed__fail(HEED_E_INVALID, "score \"cosine\": scale = %g; it must be finite (0 = 1)",
                      (double)r->scale);
}

const heed__score heed__score_cosine = {
    .entry = {.name = "cosine",
              .help = "scale <q, k> / (|q| |k|); 0 for a row of zeros",
              .record = sizeof(heed_attention_cosine),
              .fields = fields,
              .check = check_scale},
    .product = 1,
    .prepare = {query_prepare, key_prepare},
    .finish = {query_finish, key_finish},
};
