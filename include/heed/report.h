/* SPDX-License-Identifier: MIT */
/**
 * A page about a training run: its curves, and what the model does with held-out texts. One HTML
 * file without scripts that needs no network, for light and dark screens.
 */
#ifndef HEED_REPORT_H
#define HEED_REPORT_H

#include "heed/data.h"
#include "heed/model.h"
#include "heed/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Zero is the default of every field but size. */
typedef struct heed_report_options {
    size_t size;              /**< sizeof(heed_report_options) */
    const char *title;        /**< NULL = "model" */
    const char *metrics_path; /**< the metrics file that heed_train wrote; NULL = no curves */
    const heed_model *model;  /**< what was trained is said; NULL = not */
    /** What the model does with them is measured and shown: confusion and worst mistakes,
     * translations, samples. As data for training: labelled rows, pairs, plain text. The model
     * must then be one that was loaded. NULL = not shown. */
    const heed_dataset *rows;
    const char *rows_name; /**< what they are; NULL = "held-out rows" */
    int examples;          /**< how many mistakes, translations or samples; 0 = 6 */
    int again;             /**< above 0: the run still goes on, and a browser loads the page again
                                after so many seconds */
    int64_t step, steps;   /**< how far it is, then */
    double seconds_left;
    int member, members; /**< then, of a model of several networks: which is trained, from 1 */
} heed_report_options;

/**
 * Makes the page. Texts and labels are shown as text, whatever they hold.
 * @param out the page; the caller frees it with heed_text_free.
 * Errors HEED_E_IO (no metrics file), HEED_E_INVALID (rows do not fit the model), HEED_E_DATA,
 * HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_report(const heed_report_options *options, char **out,
                                                 size_t *size);

#ifdef __cplusplus
}
#endif
#endif
