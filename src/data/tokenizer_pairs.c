/* SPDX-License-Identifier: MIT */
/* N-gram ids: pairs of neighbouring tokens that are met often enough get an id of their own. */
#include "base/fail.h"
#include "base/memory.h"
#include "data/tokenizer_kind.h"

#include <stdlib.h>

/* Pairs by falling count, equals by the ids themselves. */
typedef struct counted_pair {
    uint64_t pair;
    int64_t count;
} counted_pair;

static int compare_pairs(const void *a, const void *b)
{
    const counted_pair *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return (x->pair > y->pair) - (x->pair < y->pair);
}

static int pair_counts(const heed__encoding *e, int64_t i)
{
    return i + 1 < e->length && e->ids[i] >= HEED_TOKEN_FIRST && e->ids[i + 1] >= HEED_TOKEN_FIRST;
}

static heed_status count_pairs(heed__tokenizer *t, const heed__texts *texts, heed__pairs *pairs,
                               counted_pair **counts)
{
    heed__encoding e = {0};
    heed_status status = HEED_OK;
    size_t room = 0;
    for (int64_t i = 0; i < texts->n; i++) {
        heed_text text = texts->text(texts->user, i);
        HEED_TRY_CLEAN(heed__tokenizer_encode(t, text.bytes, text.size, &e));
        for (int64_t k = 0; k < e.length; k++) {
            t->token_counts[e.ids[k]]++;
            t->all_count++;
            if (!pair_counts(&e, k)) continue;
            uint64_t pair = heed__pair(e.ids[k], e.ids[k + 1]);
            int64_t at, before = pairs->n;
            HEED_TRY_CLEAN(heed__pairs_add(pairs, pair, &at));
            HEED_TRY_CLEAN(
                heed__grow(counts, &room, (size_t)at + 1, sizeof **counts, "counts of pairs"));
            if (at == before) (*counts)[at] = (counted_pair){pair, 0};
            (*counts)[at].count++;
        }
    }
cleanup:
    heed__encoding_free(&e);
    return status;
}

heed_status heed__token_pairs_learn(heed__tokenizer *t, const heed__texts *texts)
{
    heed__pairs met = {0};
    counted_pair *counts = NULL;
    HEED_TRY(heed__alloc((size_t)t->vocabulary.n, sizeof *t->token_counts, "counts of tokens",
                         &t->token_counts));
    heed_status status = count_pairs(t, texts, &met, &counts);
    int64_t n = met.n;
    if (status == HEED_OK)
        status = heed__alloc((size_t)n, sizeof *t->pair_counts, "counts of pairs", &t->pair_counts);
    if (status == HEED_OK && n) qsort(counts, (size_t)n, sizeof *counts, compare_pairs);
    for (int64_t i = 0; i < n && status == HEED_OK; i++) {
        int64_t at;
        if (counts[i].count < t->settings.ngram_min_count ||
            t->pairs.n + 1 >= t->settings.ngram_max_vocabulary)
            break;
        status = heed__pairs_add(&t->pairs, counts[i].pair, &at);
        if (status == HEED_OK) t->pair_counts[at] = counts[i].count;
    }
    heed__pairs_free(&met);
    free(counts);
    return status;
}

heed_status heed__token_pairs_add(const heed__tokenizer *t, heed__encoding *e)
{
    HEED_TRY(
        heed__grow(&e->ngrams, &e->ngram_capacity, (size_t)e->length, sizeof *e->ngrams, "tokens"));
    for (int64_t i = 0; i < e->length; i++) {
        e->ngrams[i] = 0;
        if (pair_counts(e, i))
            e->ngrams[i] =
                (int32_t)heed__pairs_find(&t->pairs, heed__pair(e->ids[i], e->ids[i + 1])) + 1;
    }
    return HEED_OK;
}

heed__pair_counts heed__tokenizer_pair_counts(const heed__tokenizer *t, int32_t first,
                                              int32_t second)
{
    heed__pair_counts out = {0};
    if (t->settings.ngrams < 2) return out;
    int64_t at = heed__pairs_find(&t->pairs, heed__pair(first, second));
    out.first = t->token_counts[first];
    out.second = t->token_counts[second];
    out.together = at < 0 ? 0 : t->pair_counts[at];
    out.all = t->all_count;
    return out;
}
