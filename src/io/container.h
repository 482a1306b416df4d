/* SPDX-License-Identifier: MIT */
/*
 * heed's own files (models, checkpoints): a safetensors file whose `__metadata__` starts with
 *
 *     heed.format    the version of this layout, "1" or "2"
 *     heed.checksum  64 hexadecimal digits: SHA-256 over the file's header (all bytes before the
 *                    first tensor's) with these digits taken as '0', followed by the SHA-256
 *                    digests of every 16 KiB of each tensor, in the order of the file
 *
 * so any safetensors reader opens it, and no byte of it can change unnoticed. What the other
 * strings and the tensors mean is the business of the floors above.
 */
#ifndef HEED_IO_CONTAINER_H
#define HEED_IO_CONTAINER_H

#include "base/parallel.h"
#include "io/safetensors.h"

/* The newest version, and the one of files that the first readers understand. */
enum { HEED_CONTAINER_FORMAT = 2, HEED_CONTAINER_FIRST = 1 };

#define HEED_CONTAINER_FORMAT_KEY   "heed.format"
#define HEED_CONTAINER_CHECKSUM_KEY "heed.checksum"

/* Writes the file whole or not at all; the two keys above are added, and refused in texts. The same
 * texts and tensors in the same order give the same bytes. context (may be NULL): threads for the
 * checksum. */
heed_status heed__container_write(heed_context *context, const char *path, const heed__text *texts,
                                  size_t text_count, const heed__stored *tensors,
                                  size_t tensor_count);
/* The same as a version that older readers refuse: for content that they would misread. */
heed_status heed__container_write_version(heed_context *context, const char *path, int version,
                                          const heed__text *texts, size_t text_count,
                                          const heed__stored *tensors, size_t tensor_count);

/* Opens and verifies. Errors HEED_E_FORMAT: not a heed file, damaged, or of a newer version (both
 * versions are named). Free with heed__safetensors_free. */
heed_status heed__container_read(heed_context *context, const char *path, heed__safetensors **out);
/* From bytes that outlive *out; `name` stands for the file in messages. */
heed_status heed__container_parse(heed_context *context, const void *bytes, size_t size,
                                  const char *name, heed__safetensors **out);

#endif
