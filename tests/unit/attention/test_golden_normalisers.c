/* SPDX-License-Identifier: MIT */
/* Values of normalisers from entmax and PyTorch (tests/golden/mechanisms_normalisers.py). */
#include "check.h"
#include "golden.h"

#include "base/memory.h"
#include "heed/attention.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* float32 against float64, with scores up to 16 whose bits are fewer behind the point. */
static const double tolerance = 2e-5;

enum { BATCH = 2, HEADS = 2, QUERIES = 3, KEYS = 7, SIZE = 4, VALUE_SIZE = 3 };
enum { NQ = BATCH * HEADS * QUERIES, NK = BATCH * HEADS * KEYS };
static const int64_t lengths[] = {5, 7};

static const char *const cases[] = {
    "softmax",
    "sink",
    "softmax1",
    "sparsemax",
    "entmax15",
    "entmax:alpha=1.3",
    "entmax:alpha=1.75",
    "entmax:learned=1",
    "relu2",
    "sigmoid:bias=-1.5",
    "relu2:divide=1",
    "topk:k=3",
    "hard",
    "straight_through",
    "gumbel:tau=0.7",
    "gumbel:tau=0.7,hard=1",
    "sampled:entropy=0.3",
};
enum { CASES = sizeof cases / sizeof cases[0] };

static void values(int which, heed_real *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) x[i] = which ? (heed_real)sin(0.7 * (double)i + which) : 0;
}

static void expect(const char *name, const char *what, const heed_real *x, int64_t n)
{
    expect_golden("tests/golden/mechanisms_normalisers.txt", tolerance, name, what, x, n);
}

static heed_attention_plan *plan_of(const char *text, const char *engine)
{
    heed_attention_plan *plan = NULL;
    heed_attention_spec *spec = NULL;
    heed_attention_scaled_dot score = {{sizeof score, "scaled_dot"}, 2};
    heed_attention_capacity room = {
        .size = sizeof room, .sequences = BATCH, .longest_query = QUERIES, .longest_key = KEYS};
    check_ok(heed_attention_spec_parse("normaliser", text, &spec));
    heed_attention_options options = {.size = sizeof options,
                                      .heads = HEADS,
                                      .head_size = SIZE,
                                      .value_size = VALUE_SIZE,
                                      .score = &score.part,
                                      .normaliser = heed_attention_spec_part(spec),
                                      .engine = engine};
    check_ok(heed_attention_plan_create(NULL, &options, &room, &plan));
    heed_attention_spec_destroy(&spec);
    return plan;
}

typedef struct arrays {
    heed_real q[NQ * SIZE], k[NK * SIZE], v[NK * VALUE_SIZE], d_o[NQ * VALUE_SIZE], p[HEADS];
    heed_real advantage[NQ], o[NQ * VALUE_SIZE], lse[NQ];
    heed_real dq[NQ * SIZE], dk[NK * SIZE], dv[NK * VALUE_SIZE], dp[HEADS];
} arrays;

static void fill(arrays *x)
{
    memset(x, 0, sizeof *x);
    values(1, x->q, NQ * SIZE);
    values(2, x->k, NK * SIZE);
    values(3, x->v, NK * VALUE_SIZE);
    values(4, x->d_o, NQ * VALUE_SIZE);
    values(5, x->p, HEADS);
    values(6, x->advantage, NQ);
}

static void run(const heed_attention_plan *plan, arrays *x)
{
    heed_attention_sizes sizes = {.size = sizeof sizes};
    check_ok(heed_attention_plan_sizes(plan, &sizes));
    heed_real *workspace = NULL;
    check_ok(heed__alloc(sizes.forward + sizes.backward + 1, sizeof *workspace, "workspace",
                         &workspace));
    heed_attention_extra extra = {x->advantage, NULL, HEADS * QUERIES, 1, QUERIES};
    heed_attention_batch batch = {.size = sizeof batch,
                                  .sequences = BATCH,
                                  .queries = {.length = QUERIES},
                                  .keys = {.lengths = lengths, .length = KEYS},
                                  .seed = 5,
                                  .step = 2,
                                  .layer = 1,
                                  .extras = &extra,
                                  .extra_count = sizes.extras};
    const heed_real *parameters[] = {x->p};
    heed_real *d_parameters[] = {x->dp};
    heed_attention_forward_tensors forward = {
        sizeof forward,
        {x->q, HEADS * QUERIES * SIZE, SIZE, QUERIES * SIZE},
        {x->k, HEADS * KEYS * SIZE, SIZE, KEYS * SIZE},
        {x->v, HEADS * KEYS * VALUE_SIZE, VALUE_SIZE, KEYS * VALUE_SIZE},
        {x->o, HEADS * QUERIES * VALUE_SIZE, VALUE_SIZE, QUERIES * VALUE_SIZE},
        {x->lse, HEADS * QUERIES, 1, QUERIES},
        parameters};
    heed_attention_backward_tensors backward = {
        .size = sizeof backward,
        .q = forward.q,
        .k = forward.k,
        .v = forward.v,
        .o = {x->o, HEADS * QUERIES * VALUE_SIZE, VALUE_SIZE, QUERIES * VALUE_SIZE},
        .lse = {x->lse, HEADS * QUERIES, 1, QUERIES},
        .d_o = {x->d_o, HEADS * QUERIES * VALUE_SIZE, VALUE_SIZE, QUERIES * VALUE_SIZE},
        .parameters = parameters,
        .dq = {x->dq, HEADS * QUERIES * SIZE, SIZE, QUERIES * SIZE},
        .dk = {x->dk, HEADS * KEYS * SIZE, SIZE, KEYS * SIZE},
        .dv = {x->dv, HEADS * KEYS * VALUE_SIZE, VALUE_SIZE, KEYS * VALUE_SIZE},
        .d_parameters = d_parameters};
    check_ok(heed_attention_forward(plan, &batch, &forward, workspace));
    check_ok(heed_attention_backward(plan, &batch, &backward, workspace));
    heed__free(workspace);
}

static void check_case(const char *text, const char *engine)
{
    heed_attention_plan *plan = plan_of(text, engine);
    heed_attention_parameter parameter;
    arrays x;
    fill(&x);
    run(plan, &x);
    expect(text, "o", x.o, NQ * VALUE_SIZE);
    expect(text, "lse", x.lse, NQ);
    expect(text, "dq", x.dq, NQ * SIZE);
    expect(text, "dk", x.dk, NK * SIZE);
    expect(text, "dv", x.dv, NK * VALUE_SIZE);
    if (heed_attention_plan_parameter(plan, 0, &parameter)) expect(text, "dp", x.dp, HEADS);
    heed_attention_plan_destroy(&plan);
}

static void test_values(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        check_case(cases[i], NULL);
        check_case(cases[i], "reference");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
