/* SPDX-License-Identifier: MIT */
#include "model/tagger.h"

#include "base/fail.h"
#include "ops/chain.h"

#include <math.h> /* INFINITY */
#include <stdlib.h>
#include <string.h>

void heed__tagger_free(heed__tagger *t)
{
    free(t->moves);
    free(t->factors);
    free(t->shares);
    free(t->beta);
    free(t->best);
    free(t->back);
    free(t->parts);
    *t = (heed__tagger){0};
}

/* moves[i][j]: from i to j; those that the rule forbids are -inf. */
static heed_status forbid(heed__tagger *t, const heed__model_output *o)
{
    int64_t K = o->count;
    HEED_TRY(heed__grow(&t->parts, &t->parts_room, (size_t)K, sizeof *t->parts, "tags"));
    for (int64_t j = 0; j < K; j++) {
        const char *name = o->labels->names[j];
        t->parts[j] = heed__tag_read((heed_text){name, strlen(name)});
    }
    for (int64_t j = 0; j < K; j++) {
        if (!heed__tag_continues(t->parts[j])) continue;
        for (int64_t i = 0; i < K; i++)
            if (!heed__tag_follows(t->parts[i], t->parts[j])) t->moves[i * K + j] = -INFINITY;
        t->moves[K * K + j] = -INFINITY;
    }
    return HEED_OK;
}

/* A chain's moves and their factors. */
static heed_status lay_out(heed__tagger *t, const heed__model_output *o)
{
    int64_t K = o->count;
    const heed__kernels *kernels = heed__kernels_best();
    HEED_TRY(
        heed__grow(&t->factors, &t->factors_room, (size_t)(2 * K * K), sizeof *t->factors, "tags"));
    heed__chain_start(kernels, K, o->moves->data, t->factors, t->factors + K * K);
    memcpy(t->moves, o->moves->data, (size_t)(K * (K + 2)) * sizeof *t->moves);
    return HEED_OK;
}

heed_status heed__tagger_start(heed__tagger *t, const heed__model_output *o)
{
    int64_t K = o->count;
    size_t count = (size_t)(K * (K + 2));
    HEED_TRY(heed__grow(&t->moves, &t->moves_room, count, sizeof *t->moves, "tags"));
    memset(t->moves, 0, count * sizeof *t->moves);
    if (o->moves) HEED_TRY(lay_out(t, o));
    return o->follows ? forbid(t, o) : HEED_OK;
}

static heed_status make_room(heed__tagger *t, int64_t n, int64_t K)
{
    size_t count = (size_t)(n * K);
    HEED_TRY(heed__grow(&t->shares, &t->shares_room, count, sizeof *t->shares, "tags"));
    HEED_TRY(heed__grow(&t->beta, &t->beta_room, count, sizeof *t->beta, "tags"));
    HEED_TRY(heed__grow(&t->best, &t->best_room, (size_t)(2 * K), sizeof *t->best, "tags"));
    return heed__grow(&t->back, &t->back_room, count, sizeof *t->back, "tags");
}

/* best[j] = the score of the best sequence that ends here with j; ties go to the lower index. All j
 * side by side, one i after another: no comparison waits for the one before. */
static void step(const heed__tagger *t, int64_t K, const float *before, const float *logits,
                 float *restrict best, int32_t *restrict back)
{
    for (int64_t j = 0; j < K; j++) {
        best[j] = before[0] + t->moves[j];
        back[j] = 0;
    }
    for (int64_t i = 1; i < K; i++) {
        const float *restrict moves = t->moves + i * K;
        float from = before[i];
        for (int64_t j = 0; j < K; j++) {
            float score = from + moves[j];
            back[j] = score > best[j] ? (int32_t)i : back[j];
            best[j] = score > best[j] ? score : best[j];
        }
    }
    for (int64_t j = 0; j < K; j++) best[j] += logits[j];
}

static void find_best(heed__tagger *t, int64_t n, int64_t K, const float *logits, int32_t *labels)
{
    float *best = t->best, *before = t->best + K;
    const float *first = t->moves + K * K, *last = first + K;
    for (int64_t j = 0; j < K; j++) best[j] = logits[j] + first[j];
    for (int64_t w = 1; w < n; w++) {
        float *turn = before;
        before = best;
        best = turn;
        step(t, K, before, logits + w * K, best, t->back + w * K);
    }
    int64_t end = 0;
    for (int64_t j = 0; j < K; j++) {
        best[j] += last[j];
        if (best[j] > best[end]) end = j;
    }
    for (int64_t w = n - 1; w >= 0; w--) {
        labels[w] = (int32_t)end;
        if (w) end = t->back[w * K + end];
    }
}

/* Each tag's probability: of independent words, or given the whole chain. */
static void find_shares(const heed__tagger *t, const heed__model_output *o, int64_t n,
                        const float *logits)
{
    const heed__kernels *kernels = heed__kernels_best();
    int64_t K = o->count;
    const float *z = logits;
    if (o->moves) {
        heed__chain chain = {kernels, K, o->moves->data, t->factors, t->factors + K * K};
        heed__chain_alpha(&chain, n, logits, t->best, t->shares);
        heed__chain_beta(&chain, n, logits, t->best, t->beta);
        kernels->add(n * K, t->beta, t->shares);
        z = t->shares;
    }
    for (int64_t w = 0; w < n; w++) {
        float *p = t->shares + w * K;
        float sum = kernels->exp_sum(K, z + w * K, kernels->max(K, z + w * K), p);
        kernels->scale(K, 1 / sum, p, p);
    }
}

heed_status heed__tagger_run(heed__tagger *t, const heed__model_output *o, int64_t n,
                             const float *logits, int32_t *labels, float *probabilities,
                             const int32_t *gold, float *gold_probabilities)
{
    int64_t K = o->count;
    if (n == 0) return HEED_OK;
    HEED_TRY(make_room(t, n, K));
    find_best(t, n, K, logits, labels);
    find_shares(t, o, n, logits);
    for (int64_t w = 0; w < n; w++) {
        probabilities[w] = t->shares[w * K + labels[w]];
        if (gold) gold_probabilities[w] = gold[w] < 0 ? 0 : t->shares[w * K + gold[w]];
    }
    return HEED_OK;
}
