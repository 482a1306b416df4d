/* SPDX-License-Identifier: MIT */
/*
 * Squared ReLU (Hua et al. 2022): P = max(s, 0)^2, or with `divide` that over n, the number of keys
 * the row sees. lse receives n.
 *
 *     ds = 2 max(s, 0) dP / n
 */
#include "attention/tables.h"
#include "base/fail.h"

static heed_real above(heed_real s)
{
    return s > 0 || s != s ? s : 0;
}

static int divides(const heed__self *self)
{
    const heed_attention_relu2 *record = self->record;
    return record && record->divide;
}

/* Returns how many keys the row sees. */
static int square(int64_t n, heed_real *s)
{
    int count = 0;
    for (int64_t t = 0; t < n; t++) {
        heed_real x = above(s[t]);
        count += s[t] != -HEED_REAL(INFINITY);
        s[t] = x * x;
    }
    return count;
}

/* `sum` counts the keys. */
static void relu2_block(const heed__self *self, int64_t head, const heed__scores *x, heed_real *top,
                        heed_real *sum, heed_real *factor)
{
    (void)self, (void)head, (void)top;
    for (int64_t r = 0; r < x->rows; r++) {
        sum[r] += (heed_real)square(x->n, x->s + r * x->row);
        factor[r] = 1;
    }
}

static void relu2_finish(const heed__self *self, int64_t head, int64_t rows, heed_real *top,
                         heed_real *sum)
{
    (void)head;
    for (int64_t i = 0; i < rows; i++) {
        top[i] = sum[i] == 0 ? -HEED_REAL(INFINITY) : sum[i];
        sum[i] = divides(self) && sum[i] != 0 ? 1 / sum[i] : 1;
    }
}

static void relu2_weights(const heed__self *self, const heed__line *line, heed_real *s,
                          const heed_real *stats)
{
    heed_real share = divides(self) ? 1 / stats[0] : 1;
    for (int64_t t = 0; t < line->n; t++) s[t] = above(s[t]) * above(s[t]) * share;
}

static void relu2_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                           const heed_real *p, heed_real *d, const heed__row_state *row)
{
    heed_real share = divides(self) ? 2 / row->stats[0] : 2;
    (void)p;
    for (int64_t t = 0; t < line->n; t++) d[t] *= above(s[t]) * share;
}

static heed_status check(const void *record, const heed_attention_options *options)
{
    const heed_attention_relu2 *r = record;
    (void)options;
    if (!r || r->divide == 0 || r->divide == 1) return HEED_OK;
    return heed__fail(HEED_E_INVALID, "normaliser \"relu2\": divide = %lld; it must be 0 or 1",
                      (long long)r->divide);
}

static const heed__field fields[] = {
    {"divide", HEED_ATTENTION_INTEGER, offsetof(heed_attention_relu2, divide),
     "1: by the number of keys seen; 0"},
    {.name = NULL},
};

const heed__normaliser heed__normaliser_relu2 = {
    .entry = {.name = "relu2",
              .help = "max(s, 0)^2, each weight on its own",
              .record = sizeof(heed_attention_relu2),
              .fields = fields,
              .check = check},
    .block = relu2_block,
    .finish = relu2_finish,
    .weights = relu2_weights,
    .backward = relu2_backward,
};
