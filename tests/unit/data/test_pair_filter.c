/* SPDX-License-Identifier: MIT */
#include "files.h"
#include "out_of_memory.h"

#include "base/fail.h"
#include "data/pair_filter.h"

typedef struct pairs {
    heed_dataset *rows;
    heed__examples sources, targets;
} pairs;

static heed_status encode(const heed_dataset *d, heed__side side, heed__examples *out)
{
    heed__tokenizer_settings s;
    heed__tokenizer *t = NULL;
    heed_status status = heed__tokenizer_defaults("words", &s);
    if (status == HEED_OK) {
        s.ngrams = side == HEED_SIDE_SOURCE ? 2 : 1;
        status = heed__tokenizer_train_side(NULL, "words", &s, d, side, &t);
    }
    if (status == HEED_OK) status = heed__examples_encode_side(NULL, t, d, side, out);
    heed__tokenizer_destroy(&t);
    return status;
}

/* Words that stand once are unknown. */
static heed_status make(const char *path, pairs *out)
{
    heed_read_options o = {.kind = HEED_READ_PAIRS};
    *out = (pairs){0};
    HEED_TRY(heed_dataset_read(NULL, &path, 1, &o, &out->rows));
    HEED_TRY(encode(out->rows, HEED_SIDE_SOURCE, &out->sources));
    return encode(out->rows, HEED_SIDE_TARGET, &out->targets);
}

static void release(pairs *p)
{
    heed_dataset_destroy(&p->rows);
    heed__examples_free(&p->sources);
    heed__examples_free(&p->targets);
}

static const char text[] = "a b c\tx y\n"                           /* 1 */
                           "b a\ty x x y\n"                         /* 2 */
                           "a b a b\tx x x\n"                       /* 3 */
                           "rare\tx y\n"                            /* 4: unknown */
                           "a\tx x x x x x x x x x\n"               /* 5: short */
                           "a\tx x x x x x x x x x x\n"             /* 6: ratio 11 */
                           "a a a a a a a a a a a a\tx x x x x x\n" /* 7: 12 tokens */
                           "c c\tsingle\n"                          /* 8: unknown */
                           "a c\ta c\n"                             /* 9: identical */
                           "c\ta c\n";                              /* 10 */

static void check_rows(const pairs *p, const char *lines)
{
    char kept[100] = "";
    assert_int_equal(p->sources.n, heed_dataset_rows(p->rows));
    assert_int_equal(p->targets.n, heed_dataset_rows(p->rows));
    for (int64_t row = 0; row < heed_dataset_rows(p->rows); row++) {
        const char *path;
        int64_t line;
        heed_dataset_position(p->rows, row, &path, &line);
        sprintf(kept + strlen(kept), "%d ", (int)line);
    }
    assert_string_equal(kept, lines);
}

/* What is left is what encoding the rest alone gives. */
static void check_examples(const heed__examples *x, const heed_dataset *d, heed__side side,
                           const heed__examples *all, const int *rows)
{
    int64_t longest = 0;
    assert_int_equal(x->tokens, x->offsets[x->n]);
    for (int64_t i = 0; i < x->n; i++) {
        int64_t from = all->offsets[rows[i]], length = all->offsets[rows[i] + 1] - from;
        assert_int_equal(x->offsets[i + 1] - x->offsets[i], length);
        assert_memory_equal(x->ids + x->offsets[i], all->ids + from, (size_t)length * 4);
        const heed__bags *bags = &x->bags[0], *of = &all->bags[0];
        for (int64_t t = 0; bags->offsets && t < length; t++) {
            int64_t at = x->offsets[i] + t, count = heed__bags_count(of, from + t, from + t + 1);
            assert_int_equal(heed__bags_count(bags, at, at + 1), count);
            assert_memory_equal(bags->ids + bags->offsets[at], of->ids + of->offsets[from + t],
                                (size_t)count * 4);
        }
        if (length > longest) longest = length;
    }
    assert_int_equal(x->longest, longest);
    assert_true(side == HEED_SIDE_TARGET || x->bags[0].used > 0);
    (void)d;
}

static void test_each_reason_is_counted_and_named(void **state)
{
    (void)state;
    const char *path = files_text("pairs", text);
    pairs p, all;
    heed__pair_limits limits = {
        .max_source = 11, .max_ratio = 9, .drop_unknown = 1, .drop_identical = 1};
    check_ok(make(path, &p));
    check_ok(make(path, &all));
    check_ok(heed__pairs_filter(files_context, &limits, p.rows, &p.sources, &p.targets));
    check_rows(&p, "1 2 3 5 10 ");
    static const int rows[] = {0, 1, 2, 4, 9};
    check_examples(&p.sources, p.rows, HEED_SIDE_SOURCE, &all.sources, rows);
    check_examples(&p.targets, p.rows, HEED_SIDE_TARGET, &all.targets, rows);
    check_logged("5 of 10 pairs were left out: 2 with a side of nothing but unknown tokens");
    check_logged("pairs:4), 1 too long (the first is");
    check_logged("pairs:7), 1 with sides of too different lengths (the first is");
    check_logged("pairs:6), 1 of two equal texts (the first is");
    check_logged("pairs:9)");
    assert_int_equal(heed_dataset_skipped(p.rows), 5);
    files_log[0] = 0; /* nothing more to leave out, nothing to say */
    check_ok(heed__pairs_filter(files_context, &limits, p.rows, &p.sources, &p.targets));
    assert_string_equal(files_log, "");
    release(&p);
    release(&all);
}

static void test_limits_can_be_left_open(void **state)
{
    (void)state;
    pairs p;
    check_ok(make(files_text("pairs", text), &p));
    check_ok(
        heed__pairs_filter(files_context, &(heed__pair_limits){0}, p.rows, &p.sources, &p.targets));
    check_rows(&p, "1 2 3 4 5 6 7 8 9 10 ");
    check_ok(heed__pairs_filter(files_context, &(heed__pair_limits){.max_target = 3}, p.rows,
                                &p.sources, &p.targets));
    check_rows(&p, "1 3 4 8 9 10 ");
    release(&p);
}

static void test_none_left_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    pairs p;
    check_ok(make(files_text("pairs", text), &p));
    heed__pair_limits limits = {.max_source = 1, .max_target = 1, .drop_unknown = 1};
    check_fails(heed__pairs_filter(NULL, &limits, p.rows, &p.sources, &p.targets), HEED_E_DATA,
                "none of 10 pairs is left: 2 with a side of nothing but unknown tokens");
    check_rows(&p, "1 2 3 4 5 6 7 8 9 10 ");
    p.sources.n--;
    check_fails(heed__pairs_filter(NULL, &limits, p.rows, &p.sources, &p.targets), HEED_E_INVALID,
                "10 pairs, but 9 sources");
    p.sources.n++;
    release(&p);
}

static heed_status filter_job(void *arg)
{
    pairs p;
    heed__pair_limits limits = {.max_source = 11, .max_ratio = 9, .drop_unknown = 1};
    heed_status status = make(arg, &p);
    if (status == HEED_OK)
        status = heed__pairs_filter(NULL, &limits, p.rows, &p.sources, &p.targets);
    release(&p);
    return status;
}

static void test_survives_each_failing_allocation(void **state)
{
    (void)state;
    check_out_of_memory(filter_job, (void *)files_text("pairs", text), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        files_test(test_each_reason_is_counted_and_named),
        files_test(test_limits_can_be_left_open),
        files_test(test_none_left_is_refused_and_changes_nothing),
        files_test(test_survives_each_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
