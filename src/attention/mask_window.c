/* SPDX-License-Identifier: MIT */
/*
 * Windows around the query's own position p = i + offset, all ends inclusive:
 *
 *     window    p - left <= j <= p + right
 *     windows   each head its own, and only every dilation-th key counted from p
 *     local_m   p - width <= j <= p + width (Luong et al. 2015, monotonic alignment)
 */
#include "attention/band.h"
#include "attention/tables.h"
#include "base/fail.h"

static heed_status check_reach(const char *mask, const char *name, int64_t value)
{
    if (value >= -1) return HEED_OK;
    return heed__fail(HEED_E_INVALID, "mask \"%s\": %s = %lld; it must be 0 or more, or -1 = open",
                      mask, name, (long long)value);
}

/* The same band for all heads. */
static heed_status build_same(heed__arena *arena, const heed_attention_options *options,
                              heed__band band, const void **out)
{
    heed__band *bands = NULL;
    HEED_TRY(heed__bands_take(arena, options, &bands));
    for (int64_t h = 0; h < options->heads; h++) bands[h] = band;
    *out = bands;
    return HEED_OK;
}

static heed_status window_check(const void *record, const heed_attention_options *options)
{
    const heed_attention_window *r = record;
    (void)options;
    HEED_TRY(check_reach("window", "left", r->left));
    return check_reach("window", "right", r->right);
}

static heed_status window_build(heed__arena *arena, const void *record,
                                const heed_attention_options *options, const void **out)
{
    const heed_attention_window *r = record;
    return build_same(arena, options, heed__band_of(r->left, r->right, 1), out);
}

static heed_status local_m_check(const void *record, const heed_attention_options *options)
{
    const heed_attention_local *r = record;
    (void)options;
    if (r->width >= 0) return HEED_OK;
    return heed__fail(HEED_E_INVALID,
                      "mask \"%s\": width = %lld; it must be 1 or more keys to each side (0 = 10)",
                      r->part.name, (long long)r->width);
}

static heed_status local_m_build(heed__arena *arena, const void *record,
                                 const heed_attention_options *options, const void **out)
{
    const heed_attention_local *r = record;
    int64_t width = r->width ? r->width : 10;
    return build_same(arena, options, heed__band_of(width, width, 1), out);
}

/* Item `head` of a list of none, one or H items. */
static int64_t item(const heed_attention_integers *list, int64_t head, int64_t none)
{
    if (!list->count) return none;
    return list->data[list->count == 1 ? 0 : head];
}

static heed_status check_list(const char *name, const heed_attention_integers *list, int64_t heads,
                              int64_t least)
{
    if (list->count > 1 && (int64_t)list->count != heads)
        return heed__fail(HEED_E_INVALID,
                          "mask \"windows\": %s has %zu numbers; give one, or one for each of the "
                          "%lld heads",
                          name, list->count, (long long)heads);
    for (size_t h = 0; h < list->count; h++)
        if (list->data[h] < least || list->data[h] > INT64_C(1) << 40)
            return heed__fail(HEED_E_INVALID, "mask \"windows\": %s[%zu] = %lld; it must be %s",
                              name, h, (long long)list->data[h],
                              least < 0 ? "0 or more, or -1 = open" : "1 or more");
    return HEED_OK;
}

static heed_status windows_check(const void *record, const heed_attention_options *options)
{
    const heed_attention_windows *r = record;
    HEED_TRY(check_list("left", &r->left, options->heads, -1));
    HEED_TRY(check_list("right", &r->right, options->heads, -1));
    return check_list("dilation", &r->dilation, options->heads, 1);
}

static heed_status windows_build(heed__arena *arena, const void *record,
                                 const heed_attention_options *options, const void **out)
{
    const heed_attention_windows *r = record;
    heed__band *bands = NULL;
    HEED_TRY(heed__bands_take(arena, options, &bands));
    for (int64_t h = 0; h < options->heads; h++)
        bands[h] =
            heed__band_of(item(&r->left, h, 0), item(&r->right, h, 0), item(&r->dilation, h, 1));
    *out = bands;
    return HEED_OK;
}

static const heed__field window_fields[] = {
    {"left", HEED_ATTENTION_INTEGER, offsetof(heed_attention_window, left),
     "keys before, 0 or more, -1 = open; 0"},
    {"right", HEED_ATTENTION_INTEGER, offsetof(heed_attention_window, right),
     "keys after, 0 or more, -1 = open; 0"},
    {.name = NULL},
};

static const heed__field windows_fields[] = {
    {"left", HEED_ATTENTION_INTEGERS, offsetof(heed_attention_windows, left),
     "keys before, one number or one a head, -1 = open; 0"},
    {"right", HEED_ATTENTION_INTEGERS, offsetof(heed_attention_windows, right),
     "keys after, likewise; 0"},
    {"dilation", HEED_ATTENTION_INTEGERS, offsetof(heed_attention_windows, dilation),
     "how far keys are apart, likewise, 1 or more; 1"},
    {.name = NULL},
};

static const heed__field local_m_fields[] = {
    {"width", HEED_ATTENTION_INTEGER, offsetof(heed_attention_local, width),
     "keys to each side, 1 or more; 10"},
    {.name = NULL},
};

const heed__mask heed__mask_window = {
    .entry = {.name = "window",
              .help = "keys from left before the query's position to right after it",
              .record = sizeof(heed_attention_window),
              .fields = window_fields,
              .check = window_check,
              .build = window_build,
              .uses_positions = 1},
    .cover = heed__bands_cover,
    .row = heed__bands_row,
    .seek = heed__bands_seek,
};

const heed__mask heed__mask_windows = {
    .entry = {.name = "windows",
              .help = "a window and a dilation for each head",
              .record = sizeof(heed_attention_windows),
              .fields = windows_fields,
              .check = windows_check,
              .build = windows_build,
              .uses_positions = 1},
    .cover = heed__bands_cover,
    .row = heed__bands_row,
    .seek = heed__bands_seek,
};

const heed__mask heed__mask_local_m = {
    .entry = {.name = "local_m",
              .help = "width keys to each side of the query's position (Luong's local-m)",
              .record = sizeof(heed_attention_local),
              .fields = local_m_fields,
              .check = local_m_check,
              .build = local_m_build,
              .uses_positions = 1},
    .cover = heed__bands_cover,
    .row = heed__bands_row,
    .seek = heed__bands_seek,
};
