/* SPDX-License-Identifier: MIT */
/* The nearest of some names, for "did you mean". */
#ifndef HEED_BASE_NEAR_H
#define HEED_BASE_NEAR_H

#include <stddef.h>

/* Edits (insert, delete, replace, swap of neighbours) from a to b; names longer than 63 bytes count
 * as far apart. */
size_t heed__edits(const char *a, const char *b);

#endif
