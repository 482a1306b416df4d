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

static size_t group_size(const heed__reading *r)
{
    return (r->n_words + MOST_GROUPS - 1) / MOST_GROUPS;
}

static heed_status predict_groups(heed__reading *r, size_t groups, heed__arena *arena)
{
    size_t n = r->n_words, each = group_size(r), width = (size_t)heed_model_width(r->model);
    unsigned char *masks = NULL;
    const unsigned char **without = NULL;
    float *values = NULL;
    HEED_TRY(heed__arena_take(arena, groups * n, 1, "occlusion", &masks));
    HEED_TRY(heed__arena_take(arena, groups, sizeof *without, "occlusion", &without));
    HEED_TRY(heed__arena_take(&r->arena, groups * width, sizeof *values, "occlusion", &values));
    for (size_t w = 0; w < n; w++) masks[w / each * n + w] = 1;
    for (size_t g = 0; g < groups; g++) without[g] = masks + g * n;
    HEED_TRY(heed__reading_without(r, groups, without, values));
    r->occluded = values;
    return HEED_OK;
}

/* One prediction answers for all outputs, so it is kept for the next. */
static heed_status score(heed__reading *r, int output, float *scores)
{
    size_t n = r->n_words, each = group_size(r), width = (size_t)heed_model_width(r->model);
    size_t groups = each ? (n + each - 1) / each : 0;
    if (!r->occluded) {
        heed__arena arena = {0};
        heed_status status = predict_groups(r, groups, &arena);
        heed__arena_free(&arena);
        if (status != HEED_OK) return status;
    }
    float whole = heed__reading_strength(r, r->values, output);
    for (size_t w = 0; w < n; w++) {
        size_t g = w / each, size = g + 1 < groups ? each : n - g * each;
        float less = heed__reading_strength(r, r->occluded + g * width, output);
        scores[w] = (whole - less) / (float)size;
    }
    return HEED_OK;
}

const heed__method heed__method_occlusion = {
    "occlusion", "fall of the label's log odds (of the number) when the word is left out",
    1,           supports,
    score,       1};
