/* SPDX-License-Identifier: MIT */
/* The library's settings (heed/config.h) as options of a verb. */
#ifndef HEED_CLI_SETTINGS_H
#define HEED_CLI_SETTINGS_H

#include "cli/options.h"

#include "heed/config.h"

/* For verb.more_options. */
int settings_option(size_t index, option_row *out);

/* Sets in `config` what was given on the command line, and nothing else: read a JSON file before,
 * so that flags win over it. */
heed_status settings_apply(const options *given, heed_config *config);

#endif
