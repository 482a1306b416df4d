/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "files.h"
#include "heed/alignment.h"
#include "heed/config.h"

#include <math.h>

static heed_links *read_with(const char *text, heed_links_options options)
{
    heed_links *links = NULL;
    check_ok(heed_links_read(files_text("links", text), &options, &links));
    return links;
}

static void check_pair(const heed_links *links, int64_t pair, const char *wanted)
{
    char *line = NULL;
    heed_pair_links at = heed_links_at(links, pair);
    check_ok(heed_links_text(&at, &line));
    assert_string_equal(line, wanted);
    heed_text_free(line);
}

static void test_pharaoh_lines(void **state)
{
    (void)state;
    heed_links *links = read_with("1-2 0-0  2p1\t0-0\n\n3p3 3-3\r\n12-0", (heed_links_options){0});
    assert_int_equal(heed_links_pairs(links), 4);
    check_pair(links, 0, "0-0 2p1 1-2");
    check_pair(links, 1, "");
    check_pair(links, 2, "3-3"); /* sure if sure once */
    check_pair(links, 3, "12-0");
    heed_links_destroy(&links);
    assert_null(links);
    links = read_with("1-2 1-1\n", (heed_links_options){.from_one = 1, .reversed = 1, .pairs = 1});
    check_pair(links, 0, "0-0 1-0");
    heed_links_destroy(&links);
}

static void test_gold_lines_in_any_order(void **state)
{
    (void)state;
    const char *gold = "0003 2 1 P\n0001 1 3 S\n0001 2 0 S\n0003 1 1\n\n0001 1 3 P\n0001 1 1 P\n";
    heed_links *links = read_with(gold, (heed_links_options){0});
    assert_int_equal(heed_links_pairs(links), 3);
    check_pair(links, 0, "0p0 0-2");
    check_pair(links, 1, "");
    check_pair(links, 2, "0-0 1p0");
    heed_links_destroy(&links);
    links = read_with(gold, (heed_links_options){.pairs = 5, .reversed = 1});
    assert_int_equal(heed_links_pairs(links), 5);
    check_pair(links, 0, "0p0 2-0");
    check_pair(links, 4, "");
    heed_links_destroy(&links);
}

static void refused(const char *text, heed_links_options options, heed_status status,
                    const char *message)
{
    heed_links *links = NULL;
    check_fails(heed_links_read(files_text("bad", text), &options, &links), status, message);
    assert_null(links);
}

static void test_what_is_no_link_is_refused(void **state)
{
    (void)state;
    heed_links_options pharaoh = {.format = HEED_LINKS_PHARAOH}, gold = {.format = HEED_LINKS_GOLD};
    refused("0-0\n0-0 1:1\n", pharaoh, HEED_E_FORMAT, "bad:2: '1:1' is no link");
    refused("0-\n", pharaoh, HEED_E_FORMAT, "bad:1: '0-' is no link");
    refused("-1\n", pharaoh, HEED_E_FORMAT, "'-1' is no link");
    refused("0-0x\n", pharaoh, HEED_E_FORMAT, "'0-0x' is no link");
    refused("0-9999999999999999999999\n", pharaoh, HEED_E_FORMAT, "is no link");
    refused("ein Hund\n", (heed_links_options){0}, HEED_E_FORMAT, "bad:1: 'ein' is no link");
    refused("0-1\n", (heed_links_options){.from_one = 1}, HEED_E_FORMAT, "counted from 1");
    refused("0-0\n", (heed_links_options){.pairs = 2}, HEED_E_DATA, "1 lines for 2 pairs");
    refused("\n\n0-0\n", (heed_links_options){.pairs = 2}, HEED_E_DATA, "bad:3: there are only 2");
    refused("1 1\n", gold, HEED_E_FORMAT, "bad:1: '' is no number");
    refused("1 1 x S\n", gold, HEED_E_FORMAT, "'x' is no number");
    refused("0 1 1 S\n", gold, HEED_E_FORMAT, "is no pair");
    refused("1 1 1 Q\n", gold, HEED_E_FORMAT, "'Q' is neither S (sure) nor P (possible)");
    refused("1 1 1 S 0.5\n", gold, HEED_E_FORMAT, "'0.5' stands after S or P");
    refused("7 1 1 S\n", (heed_links_options){.pairs = 6}, HEED_E_DATA, "bad:1: pair 7 of 6");
    refused("999999999 1 1 S\n", gold, HEED_E_FORMAT, "is no number of a pair");
    heed_links *links = NULL;
    check_fails(heed_links_read("/nowhere/links", NULL, &links), HEED_E_IO, "/nowhere/links");
}

static void test_links_outside_their_sentences_are_named(void **state)
{
    (void)state;
    heed_links *links = read_with("0-0\n1-4 0-1\n", (heed_links_options){0});
    check_ok(heed_links_check(links, 1, 2, 5));
    check_fails(heed_links_check(links, 1, 2, 4), HEED_E_DATA, "links:2: link 1-4");
    heed_links_destroy(&links);
    links = read_with("2 1 1 S\n\n2 3 1 S\n", (heed_links_options){0});
    check_fails(heed_links_check(links, 1, 2, 4), HEED_E_DATA, "links:3: link 2-0");
    heed_links_destroy(&links);
}

static void test_words_are_in_range(void **state)
{
    (void)state;
    heed_links *links = NULL;
    check_ok(heed_links_create(&links));
    check_fails(heed_links_add(links, &(heed_link){-1, 0}, NULL, 1), HEED_E_INVALID, "link -1-0");
    check_fails(heed_links_add(links, &(heed_link){0, 1000000}, NULL, 1), HEED_E_INVALID,
                "link 0-1000000");
    assert_int_equal(heed_links_pairs(links), 0);
    heed_links_destroy(&links);
    heed_links_destroy(&links);
    heed_links_destroy(NULL);
}

/* A row in the worst order comes out sorted: the links of an n x n square, backwards. */
static void test_long_rows_are_sorted(void **state)
{
    (void)state;
    enum { SIDE = 60 };
    static heed_link items[2 * SIDE * SIDE];
    heed_links *links = NULL;
    int64_t n = 0;
    for (int32_t t = SIDE - 1; t >= 0; t--)
        for (int32_t s = SIDE - 1; s >= 0; s--)
            for (int twice = 0; twice < 2; twice++) items[n++] = (heed_link){s, t};
    check_ok(heed_links_create(&links));
    check_ok(heed_links_add(links, items, NULL, n));
    heed_pair_links row = heed_links_at(links, 0);
    assert_int_equal(row.n, SIDE * SIDE);
    for (int64_t i = 0; i < row.n; i++) {
        assert_int_equal(row.items[i].target, i / SIDE);
        assert_int_equal(row.items[i].source, i % SIDE);
    }
    heed_links_destroy(&links);
}

static heed_alignment_score score(const char *predicted, const char *gold)
{
    heed_alignment_score out;
    heed_links *ours = read_with(predicted, (heed_links_options){0});
    heed_links *truth = read_with(gold, (heed_links_options){0});
    check_ok(heed_links_score(ours, truth, &out));
    heed_links_destroy(&ours);
    heed_links_destroy(&truth);
    return out;
}

static void test_error_rate_by_hand(void **state)
{
    (void)state;
    /* A = 4, S = 3; A and S = 2, A and P = 3. */
    heed_alignment_score s = score("0-0 1-1 5-5\n0-1\n", "0-0 1-1 2p1\n0p1 1-0\n");
    assert_int_equal(s.links, 4);
    assert_int_equal(s.sure, 3);
    assert_int_equal(s.links_sure, 2);
    assert_int_equal(s.links_possible, 3);
    assert_true(s.precision == 3.0 / 4);
    assert_true(s.recall == 2.0 / 3);
    assert_true(s.error_rate == 1.0 - 5.0 / 7);
    s = score("0-0 1-1\n", "0-0 1-1\n");
    assert_true(s.error_rate == 0.0);
    s = score("\n", "0-0\n");
    assert_true(isnan(s.precision) && s.recall == 0.0 && s.error_rate == 1.0);
    s = score("\n", "\n");
    assert_true(isnan(s.error_rate));
}

static void test_scores_want_the_same_pairs(void **state)
{
    (void)state;
    heed_alignment_score out;
    heed_links *one = read_with("0-0\n", (heed_links_options){0});
    heed_links *two = read_with("0-0\n0-0\n", (heed_links_options){0}), *both = NULL;
    check_fails(heed_links_score(one, two, &out), HEED_E_INVALID, "1 predicted pairs");
    check_fails(heed_links_symmetrise(one, two, HEED_SYMMETRISE_UNION, &both), HEED_E_INVALID,
                "1 pairs");
    check_fails(heed_links_symmetrise(one, one, (heed_symmetrise)9, &both), HEED_E_INVALID,
                "number 9");
    heed_links_destroy(&one);
    heed_links_destroy(&two);
}

static void check_both(const char *forward, const char *backward, heed_symmetrise way,
                       const char *wanted)
{
    heed_links *f = read_with(forward, (heed_links_options){0});
    heed_links *b = read_with(backward, (heed_links_options){0}), *both = NULL;
    check_ok(heed_links_symmetrise(f, b, way, &both));
    check_pair(both, 0, wanted);
    heed_links_destroy(&f);
    heed_links_destroy(&b);
    heed_links_destroy(&both);
}

static void test_two_directions(void **state)
{
    (void)state;
    /* 1-1 is a neighbour that brings new words, 2-2 a neighbour of that one; 6-4 touches nothing,
     * and 6-5 is for a word that 6-4 then has. */
    const char *forward = "0-0 1-1 6-4\n", *backward = "0-0 2-2 0-1 6-5\n";
    check_both(forward, backward, HEED_SYMMETRISE_INTERSECTION, "0-0");
    check_both(forward, backward, HEED_SYMMETRISE_UNION, "0-0 0-1 1-1 2-2 6-4 6-5");
    check_both(forward, backward, HEED_SYMMETRISE_GROW_DIAG, "0-0 0-1 1-1 2-2");
    check_both(forward, backward, HEED_SYMMETRISE_GROW_DIAG_FINAL_AND, "0-0 0-1 1-1 2-2 6-4");
    check_both("\n", "\n", HEED_SYMMETRISE_GROW_DIAG, "");
    check_both("0-0 2-0\n", "\n", HEED_SYMMETRISE_GROW_DIAG_FINAL_AND, "0-0");
    assert_string_equal(heed_symmetrise_name(HEED_SYMMETRISE_GROW_DIAG), "grow-diag");
    assert_null(heed_symmetrise_name((heed_symmetrise)4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        files_test(test_pharaoh_lines),
        files_test(test_gold_lines_in_any_order),
        files_test(test_what_is_no_link_is_refused),
        files_test(test_links_outside_their_sentences_are_named),
        files_test(test_words_are_in_range),
        files_test(test_long_rows_are_sorted),
        files_test(test_error_rate_by_hand),
        files_test(test_scores_want_the_same_pairs),
        files_test(test_two_directions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
