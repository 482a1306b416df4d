/* SPDX-License-Identifier: MIT */
/*
 * Softmax over the k largest scores of a row; of equals at the edge the lowest keys are taken. lse
 * is that of the scores taken, and the gradient is softmax's among them.
 *
 * The k-th largest score is found by bisection over the numbers that a float can hold, counting: no
 * sorting, no room.
 */
#include "attention/choice.h"
#include "attention/softmax.h"
#include "attention/tables.h"
#include "base/fail.h"

#include <string.h>

/* What a row keeps (choice.h): lse; the smallest score taken; and the last key of those taken that
 * have it. */
enum { EDGE = HEED_CHOICE_OWN };

static int64_t k_of(const heed__self *self)
{
    const heed_attention_topk *record = self->record;
    return record && record->k ? record->k : 8;
}

/* Reals in ascending order as whole numbers in ascending order, and back. */
#ifdef HEED_REAL_DOUBLE
typedef uint64_t rank;
#else
typedef uint32_t rank;
#endif
static const rank sign = (rank)1 << (8 * sizeof(rank) - 1);

static rank rank_of(heed_real x)
{
    rank bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & sign ? ~bits : bits | sign;
}

static heed_real real_at(rank at)
{
    rank bits = at & sign ? at & ~sign : ~at;
    heed_real x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static int64_t count_from(int64_t n, const heed_real *s, heed_real edge)
{
    int64_t count = 0;
    for (int64_t t = 0; t < n; t++) count += s[t] >= edge;
    return count;
}

/* The k-th largest of more than k scores, or any number between it and the next smaller one. */
static heed_real edge_of(int64_t n, const heed_real *s, int64_t k, heed_real top)
{
    rank low = rank_of(-HEED_REAL(INFINITY)), high = rank_of(top) + 1;
    while (high - low > 1) { /* k or more from low, fewer from high */
        rank middle = low + (high - low) / 2;
        int64_t count = count_from(n, s, real_at(middle));
        if (count == k) return real_at(middle);
        if (count > k)
            low = middle;
        else
            high = middle;
    }
    return real_at(low);
}

/* The last of the keys at the edge that are taken: as many as are left of k. */
static int64_t last_of(int64_t n, const heed_real *s, heed_real edge, int64_t k)
{
    int64_t left = k, last = 0;
    for (int64_t t = 0; t < n; t++) left -= s[t] > edge;
    for (int64_t t = 0; t < n && left > 0; t++)
        if (s[t] == edge) {
            last = t;
            left--;
        }
    return last;
}

/* Scores from key `key` on that are not taken become -inf. */
static void select_taken(int64_t n, int64_t key, const heed_real *stats, heed_real *s)
{
    heed_real edge = stats[EDGE];
    int64_t last = heed__choice_key(stats);
    for (int64_t t = 0; t < n; t++)
        if (s[t] < edge || (s[t] == edge && key + t > last)) s[t] = -HEED_REAL(INFINITY);
}

static void topk_weights(const heed__self *self, const heed__line *line, heed_real *s,
                         const heed_real *stats)
{
    select_taken(line->n, line->key, stats, s);
    heed__softmax_weights(self, line, s, stats);
}

static void topk_row(const heed__self *self, const heed__line *line, heed_real *s, heed_real *stats)
{
    heed_real top = self->kernels->max(line->n, s), p[HEED_KEY_BLOCK];
    int64_t n = line->n, k = k_of(self);
    stats[EDGE] = -HEED_REAL(INFINITY);
    if (k < n && top - top == 0) {
        stats[EDGE] = edge_of(n, s, k, top);
        heed__choice_keep(stats, line->key + last_of(n, s, stats[EDGE], k));
        select_taken(n, line->key, stats, s);
    }
    stats[HEED_CHOICE_LSE] = heed__choice_lse(self, n, s);
    for (int64_t j = 0; j < n; j += HEED_KEY_BLOCK) {
        int64_t m = n - j < HEED_KEY_BLOCK ? n - j : HEED_KEY_BLOCK;
        self->kernels->exp_sum(m, s + j, stats[HEED_CHOICE_LSE], p);
        for (int64_t t = 0; t < m; t++)
            s[j + t] = s[j + t] == -HEED_REAL(INFINITY) ? 0 : p[t]; /* NaN among others */
    }
}

static heed_status check(const void *record, const heed_attention_options *options)
{
    const heed_attention_topk *r = record;
    (void)options;
    if (!r || r->k >= 0) return HEED_OK;
    return heed__fail(HEED_E_INVALID, "normaliser \"topk\": k = %lld; it must be 1 or more (0 = 8)",
                      (long long)r->k);
}

static const heed__field fields[] = {
    {"k", HEED_ATTENTION_INTEGER, offsetof(heed_attention_topk, k), "1 or more; 8"},
    {.name = NULL},
};

const heed__normaliser heed__normaliser_topk = {
    .entry = {.name = "topk",
              .help = "softmax over the k largest scores",
              .record = sizeof(heed_attention_topk),
              .fields = fields,
              .check = check},
    .whole = 1,
    .lse_gradient = 1,
    .row = topk_row,
    .weights = topk_weights,
    .backward = heed__softmax_backward,
};
