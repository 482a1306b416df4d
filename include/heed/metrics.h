/* SPDX-License-Identifier: MIT */
/**
 * How good predictions are: accuracy, precision, recall, F1, confusion, calibration; several labels
 * a row; numbers. All sums are float64, in the order of the rows.
 *
 * Threads: calls are independent; one heed_metrics serves one thread at a time.
 */
#ifndef HEED_METRICS_H
#define HEED_METRICS_H

#include "heed/data.h"
#include "heed/status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum heed_metrics_kind {
    HEED_METRICS_CLASS,  /**< one label a row */
    HEED_METRICS_SET,    /**< any number of labels a row */
    HEED_METRICS_NUMBER, /**< a number a row */
    HEED_METRICS_TAGS    /**< a label for each word of a text */
} heed_metrics_kind;

/** One label. A share whose denominator is 0 is 0. */
typedef struct heed_label_metrics {
    const char *name;
    double precision, recall, f1;
    int64_t count;     /**< rows that have the label */
    int64_t predicted; /**< rows that were given it */
} heed_label_metrics;

/** What does not apply to the kind, or is not defined, is NaN, 0 or NULL. Shares are 0 to 1. */
typedef struct heed_metrics {
    heed_metrics_kind kind;
    int64_t rows;
    int64_t unknown; /**< true labels that are not among `labels`: counted wrong */
    double accuracy; /**< CLASS: share of right rows; SET: of rows with exactly the right labels */
    double macro_f1; /**< mean F1 of the labels that some row has or was given */
    double micro_f1; /**< F1 of all decisions together; for CLASS equal to accuracy */
    double ece;      /**< CLASS: expected calibration error, 15 bins of equal width */
    double temperature; /**< CLASS, of a model: what its logits (of several members, the logarithms
                           of their mean) were divided by; else NaN */
    double ece_before;  /**< and the calibration error without it */
    double mse, mae;    /**< NUMBER: mean squared and mean absolute error */
    double rmse;        /**< NUMBER: root of the mean squared error */
    double r2;          /**< NUMBER: share of the variance explained; NaN when all are equal */
    double pearson;     /**< NUMBER: correlation; NaN when either side does not vary */
    double spearman;    /**< NUMBER: correlation of ranks (equal numbers share theirs); likewise */
    double hamming;     /**< SET: share of decisions about one label of one row that are wrong */
    /** TAGS: rows are texts; accuracy is the share of right words, micro_f1 the F1 of spans with
     * their types, as conlleval has it, and `labels` are types (tags that mark no spans: of words,
     * and tags). */
    double precision, recall; /**< of all spans */
    double exact;             /**< share of texts whose tags are all right */
    int64_t words;            /**< in all texts */
    int64_t count, found;     /**< true spans, and those given */
    int spans;                /**< nonzero where the tags mark spans */
    int64_t n_labels;
    const heed_label_metrics *labels; /**< [n_labels] */
    /** CLASS: [n_labels, n_labels], row = true, column = predicted; rows of unknown labels are not
     * in it. NULL above 512 labels. */
    const int64_t *confusion;
} heed_metrics;

/**
 * One label a row. The likeliest label is the prediction; ties go to the lower index.
 * @param names n_labels >= 1 labels, UTF-8, all different; copied.
 * @param gold [rows] index of the true label; negative = a label that is not among them.
 * @param values row r's probabilities are values[r * stride .. + n_labels).
 * @param out receives the figures; the caller frees them with heed_metrics_destroy. NULL on error.
 * Errors HEED_E_INVALID (no rows, an index out of range), HEED_E_NUMERIC (a NaN probability; names
 * the row), HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_metrics_class(const char *const *names, int64_t n_labels,
                                                        int64_t rows, const int32_t *gold,
                                                        const float *values, int64_t stride,
                                                        heed_metrics **out);

/**
 * Several labels a row: each of them is predicted where its probability is above 0.5.
 * @param gold [rows, n_labels], 1 where the row has the label, 0 elsewhere.
 * @param unknown how many true labels are not among them: they count as missed in micro_f1.
 * Otherwise as heed_metrics_class.
 */
HEED_API HEED_MUST_CHECK heed_status heed_metrics_set(const char *const *names, int64_t n_labels,
                                                      int64_t rows, const float *gold,
                                                      int64_t unknown, const float *values,
                                                      int64_t stride, heed_metrics **out);

/**
 * A number a row.
 * @param gold [rows]
 * @param values row r's prediction is values[r * stride].
 * Errors HEED_E_INVALID (no rows), HEED_E_NUMERIC (NaN or infinity; names the row), HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_metrics_number(int64_t rows, const float *gold,
                                                         const float *values, int64_t stride,
                                                         heed_metrics **out);

/**
 * A label for each word. A span is right where its first and last word and its type are. Tags are
 * B-x, I-x and O (maybe E-x, S-x), read as conlleval reads them: an I- that goes on with nothing,
 * or with a span of another type, begins one.
 * @param gold, given [texts] the true tags of each text, and those it was given: one for each word,
 * parted by white space.
 * Errors HEED_E_INVALID (no texts), HEED_E_DATA (not as many given as true; names the text, from
 * 1), HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_metrics_tags(int64_t texts, const heed_text *gold,
                                                       const heed_text *given, heed_metrics **out);

/**
 * Of CLASS: what becomes of a model that leaves open what it is not sure of.
 * @param least 0 to 1: rows whose label has less than this probability are left.
 * @param kept out: the share of the rows that are not.
 * @param accuracy out: the share of right rows among those; NaN where all are left.
 * Errors HEED_E_INVALID (another kind, least out of range).
 */
HEED_API HEED_MUST_CHECK heed_status heed_metrics_abstain(const heed_metrics *metrics, double least,
                                                          double *kept, double *accuracy);

/** Accepts NULL and a pointer to NULL; nulls the pointer. */
HEED_API void heed_metrics_destroy(heed_metrics **metrics);

/**
 * The figures as one JSON object: rows, accuracy, macro_f1, micro_f1, ece (of a model with
 * ece_before and temperature), unknown, labels ({name:
 * {precision, recall, f1, count, predicted}}), confusion ({labels, counts}); for sets hamming;
 * for numbers rows, mse, rmse, mae, r2, pearson, spearman; for tags rows, words, accuracy, exact,
 * precision, recall, f1, macro_f1, count, predicted, types (as labels). What is not defined is
 * null.
 * @param indent spaces a level; 0 = one line.
 * @param out owned by metrics, until the next call on it.
 * Errors HEED_E_INVALID (a label twice or not UTF-8), HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_metrics_json(heed_metrics *metrics, int indent,
                                                       const char **out);

/**
 * The figures as lines of text for a terminal, columns aligned (Chinese characters are two columns
 * wide). Above 10 labels the most frequent confusions stand in place of the matrix.
 * @param out owned by metrics, until the next call on it. Errors HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_metrics_table(heed_metrics *metrics, const char **out);

#ifdef __cplusplus
}
#endif
#endif
