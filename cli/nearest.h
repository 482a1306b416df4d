/* SPDX-License-Identifier: MIT */
#ifndef HEED_CLI_NEAREST_H
#define HEED_CLI_NEAREST_H

#include <stddef.h>

/* Name `index` of a table, NULL past its end. */
typedef const char *(*name_at)(size_t index, const void *table);

/* The name that a mistyped word most likely means, by edit distance; NULL when none is near. */
const char *nearest(const char *word, name_at names, const void *table);

#endif
