/* SPDX-License-Identifier: MIT */
/**
 * Labels for each word of a text: a model with an output of the kind HEED_OUTPUT_TAGS gives them.
 * Words are what stands between white space (ASCII).
 *
 *     heed_tagged *tagged;
 *     if (heed_model_tag(model, &text, 1, NULL, &tagged) != HEED_OK) ...
 *     for (int64_t i = 0; i < heed_tagged_spans(tagged, 0, output); i++) {
 *         heed_tagged_span span = heed_tagged_span_at(tagged, 0, output, i);
 *         printf("%s: %.*s\n", span.type, (int)(span.end - span.begin), text.bytes + span.begin);
 *     }
 *     heed_tagged_destroy(&tagged);
 */
#ifndef HEED_TAGS_H
#define HEED_TAGS_H

#include "heed/data.h"
#include "heed/model.h"
#include "heed/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Tags of some texts. May be read by many threads. */
typedef struct heed_tagged heed_tagged;

/** A word with its tag. */
typedef struct heed_tagged_word {
    size_t begin, end; /**< bytes of the text */
    const char *label; /**< owned by the model, which must live as long */
    int64_t index;     /**< of the label */
    float probability; /**< of that label for this word, given the whole text */
} heed_tagged_word;

/** Words that belong together, by tags such as B-x and I-x (conlleval's reading of them). */
typedef struct heed_tagged_span {
    int64_t first, last; /**< words, from 0 */
    size_t begin, end;   /**< bytes of the text */
    const char *type;    /**< "x"; owned by the model, which must live as long */
    float probability;   /**< of the least sure of its words */
} heed_tagged_span;

/**
 * Tags the words of texts, and predicts all else.
 * @param texts n texts, UTF-8; n = 0 is allowed.
 * @param values out [n, width] as of heed_model_predict, or NULL.
 * @param out receives the tags; the caller frees them with heed_tagged_destroy. NULL on error.
 * Where all training data does so, a tag that goes on with a span (I-x) follows B-x or I-x. A
 * text's tags depend on that text only, to the bit. Errors HEED_E_INVALID (no output is tags),
 * HEED_E_DATA (not UTF-8), HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_model_tag(heed_model *model, const heed_text *texts,
                                                    int64_t n, float *values, heed_tagged **out);

/** Accepts NULL and a pointer to NULL; nulls the pointer. */
HEED_API void heed_tagged_destroy(heed_tagged **tagged);

/** Words of text 0 <= text < n. */
HEED_API int64_t heed_tagged_words(const heed_tagged *tagged, int64_t text);
/** Word 0 <= word < words, of an output that is tags. */
HEED_API heed_tagged_word heed_tagged_word_at(const heed_tagged *tagged, int64_t text, int output,
                                              int64_t word);

/** Spans of a text; 0 where the tags of the output mark none. */
HEED_API int64_t heed_tagged_spans(const heed_tagged *tagged, int64_t text, int output);
/** Span 0 <= index < spans, in the order of the text. */
HEED_API heed_tagged_span heed_tagged_span_at(const heed_tagged *tagged, int64_t text, int output,
                                              int64_t index);

#ifdef __cplusplus
}
#endif
#endif
