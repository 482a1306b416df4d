/* SPDX-License-Identifier: MIT */
/*
 * Unknown words of a translation stand for what the model looked at while it wrote them (Luong,
 * Sutskever, Le, Vinyals and Zaremba, "Addressing the rare word problem in neural machine
 * translation", ACL 2015): names and numbers are mostly the same in both languages.
 */
#ifndef HEED_MODEL_REPLACE_UNKNOWN_H
#define HEED_MODEL_REPLACE_UNKNOWN_H

#include "data/tokenizer.h"
#include "heed/alignment.h"

/* A source, and where its tokens were looked at. */
typedef struct heed__looked_at {
    heed_text text;          /* valid UTF-8 */
    int64_t tokens;          /* without the boundary */
    const heed__span *spans; /* [tokens] in text, ascending */
    /* [rows, tokens at least], a row `stride` floats after the one before; which row speaks for a
     * token is said in data/aligner.h. NaN counts as nothing. */
    const float *weights;
    int64_t stride, rows;
    heed_align_rule rule; /* HEED_ALIGN_DEFAULT stands for output */
    /* 1: tokens that touch inside a word count together, as the word (for targets of words); 0:
     * each by itself (for targets of characters or subwords, whose unknown ones are characters). */
    int words;
} heed__looked_at;

/*
 * For each unknown one of the target's tokens ids [n], the source's word or token with the greatest
 * weight, the first of equal ones; its bytes are part of source->text. For all others, and where
 * nothing has any weight, out [n] has NULL bytes: just what heed__tokenizer_decode takes.
 */
void heed__replace_unknown(const heed__looked_at *source, int64_t n, const int32_t *ids,
                           heed_text *out);

#endif
