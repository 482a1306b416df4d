/* SPDX-License-Identifier: MIT */
/* `heed train --tune`: its options, and the table of what was tried. */
#ifndef HEED_CLI_TUNING_H
#define HEED_CLI_TUNING_H

#include "cli/options.h"

#include "heed/train.h"

#include <jansson.h>

/* Whether a search is asked for. */
int tuning_wanted(const options *given);
/* What goes together. */
heed_status tuning_check(const options *given);
/* heed_train, or heed_tune where that is asked for; *record is then the search, else NULL. */
heed_status tuning_run(const options *given, heed_context *context, const heed_train_options *train,
                       double seconds, heed_train_result *result, json_t **record);
/* A line for each candidate, those that lasted longest first. */
void tuning_show(const json_t *record);

#endif
