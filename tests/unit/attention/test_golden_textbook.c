/* SPDX-License-Identifier: MIT */
/* The textbook operators against PyTorch (tests/golden/textbook.py). */
#include "check.h"
#include "golden.h"

#include "attention/textbook_case.h"

#include <stdio.h>

/* float32 against float64 on sums of up to 10 terms of order 1. */
static const double tolerance = 3e-6;

static void expect(const char *name, const char *what, const heed_real *x, int64_t n)
{
    expect_golden("tests/golden/textbook.txt", tolerance, name, what, x, n);
}

static void test_products(void **state)
{
    (void)state;
    heed_real *a = textbook_values(1, 60), *b = textbook_values(2, 30), *c = textbook_room(24);
    heed_textbook_product p = {
        .size = sizeof p, .batch = 3, .rows = 4, .inner = 5, .columns = 2, .a = a, .b = b, .c = c};
    check_ok(heed_textbook_multiply(NULL, &p));
    expect("product", "plain", c, 24);
    p.turn_a = p.turn_b = 1;
    check_ok(heed_textbook_multiply(NULL, &p));
    expect("product", "turned", c, 24);
    heed__free(a), heed__free(b), heed__free(c);
}

static void test_softmax(void **state)
{
    (void)state;
    static const int64_t by_batch[] = {4, 6}, by_row[] = {1, 6, 3, 2, 5, 4};
    heed_real *x = textbook_values(1, 36), *d_y = textbook_values(3, 36), *y = textbook_room(36);
    for (int rows = 0; rows < 2; rows++) {
        const char *name = rows ? "softmax.rows" : "softmax.batch";
        heed_real *d_x = textbook_room(36);
        heed_textbook_softmax s = {.size = sizeof s,
                                   .batch = 2,
                                   .rows = 3,
                                   .columns = 6,
                                   .lengths = rows ? by_row : by_batch,
                                   .row_lengths = rows,
                                   .x = x,
                                   .y = y};
        check_ok(heed_textbook_softmax_forward(NULL, &s));
        check_ok(heed_textbook_softmax_backward(NULL, &s, d_y, d_x));
        expect(name, "y", y, 36);
        expect(name, "dx", d_x, 36);
        heed__free(d_x);
    }
    heed__free(x), heed__free(d_y), heed__free(y);
}

static void test_pooling(void **state)
{
    (void)state;
    static const int64_t lengths[] = {5, 3};
    heed_real *q = textbook_values(1, 12), *k = textbook_values(2, 20), *v = textbook_values(3, 30);
    heed_real *d_o = textbook_values(4, 18), *o = textbook_room(18), *weights = textbook_room(30);
    heed_real *dq = textbook_room(12), *dk = textbook_room(20), *dv = textbook_room(30), sigma = 0;
    heed_textbook_pooling p = {.size = sizeof p,
                               .batch = 2,
                               .queries = 3,
                               .keys = 5,
                               .position_size = 2,
                               .value_size = 3,
                               .q = q,
                               .k = k,
                               .v = v,
                               .key_lengths = lengths,
                               .sigma = (heed_real)0.7,
                               .o = o,
                               .weights = weights};
    heed_textbook_pooling_gradient g = {sizeof g, d_o, dq, dk, dv, &sigma};
    check_ok(heed_textbook_pool(NULL, &p));
    check_ok(heed_textbook_pool_backward(NULL, &p, &g));
    expect("pooling", "o", o, 18);
    expect("pooling", "weights", weights, 30);
    expect("pooling", "dq", dq, 12);
    expect("pooling", "dk", dk, 20);
    expect("pooling", "dv", dv, 30);
    expect("pooling", "dsigma", &sigma, 1);
    heed_real *all[] = {q, k, v, d_o, o, weights, dq, dk, dv};
    for (int a = 0; a < 9; a++) heed__free(all[a]);
}

static void test_heads(void **state)
{
    (void)state;
    heed_context *context = NULL;
    check_ok(heed_context_create(&(heed_context_options){.threads = 2}, &context));
    for (int which = 0; which < 3; which++) {
        textbook_case c;
        textbook_make(&c, which);
        check_ok(heed_textbook_attend(context, &c.heads));
        check_ok(heed_textbook_attend_backward(context, &c.heads, &c.gradient));
        expect(c.name, "y", c.y, c.y_count);
        if (which < 2) expect(c.name, "weights", c.weights, c.weights_count);
        for (int a = 0; a < c.count; a++)
            expect(c.name, c.arrays[a].name, c.arrays[a].gradient, c.arrays[a].count);
        textbook_free(&c);
    }
    heed_context_destroy(&context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products), cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_pooling), cmocka_unit_test(test_heads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
