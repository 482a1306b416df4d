/* SPDX-License-Identifier: MIT */
/* Weights on demand and summaries against the matrix. */
#include "check.h"

#include "attention/naive.h"

static const int64_t offset[] = {3, 60, -30};

static problem problem_at(int variant)
{
    problem p = {.sequences = 3,
                 .heads = 4,
                 .key_heads = 2,
                 .size = 11,
                 .padded = (variant & 9) == 1,
                 .slots = (variant & 8) != 0,
                 .tq = {70, 65, 130},
                 .tk = {66, 128, 64}};
    if (variant & 2) p.causal = 1, p.offset = offset;
    if (variant & 4) p.score = "additive";
    p.dropout = 0.5; /* what is looked at comes before it */
    return p;
}
enum { VARIANTS = 16, TOP = 5 };

static heed_attention_inspect_tensors look_at(const setup *x)
{
    return (heed_attention_inspect_tensors){.size = sizeof(heed_attention_inspect_tensors),
                                            .q = in_of(x->q),
                                            .k = in_of(x->k),
                                            .lse = in_of(x->lse),
                                            .parameters = x->parameters};
}

static void check_weights(const problem *p, setup *x, const double *weights)
{
    heed_attention_inspect_tensors tensors = look_at(x);
    for (int64_t s = 0; s < p->sequences; s++)
        for (int64_t h = 0; h < p->heads; h++) {
            int64_t tq = p->tq[s], tk = p->tk[s], first = tq / 3, count = tq - first - 1;
            heed_real *part = reals(count * tk);
            check_ok(heed_attention_weights(x->plan, &x->batch, &tensors, s, h, first, count, part,
                                            x->workspace));
            for (int64_t i = 0; i < count * tk; i++)
                assert_true(fabs(part[i] - weights[first * tk + i]) < 1e-5);
            heed__free(part);
            weights += tq * tk;
        }
}

/* exp(score - lse) is P, the score being what the normaliser gets; raw ones are the same where
 * nothing is hidden and there are no stages. */
static void check_scores(const problem *p, setup *x, const double *weights)
{
    heed_attention_inspect_tensors tensors = look_at(x);
    for (int64_t s = 0; s < p->sequences; s++)
        for (int64_t h = 0; h < p->heads; h++) {
            int64_t tq = p->tq[s], tk = p->tk[s], first = tq / 3, count = tq - first - 1;
            heed_real *masked = reals(count * tk), *raw = reals(count * tk);
            check_ok(heed_attention_scores(x->plan, &x->batch, &tensors, -1, s, h, first, count,
                                           masked, x->workspace));
            check_ok(heed_attention_scores(x->plan, &x->batch, &tensors, 0, s, h, first, count, raw,
                                           x->workspace));
            for (int64_t i = 0; i < count * tk; i++) {
                double w = weights[first * tk + i];
                double lse = x->lse.data[place_in(p, &x->lse, p->tq, s, first + i / tk, h)];
                assert_true(masked[i] == raw[i] || (masked[i] == -INFINITY && w == 0));
                assert_true(w == 0 || fabs(exp(masked[i] - lse) - w) < 1e-5);
            }
            heed__free(masked);
            heed__free(raw);
            weights += tq * tk;
        }
}

typedef struct summed {
    laid mass, entropy, top;
    int64_t *keys;
} summed;

/* One (sequence, head) of the summaries. */
static void check_head(const problem *p, const summed *z, int64_t s, int64_t h, const double *w)
{
    int64_t tq = p->tq[s], tk = p->tk[s];
    for (int64_t j = 0; j < tk; j++) {
        double mass = 0;
        for (int64_t i = 0; i < tq; i++) mass += w[i * tk + j];
        assert_true(fabs(z->mass.data[place_in(p, &z->mass, p->tk, s, j, h)] - mass) <
                    1e-5 * (1 + mass));
    }
    for (int64_t i = 0; i < tq; i++) {
        double entropy = 0, before = INFINITY;
        int64_t at = place_in(p, &z->top, p->tq, s, i, h), visible = 0;
        for (int64_t j = 0; j < tk; j++) {
            entropy -= w[i * tk + j] > 0 ? w[i * tk + j] * log(w[i * tk + j]) : 0;
            visible += w[i * tk + j] > 0;
        }
        assert_true(fabs(z->entropy.data[place_in(p, &z->entropy, p->tq, s, i, h)] - entropy) <
                    1e-5 * (1 + entropy));
        for (int k = 0; k < TOP; k++) {
            int64_t key = z->keys[at + k], heavier = 0;
            double weight = z->top.data[at + k];
            if (k >= visible) {
                assert_true(key == -1 && weight == 0);
                continue;
            }
            assert_true(key >= 0 && key < tk && weight <= before);
            assert_true(fabs(weight - w[i * tk + key]) < 1e-5);
            for (int64_t j = 0; j < tk; j++) heavier += w[i * tk + j] > w[i * tk + key] + 1e-6;
            assert_true(heavier <= k); /* no key that is heavier was left out */
            before = weight;
        }
    }
}

static void check_summary(problem *p, setup *x, const double *weights)
{
    heed_attention_inspect_tensors tensors = look_at(x);
    summed z = {.mass = lay(p, p->tk, p->heads, 1, NULL, untouched),
                .entropy = lay(p, p->tq, p->heads, 1, NULL, untouched),
                .top = lay(p, p->tq, p->heads, TOP, NULL, untouched)};
    z.keys = calloc((size_t)z.top.count, sizeof *z.keys);
    heed_attention_summary summary = {.size = sizeof summary,
                                      .mass = out_of(z.mass),
                                      .entropy = out_of(z.entropy),
                                      .top = TOP,
                                      .top_weight = out_of(z.top),
                                      .top_key = z.keys};
    check_ok(heed_attention_summarise(x->plan, &x->batch, &tensors, &summary, x->workspace));
    for (int64_t s = 0; s < p->sequences; s++)
        for (int64_t h = 0; h < p->heads; h++) {
            check_head(p, &z, s, h, weights);
            weights += p->tq[s] * p->tk[s];
        }
    free(z.keys);
    heed__free(z.mass.data);
    heed__free(z.entropy.data);
    heed__free(z.top.data);
}

static void test_against_the_matrix(void **state)
{
    (void)state;
    heed_context *context = NULL;
    check_ok(heed_context_create(&(heed_context_options){.threads = 2}, &context));
    for (int variant = 0; variant < VARIANTS; variant++) {
        problem p = problem_at(variant);
        problem_fill(&p);
        setup x;
        setup_make(&p, &x, context, NULL, NULL);
        check_ok(heed_attention_forward(x.plan, &x.batch, &x.forward, x.workspace));
        naive n = naive_run(&p);
        check_weights(&p, &x, n.weights);
        check_scores(&p, &x, n.weights);
        check_summary(&p, &x, n.weights);
        naive_free(&n);
        setup_free(&x);
        problem_free(&p);
    }
    heed_context_destroy(&context);
}

/* Equal weights: the keys come in order. */
static void test_ties_go_to_the_lower_key(void **state)
{
    (void)state;
    problem p = {.sequences = 1, .size = 2, .tq = {1}, .tk = {70}};
    problem_fill(&p);
    for (int i = 0; i < 140; i++) p.k[i] = 1;
    setup x;
    setup_make(&p, &x, NULL, NULL, NULL);
    check_ok(heed_attention_forward(x.plan, &x.batch, &x.forward, x.workspace));
    heed_real weights[4], entropy;
    int64_t keys[4];
    heed_attention_inspect_tensors tensors = look_at(&x);
    heed_attention_summary summary = {.size = sizeof summary,
                                      .entropy = {&entropy, 0, 1, 1},
                                      .top = 4,
                                      .top_weight = {weights, 0, 4, 4},
                                      .top_key = keys};
    check_ok(heed_attention_summarise(x.plan, &x.batch, &tensors, &summary, x.workspace));
    for (int k = 0; k < 4; k++) assert_int_equal(keys[k], k);
    assert_true(fabs(entropy - log(70)) < 1e-5);
    setup_free(&x);
    problem_free(&p);
}

static void test_refusals(void **state)
{
    (void)state;
    problem p = {.sequences = 1, .size = 2, .tq = {5}, .tk = {7}};
    problem_fill(&p);
    setup x;
    setup_make(&p, &x, NULL, NULL, NULL);
    heed_attention_inspect_tensors t = look_at(&x);
    heed_real out[100];
    check_fails(heed_attention_weights(x.plan, &x.batch, &t, 1, 0, 0, 1, out, x.workspace),
                HEED_E_INVALID, "sequence = 1");
    check_fails(heed_attention_weights(x.plan, &x.batch, &t, 0, 1, 0, 1, out, x.workspace),
                HEED_E_INVALID, "head = 1");
    check_fails(heed_attention_weights(x.plan, &x.batch, &t, 0, 0, 3, 3, out, x.workspace),
                HEED_E_INVALID, "rows 3 to 5");
    heed_attention_summary summary = {.size = sizeof summary, .top = 65};
    check_fails(heed_attention_summarise(x.plan, &x.batch, &t, &summary, x.workspace),
                HEED_E_INVALID, "top = 65");
    summary.top = 1;
    check_fails(heed_attention_summarise(x.plan, &x.batch, &t, &summary, x.workspace),
                HEED_E_INVALID, "top_weight NULL");
    t.lse.data = NULL;
    check_fails(heed_attention_weights(x.plan, &x.batch, &t, 0, 0, 0, 1, out, x.workspace),
                HEED_E_INVALID, "lse.data is NULL");
    setup_free(&x);
    problem_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_the_matrix),
        cmocka_unit_test(test_ties_go_to_the_lower_key),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
