/* SPDX-License-Identifier: MIT */
/* Decimal numbers, the same in every locale. */
#ifndef HEED_DATA_NUMBER_H
#define HEED_DATA_NUMBER_H

#include <stddef.h>

/* Nonzero when all of the bytes are one finite decimal number ("3", "-0.5", "1e-3"; not "0x1",
 * "inf", " 3"); a double holds it, rounded correctly. */
int heed__number_parse(const char *bytes, size_t size, double *out);

#endif
