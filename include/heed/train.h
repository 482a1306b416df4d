/* SPDX-License-Identifier: MIT */
/**
 * Training a model from labelled data.
 *
 * The same data, configuration and number of steps give the same model file, byte for byte, for any
 * number of threads, after any number of interruptions, and on every processor. Where the setting
 * train.precision asks for less than highest, on every processor with AMX or on every one without.
 */
#ifndef HEED_TRAIN_H
#define HEED_TRAIN_H

#include "heed/config.h"
#include "heed/context.h"
#include "heed/data.h"
#include "heed/model.h"
#include "heed/status.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The most that the setting train.members can ask for. */
enum { HEED_TRAIN_MEMBERS = 16 };

typedef enum heed_train_event {
    HEED_TRAIN_START,    /**< all is read and planned; the first step follows */
    HEED_TRAIN_STEP,     /**< a step was done */
    HEED_TRAIN_VALIDATE, /**< a validation was done and stands in the metrics file; `better` says
                            whether the model was saved */
    HEED_TRAIN_END       /**< the last step and validation are done; the best model is saved */
} heed_train_event;

/** What a progress function is told. Numbers not known yet are NaN. */
typedef struct heed_progress {
    heed_train_event event;
    int member, members;  /**< which of a model's networks is trained, from 1, and of how many */
    int together;         /**< of so many members together a validation was; 0 = of one */
    int64_t step, steps;  /**< done, and planned, of the member */
    int64_t epoch;        /**< from 1 */
    double loss;          /**< mean over the last steps (about the last 50) */
    double rate;          /**< learning rate of the step */
    double gradient_norm; /**< of the step, before it was clipped */
    double valid_loss, metric, best;
    double bleu;             /**< of a sample of the validation data, translated greedily */
    const char *metric_name; /**< static */
    int better;
    int64_t mean_of; /**< of how many checkpoints the model that was validated is the mean; 0 = none
                      */
    double tokens_per_second, seconds, seconds_left;
    size_t bytes;                   /**< memory of parameters, their training state and one step */
    size_t resident;                /**< most memory that the whole process took so far */
    int64_t parameters;             /**< how many numbers are trained */
    const heed_model *model;        /**< as it stands, for heed_model_info and no more */
    const heed_dataset *valid_rows; /**< what is validated on; until the training ends */
} heed_progress;

typedef void (*heed_progress_function)(void *user, const heed_progress *progress);

typedef struct heed_train_options {
    const char *const *paths; /**< training data, see heed/data.h */
    int n_paths;
    const char *const
        *valid_paths; /**< NULL = a share of the training data, see train.valid_share */
    int n_valid_paths;
    /** Parallel text: paths and target_paths are files of lines read abreast. NULL = not. */
    const char *const *target_paths;
    int n_target_paths;
    const char *const *valid_target_paths; /**< beside valid_paths where target_paths are given */
    int n_valid_target_paths;
    const char *guide_path; /**< links (Pharaoh lines) of the training pairs, NULL = none */
    const char *from_path;  /**< a model whose settings, tokenizer, labels and parameters
                               training goes on from, new labels and words behind the old ones;
                               NULL = none */
    /** Word vectors that embeddings of texts (of translation, of sources) begin with: text as
     * word2vec, GloVe or fastText write it, of as many numbers as embeddings have. NULL = all by
     * chance; not beside from_path. */
    const char *vectors_path;
    const char *model_path;        /**< the best model so far is kept there, replaced whole */
    const heed_read_options *read; /**< NULL = guessed */
    const heed_config *config;     /**< NULL = all defaults */
    double seconds; /**< time to train in, turned into a number of steps; 0 = by epochs or steps */
    size_t memory;  /**< most bytes a step may take: layers are run again in the backward pass
                         (train.recompute), then batches shrink; 0 = any */
    int resume;     /**< go on from what <model_path>.state holds */
    const volatile int *stop; /**< nonzero: save and stop at the next step; NULL = never */
    heed_progress_function progress;
    void *progress_user;
} heed_train_options;

typedef struct heed_train_result {
    int64_t steps, best_step; /**< of the last member that was trained */
    int64_t rows, valid_rows;
    double metric, loss; /**< of the best model on the validation data; of its members together */
    int members;
    double each[HEED_TRAIN_MEMBERS]; /**< the metric of each member alone, if there are several */
    const char
        *metric_name;  /**< "accuracy", "micro_f1" or "r2" of a single output, else "mean score" */
    int stopped_early; /**< by train.patience */
} heed_train_result;

/**
 * Trains, at the precision that the configuration says (train.precision), whatever the context's.
 * Beside model_path two files are written: .state while training (to resume from; removed
 * when it is done), and .metrics.jsonl with one line for each validation.
 * Errors HEED_E_DATA, HEED_E_IO, HEED_E_INVALID, HEED_E_NOMEM; HEED_E_NUMERIC (NaN or infinity:
 * names step and tensor, the last good model stays); HEED_E_STOPPED (all is saved; train again with
 * resume).
 */
HEED_API HEED_MUST_CHECK heed_status heed_train(heed_context *context,
                                                const heed_train_options *options,
                                                heed_train_result *result);

#ifdef __cplusplus
}
#endif
#endif
