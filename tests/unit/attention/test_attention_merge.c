/* SPDX-License-Identifier: MIT */
/* Parts merged by log-sum-exp: the whole, within rounding; empty parts and NaN; strides. */
#include "check.h"

#include "attention/merge_case.h"

static int close_to(const heed_real *x, const heed_real *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (x[i] != y[i] && !(fabs((double)x[i] - (double)y[i]) <= 2e-6)) return 0;
    return 1;
}

static int equals(const merge_result *x, const merge_result *y)
{
    return close_to(x->o, y->o, sizeof x->o / sizeof *x->o) &&
           close_to(x->lse, y->lse, sizeof x->lse / sizeof *x->lse);
}

/* In a chain, into the first part's own place; and as a tree. */
static void test_chunks_are_the_whole(void **state)
{
    (void)state;
    static merge_result whole, part[CHUNKS], chain;
    /* All queries see much; the last three chunks are hidden from some; the first rows see nothing.
     */
    static const int64_t offsets[] = {MERGE_TK, 66, -3};
    for (int k = 0; k < 3; k++) {
        merge_case c = merge_case_make(offsets[k]);
        attend_some(&c, 0, MERGE_TK, &whole, NULL, NULL);
        for (int p = 0; p < CHUNKS; p++)
            attend_some(&c, chunk_at[p], chunk_at[p + 1] - chunk_at[p], &part[p], NULL, NULL);
        chain = part[0];
        for (int p = 1; p < CHUNKS; p++) merge_two(&chain, &part[p], &chain);
        assert_true(equals(&chain, &whole));
        merge_two(&part[2], &part[3], &part[3]);
        merge_two(&part[1], &part[0], &part[0]);
        merge_two(&part[3], &part[0], &chain);
        assert_true(equals(&chain, &whole));
    }
}

/* The sink as a last part of its own, where a row sees any key. */
static void check_sink(const char *name)
{
    static merge_result whole, part[2], sink;
    merge_case c = merge_case_make(1);
    c.offset = -3;
    c.normaliser = name;
    attend_some(&c, 0, MERGE_TK, &whole, NULL, NULL);
    c.normaliser = NULL;
    attend_some(&c, 0, 2, &part[0], NULL, NULL);
    attend_some(&c, 2, MERGE_TK - 2, &part[1], NULL, NULL);
    merge_two(&part[0], &part[1], &part[0]);
    memset(&sink, 0, sizeof sink);
    for (int i = 0; i < MERGE_TQ * MERGE_H; i++) {
        heed_real score = strcmp(name, "sink") == 0 ? c.sink[i % MERGE_H] : 0;
        sink.lse[i] = isinf(part[0].lse[i]) ? -HEED_REAL(INFINITY) : score;
    }
    merge_two(&part[0], &sink, &part[0]);
    assert_true(equals(&part[0], &whole));
}

static void test_a_sink_counts_once(void **state)
{
    (void)state;
    check_sink("sink");
    check_sink("softmax1");
}

static void test_empty_parts_and_nan(void **state)
{
    (void)state;
    static merge_result a, b, out;
    merge_values(a.o, sizeof a.o / sizeof *a.o, 1);
    merge_values(a.lse, sizeof a.lse / sizeof *a.lse, 2);
    for (size_t i = 0; i < sizeof b.o / sizeof *b.o; i++) b.o[i] = (heed_real)NAN; /* never read */
    for (size_t i = 0; i < sizeof b.lse / sizeof *b.lse; i++) b.lse[i] = -HEED_REAL(INFINITY);
    merge_two(&a, &b, &out);
    assert_memory_equal(out.o, a.o, sizeof a.o);
    assert_memory_equal(out.lse, a.lse, sizeof a.lse);
    merge_two(&b, &a, &out);
    assert_memory_equal(out.o, a.o, sizeof a.o);
    assert_memory_equal(out.lse, a.lse, sizeof a.lse);
    merge_two(&b, &b, &out);
    assert_true(out.o[5] == 0 && out.lse[3] == -HEED_REAL(INFINITY));
    b.lse[0] = (heed_real)NAN; /* a part that is not empty */
    b.o[1 * MERGE_DV] = 0, b.lse[1] = 0;
    merge_two(&a, &b, &out);
    for (int d = 0; d < MERGE_DV; d++) assert_true(isnan(out.o[d]));
    assert_true(isnan(out.lse[0]));
    assert_true(!isnan(out.o[MERGE_DV]) && isnan(out.o[MERGE_DV + 1]) && !isnan(out.lse[1]));
    a.lse[4] = 80, b.lse[4] = -80; /* far apart: no overflow */
    for (int d = 0; d < MERGE_DV; d++) b.o[4 * MERGE_DV + d] = 1;
    merge_two(&a, &b, &out);
    assert_true(out.lse[4] == 80 && out.o[4 * MERGE_DV] == a.o[4 * MERGE_DV]);
}

/* [sequence, head, row, size + 2] beside [row, head, size]: the same numbers. Nothing is written
 * between the rows. */
static void test_strides(void **state)
{
    (void)state;
    enum { S = 2, R = 3, H = 2, N = 4, W = N + 2 };
    heed_real o[2][S * H * R * W], lse[2][S * H * R], out[S * H * R * W], out_lse[S * H * R];
    for (int p = 0; p < 2; p++) {
        merge_values(o[p], S * H * R * W, p + 1);
        merge_values(lse[p], S * H * R, p + 4);
    }
    for (int i = 0; i < S * H * R * W; i++) out[i] = 7;
    heed_attention_partials parts = {
        .size = sizeof parts, .sequences = S, .rows = R, .heads = H, .value_size = N};
    for (int p = 0; p < 2; p++) {
        parts.o[p] = (heed_attention_input){o[p], H * R * W, W, R * W};
        parts.lse[p] = (heed_attention_input){lse[p], H * R, 1, R};
    }
    heed_attention_output to = {out, H * R * W, W, R * W}, to_lse = {out_lse, H * R, 1, R};
    check_ok(heed_attention_merge(NULL, &parts, &to, &to_lse));
    for (int i = 0; i < S * H * R; i++) {
        double a = exp((double)lse[0][i]), b = exp((double)lse[1][i]);
        assert_true(fabs(out_lse[i] - log(a + b)) < 1e-6);
        for (int d = 0; d < N; d++)
            assert_true(fabs(out[i * W + d] -
                             (a * o[0][i * W + d] + b * o[1][i * W + d]) / (a + b)) < 1e-6);
        assert_true(out[i * W + N] == 7 && out[i * W + N + 1] == 7);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static merge_result a, b;
    heed_attention_partials parts = partials_of(&a, &b);
    heed_attention_output o = rows_out(a.o, MERGE_H, MERGE_DV), lse = rows_out(a.lse, MERGE_H, 1);
    parts.rows = -1;
    check_fails(heed_attention_merge(NULL, &parts, &o, &lse), HEED_E_INVALID, "rows = -1");
    parts.rows = 0;
    check_ok(heed_attention_merge(NULL, &parts, &o, &lse));
    parts.rows = MERGE_TQ;
    o.row_stride = 0;
    check_fails(heed_attention_merge(NULL, &parts, &o, &lse), HEED_E_INVALID, "o.row_stride = 0");
    o = rows_out(a.o, MERGE_H, MERGE_DV);
    lse.data = NULL;
    check_fails(heed_attention_merge(NULL, &parts, &o, &lse), HEED_E_INVALID, "lse.data is NULL");
    parts.lse[1].data = NULL;
    lse.data = a.lse;
    check_fails(heed_attention_merge(NULL, &parts, &o, &lse), HEED_E_INVALID, "lse[1].data");
    parts.size = 3;
    check_fails(heed_attention_merge(NULL, &parts, &o, &lse), HEED_E_INVALID, "parts.size = 3");
    parts = partials_of(&a, &b);
    heed_attention_partials_gradient gradient = {.size = sizeof gradient};
    check_fails(heed_attention_merge_backward(NULL, &parts, &gradient), HEED_E_INVALID, "d_o.data");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunks_are_the_whole), cmocka_unit_test(test_a_sink_counts_once),
        cmocka_unit_test(test_empty_parts_and_nan), cmocka_unit_test(test_strides),
        cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
