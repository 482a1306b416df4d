/* SPDX-License-Identifier: MIT */
/* What hypotheses are ranked by, and what a live one can still come to. Powers and logarithms are
 * heed's own kernels': the same ranking on every machine. */
#include "model/search_inside.h"

#include <math.h>

enum { CHUNK = 256 };
#define LEAST_COVERAGE 0x1p-30f

static double power(const heed__kernels *kernels, double base, double exponent)
{
    float x = (float)base, y;
    if (exponent == 0) return 1;
    if (exponent == 1) return base;
    kernels->log(1, &x, &y);
    y = (float)exponent * y;
    kernels->exp(1, &y, &x);
    return (double)x;
}

static double norm(const heed__search *search, int64_t length)
{
    const heed__search_options *options = &search->options;
    double l = length > 0 ? (double)length : 1;
    if (options->norm == HEED_LENGTH_AVERAGE) return power(search->kernels, l, options->alpha);
    if (options->norm == HEED_LENGTH_WU) return power(search->kernels, (5 + l) / 6, options->alpha);
    return 1;
}

/* sum log min(covered + more, 1); more may be NULL. */
static double log_coverage(const heed__kernels *kernels, int64_t n, const float *covered,
                           const float *more)
{
    float scratch[CHUNK];
    double sum = 0;
    for (int64_t from = 0; from < n; from += CHUNK) {
        int64_t count = n - from < CHUNK ? n - from : CHUNK;
        for (int64_t i = 0; i < count; i++) {
            float c = covered[from + i] + (more ? more[from + i] : 0);
            c = c > LEAST_COVERAGE ? c : LEAST_COVERAGE;
            scratch[i] = c < 1 ? c : 1;
        }
        kernels->log(count, scratch, scratch);
        sum += (double)kernels->sum(count, scratch);
    }
    return sum;
}

double heed__search_score(const heed__search *search, const heed__sentence *sentence,
                          int64_t live_row, int with_this_step, double sum, int64_t length)
{
    double score = sum / norm(search, length);
    if (search->options.coverage > 0)
        score +=
            search->options.coverage *
            log_coverage(search->kernels, sentence->source_length,
                         sentence->coverage + live_row * sentence->source_length,
                         with_this_step ? heed__search_weights(search, sentence, live_row) : NULL);
    return score;
}

double heed__search_bound(const heed__search *search, const heed__sentence *sentence, double sum)
{
    return sum < 0 ? sum / norm(search, sentence->limit + 1) : sum;
}

int heed__search_wants_weights(const heed__search_options *options)
{
    return options->weights || options->coverage > 0;
}
