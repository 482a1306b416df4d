/* SPDX-License-Identifier: MIT */
/** How good a model is on labelled data. */
#ifndef HEED_EVALUATE_H
#define HEED_EVALUATE_H

#include "heed/data.h"
#include "heed/metrics.h"
#include "heed/model.h"
#include "heed/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Predicts all rows of a dataset and holds them against their labels, for one output.
 * @param column which of the dataset's outputs holds this output's labels; negative: the one of the
 * output's name, or the output's own place where the names differ.
 * @param out receives the figures; the caller frees them with heed_metrics_destroy. NULL on error.
 * A label that the model does not know counts as wrong, and a warning names it.
 * Errors HEED_E_INVALID (no such output or column), HEED_E_DATA (no rows, a value that is no
 * number), HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_evaluate(heed_model *model, const heed_dataset *dataset,
                                                   int output, int column, heed_metrics **out);

/**
 * The share of rows for which every output is right: the label, all labels of a set, the tags of
 * all words; numbers are left aside. (Of intent and slots: sentence accuracy.)
 * @param share receives it.
 * Columns are found, and errors are, as of heed_evaluate.
 */
HEED_API HEED_MUST_CHECK heed_status heed_evaluate_exact(heed_model *model,
                                                         const heed_dataset *dataset,
                                                         double *share);

/** How likely a language model finds texts. */
typedef struct heed_language_figures {
    int64_t tokens, characters, bytes; /**< tokens: those predicted, ends of texts among them */
    double loss;                       /**< nats a token */
    double perplexity;                 /**< of a token */
    double bits_per_character, bits_per_byte; /**< of the texts as they stand */
    double accuracy; /**< share of tokens that are the likeliest in their place */
} heed_language_figures;

/**
 * Measures a language model on plain text (heed_read_options.kind HEED_READ_LANGUAGE), cut into
 * windows of input.block tokens as in training: each token is predicted once, from those before it
 * in its window. On the validation rows of its training this is the validation loss.
 * Errors HEED_E_INVALID (no language model), HEED_E_DATA, HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_evaluate_language(heed_model *model,
                                                            const heed_dataset *dataset,
                                                            heed_language_figures *out);

/**
 * How each head of a model attends: a JSON list of objects with "layer" (as heed_model_attention
 * names them), "head" (from 1), "entropy" (of a query's weights, in nats: the mean over all
 * tokens), "keys" (how many have a weight other than 0, likewise), "distance" (how far off they are
 * by their weights, likewise; null of a pool), "rank" (the effective rank of what the head gives
 * for the tokens of a text: the mean over texts; near 1, they have become alike; null of a pool),
 * and "gradient" (the norm of the loss's gradient for what the head gives: the mean over texts).
 * Then what the head learned beside matrices, each by its name: "span" in keys, "alpha",
 * "gate.weight". Of a model of several members, each one's heads, with "member" (from 1).
 * @param dataset labelled texts, for a translator pairs, for a language model plain text, which is
 * cut into windows as for training. A recurrent decoder's attention is looked at for the first
 * hundreds of tokens of a text; where it covers or copies, for its entropy alone (null elsewhere).
 * @param texts how many, from the first on; 0 = all.
 * The caller frees *out with heed_text_free. Errors HEED_E_INVALID (data of another kind, labels
 * missing), HEED_E_DATA, HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_evaluate_attention(heed_model *model,
                                                             const heed_dataset *dataset,
                                                             int64_t texts, int indent, char **out);

#ifdef __cplusplus
}
#endif
#endif
