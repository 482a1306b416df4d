/* SPDX-License-Identifier: MIT */
/*
 * Local-p (Luong et al. 2015): width keys to each side of a centre that the model predicts for each
 * query, rounded to the nearest key (halves up): |j - floor(c + 1/2)| <= width. The rounding has no
 * gradient; the stage "gaussian" gives one to the centre. A centre that is NaN hides nothing, so
 * that the NaN is seen.
 */
#include "attention/extra.h"
#include "attention/spans.h"
#include "attention/tables.h"
#include "base/fail.h"

#include <math.h>

static int64_t width_of(const heed__mask_node *node)
{
    const heed_attention_local *r = node->record;
    return r->width ? r->width : 10;
}

static heed__span span_of(const heed__mask_node *node, const heed__place *place, int64_t query)
{
    static const double far = 0x1p52;
    const heed_attention_extra *x = heed__mask_extra(node, place, 0);
    const heed_real *row = heed__extra_reals(x, place, HEED_SIDE_QUERY);
    double centre = (double)row[query * x->row_stride];
    int64_t width = width_of(node);
    if (!(centre == centre)) return (heed__span){0, place->keys};
    if (centre < -far || centre > far) return (heed__span){0, -1};
    int64_t middle = (int64_t)floor(centre + 0.5);
    return (heed__span){middle - width, middle + width};
}

static heed_status local_check(const void *record, const heed_attention_options *options)
{
    const heed_attention_local *r = record;
    (void)options;
    if (r->width >= 0 && r->width <= INT64_C(1) << 40) return HEED_OK;
    return heed__fail(HEED_E_INVALID,
                      "mask \"local_p\": width = %lld; it must be 1 or more keys to each side "
                      "(0 = 10)",
                      (long long)r->width);
}

static const heed__field fields[] = {
    {"width", HEED_ATTENTION_INTEGER, offsetof(heed_attention_local, width),
     "keys to each side, 1 or more; 10"},
    {.name = NULL},
};

const heed__mask heed__mask_local_p = {
    .entry = {.name = "local_p",
              .help = "width keys to each side of a centre given for each query (Luong's local-p)",
              .record = sizeof(heed_attention_local),
              .fields = fields,
              .check = local_check,
              .extras = {{"local_p.centre", HEED_ATTENTION_QUERY_REALS}},
              .ranges = {HEED_ATTENTION_KEY_PLACES},
              .uses_lengths = 1},
    .cover = heed__spans_cover,
    .row = heed__spans_row,
    .seek = heed__spans_seek,
    .span = span_of,
};
