/* SPDX-License-Identifier: MIT */
/* The context of one run of the command. */
#ifndef HEED_CLI_SESSION_H
#define HEED_CLI_SESSION_H

#include "cli/options.h"

#include "heed/context.h"

/* A context with --threads threads that logs to standard error, unless --quiet (warnings are always
 * shown). The caller frees it with heed_context_destroy. */
heed_status session_start(const options *given, heed_context **out);

#endif
