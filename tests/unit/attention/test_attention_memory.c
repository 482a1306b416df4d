/* SPDX-License-Identifier: MIT */
/* Memory in O(rows), for every row of the tables: what plans say, and what runs touch. */
#include "check.h"

#include "attention/mechanism_trials.h"
#include "kernels/amx.h"

static const char *const engines[] = {"tiled", "rows", "reference"};
enum { ENGINES = sizeof engines / sizeof *engines };

static heed_context *context_of(int threads, heed_precision precision)
{
    heed_context *context = NULL;
    check_ok(heed_context_create(&(heed_context_options){.threads = threads}, &context));
    check_ok(heed_context_set_precision(context, precision));
    return context;
}

/* The calling thread alone; several; and where there is AMX, on that. */
enum { CONTEXTS = 4 };

static void open_contexts(heed_context *contexts[CONTEXTS])
{
    contexts[0] = NULL;
    contexts[1] = context_of(3, HEED_PRECISION_HIGHEST);
    contexts[2] = context_of(3, HEED_PRECISION_HIGH);
    contexts[3] = context_of(1, HEED_PRECISION_MEDIUM);
}

static void close_contexts(heed_context *contexts[CONTEXTS])
{
    for (int c = 1; c < CONTEXTS; c++) heed_context_destroy(&contexts[c]);
}

/* ---- what plans say */

/* The sizes for one sequence of n queries and n keys. Returns 0 where the engine cannot. */
static int sizes_at(const trial *t, int64_t n, heed_context *context, const char *engine,
                    heed_attention_sizes *sizes)
{
    trial_run r = {.t = *t};
    r.t.sequences = 1, r.t.tq[0] = r.t.tk[0] = n;
    if (!r.t.heads) r.t.heads = 4;
    if (!r.t.size) r.t.size = 4;
    *sizes = (heed_attention_sizes){.size = sizeof *sizes};
    heed_status status = trial_plan(&r, context, NULL, engine);
    if (status == HEED_OK) check_ok(heed_attention_plan_sizes(r.plan, sizes));
    heed_attention_plan_destroy(&r.plan);
    if (status != HEED_E_UNSUPPORTED) check_ok(status);
    return status == HEED_OK;
}

/* a + b n for some a, b >= 0, or less, at sixteen times the length: were there a byte for each
 * block of queries and keys, that would show. */
static void check_linear(const trial *t, const char *engine, const char *what, size_t room,
                         size_t longer)
{
    char name[512];
    if (longer <= 16 * room) return;
    trial_name(t, name, sizeof name);
    fail_msg("%s, engine %s: %s needs %zu numbers, and %zu at 16 times the length", name, engine,
             what, room, longer);
}

static void test_plans_are_linear(void **state)
{
    (void)state;
    const int64_t n = 1 << 16;
    heed_context *contexts[CONTEXTS];
    int checked = 0;
    open_contexts(contexts);
    for (int i = 0; i < TRIALS; i++)
        for (int e = 0; e < ENGINES; e++)
            for (int c = 0; c < CONTEXTS; c++) {
                heed_attention_sizes room, longer;
                if (!sizes_at(&trials[i], n, contexts[c], engines[e], &room)) continue;
                assert_true(sizes_at(&trials[i], 16 * n, contexts[c], engines[e], &longer));
                check_linear(&trials[i], engines[e], "forward", room.forward, longer.forward);
                check_linear(&trials[i], engines[e], "backward", room.backward, longer.backward);
                check_linear(&trials[i], engines[e], "looking inside", room.inspect,
                             longer.inspect);
                checked++;
            }
    assert_true(checked >= 2 * CONTEXTS * TRIALS); /* one of tiled and rows, and reference */
    close_contexts(contexts);
}

/* ---- what runs touch */

enum { GUARD = 64 };

static uint32_t bits_of(heed_real x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Runs on a workspace of exactly what the plan says, filled with one number and then with another.
 * Returns how far it was written; what lies beyond must stay as it was, and nothing may be
 * allocated. */
static size_t written(trial_run *r, int backward)
{
    static const heed_real fills[] = {-77.25f, 1234.5f};
    size_t room = backward ? r->sizes.backward : r->sizes.forward, most = 0;
    heed_real *workspace = NULL;
    check_ok(heed__alloc(room + GUARD, sizeof *workspace, "a workspace", &workspace));
    for (int f = 0; f < 2; f++) {
        for (size_t i = 0; i < room + GUARD; i++) workspace[i] = fills[f];
        uint64_t before = heed__alloc_count();
        if (backward)
            check_ok(heed_attention_backward(r->plan, &r->batch, &r->backward, workspace));
        else
            check_ok(heed_attention_forward(r->plan, &r->batch, &r->forward, workspace));
        assert_int_equal(heed__alloc_count(), before);
        for (size_t i = 0; i < room + GUARD; i++)
            if (bits_of(workspace[i]) != bits_of(fills[f]) && i + 1 > most) most = i + 1;
    }
    heed__free(workspace);
    return most;
}

static void test_runs_stay_inside(void **state)
{
    (void)state;
    heed_context *contexts[CONTEXTS];
    int narrow = 0;
    open_contexts(contexts);
    for (int i = 0; i < TRIALS; i++)
        for (int e = 0; e < ENGINES; e++)
            for (int c = 0; c < CONTEXTS; c++) {
                trial_run r;
                trial t = trials[i];
                if (c > 1) t.tq[0] = 70; /* enough for AMX */
                if (trial_make(&r, &t, contexts[c], NULL, engines[e])) {
                    size_t forward = written(&r, 0), backward = written(&r, 1);
                    narrow += r.plan->parts > 0;
                    if (forward > r.sizes.forward || backward > r.sizes.backward) {
                        char name[512];
                        trial_name(&trials[i], name, sizeof name);
                        fail_msg("%s, engine %s: wrote %zu of %zu forward, %zu of %zu backward",
                                 name, engines[e], forward, r.sizes.forward, backward,
                                 r.sizes.backward);
                    }
                }
                trial_free(&r);
            }
    assert_int_equal(narrow > 0, heed__amx_best() != NULL);
    close_contexts(contexts);
}

/* A batch as large as the plan's largest takes all of it: the figure is what is needed, not a bound
 * above it. */
static void test_figures_are_exact(void **state)
{
    (void)state;
    static const int64_t offset[] = {0};
    static const trial exact[] = {
        {.mask = "causal", .sequences = 1, .tq = {700}, .tk = {700}, .offset = offset},
        {.mask = "causal",
         .score = "additive",
         .key_heads = 2,
         .sequences = 1,
         .tq = {700},
         .tk = {700},
         .offset = offset},
        {.mask = "window:left=256,right=256",
         .normaliser = "entmax15",
         .sequences = 1,
         .tq = {700},
         .tk = {700},
         .offset = offset}};
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
        trial_run r;
        assert_true(trial_make(&r, &exact[i], NULL, NULL, NULL));
        for (int backward = 0; backward < 2; backward++) {
            size_t room = backward ? r.sizes.backward : r.sizes.forward;
            assert_int_equal(written(&r, backward), room);
        }
        trial_free(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plans_are_linear),
                                       cmocka_unit_test(test_runs_stay_inside),
                                       cmocka_unit_test(test_figures_are_exact)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
