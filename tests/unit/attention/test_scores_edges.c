/* SPDX-License-Identifier: MIT */
/* Where scores have no direction, what settings are refused, and what a caller's stage is given. */
#include "check.h"

#include "attention/mechanism_trial.h"

/* One query against two keys, the first of which is the query itself or nothing at all. */
static const trial small = {
    .heads = 1, .size = 3, .value_size = 2, .sequences = 1, .tq = {1}, .tk = {2}};

static void set(heed_real *x, heed_real a, heed_real b, heed_real c)
{
    x[0] = a, x[1] = b, x[2] = c;
}

static void run(trial_run *r)
{
    trial_forward(r);
    trial_backward(r);
}

static void expect_zeros(const heed_real *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) assert_true(x[i] == 0);
}

static void expect_finite(const trial_run *r)
{
    assert_true(isfinite(r->lse[0]));
    for (int a = 0; a < r->count; a++)
        for (int64_t i = 0; i < r->arrays[a].count; i++)
            assert_true(isfinite(r->arrays[a].gradient[i]));
}

static void test_cosine_of_zeros(void **state)
{
    trial_run r;
    trial t = small;
    (void)state;
    t.score = "cosine:scale=3";
    assert_true(trial_make(&r, &t, NULL, NULL, NULL));
    set(r.arrays[0].data, 0, 2, 0);
    set(r.arrays[1].data, 0, 0, 0);
    set(r.arrays[1].data + 3, 0, 0, 5);
    run(&r);
    assert_float_equal(r.lse[0], log(2.0), 1e-6); /* both score 0 */
    expect_zeros(r.arrays[1].gradient, 3);
    expect_finite(&r);
    set(r.arrays[0].data, 0, 0, 0);
    run(&r);
    expect_zeros(r.arrays[0].gradient, 3);
    expect_finite(&r);
    trial_free(&r);
}

/* Squares of these are beyond float32. */
static void test_cosine_of_any_length(void **state)
{
    trial_run r;
    trial t = small;
    (void)state;
    t.score = "cosine";
    assert_true(trial_make(&r, &t, NULL, NULL, NULL));
    set(r.arrays[0].data, 0, (heed_real)1e30, 0);
    set(r.arrays[1].data, 0, (heed_real)3e-30, 0);
    set(r.arrays[1].data + 3, 0, (heed_real)-1e30, 0);
    trial_forward(&r);
    assert_float_equal(r.lse[0], log(exp(1.0) + exp(-1.0)), 1e-6);
    r.arrays[0].data[1] = (heed_real)NAN;
    trial_forward(&r);
    assert_true(isnan(r.o[0]) && isnan(r.lse[0]));
    trial_free(&r);
}

static void test_distance_to_itself(void **state)
{
    trial_run r;
    trial t = small;
    (void)state;
    t.score = "distance";
    assert_true(trial_make(&r, &t, NULL, NULL, NULL));
    set(r.arrays[0].data, 1, 2, 3);
    set(r.arrays[1].data, 1, 2, 3);
    set(r.arrays[1].data + 3, 1, 2, 5);
    run(&r);
    assert_float_equal(r.lse[0], log(1 + exp(-2.0)), 1e-6);
    expect_zeros(r.arrays[1].gradient, 3);
    expect_finite(&r);
    assert_true(r.arrays[0].gradient[2] != 0); /* towards the other key there is a slope */
    trial_free(&r);
}

static void refuse(const char *table, const char *text, const char *word)
{
    heed_attention_spec *spec = NULL;
    heed_attention_plan *plan = NULL;
    heed_attention_options o = {.size = sizeof o, .heads = 2, .head_size = 4};
    heed_attention_capacity room = {
        .size = sizeof room, .sequences = 1, .longest_query = 1, .longest_key = 1};
    check_ok(heed_attention_spec_parse(table, text, &spec));
    const heed_attention_part *part = heed_attention_spec_part(spec);
    if (strcmp(table, "score") == 0) o.score = part;
    if (strcmp(table, "stage") == 0) o.stages = &part, o.stage_count = 1;
    assert_int_equal(heed_attention_plan_create(NULL, &o, &room, &plan), HEED_E_INVALID);
    assert_non_null(strstr(heed_status_message(), word));
    assert_null(plan);
    heed_attention_spec_destroy(&spec);
}

static void test_refused(void **state)
{
    (void)state;
    refuse("score", "gaussian:sigma=-1", "sigma = -1");
    refuse("score", "gaussian:learned=2", "learned = 2");
    refuse("score", "distance:scale=-1", "scale = -1");
    refuse("score", "additive_projected:hidden=-1", "hidden = -1");
    refuse("score", "concat:hidden=70000", "\"concat\": hidden = 70000");
    refuse("stage", "scale:factor=-2", "factor = -2");
    refuse("stage", "scale:temperature=3", "temperature = 3");
    refuse("stage", "gate:sigmoid=2", "sigmoid = 2");
    refuse("stage", "user", "forward is NULL");
}

/* The learned arrays that a record's settings ask for. */
static void expect_arrays(const char *score, const char *stage, int count, const char *last,
                          int64_t columns)
{
    trial_run r;
    trial t = small;
    heed_attention_parameter p;
    t.score = score;
    t.stages[0] = stage;
    assert_true(trial_make(&r, &t, NULL, NULL, NULL));
    assert_int_equal(r.sizes.parameters, count);
    if (count) {
        assert_true(heed_attention_plan_parameter(r.plan, (size_t)count - 1, &p));
        assert_string_equal(p.name, last);
        assert_int_equal(p.columns, columns);
    }
    trial_free(&r);
}

static void test_arrays(void **state)
{
    (void)state;
    expect_arrays("gaussian", NULL, 0, NULL, 0);
    expect_arrays("gaussian:learned=1", "scale", 1, "score.log_sigma", 1);
    expect_arrays("gaussian", "scale:learned=1", 1, "scale.log", 1);
    expect_arrays("concat:hidden=5", "gate", 4, "gate.heads", 1);
    expect_arrays("concat_tanh_sum:hidden=5", "user", 3, "user.parameter", 2);
    expect_arrays("additive_projected:hidden=5", NULL, 4, "score.b", 5);
    expect_arrays("additive_projected", NULL, 4, "score.b", 3);
}

typedef struct seen {
    int64_t rows, keys, positions; /* sums over the calls of forward */
} seen;

static void look(void *user, const heed_attention_user_row *row, heed_real *s)
{
    seen *x = user;
    assert_null(row->gradient);
    assert_null(row->parameter);
    for (int64_t t = 0; t < row->keys; t++) s[t] *= 1;
    x->rows += row->key == 0;
    x->keys += row->keys;
    x->positions += row->key == 0 ? row->position - row->query : 0;
}

static void spoil(void *user, const heed_attention_user_row *row, const heed_real *s, heed_real *d)
{
    (void)user, (void)s;
    for (int64_t t = 0; t < row->keys; t++)
        if (d[t] == 0) d[t] = (heed_real)NAN; /* of hidden keys: it must not matter */
}

static void test_user_rows(void **state)
{
    static heed_real q[3 * 2], k[70 * 2], v[70], o[3], lse[3], d_o[3] = {1, 1, 1}, dq[6], dk[140];
    seen x = {0};
    const heed_attention_user user = {
        .part = {sizeof user, "user"}, .forward = look, .backward = spoil, .user = &x};
    const heed_attention_part *stage = &user.part, causal = {sizeof causal, "causal"};
    heed_attention_options options = {.size = sizeof options,
                                      .heads = 1,
                                      .head_size = 2,
                                      .value_size = 1,
                                      .mask = &causal,
                                      .stages = &stage,
                                      .stage_count = 1,
                                      .engine = "reference"};
    heed_attention_capacity room = {
        .size = sizeof room, .sequences = 1, .longest_query = 3, .longest_key = 70};
    heed_attention_plan *plan = NULL;
    heed_attention_sizes sizes = {.size = sizeof sizes};
    const int64_t offset = 66;
    heed_attention_batch batch = {.size = sizeof batch,
                                  .sequences = 1,
                                  .queries = {.length = 3},
                                  .keys = {.length = 70},
                                  .query_offset = &offset,
                                  .query_offset_count = 1};
    heed_attention_forward_tensors f = {.size = sizeof f,
                                        .q = {q, 0, 2, 0},
                                        .k = {k, 0, 2, 0},
                                        .v = {v, 0, 1, 0},
                                        .o = {o, 0, 1, 0},
                                        .lse = {lse, 0, 1, 0}};
    heed_attention_backward_tensors b = {.size = sizeof b,
                                         .q = f.q,
                                         .k = f.k,
                                         .v = f.v,
                                         .o = {o, 0, 1, 0},
                                         .lse = {lse, 0, 1, 0},
                                         .d_o = {d_o, 0, 1, 0},
                                         .dq = {dq, 0, 2, 0},
                                         .dk = {dk, 0, 2, 0}};
    (void)state;
    trial_fill(q, 6, 1, -1, 1), trial_fill(k, 140, 2, -1, 1), trial_fill(v, 70, 3, -1, 1);
    check_ok(heed_attention_plan_create(NULL, &options, &room, &plan));
    check_ok(heed_attention_plan_sizes(plan, &sizes));
    heed_real *workspace = trial_reals((int64_t)(sizes.forward + sizes.backward));
    check_ok(heed_attention_forward(plan, &batch, &f, workspace));
    assert_int_equal(x.rows, 3);
    assert_int_equal(x.keys, 3 * 70); /* in blocks of 64: none of them is wholly hidden */
    assert_int_equal(x.positions, 3 * 66);
    check_ok(heed_attention_backward(plan, &batch, &b, workspace));
    for (int i = 0; i < 6; i++) assert_true(isfinite(dq[i]));
    for (int i = 0; i < 140; i++) assert_true(isfinite(dk[i]));
    expect_zeros(dk + 2 * 69, 2); /* the last key is hidden from all */
    heed__free(workspace);
    heed_attention_plan_destroy(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cosine_of_zeros),
                                       cmocka_unit_test(test_cosine_of_any_length),
                                       cmocka_unit_test(test_distance_to_itself),
                                       cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_arrays),
                                       cmocka_unit_test(test_user_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
