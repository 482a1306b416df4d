/* SPDX-License-Identifier: MIT */
/* Arrays in memory: their kinds, and from one kind to another. */
#include "heed/array.h"

#include "base/fail.h"
#include "base/memory.h"
#include "tensor/half.h"

#include <string.h>

/* ---- one element as the widest of its family */

static double load_float32(const void *data, int64_t i)
{
    return ((const float *)data)[i];
}

static double load_float64(const void *data, int64_t i)
{
    return ((const double *)data)[i];
}

static double load_float16(const void *data, int64_t i)
{
    return heed__half_to(((const uint16_t *)data)[i]);
}

static double load_bfloat16(const void *data, int64_t i)
{
    return heed__bfloat_to(((const uint16_t *)data)[i]);
}

static void store_float32(void *data, int64_t i, double x)
{
    ((float *)data)[i] = (float)x;
}

static void store_float64(void *data, int64_t i, double x)
{
    ((double *)data)[i] = x;
}

static void store_float16(void *data, int64_t i, double x)
{
    ((uint16_t *)data)[i] = heed__half_from(x);
}

static void store_bfloat16(void *data, int64_t i, double x)
{
    ((uint16_t *)data)[i] = heed__bfloat_from(x);
}

static const struct row {
    const char *name;
    size_t size;
    double (*load)(const void *data, int64_t i); /* of floating kinds */
    void (*store)(void *data, int64_t i, double x);
} rows[] = {
    [HEED_ARRAY_FLOAT32] = {"float32", 4, load_float32, store_float32},
    [HEED_ARRAY_FLOAT64] = {"float64", 8, load_float64, store_float64},
    [HEED_ARRAY_FLOAT16] = {"float16", 2, load_float16, store_float16},
    [HEED_ARRAY_BFLOAT16] = {"bfloat16", 2, load_bfloat16, store_bfloat16},
    [HEED_ARRAY_BOOL] = {"bool", 1, NULL, NULL},
    [HEED_ARRAY_INT32] = {"int32", 4, NULL, NULL},
    [HEED_ARRAY_INT64] = {"int64", 8, NULL, NULL},
};

const char *heed_array_kind_name(heed_array_kind kind)
{
    return rows[kind].name;
}

size_t heed_array_kind_size(heed_array_kind kind)
{
    return rows[kind].size;
}

/* ---- making one */

static heed_status count_of(heed_array_kind kind, int rank, const int64_t *shape, const char *what,
                            int64_t *out)
{
    int64_t most = INT64_MAX / (int64_t)rows[kind].size, count = 1;
    if (rank < 0 || rank > HEED_ARRAY_RANK)
        return heed__fail(HEED_E_INVALID, "%s: %d dimensions; there may be 0 to %d", what, rank,
                          HEED_ARRAY_RANK);
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 0 || (shape[i] && count > most / shape[i]))
            return heed__fail(HEED_E_INVALID,
                              "%s: dimension %d is %lld: negative, or the size overflows", what, i,
                              (long long)shape[i]);
        count *= shape[i];
    }
    *out = count;
    return HEED_OK;
}

heed_status heed_array_create(heed_array_kind kind, int rank, const int64_t *shape,
                              const char *what, heed_array *out)
{
    *out = (heed_array){.kind = kind, .rank = rank};
    heed_status status = count_of(kind, rank, shape, what, &out->count);
    if (status == HEED_OK && rank) memcpy(out->shape, shape, (size_t)rank * sizeof *shape);
    if (status == HEED_OK)
        status = heed__alloc((size_t)out->count, rows[kind].size, what, &out->data);
    if (status != HEED_OK) *out = (heed_array){0};
    return status;
}

void heed_array_free(heed_array *array)
{
    if (!array) return;
    heed__free(array->data);
    *array = (heed_array){0};
}

/* ---- from one kind to another */

static int is_whole(heed_array_kind kind)
{
    return kind == HEED_ARRAY_INT32 || kind == HEED_ARRAY_INT64;
}

static heed_status convert_whole(const heed_array *array, const char *what, heed_array *out)
{
    for (int64_t i = 0; i < array->count; i++) {
        int narrow = array->kind == HEED_ARRAY_INT32;
        int64_t x = narrow ? ((const int32_t *)array->data)[i] : ((const int64_t *)array->data)[i];
        if (out->kind == HEED_ARRAY_INT64)
            ((int64_t *)out->data)[i] = x;
        else if (x >= INT32_MIN && x <= INT32_MAX)
            ((int32_t *)out->data)[i] = (int32_t)x;
        else
            return heed__fail(HEED_E_INVALID, "%s: element %lld is %lld, too large for int32", what,
                              (long long)i, (long long)x);
    }
    return HEED_OK;
}

heed_status heed_array_convert(const heed_array *array, heed_array_kind kind, const char *what,
                               heed_array *out)
{
    const struct row *from = &rows[array->kind], *to = &rows[kind];
    int same = array->kind == kind, whole = is_whole(array->kind) && is_whole(kind);
    *out = (heed_array){0};
    if (!same && !whole && !(from->load && to->store))
        return heed__fail(HEED_E_INVALID, "%s: its elements are %s; they must be %s%s", what,
                          from->name, to->store ? "floating, such as " : "", to->name);
    HEED_TRY(heed_array_create(kind, array->rank, array->shape, what, out));
    heed_status status = HEED_OK;
    if (same)
        memcpy(out->data, array->data, (size_t)array->count * from->size);
    else if (whole)
        status = convert_whole(array, what, out);
    else
        for (int64_t i = 0; i < array->count; i++)
            to->store(out->data, i, from->load(array->data, i));
    if (status != HEED_OK) heed_array_free(out);
    return status;
}
