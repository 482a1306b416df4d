/* SPDX-License-Identifier: MIT */
/* --mask: booleans say which keys are seen, numbers are added. Shorter than the keys hides the
 * rest; a number that is -inf hides its key, by selection. */
#include "cli/attend/attend.h"

#include "cli/report.h"

#include <math.h>

static const char dense[] = "dense"; /* the mask of booleans that come with the batch */

/* The array with its last dimension as long as the keys; what is added is 0. */
static heed_status lengthen(attend *a, const heed_array *file, heed_array_kind kind,
                            heed_array **out)
{
    int64_t shape[HEED_ARRAY_RANK];
    int last = file->rank - 1;
    for (int i = 0; i < last; i++) shape[i] = file->shape[i];
    shape[last] = a->keys;
    return attend_array(a, kind, file->rank, shape, "the mask", out);
}

/* Which keys are seen; *hides = is any not? */
static heed_status find_seen(attend *a, const heed_array *file, heed_array **out, int *hides)
{
    heed_status status = lengthen(a, file, HEED_ARRAY_BOOL, out);
    int64_t n = file->shape[file->rank - 1], rows = n ? file->count / n : 0;
    if (status != HEED_OK) return status;
    *hides = n < a->keys;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < n; j++) {
            int64_t at = i * n + j;
            int seen = file->kind == HEED_ARRAY_BOOL
                           ? ((const unsigned char *)file->data)[at] != 0
                           : ((const heed_real *)file->data)[at] != -(heed_real)INFINITY;
            ((unsigned char *)(*out)->data)[i * a->keys + j] = (unsigned char)seen;
            *hides |= !seen;
        }
    return HEED_OK;
}

/* The numbers to add, 0 where a key is not seen. */
static heed_status find_added(attend *a, const heed_array *file, heed_array **out)
{
    heed_status status = lengthen(a, file, REAL_KIND, out);
    int64_t n = file->shape[file->rank - 1], rows = n ? file->count / n : 0;
    if (status != HEED_OK) return status;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < n; j++) {
            heed_real x = ((const heed_real *)file->data)[i * n + j];
            ((heed_real *)(*out)->data)[i * a->keys + j] = x == -(heed_real)INFINITY ? 0 : x;
        }
    return HEED_OK;
}

static heed_status read_mask(attend *a, const char *path, heed_array **out)
{
    char text[SHAPE_ROOM];
    heed_status status = attend_read_mask(a, path, out);
    if (status != HEED_OK) return status;
    const heed_array *mask = *out;
    const int64_t wanted[] = {a->batch, a->heads, a->queries};
    int fits = mask->rank >= 1 && mask->rank <= 4 && mask->shape[mask->rank - 1] <= a->keys;
    for (int i = 0; fits && i < mask->rank - 1; i++)
        fits = mask->shape[i] == 1 || mask->shape[i] == wanted[4 - mask->rank + i];
    if (fits) return HEED_OK;
    return report(HEED_E_INVALID,
                  "--mask %s is %s; it must broadcast, from the right, to [B, H, Tq, Tk] = [%lld, "
                  "%lld, %lld, %lld] (the last dimension may be shorter and hides the rest)",
                  path, attend_shape(mask->rank, mask->shape, text), (long long)a->batch,
                  (long long)a->heads, (long long)a->queries, (long long)a->keys);
}

heed_status attend_take_mask(attend *a)
{
    const char *path = options_text(a->given, "mask");
    heed_array *mask, *seen, *added;
    int hides;
    if (!path) return HEED_OK;
    heed_status status = read_mask(a, path, &mask);
    if (status == HEED_OK) status = find_seen(a, mask, &seen, &hides);
    if (status != HEED_OK) return status;
    if (mask->kind == HEED_ARRAY_BOOL || hides) {
        status = attend_check_row("mask", "mask", dense);
        attend_add_mask(a, dense);
        if (status == HEED_OK) status = attend_add_extra(a, "dense.flags", "mask", path, seen);
    }
    if (status != HEED_OK || mask->kind == HEED_ARRAY_BOOL) return status;
    status = find_added(a, mask, &added);
    if (status == HEED_OK) status = attend_take_stage(a, "bias");
    if (status == HEED_OK) status = attend_add_extra(a, "bias.pairs", "mask", path, added);
    return status;
}
