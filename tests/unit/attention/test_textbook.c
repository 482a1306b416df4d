/* SPDX-License-Identifier: MIT */
/* The textbook operators' rules: empty rows, padding that holds NaN, sharing, threads, refusals. */
#include "check.h"

#include "attention/textbook_case.h"

#define BAD ((heed_real)NAN)

static void test_products(void **state)
{
    (void)state;
    enum { B = 9, M = 2, K = 3, N = 4 };
    heed_context *context = NULL;
    heed_real *a = textbook_values(1, B * M * K), *b = textbook_values(2, K * N);
    heed_real *c = textbook_room(B * M * N), *again = textbook_room(B * M * N);
    heed_textbook_product p = {.size = sizeof p,
                               .batch = B,
                               .rows = M,
                               .inner = K,
                               .columns = N,
                               .a = a,
                               .b = b,
                               .c = c,
                               .share_b = 1};
    check_ok(heed_textbook_multiply(NULL, &p));
    for (int i = 0; i < B * M; i++)
        for (int n = 0; n < N; n++) {
            heed_real sum = 0;
            for (int k = 0; k < K; k++) sum = heed__fma(a[i * K + k], b[k * N + n], sum);
            assert_true(c[i * N + n] == sum);
        }
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &context));
    for (p.batch = 1; p.batch <= B; p.batch += 8) { /* few and many */
        p.c = again;
        check_ok(heed_textbook_multiply(context, &p));
        assert_memory_equal(again, c, (size_t)(p.batch * M * N) * sizeof *c);
    }
    p.batch = B, p.add = 1;
    check_ok(heed_textbook_multiply(context, &p));
    assert_true(fabs((double)(again[5] - 2 * c[5])) < 1e-6);
    p.inner = 0, p.add = 0;
    check_ok(heed_textbook_multiply(NULL, &p));
    assert_true(again[0] == 0 && again[B * M * N - 1] == 0);
    p.inner = K, p.a = NULL;
    check_fails(heed_textbook_multiply(NULL, &p), HEED_E_INVALID, "a is NULL");
    p.rows = -1;
    check_fails(heed_textbook_multiply(NULL, &p), HEED_E_INVALID, "rows = -1");
    p.rows = p.batch = p.inner = INT64_C(1) << 30;
    check_fails(heed_textbook_multiply(NULL, &p), HEED_E_INVALID, "2^48");
    heed_context_destroy(&context);
    heed__free(a), heed__free(b), heed__free(c), heed__free(again);
}

static void test_sequence_mask(void **state)
{
    (void)state;
    static const int64_t lengths[] = {2, 0, 3};
    static const unsigned char wanted[] = {1, 1, 0, 0, 0, 0, 1, 1, 1};
    unsigned char visible[9];
    heed_real x[18];
    check_ok(heed_textbook_mask(lengths, 3, 3, visible));
    assert_memory_equal(visible, wanted, 9);
    for (int i = 0; i < 18; i++) x[i] = wanted[i / 2] ? 5 : BAD;
    check_ok(heed_textbook_mask_values(lengths, 3, 3, 2, -1, x));
    for (int i = 0; i < 18; i++) assert_true(x[i] == (wanted[i / 2] ? 5 : -1));
    check_fails(heed_textbook_mask(lengths, 3, 2, visible), HEED_E_INVALID, "lengths[2] = 3");
    check_fails(heed_textbook_mask_values(lengths, 3, 3, -2, 0, x), HEED_E_INVALID, "columns = -2");
    check_fails(heed_textbook_mask(NULL, 3, 3, visible), HEED_E_INVALID, "lengths is NULL");
}

/* In place; what is past a length is 0, and so is a row without any. */
static void test_softmax(void **state)
{
    (void)state;
    static const int64_t lengths[] = {2, 0, 3, 1};
    heed_real x[] = {1, 1, BAD, BAD, BAD, BAD, 0, BAD, 0, -HEED_REAL(INFINITY), BAD, 5};
    heed_textbook_softmax s = {.size = sizeof s,
                               .batch = 2,
                               .rows = 2,
                               .columns = 3,
                               .lengths = lengths,
                               .row_lengths = 1,
                               .x = x,
                               .y = x};
    check_ok(heed_textbook_softmax_forward(NULL, &s));
    assert_true(x[0] == HEED_REAL(0.5) && x[1] == HEED_REAL(0.5) && x[2] == 0);
    assert_true(x[3] == 0 && x[4] == 0 && x[5] == 0);
    assert_true(isnan(x[6]) && isnan(x[7]) && isnan(x[8])); /* a NaN in view stays */
    assert_true(x[9] == 0 && x[10] == 0 && x[11] == 0);     /* all of it hidden by -inf */
    heed_real d_y[12], d_x[12] = {0};
    for (int i = 0; i < 12; i++) d_y[i] = i < 2 ? (heed_real)i : BAD;
    s.batch = 1;
    check_ok(heed_textbook_softmax_backward(NULL, &s, d_y, d_x));
    assert_true(d_x[0] == HEED_REAL(-0.25) && d_x[1] == HEED_REAL(0.25));
    for (int i = 2; i < 6; i++) assert_true(d_x[i] == 0);
    s.columns = 1;
    check_fails(heed_textbook_softmax_forward(NULL, &s), HEED_E_INVALID, "lengths[0] = 2");
    s.size = 1;
    check_fails(heed_textbook_softmax_forward(NULL, &s), HEED_E_INVALID, "softmax.size = 1");
}

/* A narrow kernel is the nearest key, a wide one the mean. */
static void test_pooling(void **state)
{
    (void)state;
    static const int64_t lengths[] = {3};
    heed_real q[] = {0, 2}, k[] = {0, 1, 2, BAD}, v[] = {3, 6, 9, BAD}, o[2], weights[8];
    heed_textbook_pooling p = {.size = sizeof p,
                               .batch = 1,
                               .queries = 2,
                               .keys = 4,
                               .q = q,
                               .k = k,
                               .v = v,
                               .key_lengths = lengths,
                               .sigma = HEED_REAL(0.05),
                               .o = o,
                               .weights = weights};
    check_ok(heed_textbook_pool(NULL, &p));
    assert_true(o[0] == 3 && o[1] == 9 && weights[0] == 1 && weights[3] == 0 && weights[7] == 0);
    p.sigma = 1000;
    check_ok(heed_textbook_pool(NULL, &p));
    assert_true(fabs((double)o[0] - 6) < 1e-4 && fabs((double)o[1] - 6) < 1e-4);
    heed_real d_o[] = {1, 1}, dk[4] = {0}, dv[4] = {0}, sigma = 0;
    heed_textbook_pooling_gradient g = {
        .size = sizeof g, .d_o = d_o, .k = dk, .v = dv, .sigma = &sigma};
    p.sigma = 1;
    check_ok(heed_textbook_pool_backward(NULL, &p, &g));
    assert_true(!isnan(sigma) && dk[3] == 0 && dv[3] == 0 && dv[0] > 0);
    static const int64_t none[] = {0};
    p.key_lengths = none;
    check_ok(heed_textbook_pool(NULL, &p));
    assert_true(o[0] == 0 && o[1] == 0 && weights[0] == 0);
    static const heed_real refused[] = {0, -1, BAD, HEED_REAL(INFINITY), HEED_REAL(1e-30)};
    for (int i = 0; i < 5 && (sizeof(heed_real) == 4 || i < 4); i++) {
        p.sigma = refused[i];
        check_fails(heed_textbook_pool(NULL, &p), HEED_E_INVALID, "sigma");
    }
}

/* NaN past the lengths changes nothing, in y or in any gradient; rows past them are 0. */
static void test_heads_and_padding(void **state)
{
    (void)state;
    static const int64_t lengths[] = {2, 4};
    for (int poison = 0; poison < 2; poison++) {
        static heed_real kept[8][400];
        textbook_case c;
        textbook_fused(&c);
        c.heads.query_lengths = lengths; /* self-attention: of keys too */
        heed_real *x = c.arrays[0].data;
        for (int b = 0; b < 2 && poison; b++)
            for (int64_t i = lengths[b] * 6; i < 30; i++) x[b * 30 + i] = c.d_y[b * 30 + i] = BAD;
        check_ok(heed_textbook_attend(NULL, &c.heads));
        check_ok(heed_textbook_attend_backward(NULL, &c.heads, &c.gradient));
        for (int64_t i = 0; i < 60; i++)
            assert_true(i % 30 < lengths[i / 30] * 6 ? c.y[i] != 0 : c.y[i] == 0);
        for (int64_t i = 0; i < c.weights_count; i++) {
            int64_t b = i / 75, row = i / 5 % 5, key = i % 5;
            assert_true((c.weights[i] != 0) == (row < lengths[b] && key <= row));
        }
        for (int a = 0; a < c.count; a++) {
            size_t size = (size_t)c.arrays[a].count * sizeof(heed_real);
            if (poison) assert_memory_equal(kept[a], c.arrays[a].gradient, size);
            memcpy(kept[a], c.arrays[a].gradient, size);
        }
        if (poison) assert_memory_equal(kept[7], c.y, 60 * sizeof(heed_real));
        memcpy(kept[7], c.y, 60 * sizeof(heed_real));
        textbook_free(&c);
    }
}

/* A query that sees no key: the output's bias. Without saved and weights the same y. */
static void test_heads_without_keys(void **state)
{
    (void)state;
    static const int64_t lengths[] = {0, 4};
    textbook_case c;
    textbook_separate(&c);
    c.heads.key_lengths = lengths;
    check_ok(heed_textbook_attend(NULL, &c.heads));
    for (int i = 0; i < 12; i++) assert_true(c.y[i] == c.heads.output.b[i % 4]);
    heed_real *y = textbook_room(c.y_count);
    c.heads.y = y, c.heads.saved = c.heads.weights = NULL;
    check_ok(heed_textbook_attend(NULL, &c.heads));
    assert_memory_equal(y, c.y, (size_t)c.y_count * sizeof *y);
    heed__free(y);
    textbook_free(&c);
}

/* Without an output layer all is as with one that changes nothing. */
static void test_heads_alone(void **state)
{
    (void)state;
    static const int64_t lengths[] = {5, 2};
    heed_real identity[36] = {0}, *gradient = NULL, *y = NULL;
    for (int i = 0; i < 6; i++) identity[7 * i] = 1;
    for (int layer = 1; layer >= 0; layer--) {
        textbook_case c;
        textbook_fused(&c);
        c.heads.query_lengths = lengths;
        c.heads.output = (heed_textbook_linear){layer ? identity : NULL, NULL};
        c.gradient.output = (heed_textbook_linear_gradient){NULL, NULL};
        check_ok(heed_textbook_attend(NULL, &c.heads));
        check_ok(heed_textbook_attend_backward(NULL, &c.heads, &c.gradient));
        heed_real *x = textbook_room(c.y_count), *d = textbook_room(18 * 6);
        memcpy(x, c.y, (size_t)c.y_count * sizeof *x);
        memcpy(d, c.gradient.fused.w, 18 * 6 * sizeof *d);
        if (layer) {
            y = x, gradient = d;
        } else {
            assert_memory_equal(x, y, (size_t)c.y_count * sizeof *x);
            assert_memory_equal(d, gradient, 18 * 6 * sizeof *d);
            heed__free(x), heed__free(d);
        }
        textbook_free(&c);
    }
    heed__free(y), heed__free(gradient);
}

static void refuse(heed_textbook_heads heads, const char *text)
{
    check_fails(heed_textbook_attend(NULL, &heads), HEED_E_INVALID, text);
}

static void test_heads_refused(void **state)
{
    (void)state;
    textbook_case c;
    textbook_separate(&c);
    heed_textbook_heads good = c.heads, bad = good;
    bad.query_width = 5, bad.heads = 2;
    refuse(bad, "query_width = 5 is not a multiple of heads = 2");
    bad = good, bad.fused.w = good.output.w;
    refuse(bad, "give the one or the other");
    bad = good, bad.project_k.w = NULL;
    refuse(bad, "project_k.w is NULL");
    bad = good, bad.k = NULL;
    refuse(bad, "k is NULL, so keys are the queries");
    bad = good, bad.v = NULL;
    refuse(bad, "value_width = 5 must be 3");
    bad = good, bad.key_heads = 3;
    refuse(bad, "key_heads = 3");
    bad = good, bad.output.w = NULL;
    refuse(bad, "output.w is NULL");
    bad.output.b = NULL, bad.output_width = 3;
    refuse(bad, "leave output.b NULL and output_width 0");
    bad.output_width = 0;
    check_fails(heed_textbook_attend_backward(NULL, &bad, &c.gradient), HEED_E_INVALID,
                "heads.output.w is NULL");
    c.gradient.d_y = NULL;
    check_fails(heed_textbook_attend_backward(NULL, &good, &c.gradient), HEED_E_INVALID,
                "gradient.d_y is NULL");
    c.gradient.d_y = c.d_y, c.gradient.fused.w = c.gradient.output.w;
    check_fails(heed_textbook_attend_backward(NULL, &good, &c.gradient), HEED_E_INVALID,
                "fused projections are wanted");
    textbook_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products),          cmocka_unit_test(test_sequence_mask),
        cmocka_unit_test(test_softmax),           cmocka_unit_test(test_pooling),
        cmocka_unit_test(test_heads_and_padding), cmocka_unit_test(test_heads_without_keys),
        cmocka_unit_test(test_heads_alone),       cmocka_unit_test(test_heads_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
