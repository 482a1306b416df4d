/* SPDX-License-Identifier: MIT */
/* A search for settings (heed/tune.h), and its record: a line for what was planned, one for each
 * trial, one when the last training begins. */
#ifndef HEED_TRAIN_TUNE_INSIDE_H
#define HEED_TRAIN_TUNE_INSIDE_H

#include "heed/tune.h"

#include <jansson.h>
#include <stdio.h>

enum { HEED_TUNE_ROUNDS = 8 };

typedef struct heed__tuned {
    heed_config *config;
    json_t *settings;
    int rounds; /* done */
    int64_t steps[HEED_TUNE_ROUNDS];
    double metric[HEED_TUNE_ROUNDS], loss[HEED_TUNE_ROUNDS];
} heed__tuned;

typedef struct heed__tuning {
    heed_context *context, *quiet; /* trials say nothing */
    const heed_tune_options *options;
    heed_train_options train;
    heed_config *base;
    const char *task;
    int by_loss;
    char trial_path[4096], record_path[4096];
    FILE *record;
    json_t *known; /* lines of the record that is resumed; NULL = begun anew */
    heed__tuned *candidates;
    int64_t trials, steps, full; /* of the first round, each there, and of the last training */
    char metric[64];
} heed__tuning;

/* Adds a line, which it frees. */
heed_status heed__tune_put(heed__tuning *t, json_t *line);
/* The record that is resumed: its plan, and t->known. Errors HEED_E_INVALID where there is none, or
 * it is another search's. */
heed_status heed__tune_read(heed__tuning *t);
/* Begins the record, with what is known. */
heed_status heed__tune_open(heed__tuning *t);
/* The line of a trial that was done; NULL = it was not. */
const json_t *heed__tune_known(const heed__tuning *t, int64_t number, int round);
int heed__tune_final_begun(const heed__tuning *t);
/* All of it, as heed_tune hands it out. */
heed_status heed__tune_record(const heed__tuning *t, int64_t best, char **out);

#endif
