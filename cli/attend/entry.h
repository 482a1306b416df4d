/* SPDX-License-Identifier: MIT */
/* heed attend's way in. What is in this folder is compiled twice, on float and on double. */
#ifndef HEED_CLI_ATTEND_ENTRY_H
#define HEED_CLI_ATTEND_ENTRY_H

#include "cli/options.h"

#include "heed/array.h"

#ifdef HEED_REAL_DOUBLE
#    define attend_run attend_run_f64
#endif

/* All that the options ask for, computed in float32 (attend_run_f64: float64). q: the first
 * argument, read already. */
heed_status attend_run(const options *given, const heed_array *q);

/* Do the options go together? Before anything is read. */
heed_status attend_check(const options *given);

#ifndef HEED_REAL_DOUBLE
heed_status attend_run_f64(const options *given, const heed_array *q);
#endif

#endif
