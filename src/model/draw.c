/* SPDX-License-Identifier: MIT */
#include "model/draw.h"

/* Weights made at a time. */
enum { CHUNK = 256 };

heed__weighing heed__weighing_of(float most, double temperature)
{
    float scale = 1 / (float)temperature;
    return (heed__weighing){heed__kernels_best(), scale, scale * most};
}

static double weigh(const heed__weighing *w, int64_t n, const float *scores, float *weights)
{
    w->kernels->scale(n, w->scale, scores, weights);
    return (double)w->kernels->exp_sum(n, weights, w->shift, weights);
}

static int64_t chunk_at(int64_t n, int64_t at)
{
    return n - at < CHUNK ? n - at : CHUNK;
}

double heed__weigh_all(const heed__weighing *w, int64_t n, const float *scores, float *weights)
{
    double total = 0;
    for (int64_t i = 0; i < n; i += CHUNK)
        total += weigh(w, chunk_at(n, i), scores + i, weights + i);
    return total;
}

/* First its chunk, then its place in there. Rounding may leave the sum short, then it is the
 * chunk's last possible one. */
int32_t heed__draw_token(const heed__weighing *w, int64_t n, const float *scores, double share)
{
    float weights[CHUNK];
    int64_t chunk = 0, token = 0;
    double total = 0, sum = 0, before = 0;
    for (int64_t i = 0; i < n; i += CHUNK) total += weigh(w, chunk_at(n, i), scores + i, weights);
    double target = share * total;
    for (int64_t i = 0; i < n && sum <= target; i += CHUNK) {
        double more = weigh(w, chunk_at(n, i), scores + i, weights);
        if (!(more > 0)) continue;
        chunk = i;
        before = sum;
        sum += more;
    }
    int64_t count = chunk_at(n, chunk);
    weigh(w, count, scores + chunk, weights);
    for (int64_t i = 0; i < count && before <= target; i++) {
        if (!(weights[i] > 0)) continue;
        token = chunk + i;
        before += (double)weights[i];
    }
    return (int32_t)token;
}
