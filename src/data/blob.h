/* SPDX-License-Identifier: MIT */
/* Numbers and texts as bytes, least byte first, and back; reading checks every step. */
#ifndef HEED_DATA_BLOB_H
#define HEED_DATA_BLOB_H

#include "heed/data.h"

#include <stddef.h>
#include <stdint.h>

/* Starts from zero; bytes is freed with free(). */
typedef struct heed__blob {
    unsigned char *bytes;
    size_t size, room;
} heed__blob;

heed_status heed__blob_add(heed__blob *blob, const void *bytes, size_t size);
heed_status heed__blob_add_number(heed__blob *blob, int64_t number); /* eight bytes */
heed_status heed__blob_add_text(heed__blob *blob, heed_text text);   /* size, then bytes */

typedef struct heed__blob_reader {
    const unsigned char *bytes;
    size_t size, at;
} heed__blob_reader;

/* Errors HEED_E_FORMAT (cut, out of range, not UTF-8). The text points into the blob. */
heed_status heed__blob_number(heed__blob_reader *blob, int64_t least, int64_t most, int64_t *out);
heed_status heed__blob_text(heed__blob_reader *blob, heed_text *out);
/* How many more items of at least `size` bytes there can be. */
int64_t heed__blob_most(const heed__blob_reader *blob, size_t size);

#endif
