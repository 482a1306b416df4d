/* SPDX-License-Identifier: MIT */
/**
 * Why a model decided: the words that carried a decision, drawn, with a figure beside it that says
 * how far the drawing can be trusted; and which word belongs to which, drawn as a matrix.
 *
 * Threads: as the model's: one at a time.
 */
#ifndef HEED_EXPLAIN_H
#define HEED_EXPLAIN_H

#include "heed/alignment.h"
#include "heed/data.h"
#include "heed/model.h"
#include "heed/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A way to give words a score. */
typedef struct heed_method {
    const char *name; /**< "occlusion", "gradient", "pool", "attention", "rollout" */
    const char *help; /**< one line */
} heed_method;

/** Row `index` of the table of methods; 0 past its end, else 1. */
HEED_API int heed_method_at(size_t index, heed_method *out);

/** Zero is the default of every field. */
typedef struct heed_explain_options {
    const char *methods; /**< names separated by commas, the first is drawn largest; NULL =
                            "occlusion" and all others that the model allows */
    int removed;   /**< words removed for the faithfulness figure; 0 = 3; negative = not measured */
    int heat_maps; /**< 1: attention of each layer and head as matrices (texts of up to 64 words) */
    uint64_t seed; /**< of the random words that faithfulness is held against */
} heed_explain_options;

/** Explained texts, gathered to be drawn together. */
typedef struct heed_explainer heed_explainer;

/**
 * @param model must outlive the explainer.
 * @param options NULL for the defaults; copied.
 * Errors HEED_E_INVALID (an unknown method, or one that the model has no part for: the message
 * names those that it has), HEED_E_NOMEM. The caller frees *out with heed_explainer_destroy.
 */
HEED_API HEED_MUST_CHECK heed_status heed_explainer_create(heed_model *model,
                                                           const heed_explain_options *options,
                                                           heed_explainer **out);

/** Accepts NULL and a pointer to NULL; nulls the pointer. */
HEED_API void heed_explainer_destroy(heed_explainer **explainer);

/**
 * Explains one text: what each output answered, and why. Of tags of words each span is explained
 * by itself: its words are hidden one by one behind an unknown word.
 * @param name stands above the text in drawings, such as "mail.tsv:12"; NULL = none.
 * @param truth the true label of each output (NULL where unknown; several joined by '|'), or NULL;
 * copied.
 * Errors HEED_E_DATA (not UTF-8), HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_explainer_add(heed_explainer *explainer, const char *name,
                                                        heed_text text, const char *const *truth);

/** What an added text was given: heed_model_best of its answer. `text` counts in the order added.
 */
HEED_API void heed_explainer_answer(const heed_explainer *explainer, int64_t text, int output,
                                    heed_answer *out);

/** Forgets the texts added so far. */
HEED_API void heed_explainer_reset(heed_explainer *explainer);

/** How to draw. Zero is the default of every field. */
typedef struct heed_draw_options {
    const char *renderer; /**< "terminal" (the default), "html", "svg", "png", "json" */
    const char *title;
    int width;             /**< svg, png: most pixels; 0 = 900. What needs fewer takes fewer */
    int columns;           /**< terminal: characters a line */
    int colours;           /**< terminal: 0 = 256 colours, 1 = none ([word] instead), 2 = 24 bit */
    size_t max_characters; /**< of each text, svg and png; 0 = 6000 */
    int methods;           /**< drawn of each output, the first ones; 0 = all; json has all */
    int across; /**< heed_alignment_draw, svg and png: at most so many side by side, as far as each
                     fits whole; 0 = 1 */
} heed_draw_options;

/**
 * Draws all texts added. The caller frees *out with heed_text_free (heed/config.h).
 * Errors HEED_E_INVALID (unknown renderer, width out of range), HEED_E_UNSUPPORTED (not built in),
 * HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_explainer_draw(const heed_explainer *explainer,
                                                         const heed_draw_options *options,
                                                         char **out, size_t *size);

/**
 * The faithfulness figures over all texts added, for one output and the first method. (Spans are
 * not measured.)
 * @param removed mean fall of the label's probability when the highest words are removed
 * @param random the same for as many random words.
 * Both NaN when none was measured.
 */
HEED_API void heed_explainer_faithfulness(const heed_explainer *explainer, int output,
                                          double *removed, double *random);

/** A word and how much it says. */
typedef struct heed_keyword {
    heed_text word; /**< owned by the explainer */
    double score;
    int64_t count; /**< texts that hold it */
} heed_keyword;

/**
 * The words that describe one added text, by the first method: largest scores first, a word once
 * (case aside), only those that speak for the answer.
 * @param text index of the text in the order added
 * @param output not one of tags (HEED_E_INVALID)
 * @param out [most]; *found says how many there are.
 */
HEED_API HEED_MUST_CHECK heed_status heed_explainer_keywords(heed_explainer *explainer,
                                                             int64_t text, int output, int most,
                                                             heed_keyword *out, int *found);

/** The same over all added texts that were given one label: scores summed over texts. Words that
 * stand in one text only come after all others. */
HEED_API HEED_MUST_CHECK heed_status heed_explainer_label_keywords(heed_explainer *explainer,
                                                                   int output, int64_t label,
                                                                   int most, heed_keyword *out,
                                                                   int *found);

/** An alignment to be drawn: a row for each word of the target, a column for each of the source. */
typedef struct heed_alignment {
    const char *name; /**< stands above it, such as "test.tsv:12"; NULL = none */
    int64_t n_source, n_target;
    const char *const *source; /**< [n_source] words, UTF-8 */
    const char *const *target; /**< [n_target] */
    const float *weights;      /**< [n_target, n_source], NaN = unknown; NULL = all 0 */
    heed_pair_links links;     /**< outlined; items NULL = none; possible NULL = all are sure */
    const char *source_axis;   /**< what the words are called; NULL = "source" */
    const char *target_axis;   /**< NULL = "target" */
    float darkest;             /**< the weight that the darkest colour stands for, so that pictures
                                    can be compared; 0 = the largest weight of this one */
} heed_alignment;

/**
 * Draws n alignments one below the other, or side by side. Every word can be read: columns that do
 * not fit the width stand in panels of their own. An alignment of no words is left out, but for
 * json.
 * @param options renderer, title, width, columns, colours and across are used; NULL = the defaults.
 * The caller frees *out with heed_text_free (heed/config.h).
 * Errors HEED_E_INVALID (unknown renderer, width out of range, a link outside of its words),
 * HEED_E_DATA (a word or name is not UTF-8), HEED_E_UNSUPPORTED (not built in), HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_alignment_draw(const heed_alignment *alignments,
                                                         int64_t n,
                                                         const heed_draw_options *options,
                                                         char **out, size_t *size);

#ifdef __cplusplus
}
#endif
#endif
