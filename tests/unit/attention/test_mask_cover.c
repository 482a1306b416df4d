/* SPDX-License-Identifier: MIT */
/*
 * Every mask's answers for blocks against its answers for pairs: `cover` is never wrong, and exact
 * where it stands for itself; `seek` never passes a pair that is seen.
 */
#include "check.h"

#include "attention/mechanism_trial.h"
#include "attention/stages.h"
#include "attention/task.h"

static const int64_t offsets[] = {62, -3, 0, 7};

#define LENGTHS                                                                                    \
    .sequences = 4, .tq = {70, 40, 150, 1}, .tk = {190, 33, 150, 9}, .offset = offsets, .heads = 2

typedef struct mask_case {
    trial t;
    int loose; /* its cover may say partial where it is not: parts that overlap */
} mask_case;

static const mask_case cases[] = {
    {{.mask = "none", LENGTHS}, 0},
    {{.mask = "causal", LENGTHS}, 0},
    {{.mask = "window:left=9,right=4", LENGTHS}, 0},
    {{.mask = "window:left=-1,right=70", LENGTHS}, 0},
    {{.mask = "window", LENGTHS}, 0},
    {{.mask = "windows:left=3/-1,right=0/2,dilation=5/3", LENGTHS}, 0},
    {{.mask = "windows:left=-1,right=-1,dilation=100/1", LENGTHS}, 0},
    {{.mask = "local_m", LENGTHS}, 0},
    {{.mask = "local_p:width=4", .low = -20, .high = 200, LENGTHS}, 0},
    {{.mask = "prefix:count=20", LENGTHS}, 0},
    {{.mask = "prefixes", LENGTHS}, 0},
    {{.mask = "documents", LENGTHS}, 0},
    {{.mask = "global", LENGTHS}, 0},
    {{.mask = "global:tokens=0/1/2/30/31/32/33/100/67/66/0", LENGTHS}, 0},
    {{.mask = "longformer:window=5", LENGTHS}, 0},
    {{.mask = "longformer:window=3,tokens=0/1/2/20/21/24/25/100/67/66", LENGTHS}, 0},
    {{.mask = "strided:stride=7", LENGTHS}, 0},
    {{.mask = "strided:stride=1", LENGTHS}, 0},
    {{.mask = "strided:stride=100", LENGTHS}, 0},
    {{.mask = "fixed:stride=10,summary=3", LENGTHS}, 0},
    {{.mask = "fixed:stride=4,summary=4", LENGTHS}, 0},
    {{.mask = "fixed", LENGTHS}, 0},
    {{.mask = "bigbird:size=5", LENGTHS}, 0},
    {{.mask = "bigbird:size=3,window=5,global=2,random=7,seed=-9", LENGTHS}, 0},
    {{.mask = "bigbird:size=1,global=-1,random=60", LENGTHS}, 0},
    {{.mask = "blocks:size=8,pairs=0/0/0/1/3/2/3/3/3/1/14/18/7/0/3/2", LENGTHS}, 0},
    {{.mask = "dense", LENGTHS}, 0},
    {{.mask = "all(causal,window:left=5,right=5)", LENGTHS}, 1},
    {{.mask = "any(window:left=2,windows:left=-1,dilation=9)", LENGTHS}, 1},
};
enum { CASES = sizeof cases / sizeof cases[0], BLOCKS = 4000 };

static uint32_t draw(uint32_t n, uint32_t below)
{
    uint32_t key[2] = {5, 5}, counter[4] = {n, 0, 0, 0}, out[4];
    heed__philox(key, counter, out);
    return out[0] % below;
}

/* All pairs of a (sequence, head). */
static unsigned char *pairs_of(const heed__stage *stage)
{
    int64_t tq = stage->place.queries, tk = stage->place.keys;
    unsigned char *seen = calloc((size_t)(tq * tk) + 1, 1);
    for (int64_t i = 0; i < tq; i++)
        for (int64_t j = 0; j < tk; j += HEED_KEY_BLOCK)
            heed__visible(stage, i, j, heed__least(HEED_KEY_BLOCK, tk - j), seen + i * tk + j);
    return seen;
}

static int64_t count_seen(const unsigned char *seen, int64_t tk, const heed__block *b)
{
    int64_t count = 0;
    for (int64_t i = b->query; i < b->query + b->queries; i++)
        for (int64_t j = b->key; j < b->key + b->keys; j++) count += seen[i * tk + j];
    return count;
}

static void check_block(const mask_case *c, const heed__stage *stage, const unsigned char *seen,
                        const heed__block *b)
{
    int64_t count = count_seen(seen, stage->place.keys, b), all = b->queries * b->keys;
    heed__cover is = !count ? HEED_EMPTY : count == all ? HEED_FULL : HEED_PARTIAL;
    heed__cover said = heed__cover_of(stage, b);
    if (said == is || (c->loose && said == HEED_PARTIAL)) return;
    fail_msg("%s, offset %lld, head %lld: queries %lld + %lld, keys %lld + %lld: said %d, is %d",
             c->t.mask, (long long)stage->place.offset, (long long)stage->place.head,
             (long long)b->query, (long long)b->queries, (long long)b->key, (long long)b->keys,
             (int)said, (int)is);
}

/* What seek passes by is empty. */
static void check_seek(const mask_case *c, const heed__stage *stage, const unsigned char *seen,
                       const heed__block *b)
{
    for (int side = 0; side < 2; side++) {
        heed__block passed = *b;
        int64_t *from = side ? &passed.key : &passed.query,
                *n = side ? &passed.keys : &passed.queries;
        int64_t start = *from / HEED_KEY_BLOCK * HEED_KEY_BLOCK;
        *n += *from - start;
        *from = start;
        int64_t end = start + *n,
                found = heed__seek(stage, &passed, side ? HEED_SIDE_KEY : HEED_SIDE_QUERY);
        if (found < start || found > end || (found < end && (found - start) % HEED_KEY_BLOCK))
            fail_msg("%s: seek says %lld of %lld to %lld", c->t.mask, (long long)found,
                     (long long)start, (long long)end);
        *n = found - start;
        if (count_seen(seen, stage->place.keys, &passed))
            fail_msg("%s, offset %lld, head %lld, side %d: seek passes a pair from queries %lld + "
                     "%lld, keys %lld + %lld",
                     c->t.mask, (long long)stage->place.offset, (long long)stage->place.head, side,
                     (long long)passed.query, (long long)passed.queries, (long long)passed.key,
                     (long long)passed.keys);
    }
}

static void check_place(const mask_case *c, const heed__stage *stage)
{
    unsigned char *seen = pairs_of(stage);
    uint32_t tq = (uint32_t)stage->place.queries, tk = (uint32_t)stage->place.keys;
    for (uint32_t n = 0; n < BLOCKS; n++) {
        heed__block b = {.query = draw(8 * n, tq), .key = draw(8 * n + 1, tk)};
        uint32_t left_q = tq - (uint32_t)b.query, left_k = tk - (uint32_t)b.key;
        b.queries = 1 + draw(8 * n + 2, n % 3 ? (uint32_t)heed__least(left_q, 8) : left_q);
        b.keys = 1 + draw(8 * n + 3, n % 5 ? (uint32_t)heed__least(left_k, 8) : left_k);
        check_block(c, stage, seen, &b);
        check_seek(c, stage, seen, &b);
    }
    free(seen);
}

static void test_blocks(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        trial_run r;
        assert_true(trial_make(&r, &cases[c].t, NULL, NULL, NULL));
        heed__run run = {.plan = r.plan, .batch = &r.batch, .q = r.forward.q, .k = r.forward.k};
        check_ok(heed__run_check(&run, r.parameters));
        for (int64_t s = 0; s < r.t.sequences; s++)
            for (int64_t h = 0; h < r.t.heads; h++) {
                heed__stage stage = heed__stage_of(&run, s, h);
                check_place(&cases[c], &stage);
            }
        trial_free(&r);
    }
}

/* A mask without a case fails, and one without its own case by itself unless it combines. */
static void test_every_mask(void **state)
{
    const heed__entry *row;
    (void)state;
    for (size_t i = 0; (row = heed__table_at(HEED_TABLE_MASK, i)); i++) {
        int found = 0;
        size_t n = strlen(row->name);
        for (int c = 0; c < CASES && !found; c++)
            found = strncmp(cases[c].t.mask, row->name, n) == 0 &&
                    (!cases[c].t.mask[n] || strchr(":(", cases[c].t.mask[n]));
        if (!found) fail_msg("mask \"%s\" has no case here; add one", row->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_blocks),
                                       cmocka_unit_test(test_every_mask)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
