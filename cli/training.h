/* SPDX-License-Identifier: MIT */
/* Which data `heed train` reads: files of rows, or files of lines read abreast. */
#ifndef HEED_CLI_TRAINING_H
#define HEED_CLI_TRAINING_H

#include "cli/options.h"

#include "heed/config.h"
#include "heed/train.h"

/* The names that a repeated flag gave. */
typedef struct training_names {
    const char **names;
    int n;
} training_names;

typedef struct training_data {
    training_names source, target, valid, valid_source, valid_target;
} training_data;

/* Refuses what does not go together: files of rows beside files of lines, a side without the
 * other, links without pairs, a task that takes no pairs. Errors HEED_E_INVALID. */
heed_status training_check(const options *given, const heed_config *config);

/* Fills the data's names and sets them in `out`, which then points into *data. */
heed_status training_data_take(const options *given, training_data *data, heed_train_options *out);
void training_data_free(training_data *data);

/* "2G", "512M", "64K" or bytes: units of 1024. NULL is 0. Errors HEED_E_INVALID. */
heed_status training_memory(const char *text, size_t *bytes);

#endif
