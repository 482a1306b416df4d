/* SPDX-License-Identifier: MIT */
#include "tensor/dtype.h"

#include <string.h>

static const struct row {
    const char *name;
    size_t size;
} rows[HEED_DTYPES] = {
    [HEED_DTYPE_BOOL] = {"BOOL", 1},       [HEED_DTYPE_U8] = {"U8", 1},
    [HEED_DTYPE_I8] = {"I8", 1},           [HEED_DTYPE_F8_E4M3] = {"F8_E4M3", 1},
    [HEED_DTYPE_F8_E5M2] = {"F8_E5M2", 1}, [HEED_DTYPE_U16] = {"U16", 2},
    [HEED_DTYPE_I16] = {"I16", 2},         [HEED_DTYPE_F16] = {"F16", 2},
    [HEED_DTYPE_BF16] = {"BF16", 2},       [HEED_DTYPE_U32] = {"U32", 4},
    [HEED_DTYPE_I32] = {"I32", 4},         [HEED_DTYPE_F32] = {"F32", 4},
    [HEED_DTYPE_U64] = {"U64", 8},         [HEED_DTYPE_I64] = {"I64", 8},
    [HEED_DTYPE_F64] = {"F64", 8},         [HEED_DTYPE_C64] = {"C64", 8},
};

const char *heed__dtype_name(heed__dtype dtype)
{
    return rows[dtype].name;
}

size_t heed__dtype_size(heed__dtype dtype)
{
    return rows[dtype].size;
}

heed__dtype heed__dtype_find(const char *name)
{
    int found = 0;
    while (found < HEED_DTYPES && strcmp(rows[found].name, name) != 0) found++;
    return (heed__dtype)found;
}
