/* SPDX-License-Identifier: MIT */
/* Decimal numbers, the same in every locale. */
#ifndef HEED_BASE_NUMBER_H
#define HEED_BASE_NUMBER_H

#include <stddef.h>

/* Nonzero when all of the bytes are one finite decimal number ("3", "-0.5", "1e-3"; not "0x1",
 * "inf", " 3"); a double holds it, rounded correctly. */
int heed__number_parse(const char *bytes, size_t size, double *out);

/* Writes a finite number with at most `digits` significant digits (17 brings back every double). */
void heed__number_text(double value, int digits, char *out, size_t room);

#endif
