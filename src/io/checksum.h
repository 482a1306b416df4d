/* SPDX-License-Identifier: MIT */
/* The checksum of a model file, fast enough to be checked at every start. */
#ifndef HEED_IO_CHECKSUM_H
#define HEED_IO_CHECKSUM_H

#include "base/parallel.h"
#include "base/sha256.h"

#include <stddef.h>

enum { HEED_CHECKSUM_CHUNK = 16 * 1024 };

/* Adds to `hash` the SHA-256 digest of each 16 KiB of bytes in turn (the last may be shorter; none
 * for size 0), so that the chunks can be hashed side by side. */
heed_status heed__checksum_add(heed_context *context, const void *bytes, size_t size,
                               heed__sha256 *hash);

#endif
