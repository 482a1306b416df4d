/* SPDX-License-Identifier: MIT */
/* What was written: the results that heed_translate and its like hand out. */
#ifndef HEED_MODEL_TRANSLATIONS_H
#define HEED_MODEL_TRANSLATIONS_H

#include "data/aligner.h"
#include "model/search.h"
#include "model/writer.h"

struct heed_translations {
    heed__arena arena;
    int64_t n;
    struct heed__ranked {
        int64_t count;
        heed_translation *items;
    } * sources; /* [n] */
};

heed_status heed__translations_create(int64_t n, heed_translations **out);

/* One source and what is wanted of its translations. */
typedef struct heed__translated {
    const heed_model *model;
    heed_text source;               /* zero in a language model */
    const heed__encoding *encoding; /* of the source */
    const int32_t *words;           /* its tokens' ids in the extended vocabulary, or NULL */
    const heed_text *target;        /* a given target, or NULL */
    const heed__encoding *target_encoding;
    const heed_text *prefix; /* how it had to begin, or NULL */
    const heed__encoding *prefix_encoding;
    int64_t prompt; /* tokens at the beginning that are not part of the text */
    int weights, replace_unknown, unscored;
    heed_align_rule rule;
    float threshold; /* of links; see data/aligner.h */
    int boundary;
} heed__translated;

/* Room kept from one to the next: start from zero, free with heed__filling_free. */
typedef struct heed__filling {
    heed__aligner aligner;
    heed__word_spans source_words, words;
    heed__buffer text;
    heed__span *spans;
    heed_text *unknown;
    int32_t *ids;
    size_t spans_room, unknown_room, ids_room;
} heed__filling;
void heed__filling_free(heed__filling *filling);

/* Adds hypotheses as the translations of a source. */
heed_status heed__translations_fill(heed_translations *out, int64_t source,
                                    const heed__translated *what, int64_t count,
                                    const heed__hypothesis *hypotheses, heed__filling *room);
/* Scores given pairs and hands each over with the weights of all heads: the hypothesis' rows of
 * weights are [layers, heads, source tokens + 1]. Texts without a token are passed over; the order
 * is not theirs. Errors as heed_score. */
typedef heed_status (*heed__forced_visitor)(void *user, int64_t text, const heed__translated *what,
                                            const heed__hypothesis *hypothesis);
heed_status heed__translations_visit(heed_model *model, const heed_text *sources,
                                     const heed_text *targets, int64_t n,
                                     heed__forced_visitor visit, void *user);
/* An empty source: one empty translation. */
heed_status heed__translations_empty(heed_translations *out, int64_t source);

#endif
