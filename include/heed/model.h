/* SPDX-License-Identifier: MIT */
/**
 * A trained model: load it, ask it. One file holds weights, tokenizer, labels and configuration;
 * any safetensors reader opens it.
 *
 *     heed_model *model;
 *     heed_answer answer;
 *     if (heed_model_load(NULL, "model.heed", &model) != HEED_OK) ...
 *     float *values = malloc(heed_model_width(model) * sizeof *values);
 *     if (heed_model_predict(model, &text, 1, values) == HEED_OK) {
 *         heed_model_best(model, 0, values, &answer);
 *         printf("%s %.3f\n", answer.label, answer.value);
 *     }
 *
 * Threads: a model serves one thread at a time; load it once for each thread that predicts.
 */
#ifndef HEED_MODEL_H
#define HEED_MODEL_H

#include "heed/context.h"
#include "heed/data.h"
#include "heed/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct heed_model heed_model;

/** What an output predicts. */
typedef enum heed_output_kind {
    HEED_OUTPUT_CLASS,  /**< exactly one label: probabilities that sum to 1 */
    HEED_OUTPUT_SET,    /**< any number of labels: a probability each */
    HEED_OUTPUT_NUMBER, /**< a number */
    HEED_OUTPUT_TAGS    /**< one label for each word: see heed/tags.h */
} heed_output_kind;

/** One output. Strings belong to the model. */
typedef struct heed_output {
    const char *name;
    heed_output_kind kind;
    int64_t count; /**< labels; 1 for a number */
    int64_t first; /**< where its values begin among the model's; tags have none there */
} heed_output;

/** The likeliest label of an output, or its number. */
typedef struct heed_answer {
    const char *label; /**< NULL for a number, and for tags; owned by the model */
    int64_t index;     /**< of the label */
    float value;       /**< its probability, or the number */
} heed_answer;

/**
 * Loads a model file.
 * @param context threads for predicting; NULL = the calling thread alone. Must outlive the model.
 * @param out receives the model; the caller frees it with heed_model_destroy. NULL on error.
 * Errors HEED_E_IO, HEED_E_FORMAT (not a model of heed, damaged, or of a newer version),
 * HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_model_load(heed_context *context, const char *path,
                                                     heed_model **out);

/** Accepts NULL and a pointer to NULL; nulls the pointer. */
HEED_API void heed_model_destroy(heed_model **model);

/** How many outputs there are, at least 1. */
HEED_API int heed_model_outputs(const heed_model *model);
/** Output 0 <= index < outputs. */
HEED_API heed_output heed_model_output(const heed_model *model, int index);
/** Label 0 <= label < count of an output that is not a number. Owns: the model. */
HEED_API const char *heed_model_label(const heed_model *model, int output, int64_t label);
/** How many networks answer together, their probabilities averaged: 1, or the setting
 * train.members. */
HEED_API int heed_model_members(const heed_model *model);
/** From now on one member answers alone, 1 <= member <= members, at temperature 1; 0 = all of them,
 * as after loading. Errors HEED_E_INVALID. */
HEED_API HEED_MUST_CHECK heed_status heed_model_ask_member(heed_model *model, int member);
/** Values a text gets: the sum of all outputs' counts, those of tags left out; 0 for a model that
 * only tags. */
HEED_API int64_t heed_model_width(const heed_model *model);

/**
 * Predicts.
 * @param texts n texts, UTF-8. A text of no token at all counts as one unknown token.
 * @param values out [n, width]: probabilities, or the number; tags are heed_model_tag's.
 * An answer depends on its own text only, to the bit: not on n, threads or processor.
 * Errors HEED_E_DATA (not UTF-8; names the text by its index from 0), HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_model_predict(heed_model *model, const heed_text *texts,
                                                        int64_t n, float *values);

/** The best of one text's values [width]. Ties go to the lower index. */
HEED_API void heed_model_best(const heed_model *model, int output, const float *values,
                              heed_answer *out);

/** The columns that the model read when it was trained, as hints for reading more. Owns: the model.
 */
HEED_API void heed_model_columns(const heed_model *model, const char **text, const char **label);

/**
 * All about the model as one JSON object: format, task, config, outputs with labels, tokenizer,
 * sizes, metrics, provenance, the command that rebuilds it, and the file's hash. The caller frees
 * *out with heed_text_free (heed/config.h).
 */
HEED_API HEED_MUST_CHECK heed_status heed_model_info(const heed_model *model, int indent,
                                                     char **out);

/**
 * The plans of the model's attention for one text of `tokens` tokens, as a JSON list of objects:
 * "layers", where it happens, and "plan", what heed_attention_plan_describe says. The list is empty
 * where the model has no attention. The caller frees *out with heed_text_free. Not while another
 * thread uses the model. Errors HEED_E_INVALID (tokens), HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_model_attention(heed_model *model, int64_t tokens,
                                                          int indent, char **out);

#ifdef __cplusplus
}
#endif
#endif
