/* SPDX-License-Identifier: MIT */
/* What one output predicts: its kind, its labels in a fixed order, and the rows' targets. */
#ifndef HEED_DATA_LABELS_H
#define HEED_DATA_LABELS_H

#include "heed/context.h"
#include "heed/data.h"

#include "base/memory.h"

#include <stdint.h>

typedef enum heed__label_kind {
    HEED_LABEL_GUESS = 0,
    HEED_LABEL_CLASS,  /* exactly one label a row */
    HEED_LABEL_SET,    /* any number of labels a row, joined by '|' */
    HEED_LABEL_NUMBER, /* a finite number */
    HEED_LABEL_TAGS,   /* one label for each word of the text, parted by blanks */
    HEED_LABEL_KINDS
} heed__label_kind;

/* "class", "set", "number", "tags", "guess". */
const char *heed__label_kind_name(heed__label_kind kind);
heed_status heed__label_kind_find(const char *name, heed__label_kind *out);

typedef struct heed__labels {
    const char *output; /* its name */
    heed__label_kind kind;
    int64_t n;          /* number of labels; 1 for a number */
    const char **names; /* in order: by value where all are integers, else by bytes; NULL for a
                           number */
    int64_t *counts;    /* rows with each label in the data it was made from; 0 where it was not */
    struct heed__strings *map; /* name -> index */
    heed__arena arena;
} heed__labels;

/* From a dataset's output. GUESS: tags when each row has as many as its text has words, some row
 * several, and they recur; number when all values are numbers and some has a fraction or
 * more than 20 differ; set when some holds '|'; else class. TAGS asked for is for the outputs that
 * fit; others are guessed. Logs what was found. Errors HEED_E_DATA: fewer than two labels (or
 * numbers), nearly as many labels as rows, a value that is no number. */
heed_status heed__labels_build(heed_context *context, const heed_dataset *dataset, int output,
                               heed__label_kind kind, heed__labels **out);
/* From a model's metadata. names are copied; counts are 0. Errors HEED_E_FORMAT (duplicate). */
heed_status heed__labels_create(const char *output, heed__label_kind kind, int64_t n,
                                const char *const *names, heed__labels **out);
void heed__labels_destroy(heed__labels **labels);

/* Whether an output of a dataset holds tags: see heed__labels_build. */
heed_status heed__labels_are_tags(const heed_dataset *dataset, int output, int *out);

/* Index of a label, -1 when it is not known. */
int64_t heed__labels_find(const heed__labels *labels, const char *name, size_t size);

/* The labels of a row by the output's kind, one after another from *at = 0: the whole, those
 * between bars, or those between blanks. Zero at the end. */
int heed__labels_next(heed__label_kind kind, heed_text all, size_t *at, heed_text *out);

/* The targets of a dataset's rows for one output; only the array of its kind is there. */
typedef struct heed__targets {
    int64_t rows, n;  /* n = labels->n */
    int32_t *classes; /* [rows], of tags [words]; -1 = a label that is not known */
    int64_t *words;   /* of tags: [rows + 1], where each row's begin */
    float *set;       /* [rows, n], 0 or 1 */
    float *numbers;   /* [rows] */
    int64_t unknown;  /* labels met that are not known (counted wrong by eval) */
} heed__targets;

/* Logs a warning that names the unknown labels. Errors HEED_E_DATA (a value that is no number, more
 * or fewer tags than words). */
heed_status heed__targets_make(heed_context *context, const heed__labels *labels,
                               const heed_dataset *dataset, int output, heed__targets *out);
void heed__targets_free(heed__targets *targets);

#endif
