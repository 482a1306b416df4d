/* SPDX-License-Identifier: MIT */
/* One call of heed_translate or its like: what was asked, and what its run holds. */
#ifndef HEED_MODEL_ASKED_H
#define HEED_MODEL_ASKED_H

#include "model/translations.h"
#include "model/writing.h"

/* One call. */
typedef struct heed__asked {
    heed_model *model;
    const heed_text *sources, *prefixes; /* NULL where there are none */
    int64_t n;
    int scoring; /* prefixes are whole targets */
    int weights, replace_unknown;
    heed_align_choice align;
    heed__search_options options;
    heed__forced_visitor visit; /* instead of making translations; all heads are wanted */
    void *user;
    heed_translations *out;
    /* The rest is of the run: start from zero. Encoded: */
    heed__encoding *source_codes, *prefix_codes; /* [n] */
    int64_t *order, live;                        /* texts that are not empty, longest first */
    /* The batch at hand: */
    int64_t *offsets, *ids, *keys, *lengths, *prefix_offsets;
    int32_t *tokens, *prefix_tokens;
    int32_t *words; /* where the model copies: ids of the sources in the extended vocabulary, */
    int64_t added;  /* and the most that one adds to it */
    heed__extension extension;
    heed__search *search;
    heed__writing *writing;
    heed__filling filling;
} heed__asked;

/* Most tokens of a text that the model reads. */
int64_t heed__asked_longest(const heed__asked *asked);
/* Answers, and frees what the run held. */
heed_status heed__asked_run(heed__asked *asked, heed_translations **out);

#endif
