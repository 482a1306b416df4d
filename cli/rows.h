/* SPDX-License-Identifier: MIT */
/* Rows picked on the command line: "1,5-9". */
#ifndef HEED_CLI_ROWS_H
#define HEED_CLI_ROWS_H

#include "heed/status.h"

/* Nonzero when the list holds row `number`. */
int rows_hold(const char *list, long long number);

/* The highest row it names. Errors HEED_E_INVALID: it is no list of numbers from 1. */
heed_status rows_check(const char *list, long long *last);

#endif
