/* SPDX-License-Identifier: MIT */
/* NumPy's .npy files: one array of float32, float64, int32 or int64, row-major, little-endian. */
#ifndef HEED_IO_NPY_H
#define HEED_IO_NPY_H

#include "heed/status.h"
#include "tensor/dtype.h"

#include <stddef.h>
#include <stdint.h>

enum { HEED_NPY_RANK = 32 }; /* NumPy's own limit */

typedef struct heed__npy {
    heed__dtype dtype; /* HEED_DTYPE_F32, _F64, _I32 or _I64 */
    int rank;          /* 0 = one number */
    int64_t shape[HEED_NPY_RANK];
    int64_t count; /* of elements; 0 when a dimension is 0 */
    void *data;    /* aligned to 64; owned by this struct */
} heed__npy;

/* From memory; `name` stands for the file in messages. On failure *out holds nothing.
 * Errors HEED_E_FORMAT (not .npy, cut, too long), HEED_E_UNSUPPORTED (another element type or
 * byte order, Fortran order: how to convert is said), HEED_E_NOMEM. */
heed_status heed__npy_parse(const void *bytes, size_t size, const char *name, heed__npy *out);
heed_status heed__npy_read(const char *path, size_t limit, heed__npy *out);
/* Accepts an array that was freed or never filled (all zero). */
void heed__npy_free(heed__npy *array);

/* Version 1.0; data starts at a multiple of 64 bytes. Whole or not at all. */
heed_status heed__npy_write(const char *path, heed__dtype dtype, int rank, const int64_t *shape,
                            const void *data);

#endif
