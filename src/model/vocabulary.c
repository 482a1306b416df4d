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

/* What a row's logits are shifted by, in this order; both NaN where the row has no softmax. */
static void row_shifts(const heed__kernels *kernels, int64_t n, const float *z, float shift[2])
{
    shift[0] = kernels->max(n, z);
    if (isfinite(shift[0]))
        shift[1] = log_sum_above(kernels, n, z, shift[0]);
    else
        shift[0] = shift[1] = NAN;
}

typedef struct softmax_job {
    int64_t n;
    float *logits; /* heed__log_softmax */
    const float *read;
    const int32_t *tokens;
    float *out;
} softmax_job;

static void softmax_row(void *arg, int64_t row, int thread)
{
    const softmax_job *job = arg;
    float *z = job->logits + row * job->n, shift[2];
    (void)thread;
    row_shifts(heed__kernels_best(), job->n, z, shift);
    for (int64_t i = 0; i < job->n; i++) z[i] = z[i] - shift[0] - shift[1];
}

void heed__log_softmax(heed_context *context, int64_t rows, int64_t n, float *logits)
{
    softmax_job job = {.n = n, .logits = logits};
    heed__parallel(context, rows, softmax_row, &job);
}

static void softmax_of_row(void *arg, int64_t row, int thread)
{
    const softmax_job *job = arg;
    const float *z = job->read + row * job->n;
    float shift[2];
    (void)thread;
    row_shifts(heed__kernels_best(), job->n, z, shift);
    job->out[row] = z[job->tokens[row]] - shift[0] - shift[1];
}

void heed__log_softmax_of(heed_context *context, int64_t rows, int64_t n, const float *logits,
                          const int32_t *tokens, float *out)
{
    softmax_job job = {.n = n, .read = logits, .tokens = tokens, .out = out};
    heed__parallel(context, rows, softmax_of_row, &job);
}

void heed__forbid_tokens(int64_t rows, int64_t n, float *scores, const int32_t *tokens,
                         int64_t n_tokens)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < n_tokens; j++) scores[i * n + tokens[j]] = -INFINITY;
}
