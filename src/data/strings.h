/* SPDX-License-Identifier: MIT */
/* A set of byte strings, numbered from 0 in the order they came. */
#ifndef HEED_DATA_STRINGS_H
#define HEED_DATA_STRINGS_H

#include "heed/data.h"

#include "base/memory.h"

#include <stddef.h>
#include <stdint.h>

/* Starts from zero. */
typedef struct heed__strings {
    int64_t n;
    heed_text *items; /* [n]; the bytes are the set's, NUL-terminated */
    size_t room;
    uint32_t *slots; /* number + 1 of the item, 0 = free */
    size_t slot_count;
    heed__arena arena;
} heed__strings;

/* Number of the string, -1 when it is not there. */
int64_t heed__strings_find(const heed__strings *strings, const char *bytes, size_t size);
/* The same, adding it where it is not. At most 2^31 - 1 strings. */
heed_status heed__strings_add(heed__strings *strings, const char *bytes, size_t size, int64_t *out);
void heed__strings_free(heed__strings *strings);

/* memcmp, then the shorter first: the order of labels and vocabularies. */
int heed__text_compare(heed_text a, heed_text b);

#endif
