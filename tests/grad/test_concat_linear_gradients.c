/* SPDX-License-Identifier: MIT */
/* The concat-linear rule: gradients in float64 against finite differences, with lengths on both
 * sides and NaN past them; the same bits on threads. */
#include "check.h"

#include "base/memory.h"
#include "heed/attention_textbook.h"

#include <math.h>
#include <string.h>

enum { B = 3, T = 4, TV = 5, DQ = 3, DK = 2, DV = 2, ARRAYS = 5 };

static const double step = 1e-5, allowed = 2e-8;

static const int64_t row_lengths[B] = {4, 2, 3}, value_lengths[B] = {5, 3, 0};

static const int64_t counts[ARRAYS] = {B * T * DQ, B *T *DK, B *TV *DV, TV *(DQ + DK), TV};

typedef struct problem {
    heed_real data[ARRAYS][64], gradient[ARRAYS][64], weights[B * T * TV], o[B * T * DV];
    heed_real d_o[B * T * DV];
    heed_textbook_concat_linear rule;
    heed_textbook_concat_linear_gradient wanted;
} problem;

static void start(problem *p, int lengths)
{
    memset(p, 0, sizeof *p);
    for (int a = 0; a < ARRAYS; a++)
        for (int64_t i = 0; i < counts[a]; i++)
            p->data[a][i] = (heed_real)sin(0.7 * (double)i + 1 + a);
    for (int64_t i = 0; i < B * T * DV; i++) p->d_o[i] = (heed_real)sin(0.3 * (double)i + 20);
    p->rule = (heed_textbook_concat_linear){.size = sizeof p->rule,
                                            .batch = B,
                                            .rows = T,
                                            .values = TV,
                                            .query_size = DQ,
                                            .key_size = DK,
                                            .value_size = DV,
                                            .q = p->data[0],
                                            .k = p->data[1],
                                            .v = p->data[2],
                                            .w = p->data[3],
                                            .b = p->data[4],
                                            .row_lengths = lengths ? row_lengths : NULL,
                                            .value_lengths = lengths ? value_lengths : NULL,
                                            .weights = p->weights,
                                            .o = p->o};
    p->wanted = (heed_textbook_concat_linear_gradient){
        sizeof p->wanted, p->d_o,         p->gradient[0], p->gradient[1],
        p->gradient[2],   p->gradient[3], p->gradient[4]};
}

/* L = sum(o * d_o) over the rows that are there. */
static double loss(problem *p)
{
    double sum = 0;
    check_ok(heed_textbook_concat_linear_forward(NULL, &p->rule));
    for (int64_t i = 0; i < B * T; i++) {
        if (p->rule.row_lengths && i % T >= row_lengths[i / T]) continue;
        for (int64_t d = 0; d < DV; d++) sum += p->o[i * DV + d] * p->d_o[i * DV + d];
    }
    return sum;
}

static void test_gradients(void **state)
{
    static problem p;
    (void)state;
    for (int lengths = 0; lengths < 2; lengths++) {
        start(&p, lengths);
        loss(&p);
        check_ok(heed_textbook_concat_linear_backward(NULL, &p.rule, &p.wanted));
        for (int a = 0; a < ARRAYS; a++)
            for (int64_t i = 0; i < counts[a]; i++) {
                double here = p.data[a][i], side[2];
                for (int s = 0; s < 2; s++) {
                    p.data[a][i] = here + (s ? -step : step);
                    side[s] = loss(&p);
                }
                p.data[a][i] = here;
                double found = (side[0] - side[1]) / (2 * step);
                if (!(fabs(found - p.gradient[a][i]) <= allowed * (1 + fabs(found))))
                    fail_msg("lengths %d, array %d[%lld] = %.12g, by differences %.12g", lengths, a,
                             (long long)i, p.gradient[a][i], found);
            }
    }
}

static void poison(problem *p)
{
    for (int64_t i = 0; i < B * T; i++) {
        if (i % T < row_lengths[i / T]) continue;
        for (int64_t d = 0; d < DQ; d++) p->data[0][i * DQ + d] = NAN;
        for (int64_t d = 0; d < DK; d++) p->data[1][i * DK + d] = NAN;
        for (int64_t d = 0; d < DV; d++) p->d_o[i * DV + d] = NAN;
    }
    for (int64_t t = 0; t < B * TV; t++)
        for (int64_t d = 0; d < DV && t % TV >= value_lengths[t / TV]; d++)
            p->data[2][t * DV + d] = NAN;
}

static void test_padding_and_threads(void **state)
{
    static problem plain, other;
    heed_context *context = NULL;
    (void)state;
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &context));
    start(&plain, 1);
    start(&other, 1);
    poison(&other);
    memset(other.weights, 255, sizeof other.weights); /* NaN: all of it is written */
    memset(other.o, 255, sizeof other.o);
    check_ok(heed_textbook_concat_linear_forward(NULL, &plain.rule));
    check_ok(heed_textbook_concat_linear_backward(NULL, &plain.rule, &plain.wanted));
    check_ok(heed_textbook_concat_linear_forward(context, &other.rule));
    check_ok(heed_textbook_concat_linear_backward(context, &other.rule, &other.wanted));
    assert_memory_equal(plain.weights, other.weights, sizeof plain.weights);
    assert_memory_equal(plain.o, other.o, sizeof plain.o);
    assert_memory_equal(plain.gradient, other.gradient, sizeof plain.gradient);
    for (int64_t i = 2 * T * DV; i < 3 * T * DV; i++) assert_true(plain.o[i] == 0); /* no values */
    heed_context_destroy(&context);
}

static void refuse(const problem *p, const char *word)
{
    assert_int_equal(heed_textbook_concat_linear_forward(NULL, &p->rule), HEED_E_INVALID);
    assert_non_null(strstr(heed_status_message(), word));
}

static void test_refused(void **state)
{
    static problem p;
    const int64_t much[B] = {6, 1, 1};
    (void)state;
    start(&p, 0), p.rule.size--;
    refuse(&p, "size");
    start(&p, 0), p.rule.values = 0;
    refuse(&p, "values = 0");
    start(&p, 0), p.rule.w = NULL;
    refuse(&p, "w is NULL");
    start(&p, 0), p.rule.value_lengths = much;
    refuse(&p, "value_lengths[0] = 6");
    start(&p, 0), p.rule.rows = 0, p.rule.q = NULL;
    check_ok(heed_textbook_concat_linear_forward(NULL, &p.rule));
    start(&p, 0), p.wanted.d_o = NULL;
    assert_int_equal(heed_textbook_concat_linear_backward(NULL, &p.rule, &p.wanted),
                     HEED_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gradients),
                                       cmocka_unit_test(test_padding_and_threads),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
