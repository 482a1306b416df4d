/* SPDX-License-Identifier: MIT */
/* Occlusion (Zeiler, Fergus 2014; for text: Li, Monroe, Jurafsky, arXiv 1612.08220): how much the
 * label's log odds fall when the word is left out of the text. */
#include "base/fail.h"
#include "explain/reading.h"

static int supports(const heed_model *model)
{
    (void)model;
    return 1;
}

/* A text of more words than this is gone through in runs of neighbours, whose fall their words
 * share: the work grows with words x groups. */
enum { MOST_GROUPS = 256 };

static heed_status fill(heed__reading *r, int output, heed__arena *arena, float *scores)
{
    size_t n = r->n_words, each = (n + MOST_GROUPS - 1) / MOST_GROUPS;
    size_t groups = each ? (n + each - 1) / each : 0;
    size_t width = (size_t)heed_model_width(r->model);
    unsigned char *masks = NULL;
    const unsigned char **without = NULL;
    float *values = NULL;
    HEED_TRY(heed__arena_take(arena, groups * n, 1, "occlusion", &masks));
    HEED_TRY(heed__arena_take(arena, groups, sizeof *without, "occlusion", &without));
    HEED_TRY(heed__arena_take(arena, groups * width, sizeof *values, "occlusion", &values));
    for (size_t w = 0; w < n; w++) masks[w / each * n + w] = 1;
    for (size_t g = 0; g < groups; g++) without[g] = masks + g * n;
    HEED_TRY(heed__reading_without(r, groups, without, values));
    float whole = heed__reading_strength(r, r->values, output);
    for (size_t w = 0; w < n; w++) {
        size_t g = w / each, size = g + 1 < groups ? each : n - g * each;
        scores[w] = (whole - heed__reading_strength(r, values + g * width, output)) / (float)size;
    }
    return HEED_OK;
}

static heed_status score(heed__reading *r, int output, float *scores)
{
    heed__arena arena = {0};
    heed_status status = fill(r, output, &arena, scores);
    heed__arena_free(&arena);
    return status;
}

const heed__method heed__method_occlusion = {
    "occlusion", "fall of the label's log odds (of the number) when the word is left out", 1,
    supports, score};
