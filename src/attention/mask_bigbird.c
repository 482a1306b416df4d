/* SPDX-License-Identifier: MIT */
/*
 * BigBird (Zaheer et al. 2020), in blocks: query block I sees key block J where they are neighbours
 * (|I - J| <= window / 2), where either is among the first or last `global` blocks of the keys, or
 * where J is one of `random` others drawn for (seed, head, I, number of blocks). Draws are a
 * function of these alone (Philox, and Floyd's choice without repetition).
 */
#include "attention/grid.h"
#include "attention/tables.h"
#include "base/fail.h"
#include "base/random.h"

enum { MOST_RANDOM = 64 };

/* The settings with defaults filled in. */
typedef struct pattern {
    heed__grid grid;
    int64_t reach, global, random;
    uint32_t key[2];
} pattern;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Uniform among 0 to n - 1: the t-th draw of query block `query`. */
static int64_t draw(const pattern *p, const heed__place *place, int64_t query, int64_t t, int64_t n)
{
    uint32_t out[4],
        counter[4] = {(uint32_t)query, (uint32_t)(query >> 32), (uint32_t)place->head, (uint32_t)t};
    heed__philox(p->key, counter, out);
    return (int64_t)(((uint64_t)out[0] * (uint64_t)n) >> 32);
}

/* Ranks among n candidates, `count` of them, each once. */
static void draw_ranks(const pattern *p, const heed__place *place, int64_t query, int64_t n,
                       int64_t count, int64_t *ranks)
{
    for (int64_t t = 0; t < count; t++) {
        int64_t last = n - count + t, rank = draw(p, place, query, t, last + 1);
        for (int64_t u = 0; u < t; u++)
            if (ranks[u] == rank) rank = last;
        ranks[t] = rank;
    }
}

/* The first random block of query block `query` at or after `key`; last + 1 = none. */
static int64_t next_random(const pattern *p, const heed__place *place, int64_t blocks,
                           int64_t query, int64_t key, int64_t last)
{
    int64_t ranks[MOST_RANDOM], found = last + 1;
    int64_t first = p->global, end = blocks - p->global; /* the candidates, but neighbours */
    int64_t from = query - p->reach, to = query + p->reach + 1;
    if (from < first) from = first;
    if (to > end) to = end;
    if (to < from) to = from;
    int64_t n = end - first - (to - from), count = least(n, p->random);
    if (count <= 0) return found;
    draw_ranks(p, place, query, n, count, ranks);
    for (int64_t t = 0; t < count; t++) {
        int64_t block = first + ranks[t];
        if (block >= from) block += to - from;
        if (block >= key && block < found) found = block;
    }
    return found;
}

static int64_t bigbird_next(const heed__mask_node *node, const heed__place *place, int64_t query,
                            int64_t key, int64_t last)
{
    const pattern *p = node->built;
    int64_t blocks = (place->keys + p->grid.size - 1) / p->grid.size, found = last + 1;
    int is_global = query < p->global || query >= blocks - p->global;
    if (key > last) return found;
    if (key < p->global || key >= blocks - p->global || (is_global && query >= 0 && query < blocks))
        return key;
    if (query + p->reach >= key) found = query - p->reach > key ? query - p->reach : key;
    found = least(found, blocks - p->global);
    found = least(found, last + 1);
    return found == key ? key : least(found, next_random(p, place, blocks, query, key, last));
}

static heed_status check_setting(const char *name, int64_t value, int64_t low, int64_t high,
                                 const char *rule)
{
    if (value >= low && value <= high) return HEED_OK;
    return heed__fail(HEED_E_INVALID, "mask \"bigbird\": %s = %lld; it must be %s", name,
                      (long long)value, rule);
}

static heed_status bigbird_check(const void *record, const heed_attention_options *options)
{
    const heed_attention_bigbird *r = record;
    const int64_t far = INT64_C(1) << 31;
    (void)options;
    HEED_TRY(check_setting("size", r->size, 0, far, "1 or more (0 = 64)"));
    HEED_TRY(check_setting("window", r->window, 0, far, "an odd number (0 = 3)"));
    if (r->window && r->window % 2 == 0)
        return check_setting("window", r->window, 1, 0, "an odd number: as many to each side");
    HEED_TRY(check_setting("global", r->global, -1, far, "1 or more (0 = 1), or -1 = none"));
    return check_setting("random", r->random, -1, MOST_RANDOM, "1 to 64 (0 = 3), or -1 = none");
}

static heed_status bigbird_build(heed__arena *arena, const void *record,
                                 const heed_attention_options *options, const void **out)
{
    const heed_attention_bigbird *r = record;
    pattern *p = NULL;
    (void)options;
    HEED_TRY(heed__arena_take(arena, 1, sizeof *p, "a mask", &p));
    p->grid.size = r->size ? r->size : 64;
    p->reach = r->window ? r->window / 2 : 1;
    p->global = r->global < 0 ? 0 : r->global ? r->global : 1;
    p->random = r->random < 0 ? 0 : r->random ? r->random : 3;
    p->key[0] = (uint32_t)(uint64_t)r->seed;
    p->key[1] = (uint32_t)((uint64_t)r->seed >> 32);
    *out = p;
    return HEED_OK;
}

static const heed__field fields[] = {
    {"size", HEED_ATTENTION_INTEGER, offsetof(heed_attention_bigbird, size),
     "queries and keys of a block, 1 or more; 64"},
    {"window", HEED_ATTENTION_INTEGER, offsetof(heed_attention_bigbird, window),
     "blocks of neighbours, its own among them, odd; 3"},
    {"global", HEED_ATTENTION_INTEGER, offsetof(heed_attention_bigbird, global),
     "blocks at each end that see and are seen by all, -1 = none; 1"},
    {"random", HEED_ATTENTION_INTEGER, offsetof(heed_attention_bigbird, random),
     "blocks drawn for each block of queries, up to 64, -1 = none; 3"},
    {"seed", HEED_ATTENTION_INTEGER, offsetof(heed_attention_bigbird, seed),
     "of the draws, any number; 0"},
    {.name = NULL},
};

const heed__mask heed__mask_bigbird = {
    .entry = {.name = "bigbird",
              .help = "blocks: neighbours, the ends, and some drawn at random",
              .record = sizeof(heed_attention_bigbird),
              .fields = fields,
              .check = bigbird_check,
              .build = bigbird_build,
              .uses_positions = 1,
              .uses_lengths = 1},
    .cover = heed__grid_cover,
    .row = heed__grid_row,
    .seek = heed__grid_seek,
    .next = bigbird_next,
};
