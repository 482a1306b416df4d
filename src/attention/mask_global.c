/* SPDX-License-Identifier: MIT */
/*
 * Global tokens, by key position: the query at such a position sees every key, and every query sees
 * such a key. Alone ("global"), or with a window around each query's position ("longformer",
 * Beltagy, Peters, Cohan 2020; its separate projections for global tokens are another layer's).
 */
#include "attention/band.h"
#include "attention/tables.h"
#include "attention/tokens.h"
#include "base/fail.h"

/* What both are built to; "global" has no band. */
typedef struct pattern {
    heed__tokens tokens;
    heed__band band;
} pattern;

static heed__cover global_cover(const heed__mask_node *node, const heed__place *place,
                                const heed__block *b)
{
    const heed__tokens *tokens = &((const pattern *)node->built)->tokens;
    int64_t first = b->query + place->offset;
    int64_t queries = heed__tokens_within(tokens, first, first + b->queries - 1);
    int64_t keys = heed__tokens_within(tokens, b->key, b->key + b->keys - 1);
    if (queries == b->queries || keys == b->keys) return HEED_FULL;
    return queries || keys ? HEED_PARTIAL : HEED_EMPTY;
}

static void global_row(const heed__mask_node *node, const heed__place *place, int64_t i, int64_t j,
                       int64_t n, unsigned char *visible)
{
    heed__tokens_row(&((const pattern *)node->built)->tokens, place, i, j, n, visible);
}

static int64_t global_seek(const heed__mask_node *node, const heed__place *place,
                           const heed__block *block, heed__side side)
{
    return heed__tokens_seek(&((const pattern *)node->built)->tokens, place, block, side);
}

/* Full where the band covers what is not listed: the ends of both sides that are not. */
static heed__cover longformer_cover(const heed__mask_node *node, const heed__place *place,
                                    const heed__block *b)
{
    const pattern *p = node->built;
    heed__cover global = global_cover(node, place, b);
    if (global == HEED_FULL) return global;
    int64_t first = heed__tokens_skip(&p->tokens, b->query + place->offset) - place->offset;
    int64_t last = heed__tokens_skip_back(&p->tokens, b->query + b->queries - 1 + place->offset) -
                   place->offset;
    int64_t key = heed__tokens_skip(&p->tokens, b->key);
    int64_t last_key = heed__tokens_skip_back(&p->tokens, b->key + b->keys - 1);
    heed__block rest = {first, last - first + 1, key, last_key - key + 1};
    if (heed__band_cover(&p->band, place, &rest) == HEED_FULL) return HEED_FULL;
    if (global == HEED_PARTIAL) return global;
    return heed__band_cover(&p->band, place, b);
}

static void longformer_row(const heed__mask_node *node, const heed__place *place, int64_t i,
                           int64_t j, int64_t n, unsigned char *visible)
{
    unsigned char near[HEED_KEY_BLOCK];
    const pattern *p = node->built;
    heed__band_row(&p->band, place, i, j, n, near);
    heed__tokens_row(&p->tokens, place, i, j, n, visible);
    for (int64_t t = 0; t < n; t++) visible[t] |= near[t];
}

static int64_t longformer_seek(const heed__mask_node *node, const heed__place *place,
                               const heed__block *block, heed__side side)
{
    const pattern *p = node->built;
    int64_t band = heed__band_seek(&p->band, place, block, side);
    int64_t global = heed__tokens_seek(&p->tokens, place, block, side);
    return band < global ? band : global;
}

static heed_status make(heed__arena *arena, const heed_attention_integers *tokens, int64_t window,
                        const void **out)
{
    pattern *p = NULL;
    HEED_TRY(heed__arena_take(arena, 1, sizeof *p, "a mask", &p));
    p->band = heed__band_of(window, window, 1);
    *out = p;
    return heed__tokens_make(arena, tokens, &p->tokens);
}

static heed_status global_check(const void *record, const heed_attention_options *options)
{
    (void)options;
    return heed__tokens_check("global", &((const heed_attention_global *)record)->tokens);
}

static heed_status global_build(heed__arena *arena, const void *record,
                                const heed_attention_options *options, const void **out)
{
    (void)options;
    return make(arena, &((const heed_attention_global *)record)->tokens, 0, out);
}

static heed_status longformer_check(const void *record, const heed_attention_options *options)
{
    const heed_attention_longformer *r = record;
    (void)options;
    if (r->window < 0)
        return heed__fail(HEED_E_INVALID,
                          "mask \"longformer\": window = %lld; it must be 1 or more keys to each "
                          "side (0 = 256)",
                          (long long)r->window);
    return heed__tokens_check("longformer", &r->tokens);
}

static heed_status longformer_build(heed__arena *arena, const void *record,
                                    const heed_attention_options *options, const void **out)
{
    const heed_attention_longformer *r = record;
    (void)options;
    return make(arena, &r->tokens, r->window ? r->window : 256, out);
}

static const heed__field global_fields[] = {
    {"tokens", HEED_ATTENTION_INTEGERS, offsetof(heed_attention_global, tokens),
     "key positions, 0 or more; the first key"},
    {.name = NULL},
};

static const heed__field longformer_fields[] = {
    {"window", HEED_ATTENTION_INTEGER, offsetof(heed_attention_longformer, window),
     "keys to each side, 1 or more; 256"},
    {"tokens", HEED_ATTENTION_INTEGERS, offsetof(heed_attention_longformer, tokens),
     "key positions that are global, 0 or more; the first key"},
    {.name = NULL},
};

const heed__mask heed__mask_global = {
    .entry = {.name = "global",
              .help = "listed tokens see all keys and are seen by all queries",
              .record = sizeof(heed_attention_global),
              .fields = global_fields,
              .check = global_check,
              .build = global_build,
              .uses_positions = 1},
    .cover = global_cover,
    .row = global_row,
    .seek = global_seek,
};

const heed__mask heed__mask_longformer = {
    .entry = {.name = "longformer",
              .help = "a window to both sides, and global tokens",
              .record = sizeof(heed_attention_longformer),
              .fields = longformer_fields,
              .check = longformer_check,
              .build = longformer_build,
              .uses_positions = 1},
    .cover = longformer_cover,
    .row = longformer_row,
    .seek = longformer_seek,
};
