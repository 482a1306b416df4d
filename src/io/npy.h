/* SPDX-License-Identifier: MIT */
/* NumPy's .npy files; reading and writing whole ones is public (heed/array.h). */
#ifndef HEED_IO_NPY_H
#define HEED_IO_NPY_H

#include "heed/array.h"

/* From memory; `name` stands for the file in messages. On failure *out holds nothing.
 * Errors as heed_array_read's. */
heed_status heed__npy_parse(const void *bytes, size_t size, const char *name, heed_array *out);

#endif
