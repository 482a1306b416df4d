/* SPDX-License-Identifier: MIT */
/* Unknown words become the source words that were looked at. */
#include "check.h"

#include "model/replace_unknown.h"

#include <math.h>
#include <string.h>

static void check_text(heed_text text, const char *wanted)
{
    if (!wanted) {
        assert_null(text.bytes);
        return;
    }
    assert_non_null(text.bytes);
    assert_int_equal(text.size, strlen(wanted));
    assert_memory_equal(text.bytes, wanted, text.size);
}

/* "Frau Müller" in subwords with their blanks, and a full stop; and the boundary's column. */
static const char german[] = "Frau Müller.";
static const heed__span pieces[] = {{0, 4}, {4, 6}, {6, 9}, {9, 12}, {12, 13}};
static const float weights[4][6] = {{0.30f, 0.20f, 0.2f, 0.1f, 0.10f, 0.1f},
                                    {0.35f, 0.10f, 0.1f, 0.1f, 0.05f, 0.3f},
                                    {0.10f, NAN, 0.1f, 0.05f, 0.60f, 0.2f},
                                    {0, 0, 0, 0, 0, 1}};

static heed__looked_at of_pieces(int words, heed_align_rule rule)
{
    return (heed__looked_at){.text = {german, sizeof german - 1},
                             .tokens = 5,
                             .spans = pieces,
                             .weights = weights[0],
                             .stride = 6,
                             .rows = 4,
                             .rule = rule,
                             .words = words};
}

static void test_words_count_as_a_whole(void **state)
{
    (void)state;
    const int32_t ids[] = {0, 0, 5, 0}, tail[] = {0, 0, 0, 0};
    heed_text out[4];
    heed__looked_at source = of_pieces(1, HEED_ALIGN_OUTPUT);
    heed__replace_unknown(&source, 4, ids, out);
    check_text(out[0], "Müller"); /* 0.5 in three pieces, above Frau's 0.3 */
    check_text(out[1], "Frau");   /* 0.35 above 0.3; the boundary is no word */
    check_text(out[2], NULL);     /* known */
    check_text(out[3], NULL);     /* nothing was looked at */
    heed__replace_unknown(&source, 3, tail, out);
    check_text(out[2], "."); /* NaN counts as nothing */
}

static void test_tokens_count_by_themselves(void **state)
{
    (void)state;
    const int32_t ids[] = {0, 0};
    heed_text out[2];
    heed__looked_at source = of_pieces(0, HEED_ALIGN_DEFAULT);
    heed__replace_unknown(&source, 2, ids, out);
    check_text(out[0], "Frau");
    check_text(out[1], "Frau");
    source.text.bytes = "Frau M\xC3\xBCller?";
    source.weights = (const float[]){0, 0.4f, 0.3f, 0, 0, 0, 0, 0.2f, 0.3f, 0, 0, 0.3f};
    source.rows = 2;
    heed__replace_unknown(&source, 2, ids, out);
    check_text(out[0], "M");         /* without its blank */
    check_text(out[1], "\xC3\xBCl"); /* the first of equals */
}

static void test_the_row_that_reads_the_token(void **state)
{
    (void)state;
    const int32_t ids[] = {0, 0, 0, 0};
    heed_text out[4];
    heed__looked_at source = of_pieces(1, HEED_ALIGN_INPUT);
    source.rows = 3;
    heed__replace_unknown(&source, 4, ids, out);
    check_text(out[0], "Frau");
    check_text(out[1], ".");
    check_text(out[2], "."); /* cut: the last row there is */
    check_text(out[3], ".");
}

static void test_signs_without_blanks_and_nothing_at_all(void **state)
{
    (void)state;
    const char chinese[] = "\xE5\x8C\x97\xE4\xBA\xAC\xEF\xBC\x8C\xE4\xBD\xA0";
    const heed__span spans[] = {{0, 3}, {3, 6}, {6, 9}, {9, 12}};
    const float row[] = {0.2f, 0.3f, 0.25f, 0.25f};
    const int32_t ids[] = {0};
    heed_text out[1];
    heed__looked_at source = {.text = {chinese, 12},
                              .tokens = 4,
                              .spans = spans,
                              .weights = row,
                              .stride = 4,
                              .rows = 1,
                              .words = 1};
    heed__replace_unknown(&source, 1, ids, out);
    check_text(out[0], "\xE4\xBA\xAC");
    source.tokens = 0;
    heed__replace_unknown(&source, 1, ids, out);
    check_text(out[0], NULL);
    source.rows = 0;
    heed__replace_unknown(&source, 1, ids, out);
    check_text(out[0], NULL);
    heed__replace_unknown(&source, 0, ids, out);
    const heed__span bytes[] = {{0, 3}, {0, 3}, {6, 6}, {6, 9}}; /* one sign in two bytes' tokens */
    source = (heed__looked_at){{chinese, 12}, 4, bytes, row, 4, 1, HEED_ALIGN_OUTPUT, 1};
    heed__replace_unknown(&source, 1, ids, out);
    check_text(out[0], "\xE5\x8C\x97");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_count_as_a_whole),
        cmocka_unit_test(test_tokens_count_by_themselves),
        cmocka_unit_test(test_the_row_that_reads_the_token),
        cmocka_unit_test(test_signs_without_blanks_and_nothing_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
