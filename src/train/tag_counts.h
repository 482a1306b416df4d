/* SPDX-License-Identifier: MIT */
/* How often tags, and the spans they mark, are right: what conlleval counts. */
#ifndef HEED_TRAIN_TAG_COUNTS_H
#define HEED_TRAIN_TAG_COUNTS_H

#include "data/spans.h"
#include "data/strings.h"

typedef struct heed__tag_count {
    int64_t right, given, gold;
} heed__tag_count;

/* Starts from zero. */
typedef struct heed__tag_counts {
    int single; /* tags mark no spans: each word counts by itself, its tag being its type */
    int64_t words, right_words, texts, right_texts;
    heed__tag_count all;
    heed__strings types;
    heed__tag_count *of; /* [types.n] */
    size_t room;
    heed__tag_span *spans; /* scratch */
    heed_text *tags;
    size_t spans_room, tags_room;
} heed__tag_counts;
void heed__tag_counts_free(heed__tag_counts *counts);

/* Adds a text: its true tags and those that it was given, parted by blanks. Errors HEED_E_DATA
 * (not as many). */
heed_status heed__tag_counts_add(heed__tag_counts *counts, heed_text gold, heed_text given);

#endif
