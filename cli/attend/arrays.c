/* SPDX-License-Identifier: MIT */
#include "cli/attend/attend.h"

#include "cli/report.h"

#include <stdio.h>
#include <string.h>

heed_status attend_array(attend *a, heed_array_kind kind, int rank, const int64_t *shape,
                         const char *what, heed_array **out)
{
    if (a->n_arrays == MOST_ARRAYS)
        return report(HEED_E_INVALID, "more than %d arrays in one run", MOST_ARRAYS);
    heed_status status = heed_array_create(kind, rank, shape, what, &a->arrays[a->n_arrays]);
    *out = &a->arrays[a->n_arrays];
    if (status == HEED_OK) a->n_arrays++;
    return status;
}

heed_status attend_made(attend *a, heed_array_kind kind, int64_t one, int64_t two, int64_t three,
                        int64_t four, const char *what, heed_array **out)
{
    int64_t shape[] = {one, two, three, four};
    int rank = four >= 0 ? 4 : three >= 0 ? 3 : 2;
    return attend_array(a, kind, rank, shape, what, out);
}

static heed_status read_as(attend *a, const char *path, heed_array_kind kind, int may_be_bool,
                           heed_array **out)
{
    heed_array file;
    if (a->n_arrays == MOST_ARRAYS)
        return report(HEED_E_INVALID, "more than %d arrays in one run", MOST_ARRAYS);
    heed_status status = heed_array_read(path, &file);
    if (status != HEED_OK) return status;
    if (may_be_bool && file.kind == HEED_ARRAY_BOOL) kind = HEED_ARRAY_BOOL;
    status = heed_array_convert(&file, kind, strcmp(path, "-") ? path : "standard input",
                                &a->arrays[a->n_arrays]);
    heed_array_free(&file);
    *out = &a->arrays[a->n_arrays];
    if (status == HEED_OK) a->n_arrays++;
    return status;
}

heed_status attend_read(attend *a, const char *path, heed_array_kind kind, heed_array **out)
{
    return read_as(a, path, kind, 0, out);
}

heed_status attend_read_mask(attend *a, const char *path, heed_array **out)
{
    return read_as(a, path, REAL_KIND, 1, out);
}

const char *attend_shape(int rank, const int64_t *shape, char text[SHAPE_ROOM])
{
    int used = snprintf(text, SHAPE_ROOM, "[");
    for (int i = 0; i < rank && used < SHAPE_ROOM - 32; i++)
        used += snprintf(text + used, (size_t)(SHAPE_ROOM - used), "%s%lld", i ? ", " : "",
                         (long long)shape[i]);
    snprintf(text + used, (size_t)(SHAPE_ROOM - used), "]");
    return text;
}

heed_status attend_read_like(attend *a, const char *flag, const char *path, const heed_array *like,
                             const char *what, heed_array **out)
{
    char given[SHAPE_ROOM], wanted[SHAPE_ROOM];
    heed_status status = attend_read(a, path, REAL_KIND, out);
    if (status != HEED_OK) return status;
    if ((*out)->rank == like->rank &&
        memcmp((*out)->shape, like->shape, (size_t)like->rank * sizeof *like->shape) == 0)
        return HEED_OK;
    return report(HEED_E_INVALID, "--%s %s is %s; it must be %s like %s", flag, path,
                  attend_shape((*out)->rank, (*out)->shape, given),
                  attend_shape(like->rank, like->shape, wanted), what);
}
