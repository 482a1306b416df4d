/* SPDX-License-Identifier: MIT */
/*
 * Scores that fall with the distance of query and key: "gaussian" -|q - k|^2 / (2 sigma^2), whose
 * softmax is kernel regression (Nadaraya 1964, Watson 1964), and "distance" -scale |q - k|. The
 * differences themselves are squared: |q|^2 - 2 q k + |k|^2 would lose what is near.
 *
 * A learned sigma is sigma exp(p), p one number a head, so that it stays above 0:
 *
 *     s = -|q - k|^2 exp(-2 p) / (2 sigma^2)        ds/dp = -2 s
 */
#include "attention/tables.h"
#include "base/fail.h"

static size_t one_row(int64_t width)
{
    return (size_t)width;
}

/* |q - k|^2; the difference into room. */
static heed_real apart(const heed__self *self, const heed_real *q, const heed_real *k,
                       heed_real *room)
{
    for (int64_t d = 0; d < self->width; d++) room[d] = q[d] - k[d];
    return self->kernels->dot(self->width, room, room);
}

/* dq += a room, dk -= a room */
static void pull(const heed__self *self, heed_real a, const heed_real *room, heed_real *dq,
                 heed_real *dk)
{
    if (dq) self->kernels->axpy(self->width, a, room, dq);
    if (dk) self->kernels->axpy(self->width, -a, room, dk);
}

/* ---- gaussian */

/* 1 / (2 sigma^2) of a head. */
static heed_real rate_of(const heed__self *self, int64_t head)
{
    const heed_attention_gaussian *record = self->record;
    heed_real sigma = record ? record->sigma : 0, shrink = 1;
    heed_real squared = sigma != 0 ? sigma * sigma : heed__sqrt((heed_real)self->width);
    if (self->parameter[0]) {
        shrink = -2 * self->parameter[0][head];
        self->kernels->exp(1, &shrink, &shrink);
    }
    return shrink / (2 * squared);
}

static void gaussian_row(const heed__self *self, int64_t head, const heed_real *q,
                         const heed__keys *keys, heed_real *s, heed_real *scratch)
{
    heed_real rate = rate_of(self, head);
    for (int64_t t = 0; t < keys->count; t++)
        s[t] = -rate * apart(self, q, keys->data + t * keys->stride, scratch);
}

static void gaussian_row_backward(const heed__self *self, int64_t head, const heed_real *q,
                                  const heed__keys *keys, const heed_real *ds, heed_real *dq,
                                  heed_real *dk, int64_t dk_stride, heed_real *const *dp,
                                  heed_real *scratch)
{
    heed_real rate = rate_of(self, head);
    for (int64_t t = 0; t < keys->count; t++) {
        if (ds[t] == 0) continue;
        heed_real squared = apart(self, q, keys->data + t * keys->stride, scratch);
        if (dp[0]) *dp[0] = heed__fma(2 * rate * squared, ds[t], *dp[0]);
        pull(self, -2 * rate * ds[t], scratch, dq, dk ? dk + t * dk_stride : NULL);
    }
}

static int64_t sigma_columns(const heed_attention_options *options, const void *record)
{
    const heed_attention_gaussian *r = record;
    (void)options;
    return r && r->learned;
}

static heed_status gaussian_check(const void *record, const heed_attention_options *options)
{
    const heed_attention_gaussian *r = record;
    (void)options;
    if (r && !(r->sigma >= 0 && r->sigma - r->sigma == 0))
        return heed__fail(HEED_E_INVALID,
                          "score \"gaussian\": sigma = %g; it must be above 0 (0 = D^(1/4)) and "
                          "finite",
                          (double)r->sigma);
    if (r && (r->learned < 0 || r->learned > 1))
        return heed__fail(HEED_E_INVALID, "score \"gaussian\": learned = %lld; it must be 0 or 1",
                          (long long)r->learned);
    return HEED_OK;
}

static const heed__field gaussian_fields[] = {
    {"sigma", HEED_ATTENTION_REAL, offsetof(heed_attention_gaussian, sigma), "above 0; D^(1/4)"},
    {"learned", HEED_ATTENTION_INTEGER, offsetof(heed_attention_gaussian, learned),
     "1: a factor exp(p) on sigma is learned for each head; 0"},
    {.name = NULL},
};

const heed__score heed__score_gaussian = {
    .entry =
        {.name = "gaussian",
         .help = "-|q - k|^2 / (2 sigma^2), sigma set or learned",
         .record = sizeof(heed_attention_gaussian),
         .fields = gaussian_fields,
         .check = gaussian_check,
         .slots = {{.name = "score.log_sigma", .columns = sigma_columns, .side = HEED_SIDE_QUERY}}},
    .scratch = one_row,
    .row = gaussian_row,
    .row_backward = gaussian_row_backward,
};

/* ---- distance */

static heed_real scale_of(const heed__self *self)
{
    const heed_attention_distance *record = self->record;
    return record && record->scale != 0 ? record->scale : 1;
}

static void distance_row(const heed__self *self, int64_t head, const heed_real *q,
                         const heed__keys *keys, heed_real *s, heed_real *scratch)
{
    heed_real scale = scale_of(self);
    (void)head;
    for (int64_t t = 0; t < keys->count; t++)
        s[t] = -scale * heed__sqrt(apart(self, q, keys->data + t * keys->stride, scratch));
}

/* Where query and key meet there is no slope: the gradient is 0 there. */
static void distance_row_backward(const heed__self *self, int64_t head, const heed_real *q,
                                  const heed__keys *keys, const heed_real *ds, heed_real *dq,
                                  heed_real *dk, int64_t dk_stride, heed_real *const *dp,
                                  heed_real *scratch)
{
    heed_real scale = scale_of(self);
    (void)head, (void)dp;
    for (int64_t t = 0; t < keys->count; t++) {
        if (ds[t] == 0) continue;
        heed_real far = heed__sqrt(apart(self, q, keys->data + t * keys->stride, scratch));
        if (far != 0) pull(self, -scale * ds[t] / far, scratch, dq, dk ? dk + t * dk_stride : NULL);
    }
}

static heed_status distance_check(const void *record, const heed_attention_options *options)
{
    const heed_attention_distance *r = record;
    (void)options;
    if (!r || (r->scale >= 0 && r->scale - r->scale == 0)) return HEED_OK;
    return heed__fail(HEED_E_INVALID,
                      "score \"distance\": scale = %g; it must be above 0 (0 = 1) and finite",
                      (double)r->scale);
}

static const heed__field distance_fields[] = {
    {"scale", HEED_ATTENTION_REAL, offsetof(heed_attention_distance, scale), "above 0; 1"},
    {.name = NULL},
};

const heed__score heed__score_distance = {
    .entry = {.name = "distance",
              .help = "-scale |q - k|",
              .record = sizeof(heed_attention_distance),
              .fields = distance_fields,
              .check = distance_check},
    .scratch = one_row,
    .row = distance_row,
    .row_backward = distance_row_backward,
};
