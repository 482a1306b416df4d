/* SPDX-License-Identifier: MIT */
/**
 * Searching for settings: many candidates are trained a little, the better third of them three
 * times as long, and so on (successive halving: Jamieson and Talwalkar, AISTATS 2016; Li et al.,
 * "Hyperband", JMLR 2018); the best one is trained in full. Only validation rows decide.
 */
#ifndef HEED_TUNE_H
#define HEED_TUNE_H

#include "heed/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Zero is the default of every field but size and train. */
typedef struct heed_tune_options {
    size_t size; /**< sizeof(heed_tune_options) */
    /** As for heed_train. Settings that are set in its configuration are held fixed; its time must
     * be 0, its progress is that of the last, full training alone. */
    const heed_train_options *train;
    double seconds; /**< for search and training together: turned into trials and steps; 0 = these
                         are said */
    int64_t trials; /**< candidates of the first round, the defaults among them; 0 = 9 */
    int64_t steps;  /**< of each of them; 0 = a ninth of the full number */
} heed_tune_options;

/**
 * Searches, then trains the best candidate as heed_train would with its settings: the same bytes.
 * Beside the model a file .tune.jsonl is written, a line for each trial, from which a search goes
 * on (train->resume); it stays.
 * @param record the search as one JSON object: "trials", "steps", "full_steps", "metric", "repeat"
 * (options of the command that search the same again), "candidates" (a list of objects with
 * "settings" and "results", a list of "steps", "metric" and "loss"), "best" (which candidate, from
 * 0 = the defaults). The caller frees it with heed_text_free. May be NULL.
 * Errors as heed_train; HEED_E_STOPPED: resume goes on.
 */
HEED_API HEED_MUST_CHECK heed_status heed_tune(heed_context *context,
                                               const heed_tune_options *options,
                                               heed_train_result *result, char **record);

/** What is searched, row `index`: a setting, its values joined by '|', and for which task
 * ("classify", "translate", "language"). Strings are static. Returns 0 past the last one, else 1.
 */
HEED_API int heed_tune_row_at(size_t index, const char **task, const char **key,
                              const char **values);

#ifdef __cplusplus
}
#endif
#endif
