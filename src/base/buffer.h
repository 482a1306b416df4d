/* SPDX-License-Identifier: MIT */
/* Bytes that grow: text and files are put together here before anything is written out. */
#ifndef HEED_BASE_BUFFER_H
#define HEED_BASE_BUFFER_H

#include "heed/status.h"

#include <stddef.h>

/* Starts as {0}. The first failure is kept in `status` and makes all further additions no-ops, so
 * that one check at the end is enough. The bytes are NUL-terminated past `size` once any were
 * added. */
typedef struct heed__buffer {
    char *bytes;
    size_t size, room;
    heed_status status;
} heed__buffer;

void heed__buffer_add(heed__buffer *buffer, const void *bytes, size_t size);
void heed__buffer_text(heed__buffer *buffer, const char *text);
/* For integers and strings; numbers with a point go through heed__buffer_number. */
void heed__buffer_format(heed__buffer *buffer, const char *format, ...) HEED_PRINTF(2, 3);
/* `value` with 0 to 9 decimals and a point whatever the locale; "?" for NaN, "inf", "-inf". */
void heed__buffer_number(heed__buffer *buffer, double value, int decimals);
void heed__buffer_free(heed__buffer *buffer);

#endif
