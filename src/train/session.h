/* SPDX-License-Identifier: MIT */
/* All that a training run holds: data, model, optimiser, and where it stands. */
#ifndef HEED_TRAIN_SESSION_H
#define HEED_TRAIN_SESSION_H

#include "heed/train.h"
#include "model/model.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"

#include <stdio.h>

/* One side of the data, encoded. */
typedef struct heed__split {
    heed_dataset *rows;
    heed__examples examples;
    heed__targets targets[HEED_MODEL_OUTPUTS];
} heed__split;

/* Where a run stands: with the parameters and the optimiser's state, all that a resume needs. */
typedef struct heed__cursor {
    int64_t step, epoch, batch; /* done; the next batch of that epoch */
    int64_t best_step, waited;  /* validations since the best */
    double best_metric, best_loss;
    int validated; /* best_* hold something */
} heed__cursor;

typedef struct heed__session {
    heed_context *context;
    const heed_train_options *options;
    heed_config *config;
    heed__split train, valid;
    heed_model *model;
    heed__optimizer *optimizer;
    heed__schedule schedule;
    heed__batches *batches;
    heed__batch batch;
    heed__tape *tape;
    int64_t *order, *count;
    int32_t *classes[HEED_MODEL_OUTPUTS]; /* targets in the batch's order */
    float *values[HEED_MODEL_OUTPUTS];
    float *predictions;              /* of the validation data */
    int64_t steps;                   /* planned */
    int64_t laid_out, epoch_batches; /* the epoch that batches hold, and how many it has */
    heed__cursor cursor;
    char state_path[4096], metrics_path[4096];
    char data_hash[HEED_HASH_SIZE], valid_hash[HEED_HASH_SIZE];
} heed__session;

heed_status heed__session_open(heed_context *context, const heed_train_options *options,
                               heed__session *session);
/* Model, optimiser and plan anew, as before the first step. */
heed_status heed__session_start(heed__session *session);
void heed__session_close(heed__session *session);

/* One step on the next batch. */
heed_status heed__session_step(heed__session *session, double *loss, double *rate);

/* Scores of a model on encoded rows: the mean over outputs of accuracy (class), micro-F1 (set) or
 * R squared (number), and of the loss. predictions: scratch [rows, width]. */
heed_status heed__score(heed_model *model, const heed__split *split, float *predictions,
                        double *metric, double *loss);
/* Sets each class output's temperature (Guo et al., "On calibration of modern neural networks",
 * 2017) to the one of a fixed list under which these predictions, made at temperature 1, have the
 * least loss. */
heed_status heed__calibrate(heed_model *model, const heed__split *split, const float *predictions);
const char *heed__score_name(const heed_model *model);

/* One line of the metrics file (clocks live there), and the figures that the model's file holds. */
heed_status heed__log_metrics(FILE *file, const char *path, const heed_progress *progress);
heed_status heed__note_metrics(heed_model *model, int64_t step, double metric, double loss);

/* The state file. save also writes what the cursor holds. */
heed_status heed__state_save(heed__session *session);
heed_status heed__state_load(heed__session *session);
/* Whether there is a run to resume: HEED_E_INVALID says that there is not. */
heed_status heed__state_there(const heed__session *session);
/* How many steps the run to resume had planned. */
heed_status heed__state_steps(heed__session *session);

#endif
