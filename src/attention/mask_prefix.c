/* SPDX-License-Identifier: MIT */
/*
 * A prefix that all may see, then causal: j < count or j <= i + offset. "prefix" has one count for
 * all; "prefixes" reads one for each query with the batch, so that each sequence has its own.
 */
#include "attention/extra.h"
#include "attention/spans.h"
#include "attention/tables.h"
#include "base/fail.h"

static heed__span span_to(const heed__place *place, int64_t query, int64_t count)
{
    int64_t own = query + place->offset;
    return (heed__span){0, own > count - 1 ? own : count - 1};
}

static heed__span prefix_span(const heed__mask_node *node, const heed__place *place, int64_t query)
{
    const heed_attention_prefix *r = node->record;
    return span_to(place, query, r->count);
}

static heed__span prefixes_span(const heed__mask_node *node, const heed__place *place,
                                int64_t query)
{
    const heed_attention_extra *x = heed__mask_extra(node, place, 0);
    return span_to(place, query, heed__extra_ids(x, place, HEED_SIDE_QUERY)[query * x->row_stride]);
}

static heed_status prefix_check(const void *record, const heed_attention_options *options)
{
    const heed_attention_prefix *r = record;
    (void)options;
    if (r->count >= 0) return HEED_OK;
    return heed__fail(HEED_E_INVALID, "mask \"prefix\": count = %lld; it must be 0 or more",
                      (long long)r->count);
}

static const heed__field fields[] = {
    {"count", HEED_ATTENTION_INTEGER, offsetof(heed_attention_prefix, count),
     "keys that all see, 0 or more; 0"},
    {.name = NULL},
};

const heed__mask heed__mask_prefix = {
    .entry = {.name = "prefix",
              .help = "the first keys are seen by all, the others causally",
              .record = sizeof(heed_attention_prefix),
              .fields = fields,
              .check = prefix_check,
              .uses_positions = 1},
    .cover = heed__spans_cover,
    .row = heed__spans_row,
    .seek = heed__spans_seek,
    .span = prefix_span,
};

const heed__mask heed__mask_prefixes = {
    .entry = {.name = "prefixes",
              .help = "as prefix, with a count for each query given with the batch",
              .extras = {{"prefixes.count", HEED_ATTENTION_QUERY_IDS}},
              .uses_positions = 1},
    .cover = heed__spans_cover,
    .row = heed__spans_row,
    .seek = heed__spans_seek,
    .span = prefixes_span,
};
