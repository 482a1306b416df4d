/* SPDX-License-Identifier: MIT */
/* Where results go must not be where the input is. */
#ifndef HEED_CLI_PLACES_H
#define HEED_CLI_PLACES_H

#include "cli/options.h"

/* `path` is about to be written because of --flag; fails where it is (by whatever name) a file that
 * the command reads: an argument, or what an option such as --valid or --config names. A NULL path
 * is no output. HEED_E_INVALID. */
heed_status places_check(const options *given, const char *flag, const char *path);

#endif
