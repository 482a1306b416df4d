/* SPDX-License-Identifier: MIT */
/*
 * From the weights of attention between tokens to links between words.
 *
 * The weights of one pair are rows, one for each step of the decoder: step t reads token t - 1 of
 * the target (step 0 the start) and writes token t (the last step the end). Which row speaks for
 * token t is the rule: `output`, row t, where the token is written; or `input`, row t + 1, where it
 * is read, which in Transformers says more (Chen, Liu, Chen, Jiang and Liu, "Accurate word
 * alignment induction from neural machine translation", EMNLP 2020, Shift-Att). A target word's row
 * is the mean over its tokens; a source word's weight is the sum over its tokens.
 */
#ifndef HEED_DATA_ALIGNER_H
#define HEED_DATA_ALIGNER_H

#include "heed/alignment.h"

#include "data/word_spans.h"

/* One side of a pair. */
typedef struct heed__align_side {
    int64_t tokens;          /* without the boundary */
    const heed__span *spans; /* [tokens] */
    const heed__word_spans *words;
} heed__align_side;

typedef struct heed__align_pair {
    heed__align_side source, target;
    /* [rows, source.tokens + 1], a row `stride` floats after the one before; the last column is the
     * source's boundary. rows = target.tokens + 1, or target.tokens where the end was not written:
     * then the last token has the row that wrote it under both rules. NaN counts as nothing. */
    const float *weights;
    int64_t stride, rows;
} heed__align_pair;

/* Zero is the default of every field but the rule. */
typedef struct heed__align_how {
    heed_align_rule rule; /* HEED_ALIGN_DEFAULT stands for output */
    float threshold; /* above 0: a link for each source word of at least this weight, instead of one
                        for the greatest; tokens of several words count whole for each */
    int boundary;    /* 1: a target word stays without a link where the boundary has the most */
} heed__align_how;

/* Room that grows and is used again: starts from zero, ends with heed__aligner_free. */
typedef struct heed__aligner {
    int64_t n_links;
    heed_link *links; /* [n_links] of the last call, ascending by target, then source */
    float *row, *scores;
    heed__word_range *source, *target;
    size_t links_room, row_room, scores_room, source_room, target_room;
} heed__aligner;

void heed__aligner_free(heed__aligner *aligner);

/* The links of a pair; in each target word's row, the first of equal weights. A token of several
 * words (a Chinese piece) links all of them. Errors HEED_E_NOMEM. */
heed_status heed__align_links(heed__aligner *aligner, const heed__align_pair *pair,
                              const heed__align_how *how);

/* Weights between words, out [target words, source words]: a token of several words is shared out
 * among them by bytes. A row sums to what the boundary left; a word that no token stands in has a
 * row of zeros. Errors HEED_E_NOMEM. */
heed_status heed__align_weights(heed__aligner *aligner, const heed__align_pair *pair,
                                heed_align_rule rule, float *out);

#endif
