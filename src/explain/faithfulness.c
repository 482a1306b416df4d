/* SPDX-License-Identifier: MIT */
#include "explain/faithfulness.h"

#include "base/fail.h"

enum { DRAWS = 16 };

/* Marks the highest words that are not marked; a NaN is never the highest. */
static void mark_highest(const float *scores, size_t n, int words, unsigned char *mask)
{
    for (int k = 0; k < words; k++) {
        size_t best = n;
        for (size_t w = 0; w < n; w++)
            if (!mask[w] && scores[w] == scores[w] && (best == n || scores[w] > scores[best]))
                best = w;
        if (best < n) mask[best] = 1;
    }
}

static void mark_random(heed__random *random, size_t n, int words, unsigned char *mask)
{
    for (int k = 0; k < words;) {
        size_t w = (size_t)heed__random_below(random, n);
        if (mask[w]) continue;
        mask[w] = 1;
        k++;
    }
}

static heed_status measure(heed__reading *r, int output, const float *scores, uint64_t seed,
                           heed__arena *arena, heed__faithfulness *out)
{
    size_t n = r->n_words, width = (size_t)heed_model_width(r->model);
    unsigned char *masks = NULL;
    const unsigned char *without[DRAWS + 1];
    float *values = NULL;
    heed__random random;
    HEED_TRY(heed__arena_take(arena, (DRAWS + 1) * n, 1, "faithfulness", &masks));
    HEED_TRY(heed__arena_take(arena, (DRAWS + 1) * width, sizeof *values, "faithfulness", &values));
    heed__random_start(&random, seed ^ r->length, HEED_RANDOM_EXPLAIN);
    for (size_t i = 0; i <= DRAWS; i++) {
        without[i] = masks + i * n;
        if (i == 0)
            mark_highest(scores, n, out->words, masks);
        else
            mark_random(&random, n, out->words, masks + i * n);
    }
    HEED_TRY(heed__reading_without(r, DRAWS + 1, without, values));
    double whole = (double)heed__reading_answer(r, r->values, output), sum = 0;
    for (size_t i = 1; i <= DRAWS; i++)
        sum += whole - (double)heed__reading_answer(r, values + i * width, output);
    out->drop_highest = whole - (double)heed__reading_answer(r, values, output);
    out->drop_random = sum / DRAWS;
    return HEED_OK;
}

heed_status heed__faithfulness_measure(heed__reading *r, int output, const float *scores, int words,
                                       uint64_t seed, heed__faithfulness *out)
{
    *out = (heed__faithfulness){0};
    if (words <= 0 || r->n_words <= (size_t)words) return HEED_OK;
    heed__arena arena = {0};
    out->words = words;
    out->is_number = heed_model_output(r->model, output).kind == HEED_OUTPUT_NUMBER;
    heed_status status = measure(r, output, scores, seed, &arena, out);
    heed__arena_free(&arena);
    return status;
}
