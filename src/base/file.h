/* SPDX-License-Identifier: MIT */
/* Whole files: read with a limit, and replaced in one step; all at once is
 * heed_file_write (heed/file.h). */
#ifndef HEED_BASE_FILE_H
#define HEED_BASE_FILE_H

#include "heed/status.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The whole file, NUL-terminated past its end. The caller frees *out_bytes with heed__free.
 * Errors HEED_E_IO (names the file and the system's reason), HEED_E_FORMAT (longer than limit). */
heed_status heed__file_read(const char *path, size_t limit, unsigned char **out_bytes,
                            size_t *out_size);
/* The rest of an open one, which stays open; `name` stands for it in messages. */
heed_status heed__stream_read(FILE *file, const char *name, size_t limit, unsigned char **out_bytes,
                              size_t *out_size);

/* A file that appears whole or not at all: bytes go to a temporary file beside it, which is synced
 * and renamed over `path` by finish. abandon removes it and keeps what was there. */
typedef struct heed__file_writer heed__file_writer;

/* Whether a file could be made there: a temporary one is, and removed; a pipe or device is left
 * alone. Errors as heed__file_create's. */
heed_status heed__file_probe(const char *path);

heed_status heed__file_create(const char *path, heed__file_writer **out);
/* After a failed write all further calls fail with the same message; finish or abandon frees. */
heed_status heed__file_write(heed__file_writer *writer, const void *bytes, size_t size);
/* Frees the writer in any case. */
heed_status heed__file_finish(heed__file_writer **writer);
void heed__file_abandon(heed__file_writer **writer);

#endif
