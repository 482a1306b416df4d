/* SPDX-License-Identifier: MIT */
/* Words as numbers, and n-grams that two sequences share. Both are made anew for each segment and
 * keep their room. Comparisons are exact: nothing rests on a hash alone. */
#ifndef HEED_TRAIN_METRIC_NGRAMS_H
#define HEED_TRAIN_METRIC_NGRAMS_H

#include "heed/data.h"

#include <stddef.h>
#include <stdint.h>

enum {
    HEED_NGRAM_ORDER = 6,
    HEED_NO_WORD = -1 /* as uint32_t: a word that the first side lacks */
};

/* Starts from zero. */
typedef struct heed__words {
    struct heed__word_slot *slots;
    size_t room, mask;
    uint32_t round, n;
} heed__words;

/* Forgets all words and makes room for `most` of them. */
heed_status heed__words_begin(heed__words *words, size_t most);
/* The word's number, which it gets now if it has none. The bytes must stay where they are. */
uint32_t heed__words_add(heed__words *words, heed_text word);
/* Its number, or HEED_NO_WORD. */
uint32_t heed__words_find(const heed__words *words, heed_text word);
void heed__words_free(heed__words *words);

/* The n-grams of one sequence, the hypothesis, and how far references have used them up. Starts
 * from zero. */
typedef struct heed__ngrams {
    struct heed__ngram_slot *slots;
    size_t room, mask;
    unsigned shift;
    uint32_t round, reference;
    int order;
} heed__ngrams;

/* Counts the n-grams of orders 1 to `order` <= HEED_NGRAM_ORDER of the hypothesis. */
heed_status heed__ngrams_begin(heed__ngrams *ngrams, const uint32_t *symbols, size_t n, int order);

typedef enum heed__ngrams_scope {
    HEED_NGRAMS_ALONE,   /* this reference by itself */
    HEED_NGRAMS_TOGETHER /* what it adds to those before: each n-gram counts as often as the
                          * reference that has it most */
} heed__ngrams_scope;

/* Adds to matched[order - 1] how many n-grams of the hypothesis the reference has. One scope for
 * all references of a hypothesis. */
void heed__ngrams_match(heed__ngrams *ngrams, const uint32_t *symbols, size_t n,
                        heed__ngrams_scope scope, int64_t *matched);
void heed__ngrams_free(heed__ngrams *ngrams);

/* How many n-grams a sequence of n has. */
static inline int64_t heed__ngrams_count(size_t n, int order)
{
    return (int64_t)n >= order ? (int64_t)n - order + 1 : 0;
}

#endif
