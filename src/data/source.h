/* SPDX-License-Identifier: MIT */
/* The bytes of a file or of standard input, decompressed where they are gzip. */
#ifndef HEED_DATA_SOURCE_H
#define HEED_DATA_SOURCE_H

#include "heed/status.h"

#include <stddef.h>

typedef struct heed__source heed__source;

/* path "-" is standard input. Errors HEED_E_IO. */
heed_status heed__source_open(const char *path, heed__source **out);

/* Some bytes, at most size > 0, as soon as there are any; *got = 0 at the end. A pipe is not waited
 * for beyond its first bytes. Errors HEED_E_IO, HEED_E_FORMAT (damaged or cut gzip). */
heed_status heed__source_read(heed__source *source, char *bytes, size_t size, size_t *got);

void heed__source_close(heed__source **source);

/* How messages call a path: "standard input" for "-". */
const char *heed__source_name(const char *path);

#endif
