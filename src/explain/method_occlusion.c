/* SPDX-License-Identifier: MIT */
/* Occlusion (Zeiler, Fergus 2014; for text: Li, Monroe, Jurafsky, arXiv 1612.08220): how much the
 * label's log odds fall when the word is left out of the text. */
#include "base/fail.h"
#include "explain/reading.h"

#include <string.h>

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

/* Nonzero where the model cannot tell two words apart but by where they stand; v and w are their
 * first tokens. */
static int reads_the_same(const heed__reading *r, int64_t v, int64_t w)
{
    int64_t n = r->encoding.length, word_v = r->word_of[v], word_w = r->word_of[w];
    const heed__word *a = &r->words[word_v], *b = &r->words[word_w];
    int known = 1;
    for (;; v++, w++) {
        int in_v = v < n && r->word_of[v] == word_v, in_w = w < n && r->word_of[w] == word_w;
        if (in_v != in_w) return 0;
        if (!in_v) break;
        if (r->encoding.ids[v] != r->encoding.ids[w]) return 0;
        known = known && r->encoding.ids[v] != HEED_TOKEN_UNKNOWN;
    }
    return known || (a->end - a->begin == b->end - b->begin &&
                     memcmp(r->text + a->begin, r->text + b->begin, a->end - a->begin) == 0);
}

/* Numbers the words that stand several times, from 1, in r->repeats (0: those that stand once). */
static heed_status find_repeats(heed__reading *r, heed__arena *arena)
{
    size_t n = r->n_words;
    int64_t *first = NULL; /* token of each word */
    HEED_TRY(heed__arena_take(arena, n, sizeof *first, "occlusion", &first));
    HEED_TRY(heed__arena_take(&r->arena, n, sizeof *r->repeats, "occlusion", &r->repeats));
    for (int64_t t = r->encoding.length - 1; t >= 0; t--)
        if (r->word_of[t] >= 0) first[r->word_of[t]] = t;
    for (size_t w = 1; w < n; w++)
        for (size_t v = 0; v < w && !r->repeats[w]; v++) {
            if (!reads_the_same(r, first[v], first[w])) continue;
            if (!r->repeats[v]) r->repeats[v] = ++r->n_repeats;
            r->repeats[w] = r->repeats[v];
        }
    return HEED_OK;
}

/* Answers without each group, then without each word that stands several times, wherever it does.
 */
static heed_status predict_groups(heed__reading *r, size_t groups, heed__arena *arena)
{
    size_t n = r->n_words, each = group_size(r), width = (size_t)heed_model_width(r->model);
    unsigned char *masks = NULL;
    const unsigned char **without = NULL;
    float *values = NULL;
    if (each == 1) HEED_TRY(find_repeats(r, arena));
    size_t texts = groups + r->n_repeats;
    HEED_TRY(heed__arena_take(arena, texts * n, 1, "occlusion", &masks));
    HEED_TRY(heed__arena_take(arena, texts, sizeof *without, "occlusion", &without));
    HEED_TRY(heed__arena_take(&r->arena, texts * width, sizeof *values, "occlusion", &values));
    for (size_t w = 0; w < n; w++) {
        masks[w / each * n + w] = 1;
        if (r->n_repeats && r->repeats[w]) masks[(groups + r->repeats[w] - 1) * n + w] = 1;
    }
    for (size_t g = 0; g < texts; g++) without[g] = masks + g * n;
    HEED_TRY(heed__reading_without(r, texts, without, values));
    r->occluded = values;
    return HEED_OK;
}

/* Left out at one place, a word still speaks from the others: what its places are worth together
 * beyond the sum of their scores they share evenly. Of two places each then has the mean of what it
 * adds with the other there and without (its Shapley value). */
static void share_repeats(const heed__reading *r, int output, size_t groups, float whole,
                          float *scores)
{
    size_t width = (size_t)heed_model_width(r->model);
    for (size_t k = 0; k < r->n_repeats; k++) {
        const float *without = r->occluded + (groups + k) * width;
        float rest = whole - heed__reading_strength(r, without, output), places = 0;
        for (size_t w = 0; w < r->n_words; w++) {
            if (r->repeats[w] != k + 1) continue;
            rest -= scores[w];
            places++;
        }
        for (size_t w = 0; w < r->n_words; w++)
            if (r->repeats[w] == k + 1) scores[w] += rest / places;
    }
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
    share_repeats(r, output, groups, whole, scores);
    return HEED_OK;
}

const heed__method heed__method_occlusion = {
    "occlusion", "fall of the label's log odds (of the number) when the word is left out",
    1,           supports,
    score,       1};
