/* SPDX-License-Identifier: MIT */
/* Mixing what is generated with what is copied, and the log-probabilities that search reads. */
#include "ops/pointer_mix.h"

#include "base/parallel.h"

#include <math.h>

heed_real heed__log_of(const heed__kernels *kernels, heed_real x)
{
    heed_real y;
    kernels->log(1, &x, &y);
    return y;
}

/* log sigmoid(x) = min(x, 0) - log(1 + exp(-|x|)) */
void heed__gate_logs(const heed__kernels *kernels, heed_real gate, heed_real *generate,
                     heed_real *copy)
{
    heed_real small = gate < 0 ? gate : -gate, tail;
    kernels->exp(1, &small, &tail);
    tail = heed__log_of(kernels, 1 + tail);
    *generate = (gate < 0 ? gate : 0) - tail;
    *copy = (gate < 0 ? 0 : -gate) - tail;
}

heed_real heed__copied(const heed__pointer *pointer, int64_t query, const heed_real *weights,
                       int32_t word, int64_t from)
{
    const heed__ragged *pairs = pointer->look.pairs;
    const int32_t *words = pointer->words + pointer->look.starts[query];
    const heed_real *a = weights + pairs->offsets[query];
    heed_real sum = 0;
    for (int64_t j = from; j < heed__ragged_length(pairs, query); j++)
        if (words[j] == word) sum += a[j];
    return sum;
}

heed_real heed__log_add(const heed__kernels *kernels, heed_real a, heed_real b)
{
    heed_real most = a > b ? a : b, part[2] = {a, b};
    if (most == -INFINITY) return most;
    heed_real sum = kernels->exp_sum(2, part, most, part);
    return most + heed__log_of(kernels, sum);
}

typedef struct mixing {
    const heed__kernels *kernels;
    const heed__pointer *pointer;
    int64_t classes, extended;
    const heed_real *logits, *gate, *weights;
    heed_real *out;
} mixing;

/* Nonzero where a source word has occurred before in the same source. */
static int seen_before(const int32_t *words, int64_t j)
{
    for (int64_t i = 0; i < j; i++)
        if (words[i] == words[j]) return 1;
    return 0;
}

static void mix_row(void *arg, int64_t row, int thread)
{
    const mixing *m = arg;
    const heed_real *z = m->logits + row * m->classes;
    heed_real *out = m->out + row * m->extended, generate, copy;
    (void)thread;
    heed_real most = m->kernels->max(m->classes, z);
    heed_real lse = most + heed__log_of(m->kernels, m->kernels->exp_sum(m->classes, z, most, out));
    heed__gate_logs(m->kernels, m->gate[row], &generate, &copy);
    for (int64_t w = 0; w < m->classes; w++) out[w] = generate + (z[w] - lse);
    for (int64_t w = m->classes; w < m->extended; w++) out[w] = -INFINITY;
    const int32_t *words = m->pointer->words + m->pointer->look.starts[row];
    int64_t count = heed__ragged_length(m->pointer->look.pairs, row);
    for (int64_t j = 0; j < count; j++) {
        if (words[j] < 0 || words[j] >= m->extended || seen_before(words, j)) continue;
        heed_real sum = heed__copied(m->pointer, row, m->weights, words[j], j);
        int counts = sum >= HEED_LEAST_COPY;
        if (!counts && words[j] < m->classes) continue;
        heed_real copied = copy + heed__log_of(m->kernels, counts ? sum : HEED_LEAST_COPY);
        out[words[j]] = heed__log_add(m->kernels, out[words[j]], copied);
    }
}

void heed__pointer_log_probs(heed_context *context, const heed__pointer *pointer, int64_t classes,
                             const heed_real *logits, const heed_real *gate,
                             const heed_real *weights, int64_t extended, heed_real *out)
{
    mixing m = {heed__kernels_best(), pointer, classes, extended, logits, gate, weights, out};
    heed__parallel(context, pointer->look.pairs->n, mix_row, &m);
}
