/* SPDX-License-Identifier: MIT */
/** Files that appear whole or not at all. */
#ifndef HEED_FILE_H
#define HEED_FILE_H

#include "heed/status.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Makes the file hold these bytes. They go to a new file beside it, which is synced and then
 * renamed: whatever fails or crashes, the path holds either what it held or all of the new. A
 * symbolic link stays one (its target is replaced); a pipe or a device is written as it is.
 * @param path UTF-8 or whatever the system takes.
 * @param bytes `size` bytes; may be NULL where size is 0.
 * Errors HEED_E_IO (names the file and the system's reason), HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_file_write(const char *path, const void *bytes,
                                                     size_t size);

#ifdef __cplusplus
}
#endif
#endif
