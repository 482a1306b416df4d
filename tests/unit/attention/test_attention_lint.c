/* SPDX-License-Identifier: MIT */
/* What heed_attention_lint says, and when it says nothing. */
#include "check.h"

#include "heed/attention.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 256 };

typedef struct lint_case {
    const char *mask, *stage;
    int64_t queries, keys, heads, offset;
    /* of pairs: flags or a bias */
    int (*flag)(int64_t i, int64_t j);
    const char *says; /* NULL = nothing */
} lint_case;

static int lower(int64_t i, int64_t j)
{
    return j <= i;
}
static int upper(int64_t i, int64_t j)
{
    return j > i;
}
static int not_first(int64_t i, int64_t j)
{
    return i >= 0 && j > 3;
}
static int not_third(int64_t i, int64_t j)
{
    return i != 3 && j >= 0;
}
static int every_key(int64_t i, int64_t j)
{
    return i >= 0 && j >= 0;
}
static int scattered(int64_t i, int64_t j)
{
    return (i + 7 * j) % 40 == 0 || i == j;
}

static const lint_case cases[] = {
    {"none", NULL, 8, 8, 2, 0, NULL, NULL},
    {"causal", NULL, 8, 8, 2, 0, NULL, NULL},
    {"dense", NULL, 8, 8, 1, 0, lower, NULL},
    {"dense", NULL, 8, 8, 1, 0, upper,
     "dense.flags hides 8 of 8 pairs of a query and the key at its own place: not 0 means seen"},
    {"any(causal,dense)", NULL, 8, 8, 1, 0, upper, "likely inverted"},
    {"dense", NULL, 2, 9, 1, 5, not_first,
     "hides the first key from every query and shows the last"},
    {"dense", NULL, 8, 8, 2, 0, not_third,
     "2 of 16 queries (x heads) see no key and give zeros; the first is sequence 0, head 0, query "
     "3"},
    {"causal", NULL, 8, 8, 1, -2, NULL, "2 of 8 queries"},
    {"causal", NULL, 8, 0, 1, 8, NULL, "8 of 8 queries"},
    {"windows:left=-1,dilation=200", NULL, 256, 256, 1, 0, NULL, "of the pairs in the computed"},
    {"dense", NULL, 256, 256, 1, 0, scattered, "of the pairs in the computed blocks are seen"},
    {"none", "bias", 8, 8, 1, 0, lower, "bias.pairs holds 28 numbers of -10000 or less"},
    {"none", "bias", 8, 8, 1, 0, every_key, NULL},
    {"all(window:left=3,right=3,dense)", NULL, 8, 8, 1, 0, lower, NULL},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static heed_attention_plan *plan_of(const lint_case *c)
{
    heed_attention_spec *mask = NULL, *stage = NULL;
    const heed_attention_part *stages[1];
    heed_attention_plan *plan = NULL;
    check_ok(heed_attention_spec_parse("mask", c->mask, &mask));
    if (c->stage) check_ok(heed_attention_spec_parse("stage", c->stage, &stage));
    stages[0] = heed_attention_spec_part(stage);
    heed_attention_options o = {.size = sizeof o,
                                .heads = c->heads,
                                .head_size = 4,
                                .mask = heed_attention_spec_part(mask),
                                .stages = stages,
                                .stage_count = c->stage != NULL};
    heed_attention_capacity room = {
        .size = sizeof room, .sequences = 1, .longest_query = MOST, .longest_key = MOST};
    check_ok(heed_attention_plan_create(NULL, &o, &room, &plan));
    heed_attention_spec_destroy(&mask);
    heed_attention_spec_destroy(&stage);
    return plan;
}

static void check_case(const lint_case *c)
{
    static unsigned char flags[MOST * MOST];
    static heed_real bias[MOST * MOST];
    char text[1000], cut[10];
    size_t length = 77, again = 77;
    heed_attention_plan *plan = plan_of(c);
    for (int64_t i = 0; i < c->queries && c->flag; i++)
        for (int64_t j = 0; j < c->keys; j++) {
            flags[i * c->keys + j] = (unsigned char)c->flag(i, j);
            bias[i * c->keys + j] = c->flag(i, j) ? 1 : -100000;
        }
    heed_attention_extra extra = {.data = c->stage ? (const void *)bias : flags,
                                  .row_stride = c->keys};
    heed_attention_batch batch = {.size = sizeof batch,
                                  .sequences = 1,
                                  .queries = {.length = c->queries},
                                  .keys = {.length = c->keys},
                                  .query_offset = &c->offset,
                                  .query_offset_count = 1,
                                  .extras = &extra,
                                  .extra_count = c->flag != NULL};
    check_ok(heed_attention_lint(plan, &batch, NULL, text, sizeof text, &length));
    assert_int_equal(length, strlen(text));
    if (!c->says && length) fail_msg("%s: '%s'", c->mask, text);
    if (c->says && !strstr(text, c->says)) fail_msg("%s: '%s' lacks '%s'", c->mask, text, c->says);
    check_ok(heed_attention_lint(plan, &batch, NULL, cut, sizeof cut, &again));
    assert_int_equal(again, length);
    check_ok(heed_attention_lint(plan, &batch, NULL, NULL, 0, &again));
    assert_int_equal(again, length);
    batch.sequences = 2;
    check_fails(heed_attention_lint(plan, &batch, NULL, text, sizeof text, &again), HEED_E_INVALID,
                "batch.sequences = 2");
    heed_attention_plan_destroy(&plan);
}

static void test_cases(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) check_case(&cases[c]);
}

/* Two parts that each show something in most blocks, and together nothing in them. */
static void test_wasted(void **state)
{
    (void)state;
    static int64_t queries[MOST], keys[MOST];
    char text[1000];
    size_t length;
    lint_case c = {
        "all(documents,windows:left=-1,right=-1,dilation=2)", NULL, MOST, MOST, 1, 0, NULL, NULL};
    heed_attention_plan *plan = plan_of(&c);
    for (int64_t i = 0; i < MOST; i++) queries[i] = i % 2, keys[i] = (i + 1) % 2;
    heed_attention_extra extras[] = {{.data = queries, .row_stride = 1},
                                     {.data = keys, .row_stride = 1}};
    heed_attention_batch batch = {.size = sizeof batch,
                                  .sequences = 1,
                                  .queries = {.length = MOST},
                                  .keys = {.length = MOST},
                                  .extras = extras,
                                  .extra_count = 2};
    check_ok(heed_attention_lint(plan, &batch, NULL, text, sizeof text, &length));
    assert_non_null(strstr(text, "16 of 16 blocks are computed and show nothing"));
    assert_non_null(strstr(text, "256 of 256 queries"));
    heed_attention_plan_destroy(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_wasted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
