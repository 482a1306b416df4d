/* SPDX-License-Identifier: MIT */
/* What plans and calls refuse; mask expressions; the one-call form's own rules. */
#include "check.h"

#include "attention/attention_case.h"
#include "attention/small_plan.h"

#include <stdio.h>

static void refuses(const heed_attention_options *o, const heed_attention_capacity *c,
                    heed_status status, const char *text)
{
    heed_attention_plan *plan = (heed_attention_plan *)o;
    check_fails(heed_attention_plan_create(NULL, o, c, &plan), status, text);
    assert_null(plan);
}

static void test_plan_refuses(void **state)
{
    (void)state;
    heed_attention_capacity room = room_of(), bad = room;
    heed_attention_options o = options_of();
    o.key_heads = 3;
    refuses(&o, &room, HEED_E_INVALID, "heads = 4 is not a multiple of key_heads = 3");
    o = options_of(), o.heads = 0;
    refuses(&o, &room, HEED_E_INVALID, "heads = 0");
    o = options_of(), o.head_size = -1;
    refuses(&o, &room, HEED_E_INVALID, "head_size = -1");
    o = options_of(), o.dropout = 1;
    refuses(&o, &room, HEED_E_INVALID, "dropout = 1");
    o = options_of(), o.size = 3;
    refuses(&o, &room, HEED_E_INVALID, "options.size = 3");
    o = options_of(), o.engine = "warp";
    refuses(&o, &room, HEED_E_INVALID, "no engine \"warp\"");
    o = options_of(), bad.sequences = -5;
    refuses(&o, &bad, HEED_E_INVALID, "capacity.sequences = -5");
    refuses(NULL, &room, HEED_E_INVALID, "options is NULL");
}

static void test_plan_refuses_mechanisms(void **state)
{
    (void)state;
    heed_attention_capacity room = room_of();
    heed_attention_options o = options_of();
    heed_attention_part part = {sizeof part, "telepathy"};
    o.score = &part;
    refuses(&o, &room, HEED_E_INVALID,
            "there is no score \"telepathy\"; there are: scaled_dot, dot");
    o.score = NULL, o.normaliser = &part;
    refuses(&o, &room, HEED_E_INVALID, "there are: softmax");
    o.normaliser = NULL, o.position = &part;
    refuses(&o, &room, HEED_E_INVALID, "no position \"telepathy\"");
    o.position = NULL, o.mask = &part;
    refuses(&o, &room, HEED_E_INVALID, "there are: none, causal");
    heed_attention_part bare = {sizeof bare, "scaled_dot"};
    o.mask = NULL, o.score = &bare;
    refuses(&o, &room, HEED_E_INVALID, "set size with sizeof");
    heed_attention_scaled_dot endless = {{sizeof endless, "scaled_dot"}, (heed_real)INFINITY};
    o.score = &endless.part;
    refuses(&o, &room, HEED_E_INVALID, "scale = inf");
    heed_attention_masks none = {{sizeof none, "all"}, NULL, 2};
    o.score = NULL, o.mask = &none.part;
    refuses(&o, &room, HEED_E_INVALID, "has 0 parts");
    const heed_attention_part *self[1];
    heed_attention_masks round = {{sizeof round, "any"}, self, 1};
    self[0] = &round.part, o.mask = &round.part;
    refuses(&o, &room, HEED_E_INVALID, "nested deeper");
}

static void test_plan_survives_no_memory(void **state)
{
    (void)state;
    heed_attention_capacity room = room_of();
    heed_attention_options o = options_of();
    heed_attention_part causal = {sizeof causal, "causal"};
    const heed_attention_part *parts[] = {&causal};
    heed_attention_masks all = {{sizeof all, "all"}, parts, 1};
    o.mask = &all.part;
    for (uint64_t n = 1; n <= 2; n++) {
        heed__alloc_fail_at(n);
        refuses(&o, &room, HEED_E_NOMEM, "no memory for an attention plan");
    }
    heed__alloc_fail_at(0);
}

/* A batch that is right; each test breaks one thing. */
typedef struct call {
    problem p;
    setup x;
} call;

static void call_make(call *c, int padded)
{
    c->p = (problem){.sequences = 2,
                     .heads = 2,
                     .size = 4,
                     .causal = 1,
                     .padded = padded,
                     .tq = {5, 7},
                     .tk = {5, 7}};
    problem_fill(&c->p);
    setup_make(&c->p, &c->x, NULL, NULL, NULL);
}

static void call_refuses(call *c, const char *text)
{
    setup *x = &c->x;
    check_fails(heed_attention_forward(x->plan, &x->batch, &x->forward, x->workspace),
                HEED_E_INVALID, text);
    check_fails(heed_attention_backward(x->plan, &x->batch, &x->backward, x->workspace),
                HEED_E_INVALID, text);
    setup_free(x);
    problem_free(&c->p);
}

static void test_call_refuses_packed(void **state)
{
    (void)state;
    call c;
    call_make(&c, 0), c.x.q_offsets[2] = 3;
    call_refuses(&c, "queries.offsets[2] = 3 is less than the one before, 5");
    call_make(&c, 0), c.x.q_offsets[1] = 2;
    call_refuses(&c, "queries: sequence 1 has 10 rows; the plan's longest is 7");
    call_make(&c, 0), c.x.k_offsets[0] = -1;
    call_refuses(&c, "keys.offsets[0] = -1");
    call_make(&c, 0), c.x.k_offsets[1] = 6;
    call_refuses(&c, "sequence 0 has 5 queries and 6 keys, and the mask goes by position");
    call_make(&c, 0), c.x.batch.sequences = 3;
    call_refuses(&c, "batch.sequences = 3; the plan's capacity is 2");
    call_make(&c, 0), c.x.batch.queries.length = 3;
    call_refuses(&c, "not both");
    call_make(&c, 0), c.x.forward.k.sequence_stride = c.x.backward.k.sequence_stride = 4;
    call_refuses(&c, "k.sequence_stride = 4 with offsets");
    call_make(&c, 0), c.x.forward.v.data = c.x.backward.v.data = NULL;
    call_refuses(&c, "v.data is NULL");
    call_make(&c, 0), c.x.forward.o.row_stride = c.x.backward.dq.row_stride = 0;
    call_refuses(&c, ".row_stride = 0");
    call_make(&c, 0), c.x.batch.query_offset = c.x.q_offsets, c.x.batch.query_offset_count = 3;
    call_refuses(&c, "query_offset_count = 3");
    const int64_t beyond[] = {INT64_MAX};
    call_make(&c, 0), c.x.batch.query_offset = beyond, c.x.batch.query_offset_count = 1;
    call_refuses(&c, "within 2^60");
    call_make(&c, 0), c.x.batch.size = 1;
    call_refuses(&c, "batch.size = 1");
    call_make(&c, 0), c.x.forward.size = c.x.backward.size = 1;
    call_refuses(&c, "tensors.size = 1");
}

static void test_call_refuses_starts(void **state)
{
    (void)state;
    call c;
    const int64_t before[] = {0, -1}, right[] = {0, 7};
    call_make(&c, 0), c.x.batch.keys.starts = right;
    call_refuses(&c, "keys has offsets and starts");
    call_make(&c, 1), c.x.batch.queries.starts = right;
    call_refuses(&c, "with starts; rows take none");
    call_make(&c, 1), c.x.batch.keys.starts = before;
    call_refuses(&c, "keys.starts[1] = -1; it must be 0 or more");
}

static void test_call_refuses_padded(void **state)
{
    (void)state;
    call c;
    const int64_t longer[] = {5, 8};
    call_make(&c, 1), c.x.batch.keys.lengths = longer;
    call_refuses(&c, "keys.lengths[1] = 8; it must be 0 to 7");
    call_make(&c, 1), c.x.batch.keys.length = 8;
    call_refuses(&c, "keys.length = 8");
    call_make(&c, 1), c.x.forward.o.sequence_stride = c.x.backward.dk.sequence_stride = 0;
    call_refuses(&c, ".sequence_stride = 0; what is written cannot be shared");
    call_make(&c, 1);
    heed_real *right = c.x.workspace;
    c.x.workspace = right + 1;
    check_fails(heed_attention_forward(c.x.plan, &c.x.batch, &c.x.forward, c.x.workspace),
                HEED_E_INVALID, "workspace is misaligned");
    c.x.workspace = NULL;
    check_fails(heed_attention_backward(c.x.plan, &c.x.batch, &c.x.backward, c.x.workspace),
                HEED_E_INVALID, "workspace is NULL");
    c.x.workspace = right;
    setup_free(&c.x);
    problem_free(&c.p);
}

/* A result in the place of what it is made from. */
static void test_call_refuses_overlap(void **state)
{
    (void)state;
    call c;
    call_make(&c, 0);
    c.x.forward.o.data = (heed_real *)c.x.forward.q.data;
    c.x.backward.dq.data = (heed_real *)c.x.backward.q.data;
    call_refuses(&c, "begins where q does; what is written must not overlap what is read");
    call_make(&c, 1);
    c.x.forward.o.data = (heed_real *)c.x.forward.v.data;
    c.x.backward.dk.data = (heed_real *)c.x.backward.v.data;
    call_refuses(&c, "begins where v does");
    call_make(&c, 0);
    c.x.forward.lse.data = (heed_real *)c.x.forward.k.data;
    c.x.backward.dv.data = (heed_real *)c.x.backward.k.data;
    call_refuses(&c, "begins where k does");
    call_make(&c, 0);
    c.x.backward.dq.data = (heed_real *)c.x.backward.d_o.data;
    check_fails(heed_attention_backward(c.x.plan, &c.x.batch, &c.x.backward, c.x.workspace),
                HEED_E_INVALID, "dq begins where d_o does");
    setup_free(&c.x);
    problem_free(&c.p);
}

static void test_call_refuses_missing_parameter(void **state)
{
    (void)state;
    problem p = {.sequences = 1, .score = "additive", .heads = 2, .size = 4, .tq = {5}, .tk = {5}};
    setup x;
    problem_fill(&p);
    setup_make(&p, &x, NULL, NULL, NULL);
    x.forward.parameters = NULL;
    check_fails(heed_attention_forward(x.plan, &x.batch, &x.forward, x.workspace), HEED_E_INVALID,
                "parameters[0] is missing; it is \"score.weight\" [2, 4]");
    setup_free(&x);
    problem_free(&p);
}

/* Capacity in rows counts what is attended, not the padding. */
static void test_capacity_in_rows(void **state)
{
    (void)state;
    heed_attention_options o = options_of();
    heed_attention_capacity room = room_of();
    heed_attention_plan *plan;
    check_ok(heed_attention_plan_create(NULL, &o, &room, &plan));
    const int64_t offsets[] = {0, 10, 20, 21};
    heed_attention_batch batch = {.size = sizeof batch,
                                  .sequences = 3,
                                  .queries = {.offsets = offsets},
                                  .keys = {.offsets = offsets}};
    heed_attention_forward_tensors tensors = {.size = sizeof tensors};
    check_fails(heed_attention_forward(plan, &batch, &tensors, NULL), HEED_E_INVALID,
                "queries has 21 rows; the plan's capacity is 20, plan for more");
    heed_attention_plan_destroy(&plan);
    assert_null(plan);
    heed_attention_plan_destroy(&plan);
    heed_attention_plan_destroy(NULL);
}

/* First values: drawn within Glorot's limit, by the seed alone; zeros where nothing is said. */
static void test_begin(void **state)
{
    (void)state;
    heed_attention_part score = {sizeof score, "additive"}, sink = {sizeof sink, "sink"};
    heed_attention_options o = options_of();
    heed_attention_capacity room = room_of();
    heed_attention_plan *plan;
    o.score = &score, o.normaliser = &sink;
    check_ok(heed_attention_plan_create(NULL, &o, &room, &plan));
    heed_attention_parameter p;
    heed_real a[64] = {0}, b[64] = {0}, limit;
    assert_int_equal(heed_attention_plan_parameter(plan, 0, &p), 1);
    assert_string_equal(p.name, "score.weight");
    assert_true(p.rows * p.columns <= 64);
    check_ok(heed_attention_plan_begin(plan, 0, 5, a));
    check_ok(heed_attention_plan_begin(plan, 0, 5, b));
    assert_memory_equal(a, b, sizeof a);
    check_ok(heed_attention_plan_begin(plan, 0, 6, b));
    limit = (heed_real)sqrt(6.0 / (double)(p.rows + p.columns));
    for (int64_t i = 0; i < p.rows * p.columns; i++)
        assert_true(a[i] >= -limit && a[i] < limit && a[i] != b[i]);
    a[0] = 1;
    check_ok(heed_attention_plan_begin(plan, 1, 5, a));
    assert_true(a[0] == 0);
    check_fails(heed_attention_plan_begin(plan, 2, 5, a), HEED_E_INVALID,
                "parameter 2, out given; the plan has 2 parameters");
    heed_attention_plan_destroy(&plan);
}

static void test_strict(void **state)
{
    (void)state;
    heed_attention_options o = options_of();
    heed_attention_capacity room = room_of();
    heed_attention_plan *plan = NULL;
    o.strict = 1;
    if (heed__kernels_best()->level != HEED_LEVEL_SCALAR)
        check_ok(heed_attention_plan_create(NULL, &o, &room, &plan));
    heed_attention_plan_destroy(&plan);
    check_fails(
        heed__attention_plan_create_on(NULL, heed__kernels_at(HEED_LEVEL_SCALAR), &o, &room, &plan),
        HEED_E_UNSUPPORTED, "strict, and the kernels of this processor");
    assert_null(plan);
    o.engine = "reference";
    check_fails(heed_attention_plan_create(NULL, &o, &room, &plan), HEED_E_UNSUPPORTED,
                "strict, and the engine would be \"reference\"");
    assert_null(plan);
}

/* all(causal) = causal; any(causal, none) = none; each equals the plain one to the bit. */
static void test_mask_expressions(void **state)
{
    (void)state;
    heed_attention_part causal = {sizeof causal, "causal"}, none = {sizeof none, "none"};
    const heed_attention_part *both[] = {&causal, &none};
    heed_attention_masks all = {{sizeof all, "all"}, both, 2}, any = {{sizeof any, "any"}, both, 2};
    const heed_attention_part *nested[] = {&all.part, &any.part, &causal};
    heed_attention_masks deep = {{sizeof deep, "all"}, nested, 3};
    const heed_attention_part *masks[] = {&all.part, &any.part, &deep.part};
    for (int m = 0; m < 3; m++) {
        problem p = {
            .sequences = 1, .heads = 2, .size = 4, .causal = m != 1, .tq = {130}, .tk = {130}};
        problem_fill(&p);
        problem_run(&p, NULL, NULL, NULL);
        setup x;
        setup_make(&p, &x, NULL, NULL, NULL);
        heed_attention_plan_destroy(&x.plan);
        heed_attention_options o = {.size = sizeof o, .heads = 2, .head_size = 4, .mask = masks[m]};
        heed_attention_capacity room = {
            .size = sizeof room, .sequences = 1, .longest_query = 130, .longest_key = 130};
        check_ok(heed_attention_plan_create(NULL, &o, &room, &x.plan));
        check_ok(heed_attention_forward(x.plan, &x.batch, &x.forward, x.workspace));
        check_ok(heed_attention_backward(x.plan, &x.batch, &x.backward, x.workspace));
        assert_memory_equal(x.o.data, p.o, 130 * 8 * sizeof *p.o);
        assert_memory_equal(x.dq.data, p.dq, 130 * 8 * sizeof *p.dq);
        assert_memory_equal(x.dk.data, p.dk, 130 * 8 * sizeof *p.dk);
        setup_free(&x);
        problem_free(&p);
    }
}

static void test_one_call_rules(void **state)
{
    (void)state;
    const heed_real q[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    heed_real o[8], lse[4];
    const int64_t lengths[] = {1, 0}, wrong[] = {1, 3}, offset[] = {0};
    heed_attention_arrays a = {.size = sizeof a,
                               .batch = 2,
                               .heads = 1,
                               .queries = 2,
                               .keys = 2,
                               .head_size = 2,
                               .q = q,
                               .k = q,
                               .v = q,
                               .query_lengths = lengths,
                               .o = o,
                               .lse = lse};
    check_ok(heed_attention_padded(NULL, &a));
    for (int i = 2; i < 8; i++) assert_true(o[i] == 0);
    for (int i = 1; i < 4; i++) assert_true(lse[i] == -(heed_real)INFINITY);
    assert_true(o[0] > 1 && o[0] < 3 && isfinite(lse[0]));
    a.query_lengths = wrong;
    check_fails(heed_attention_padded(NULL, &a), HEED_E_INVALID, "queries.lengths[1] = 3");
    a.query_lengths = NULL, a.causal_offset = offset;
    check_fails(heed_attention_padded(NULL, &a), HEED_E_INVALID, "causal is 0");
    a.causal = 1, a.causal_offset = NULL, a.keys = 1;
    check_fails(heed_attention_padded(NULL, &a), HEED_E_INVALID, "give query_offset (-1 puts");
    a.k = NULL;
    check_fails(heed_attention_padded(NULL, &a), HEED_E_INVALID, "arrays.k is NULL");
    a.k = q, a.keys = 0, a.causal = 0;
    check_ok(heed_attention_padded(NULL, &a));
    for (int i = 0; i < 8; i++) assert_true(o[i] == 0);
    a.queries = 0;
    check_ok(heed_attention_padded(NULL, &a));
}

/* O(rows): what a plan asks for grows with the rows, not with their square. */
static void test_workspace_is_linear(void **state)
{
    (void)state;
    size_t before[3] = {0};
    const char *scores[] = {"dot", "additive"};
    for (int s = 0; s < 2; s++)
        for (int64_t n = 4096; n <= 65536; n *= 4) {
            heed_attention_part score = {sizeof score, scores[s]};
            heed_attention_options o = {
                .size = sizeof o, .heads = 2, .head_size = 64, .score = &score};
            heed_attention_capacity room = {
                .size = sizeof room, .sequences = 1, .longest_query = n, .longest_key = n};
            heed_attention_plan *plan;
            heed_attention_sizes z = {.size = sizeof z};
            check_ok(heed_attention_plan_create(NULL, &o, &room, &plan));
            check_ok(heed_attention_plan_sizes(plan, &z));
            heed_attention_plan_destroy(&plan);
            size_t now[3] = {z.forward, z.backward, z.inspect};
            for (int i = 0; i < 3; i++) {
                assert_true(now[i] <= (size_t)n * 64 * 4 + 200000);
                if (n > 4096) assert_true(now[i] <= 4 * before[i] + 1000);
                before[i] = now[i];
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan_refuses),
        cmocka_unit_test(test_plan_refuses_mechanisms),
        cmocka_unit_test(test_plan_survives_no_memory),
        cmocka_unit_test(test_call_refuses_packed),
        cmocka_unit_test(test_call_refuses_starts),
        cmocka_unit_test(test_call_refuses_padded),
        cmocka_unit_test(test_call_refuses_overlap),
        cmocka_unit_test(test_call_refuses_missing_parameter),
        cmocka_unit_test(test_capacity_in_rows),
        cmocka_unit_test(test_begin),
        cmocka_unit_test(test_strict),
        cmocka_unit_test(test_mask_expressions),
        cmocka_unit_test(test_one_call_rules),
        cmocka_unit_test(test_workspace_is_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
