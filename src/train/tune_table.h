/* SPDX-License-Identifier: MIT */
/* Drawing candidates from the table of what is searched. */
#ifndef HEED_TRAIN_TUNE_TABLE_H
#define HEED_TRAIN_TUNE_TABLE_H

#include "base/random.h"
#include "heed/config.h"

#include <jansson.h>

/* Sets in `config`, a copy of `base`, a drawn value for each row of the task that base leaves open;
 * of a training that goes on from a model only what its parameters do not depend on. However much
 * is fixed, the others are drawn the same. */
heed_status heed__tune_draw(heed__random *random, const char *task, const heed_config *base,
                            int goes_on, heed_config *config);
/* What was drawn: {key: value}. */
json_t *heed__tune_settings(const char *task, const heed_config *base, const heed_config *config);

#endif
