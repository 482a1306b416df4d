/* SPDX-License-Identifier: MIT */
/* The element types of stored arrays. Computation knows only heed_real; these live in files. */
#ifndef HEED_TENSOR_DTYPE_H
#define HEED_TENSOR_DTYPE_H

#include <stddef.h>

typedef enum heed__dtype {
    HEED_DTYPE_BOOL,
    HEED_DTYPE_U8,
    HEED_DTYPE_I8,
    HEED_DTYPE_F8_E4M3,
    HEED_DTYPE_F8_E5M2,
    HEED_DTYPE_U16,
    HEED_DTYPE_I16,
    HEED_DTYPE_F16,
    HEED_DTYPE_BF16,
    HEED_DTYPE_U32,
    HEED_DTYPE_I32,
    HEED_DTYPE_F32,
    HEED_DTYPE_U64,
    HEED_DTYPE_I64,
    HEED_DTYPE_F64,
    HEED_DTYPE_C64, /* two F32 */
    HEED_DTYPES
} heed__dtype;

/* As safetensors spells it: "F32". Static. */
const char *heed__dtype_name(heed__dtype dtype);
/* Bytes an element. */
size_t heed__dtype_size(heed__dtype dtype);
/* The type of that name, or HEED_DTYPES. */
heed__dtype heed__dtype_find(const char *name);

#endif
