/* SPDX-License-Identifier: MIT */
#include "model/vocabulary.h"

#include "base/parallel.h"
#include "kernels/kernels.h"

#include <math.h>

/* Columns that one sum runs over; the sums of a row's chunks are added in order. */
enum { CHUNK = 1024 };

/* log sum exp(z - most). */
static float log_sum_above(const heed__kernels *kernels, int64_t n, const float *z, float most)
{
    float scratch[CHUNK], sum = 0, log_sum;
    for (int64_t i = 0; i < n; i += CHUNK)
        sum += kernels->exp_sum(n - i < CHUNK ? n - i : CHUNK, z + i, most, scratch);
    kernels->log(1, &sum, &log_sum);
    return log_sum;
}

static int64_t block_at(int64_t n, int64_t at)
{
    return n - at < HEED_ROW_BLOCK ? n - at : HEED_ROW_BLOCK;
}

heed__scored_row heed__row_of(int64_t n, const float *scores, int logits, float *most)
{
    const heed__kernels *kernels = heed__kernels_best();
    heed__scored_row row = {.n = n, .scores = scores, .most = most};
    for (int64_t i = 0, block = 0; i < n; i += HEED_ROW_BLOCK, block++)
        most[block] = kernels->max(block_at(n, i), scores + i);
    if (!logits) return row;
    row.shift[0] = heed__row_most(&row);
    row.shift[1] = isnan(row.shift[0]) ? NAN : log_sum_above(kernels, n, scores, row.shift[0]);
    return row;
}

float heed__row_most(const heed__scored_row *row)
{
    int64_t blocks = (row->n + HEED_ROW_BLOCK - 1) / HEED_ROW_BLOCK;
    float most = heed__kernels_best()->max(blocks, row->most);
    return isfinite(most) ? most : NAN;
}

int heed__row_bars(const heed__scored_row *row, int32_t token)
{
    for (int64_t i = 0; i < row->n_barred; i++)
        if (row->barred[i] == token) return 1;
    return 0;
}

void heed__row_write(const heed__scored_row *row, float *out)
{
    for (int64_t i = 0; i < row->n; i++) out[i] = row->scores[i] - row->shift[0] - row->shift[1];
    for (int64_t i = 0; i < row->n_barred; i++) out[row->barred[i]] = -INFINITY;
}

typedef struct softmax_job {
    int64_t n;
    const float *logits;
    const int32_t *tokens;
    float *out;
} softmax_job;

static void softmax_of_row(void *arg, int64_t row, int thread)
{
    const softmax_job *job = arg;
    const heed__kernels *kernels = heed__kernels_best();
    const float *z = job->logits + row * job->n;
    float most = kernels->max(job->n, z);
    (void)thread;
    job->out[row] =
        isfinite(most) ? z[job->tokens[row]] - most - log_sum_above(kernels, job->n, z, most) : NAN;
}

void heed__log_softmax_of(heed_context *context, int64_t rows, int64_t n, const float *logits,
                          const int32_t *tokens, float *out)
{
    softmax_job job = {n, logits, tokens, out};
    heed__parallel(context, rows, softmax_of_row, &job);
}
