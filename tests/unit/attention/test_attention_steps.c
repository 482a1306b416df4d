/* SPDX-License-Identifier: MIT */
/* Each step between q and o can be looked at: rows as they are compared, weights before stages
 * weigh them, weights after dropout. */
#include "check.h"

#include "heed/attention.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { H = 2, TQ = 70, TK = 66, D = 4, E = 3 };

static float q[TQ * H * D], k[TK * D], v[TK * E], o[TQ * H * E], lse[TQ * H];
static const float gates[H] = {0.5f, -2};
static const float *const parameters[] = {gates};

typedef struct setup {
    heed_attention_plan *plan;
    heed_attention_batch batch;
    heed_attention_inspect_tensors look;
    heed_attention_sizes sizes;
    float *workspace;
} setup;

static void fill(float *x, int n, unsigned seed)
{
    for (int i = 0; i < n; i++) {
        seed = seed * 69069 + 1;
        x[i] = (float)(seed >> 8) / 8388608 - 1;
    }
}

/* Two heads on one key head, turned by their positions, gated, and dropped. */
static void start(setup *x)
{
    static const heed_attention_rotary rotary = {{sizeof rotary, "rotary"}, .base = 100};
    static const heed_attention_gate gate = {{sizeof gate, "gate"}, .sigmoid = 0};
    static const heed_attention_part *const stages[] = {&gate.part};
    static const int64_t offset = 3;
    heed_attention_options options = {.size = sizeof options,
                                      .heads = H,
                                      .key_heads = 1,
                                      .head_size = D,
                                      .value_size = E,
                                      .position = &rotary.part,
                                      .stages = stages,
                                      .stage_count = 1,
                                      .dropout = 0.25};
    heed_attention_capacity room = {
        .size = sizeof room, .sequences = 1, .longest_query = TQ, .longest_key = TK};
    *x = (setup){.sizes = {.size = sizeof x->sizes},
                 .batch = {.size = sizeof x->batch,
                           .sequences = 1,
                           .queries.length = TQ,
                           .keys.length = TK,
                           .query_offset = &offset,
                           .query_offset_count = 1,
                           .seed = 5},
                 .look = {.size = sizeof x->look,
                          .q = {q, 0, H * D, D},
                          .k = {k, 0, D, 0},
                          .lse = {lse, 0, H, 1},
                          .parameters = parameters}};
    fill(q, TQ * H * D, 1), fill(k, TK * D, 2), fill(v, TK * E, 3);
    check_ok(heed_attention_plan_create(NULL, &options, &room, &x->plan));
    check_ok(heed_attention_plan_sizes(x->plan, &x->sizes));
    size_t most = x->sizes.forward > x->sizes.inspect ? x->sizes.forward : x->sizes.inspect;
    x->workspace = aligned_alloc(64, (most * sizeof(float) + 63) / 64 * 64);
    heed_attention_forward_tensors t = {.size = sizeof t,
                                        .q = x->look.q,
                                        .k = x->look.k,
                                        .v = {v, 0, E, 0},
                                        .o = {o, 0, H * E, E},
                                        .lse = {lse, 0, H, 1},
                                        .parameters = parameters};
    check_ok(heed_attention_forward(x->plan, &x->batch, &t, x->workspace));
}

static void end(setup *x)
{
    free(x->workspace);
    heed_attention_plan_destroy(&x->plan);
}

static void test_prepared_rows_are_what_is_compared(void **state)
{
    (void)state;
    setup x;
    start(&x);
    assert_int_equal(x.sizes.width, D);
    float turned_q[TQ * D], turned_k[TK * D], scores[TQ * TK];
    for (int h = 0; h < H; h++) {
        check_ok(heed_attention_prepared(x.plan, &x.batch, &x.look, 0, 0, h, 0, TQ, turned_q));
        check_ok(heed_attention_prepared(x.plan, &x.batch, &x.look, 1, 0, h, 0, TK, turned_k));
        check_ok(
            heed_attention_scores(x.plan, &x.batch, &x.look, 0, 0, h, 0, TQ, scores, x.workspace));
        for (int i = 0; i < TQ; i++)
            for (int j = 0; j < TK; j++) {
                double s = 0;
                for (int d = 0; d < D; d++)
                    s += (double)turned_q[i * D + d] * (double)turned_k[j * D + d];
                assert_true(fabs(s - (double)scores[i * TK + j]) < 1e-5);
            }
        assert_memory_not_equal(turned_k + D, k + D, D * sizeof *k);
        assert_memory_equal(turned_k, k, D * sizeof *k); /* key 0 stands at 0 */
        float some[2 * D];
        check_ok(heed_attention_prepared(x.plan, &x.batch, &x.look, 1, 0, h, 9, 2, some));
        assert_memory_equal(some, turned_k + 9 * D, sizeof some);
    }
    check_fails(heed_attention_prepared(x.plan, &x.batch, &x.look, 1, 0, 0, 0, TQ, turned_q),
                HEED_E_INVALID, "has 0 to 65");
    check_fails(heed_attention_prepared(x.plan, &x.batch, &x.look, 0, 0, H, 0, 1, turned_q),
                HEED_E_INVALID, "head = 2");
    end(&x);
}

static void test_weights_at_each_step(void **state)
{
    (void)state;
    setup x;
    start(&x);
    static float p[TQ * TK], gated[TQ * TK], dropped[TQ * TK];
    int zeros = 0;
    for (int h = 0; h < H; h++) {
        x.look.unweighed = 1;
        check_ok(heed_attention_weights(x.plan, &x.batch, &x.look, 0, h, 0, TQ, p, x.workspace));
        x.look.unweighed = 0;
        check_ok(
            heed_attention_weights(x.plan, &x.batch, &x.look, 0, h, 0, TQ, gated, x.workspace));
        x.look.dropped = 1;
        check_ok(
            heed_attention_weights(x.plan, &x.batch, &x.look, 0, h, 0, TQ, dropped, x.workspace));
        for (int i = 0; i < TQ; i++) {
            double sum = 0, out[E] = {0};
            for (int j = 0; j < TK; j++) {
                int at = i * TK + j;
                sum += (double)p[at];
                assert_true(gated[at] == p[at] * gates[h]);
                assert_true(dropped[at] == 0 ||
                            fabsf(dropped[at] * 0.75f - gated[at]) < 1e-6f * fabsf(gated[at]));
                zeros += dropped[at] == 0;
                for (int e = 0; e < E; e++) out[e] += (double)dropped[at] * (double)v[j * E + e];
            }
            assert_true(fabs(sum - 1) < 1e-5);
            for (int e = 0; e < E; e++)
                assert_true(fabs(out[e] - (double)o[(i * H + h) * E + e]) < 1e-5);
        }
        x.batch.keep_all = 1;
        check_ok(
            heed_attention_weights(x.plan, &x.batch, &x.look, 0, h, 0, TQ, dropped, x.workspace));
        assert_memory_equal(dropped, gated, sizeof gated);
        x.batch.keep_all = 0, x.look.dropped = 0;
    }
    assert_true(zeros > H * TQ * TK / 5 && zeros < H * TQ * TK / 3);
    x.look.unweighed = 2;
    check_fails(heed_attention_weights(x.plan, &x.batch, &x.look, 0, 0, 0, 1, p, x.workspace),
                HEED_E_INVALID, "unweighed = 2; it must be 0 to 1");
    end(&x);
}

static void test_stages_say_what_they_change(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned acts_on;
    } wanted[] = {{"softcap", HEED_ATTENTION_ON_SCORES},
                  {"span", HEED_ATTENTION_ON_SCORES},
                  {"gate", HEED_ATTENTION_ON_WEIGHTS},
                  {"gaussian", HEED_ATTENTION_ON_WEIGHTS},
                  {"shaw", HEED_ATTENTION_ON_SCORES | HEED_ATTENTION_ON_VALUES}};
    heed_attention_entry row;
    int found = 0;
    for (size_t i = 0; heed_attention_list(i, &row); i++) {
        assert_int_equal(row.acts_on != 0, strcmp(row.table, "stage") == 0);
        for (size_t w = 0; w < sizeof wanted / sizeof *wanted; w++)
            if (strcmp(row.table, "stage") == 0 && strcmp(row.name, wanted[w].name) == 0) {
                assert_int_equal(row.acts_on, wanted[w].acts_on);
                found++;
            }
    }
    assert_int_equal(found, sizeof wanted / sizeof *wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prepared_rows_are_what_is_compared),
        cmocka_unit_test(test_weights_at_each_step),
        cmocka_unit_test(test_stages_say_what_they_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
