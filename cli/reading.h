/* SPDX-License-Identifier: MIT */
/* The options that say how data is read (COMMON_READING), and texts gathered for a model. */
#ifndef HEED_CLI_READING_H
#define HEED_CLI_READING_H

#include "cli/options.h"

#include "heed/data.h"
#include "heed/model.h"

/* From --text, --label, --format and --max-bad. */
heed_status reading_options(const options *given, heed_read_options *out);

/* The same for data that a model is asked about: columns not named are those it was trained on. */
heed_status reading_for_model(const options *given, const heed_model *model,
                              heed_read_options *out);

/* Opens the inputs, "-" where the verb's arguments from `first` on are none. */
heed_status reading_open(const options *given, int first, heed_context *context,
                         const heed_read_options *read, heed_reader **out);

#endif
