/* SPDX-License-Identifier: MIT */
/* Gradients of the textbook operators in float64 against finite differences. */
#include "check.h"

#include "attention/textbook_case.h"

static const double step = 1e-5, allowed = 2e-8;

/* L as a function of what x points into. */
typedef double (*loss_of)(void *problem);

static void check_gradient(const char *name, loss_of loss, void *problem, heed_real *x,
                           const heed_real *gradient, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        double here = x[i], side[2];
        for (int s = 0; s < 2; s++) {
            x[i] = here + (s ? -step : step);
            side[s] = loss(problem);
        }
        x[i] = here;
        double found = (side[0] - side[1]) / (2 * step);
        if (!(fabs(found - gradient[i]) <= allowed * (1 + fabs(found))))
            fail_msg("%s[%lld] = %.12g, by differences %.12g", name, (long long)i, gradient[i],
                     found);
    }
}

static double dot(const heed_real *x, const heed_real *y, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += x[i] * y[i];
    return sum;
}

static double heads_loss(void *problem)
{
    textbook_case *c = problem;
    check_ok(heed_textbook_attend(NULL, &c->heads));
    return dot(c->y, c->d_y, c->y_count);
}

/* Also with lengths on both sides: one sequence is empty there. */
static void test_heads(void **state)
{
    (void)state;
    static const int64_t queries[] = {0, 3}, keys[] = {3, 4};
    for (int which = 0; which < 6; which++) {
        textbook_case c;
        textbook_make(&c, which % 3);
        if (which > 2) c.heads.query_lengths = queries;
        if (which > 3) c.heads.key_lengths = keys;
        check_ok(heed_textbook_attend(NULL, &c.heads));
        check_ok(heed_textbook_attend_backward(NULL, &c.heads, &c.gradient));
        for (int a = 0; a < c.count; a++)
            check_gradient(c.arrays[a].name, heads_loss, &c, c.arrays[a].data, c.arrays[a].gradient,
                           c.arrays[a].count);
        textbook_free(&c);
    }
}

typedef struct pooled {
    heed_textbook_pooling p;
    const heed_real *d_o;
    int64_t n;
} pooled;

static double pooling_loss(void *problem)
{
    pooled *x = problem;
    check_ok(heed_textbook_pool(NULL, &x->p));
    return dot(x->p.o, x->d_o, x->n);
}

static void test_pooling(void **state)
{
    (void)state;
    static const int64_t keys[] = {5, 0, 3}, queries[] = {4, 4, 2};
    heed_real *q = textbook_values(1, 24), *k = textbook_values(2, 30), *v = textbook_values(3, 45);
    heed_real *d_o = textbook_values(4, 36), *o = textbook_room(36), *dq = textbook_room(24);
    heed_real *dk = textbook_room(30), *dv = textbook_room(45), sigma = 0;
    pooled x = {{.size = sizeof x.p,
                 .batch = 3,
                 .queries = 4,
                 .keys = 5,
                 .position_size = 2,
                 .value_size = 3,
                 .q = q,
                 .k = k,
                 .v = v,
                 .query_lengths = queries,
                 .key_lengths = keys,
                 .sigma = 0.6,
                 .o = o},
                d_o,
                36};
    heed_textbook_pooling_gradient g = {sizeof g, d_o, dq, dk, dv, &sigma};
    check_ok(heed_textbook_pool_backward(NULL, &x.p, &g));
    check_gradient("dq", pooling_loss, &x, q, dq, 24);
    check_gradient("dk", pooling_loss, &x, k, dk, 30);
    check_gradient("dv", pooling_loss, &x, v, dv, 45);
    check_gradient("dsigma", pooling_loss, &x, &x.p.sigma, &sigma, 1);
    heed_real *all[] = {q, k, v, d_o, o, dq, dk, dv};
    for (int a = 0; a < 8; a++) heed__free(all[a]);
}

typedef struct softened {
    heed_textbook_softmax s;
    const heed_real *d_y;
} softened;

static double softmax_loss(void *problem)
{
    softened *x = problem;
    check_ok(heed_textbook_softmax_forward(NULL, &x->s));
    return dot(x->s.y, x->d_y, x->s.batch * x->s.rows * x->s.columns);
}

static void test_softmax(void **state)
{
    (void)state;
    static const int64_t lengths[] = {4, 0, 1, 7, 20, 3};
    heed_real *data = textbook_values(1, 120), *y = textbook_room(120), *d_x = textbook_room(120);
    heed_real *d_y = textbook_values(2, 120);
    softened x = {{.size = sizeof x.s,
                   .batch = 2,
                   .rows = 3,
                   .columns = 20,
                   .lengths = lengths,
                   .row_lengths = 1,
                   .x = data,
                   .y = y},
                  d_y};
    softmax_loss(&x);
    check_ok(heed_textbook_softmax_backward(NULL, &x.s, d_y, d_x));
    check_gradient("dx", softmax_loss, &x, data, d_x, 120);
    heed_real *all[] = {data, y, d_x, d_y};
    for (int a = 0; a < 4; a++) heed__free(all[a]);
}

typedef struct multiplied {
    heed_textbook_product p;
    const heed_real *d_c;
} multiplied;

static double product_loss(void *problem)
{
    multiplied *x = problem;
    check_ok(heed_textbook_multiply(NULL, &x->p));
    return dot(x->p.c, x->d_c, x->p.batch * x->p.rows * x->p.columns);
}

/* The gradients are products too, as the header says. */
static void test_products(void **state)
{
    (void)state;
    enum { B = 2, M = 3, K = 4, N = 5 };
    heed_real *a = textbook_values(1, B * M * K), *b = textbook_values(2, B * K * N);
    heed_real *c = textbook_room(B * M * N), *d_c = textbook_values(3, B * M * N);
    heed_real *d_a = textbook_room(B * M * K), *d_b = textbook_room(B * K * N);
    multiplied x = {{.size = sizeof x.p,
                     .batch = B,
                     .rows = M,
                     .inner = K,
                     .columns = N,
                     .a = a,
                     .b = b,
                     .c = c},
                    d_c};
    heed_textbook_product back_a = {.size = sizeof back_a,
                                    .batch = B,
                                    .rows = M,
                                    .inner = N,
                                    .columns = K,
                                    .a = d_c,
                                    .b = b,
                                    .turn_b = 1,
                                    .c = d_a,
                                    .add = 1};
    heed_textbook_product back_b = {.size = sizeof back_b,
                                    .batch = B,
                                    .rows = K,
                                    .inner = M,
                                    .columns = N,
                                    .a = a,
                                    .turn_a = 1,
                                    .b = d_c,
                                    .c = d_b,
                                    .add = 1};
    check_ok(heed_textbook_multiply(NULL, &back_a));
    check_ok(heed_textbook_multiply(NULL, &back_b));
    check_gradient("da", product_loss, &x, a, d_a, B * M * K);
    check_gradient("db", product_loss, &x, b, d_b, B * K * N);
    heed_real *all[] = {a, b, c, d_c, d_a, d_b};
    for (int i = 0; i < 6; i++) heed__free(all[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products), cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_pooling), cmocka_unit_test(test_heads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
