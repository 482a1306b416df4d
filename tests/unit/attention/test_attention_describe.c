/* SPDX-License-Identifier: MIT */
/* What plans say of themselves, and the list of what they may be made of. */
#include "check.h"

#include "attention/small_plan.h"

#include <stdio.h>
#include <string.h>

static void test_describe(void **state)
{
    (void)state;
    heed_attention_options o = options_of();
    heed_attention_capacity room = room_of();
    heed_attention_plan *plan;
    heed_attention_part causal = {sizeof causal, "causal"}, none = {sizeof none, "none"};
    const heed_attention_part *parts[] = {&causal, &none};
    heed_attention_masks all = {{sizeof all, "all"}, parts, 2};
    char text[2000], cut[20];
    o.mask = &all.part, o.dropout = 0.25, o.engine = "reference";
    check_ok(heed_attention_plan_create(NULL, &o, &room, &plan));
    size_t length = heed_attention_plan_describe(plan, text, sizeof text);
    assert_int_equal(length, strlen(text));
    const char *holds[] = {"score scaled_dot, normaliser softmax, mask all(causal, none)",
                           "dropout 0.25",
                           "heads 4 over 2",
                           "20 query rows",
                           "engine reference",
                           "bytes forward",
                           "passed over tiled: another was asked for"};
    for (size_t i = 0; i < sizeof holds / sizeof holds[0]; i++)
        if (!strstr(text, holds[i])) fail_msg("'%s' lacks '%s'", text, holds[i]);
    assert_int_equal(heed_attention_plan_describe(plan, cut, sizeof cut), length);
    assert_int_equal(strlen(cut), sizeof cut - 1);
    assert_int_equal(heed_attention_plan_describe(plan, NULL, 0), length);
    heed_attention_plan_destroy(&plan);
}

/* The plan of a mask says so. */
static void says(const char *mask, const heed_attention_capacity *room, const char *wanted)
{
    heed_attention_options o = options_of();
    heed_attention_spec *spec = NULL;
    heed_attention_plan *plan;
    char text[4000];
    check_ok(heed_attention_spec_parse("mask", mask, &spec));
    o.mask = heed_attention_spec_part(spec);
    check_ok(heed_attention_plan_create(NULL, &o, room, &plan));
    heed_attention_spec_destroy(&spec);
    heed_attention_plan_describe(plan, text, sizeof text);
    if (!strstr(text, wanted)) fail_msg("'%s' lacks '%s'", text, wanted);
    heed_attention_plan_destroy(&plan);
}

/* 256 x 256 is 4 x 4 blocks. */
static void test_describe_blocks(void **state)
{
    (void)state;
    heed_attention_capacity room = {
        .size = sizeof room, .sequences = 1, .longest_query = 256, .longest_key = 256};
    says("none", &room, "0.0% empty (skipped), 0.0% partial, 100.0% full\n");
    says("causal", &room, "37.5% empty (skipped), 25.0% partial, 37.5% full\n");
    says("window:left=64,right=0", &room, "mask window:left=64,");
    says("window:left=0", &room, "75.0% empty (skipped), 25.0% partial, 0.0% full\n");
    says("windows:left=1/-1/0/3,dilation=2", &room, "windows:left=1/-1/0/3,dilation=2");
    says("dense", &room, "100.0% known only with a batch\n");
    says("dense", &room, "comes with the batch: dense.flags\n");
    says("all(dense,window:left=0)", &room,
         "75.0% empty (skipped), 0.0% partial, 0.0% full, "
         "25.0% known only with a batch\n");
    says("any(dense,causal)", &room, "37.5% full, 62.5% known only with a batch\n");
    room.longest_query = 64; /* the last query at the last key */
    says("causal", &room, "0.0% empty (skipped), 25.0% partial, 75.0% full\n");
    room.longest_query = room.longest_key = 1 << 20;
    says("window:left=256", &room, "longest lengths, about: 100.0% empty");
}

static void test_list(void **state)
{
    (void)state;
    static const char *const first[] = {"score:scaled_dot", "normaliser:softmax", "mask:none",
                                        "position:none", "engine:tiled"};
    heed_attention_entry entry, before = {.table = ""};
    int tables = 0;
    for (size_t i = 0; heed_attention_list(i, &entry); i++, before = entry) {
        char row[128];
        assert_true(strlen(entry.help) > 0);
        if (strcmp(entry.table, before.table) == 0 || strcmp(entry.table, "stage") == 0) continue;
        snprintf(row, sizeof row, "%s:%s", entry.table, entry.name);
        assert_string_equal(row, first[tables++]); /* the default */
    }
    assert_int_equal(tables, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_describe),
        cmocka_unit_test(test_describe_blocks),
        cmocka_unit_test(test_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
