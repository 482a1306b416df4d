/* SPDX-License-Identifier: MIT */
/*
 * Kinds of outputs, as rows of a table: where a kind's logits come from, what its loss is, and how
 * logits become what the model answers. A new kind is a row here and one in train/score.c.
 */
#ifndef HEED_MODEL_OUTPUTS_H
#define HEED_MODEL_OUTPUTS_H

#include "model/model.h"

typedef struct heed__output_kind {
    const char *name;
    heed_output_kind open; /* what callers know it by */
    int per_word;          /* a row of logits for each word, else for each text */
    heed__var (*loss)(heed_model *model, int output, heed__tape *tape, const heed__model_vars *vars,
                      const heed__model_targets *targets);
    /* A text's logits into its values, in place; NULL: words have values of their own. */
    void (*finish)(const heed__model_output *output, float *z);
} heed__output_kind;

const heed__output_kind *heed__output_kind_of(heed__label_kind kind);

/* Logits of a text, and how many of an output's values stand in its answer. */
int64_t heed__output_logits(const heed__labels *labels);
int64_t heed__output_values(const heed__model_output *output);

#endif
