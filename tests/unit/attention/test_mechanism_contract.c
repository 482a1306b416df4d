/* SPDX-License-Identifier: MIT */
/* What holds for every mechanism: equal bits on every engine, level and number of threads; nothing
 * where nothing is seen; what is hidden does not matter; weights and summaries say what o is. */
#include "check.h"

#include "attention/mechanism_trials.h"
#include "attention/stages.h"

#include <stdio.h>

static void say(const trial *t, const char *engine, const char *what)
{
    char name[512];
    trial_name(t, name, sizeof name);
    fail_msg("%s, engine %s: %s", name, engine, what);
}

/* Equal bits, but a NaN is a NaN. */
static int same(const heed_real *x, const heed_real *y, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (memcmp(&x[i], &y[i], sizeof *x) != 0 && !(isnan(x[i]) && isnan(y[i]))) return 0;
    return 1;
}

static void compare(const trial_run *x, const trial_run *y, const char *engine)
{
    char what[128];
    if (!same(x->o, y->o, x->o_count)) say(&x->t, engine, "o has other bits");
    if (!same(x->lse, y->lse, x->lse_count)) say(&x->t, engine, "lse has other bits");
    for (int a = 0; a < x->count; a++) {
        if (same(x->arrays[a].gradient, y->arrays[a].gradient, x->arrays[a].count)) continue;
        snprintf(what, sizeof what, "the gradient of %s has other bits", x->arrays[a].name);
        say(&x->t, engine, what);
    }
}

static void run_both(trial_run *r)
{
    trial_forward(r);
    trial_backward(r);
}

static void compare_on(const trial_run *plain, heed_context *context, const char *engine,
                       heed__level level)
{
    trial_run r;
    const heed__kernels *kernels = heed__kernels_at(level);
    if (!kernels) return;
    if (trial_make(&r, &plain->t, context, kernels, engine)) {
        run_both(&r);
        compare(&r, plain, engine);
    }
    trial_free(&r);
}

static void test_same_bits(void **state)
{
    heed_attention_entry row;
    heed_context *context = NULL;
    (void)state;
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &context));
    for (int t = 0; t < TRIALS; t++) {
        trial_run plain;
        assert_true(
            trial_make(&plain, &trials[t], NULL, heed__kernels_at(HEED_LEVEL_SCALAR), "reference"));
        run_both(&plain);
        for (size_t i = 0; heed_attention_list(i, &row); i++) {
            if (strcmp(row.table, "engine") != 0) continue;
            for (heed__level level = 0; level <= HEED_LEVEL_AVX512; level++)
                compare_on(&plain, NULL, row.name, level);
            compare_on(&plain, context, row.name, heed__kernels_best()->level);
        }
        trial_free(&plain);
    }
    heed_context_destroy(&context);
}

/* seen[key row] of all heads; alone[query row, head]: it sees nothing. */
static void look(const trial_run *r, unsigned char *seen, unsigned char *alone)
{
    heed__run run = {.plan = r->plan, .batch = &r->batch, .q = r->forward.q, .k = r->forward.k};
    check_ok(heed__run_check(&run, r->parameters));
    for (int64_t s = 0; s < r->t.sequences; s++)
        for (int64_t h = 0; h < r->t.heads; h++) {
            heed__stage stage = heed__stage_of(&run, s, h);
            for (int64_t i = 0; i < r->t.tq[s]; i++)
                for (int64_t j = 0; j < r->t.tk[s]; j++) {
                    unsigned char visible = 1;
                    if (r->plan->hides) heed__visible(&stage, i, j, 1, &visible);
                    if (!visible) continue;
                    seen[r->k_offsets[s] + j] = 1;
                    alone[(r->q_offsets[s] + i) * r->t.heads + h] = 0;
                }
        }
}

static void poison(const trial_run *r, const unsigned char *seen, const unsigned char *alone)
{
    int64_t nk = r->k_offsets[r->t.sequences], nq = r->q_offsets[r->t.sequences];
    int64_t widths[2] = {r->t.key_heads * r->t.size, r->t.key_heads * r->t.value_size};
    for (int64_t j = 0; j < nk; j++)
        for (int a = 0; a < 2 && !seen[j]; a++)
            for (int64_t d = 0; d < widths[a]; d++)
                r->arrays[1 + a].data[j * widths[a] + d] = (heed_real)NAN;
    for (int64_t i = 0; i < nq * r->t.heads; i++)
        for (int64_t d = 0; d < r->t.size && alone[i]; d++)
            r->arrays[0].data[i * r->t.size + d] = (heed_real)NAN;
}

static void expect_nothing(const trial_run *r, const unsigned char *alone, const char *engine)
{
    for (int64_t i = 0; i < r->lse_count; i++) {
        if (!alone[i]) continue;
        if (r->lse[i] != -HEED_REAL(INFINITY)) say(&r->t, engine, "lse of a row that sees nothing");
        for (int64_t d = 0; d < r->t.value_size; d++)
            if (r->o[i * r->t.value_size + d] != 0)
                say(&r->t, engine, "o of a row that sees nothing");
        for (int64_t d = 0; d < r->t.size; d++)
            if (r->arrays[0].gradient[i * r->t.size + d] != 0)
                say(&r->t, engine, "dq of a row that sees nothing");
    }
}

static void hidden(const trial *t, const char *engine)
{
    trial_run r, poisoned;
    unsigned char seen[256] = {0}, alone[1024];
    memset(alone, 1, sizeof alone);
    if (trial_make(&r, t, NULL, NULL, engine)) {
        assert_true(trial_make(&poisoned, t, NULL, NULL, engine));
        look(&r, seen, alone);
        poison(&poisoned, seen, alone);
        run_both(&r);
        run_both(&poisoned);
        expect_nothing(&poisoned, alone, engine);
        compare(&poisoned, &r, engine);
        trial_free(&poisoned);
    }
    trial_free(&r);
}

static void test_hidden(void **state)
{
    heed_attention_entry row;
    (void)state;
    for (size_t i = 0; heed_attention_list(i, &row); i++)
        for (int t = 0; t < TRIALS && strcmp(row.table, "engine") == 0; t++)
            hidden(&trials[t], row.name);
}

/* A NaN among the scores that a query sees makes its whole output NaN; others do not notice. */
static void visible_nan(const trial *t, const char *engine)
{
    trial_run r;
    if (trial_make(&r, t, NULL, NULL, engine)) {
        heed__run run = {.plan = r.plan, .batch = &r.batch, .q = r.forward.q, .k = r.forward.k};
        int64_t row = r.t.key_heads * r.t.size, dv = r.t.value_size;
        for (int64_t d = 0; d < row; d++) r.arrays[1].data[row + d] = (heed_real)NAN; /* key 1 */
        check_ok(heed__run_check(&run, r.parameters));
        trial_forward(&r);
        for (int64_t i = 0; i < r.t.tq[0]; i++)
            for (int64_t h = 0; h < r.t.heads; h++) {
                heed__stage stage = heed__stage_of(&run, 0, h);
                unsigned char visible = 1;
                if (r.plan->hides) heed__visible(&stage, i, 1, 1, &visible);
                for (int64_t d = 0; d < dv; d++)
                    if (isnan(r.o[(i * r.t.heads + h) * dv + d]) != visible)
                        say(t, engine, "o where a score is NaN");
            }
    }
    trial_free(&r);
}

static void test_visible_nan(void **state)
{
    heed_attention_entry row;
    (void)state;
    for (size_t i = 0; heed_attention_list(i, &row); i++)
        for (int t = 0; t < TRIALS && strcmp(row.table, "engine") == 0; t++)
            visible_nan(&trials[t], row.name);
}

/* mass is the sum of weights over the queries, and weights times v is o (without dropout, and where
 * no stage adds to the values). */
static void weights_of(trial_run *r, int64_t s, int64_t h, const heed_real *mass)
{
    const trial *t = &r->t;
    int64_t tq = t->tq[s], tk = t->tk[s], dv = t->value_size, g = h / (t->heads / t->key_heads);
    heed_real *p = trial_reals(tq * tk);
    heed_attention_inspect_tensors tensors = {.size = sizeof tensors,
                                              .q = r->forward.q,
                                              .k = r->forward.k,
                                              .lse = r->backward.lse,
                                              .parameters = r->parameters};
    check_ok(heed_attention_weights(r->plan, &r->batch, &tensors, s, h, 0, tq, p, r->workspace));
    for (int64_t i = 0; i < tq && !r->plan->reads_values; i++)
        for (int64_t d = 0; d < dv; d++) {
            double sum = 0;
            for (int64_t j = 0; j < tk; j++)
                sum +=
                    (double)p[i * tk + j] *
                    (double)r->arrays[2].data[((r->k_offsets[s] + j) * t->key_heads + g) * dv + d];
            double o = (double)r->o[((r->q_offsets[s] + i) * t->heads + h) * dv + d];
            if (!(fabs(sum - o) <= 2e-5)) say(t, "inspect", "weights times v is not o");
        }
    for (int64_t j = 0; j < tk; j++) {
        double sum = 0;
        for (int64_t i = 0; i < tq; i++) sum += (double)p[i * tk + j];
        if (!(fabs(sum - (double)mass[(r->k_offsets[s] + j) * t->heads + h]) <= 2e-5))
            say(t, "inspect", "mass is not the sum of the weights");
    }
    heed__free(p);
}

static void test_weights(void **state)
{
    (void)state;
    for (int t = 0; t < TRIALS; t++) {
        trial_run r;
        assert_true(trial_make(&r, &trials[t], NULL, NULL, NULL));
        r.batch.keep_all = trials[t].dropout > 0; /* noise stays */
        trial_forward(&r);
        heed_real *mass = trial_reals(r.k_offsets[r.t.sequences] * r.t.heads);
        heed_attention_summary summary = {.size = sizeof summary, .mass = {mass, 0, r.t.heads, 1}};
        heed_attention_inspect_tensors tensors = {.size = sizeof tensors,
                                                  .q = r.forward.q,
                                                  .k = r.forward.k,
                                                  .lse = r.backward.lse,
                                                  .parameters = r.parameters};
        check_ok(heed_attention_summarise(r.plan, &r.batch, &tensors, &summary, r.workspace));
        for (int64_t s = 0; s < r.t.sequences; s++)
            for (int64_t h = 0; h < r.t.heads; h++) weights_of(&r, s, h, mass);
        heed__free(mass);
        trial_free(&r);
    }
}

/* Is the row among the trial's mechanisms (masks: anywhere in the expression)? */
static int names(const trial *t, const heed_attention_entry *row)
{
    const char *texts[] = {t->score,     t->normaliser, t->mask,      t->position,
                           t->stages[0], t->stages[1],  t->stages[2], t->stages[3]};
    static const char *const tables[] = {"score", "normaliser", "mask",  "position",
                                         "stage", "stage",      "stage", "stage"};
    size_t n = strlen(row->name);
    for (int k = 0; k < 8; k++) {
        const char *at = strcmp(tables[k], row->table) == 0 ? texts[k] : NULL;
        for (; at && (at = strstr(at, row->name)); at++)
            if ((at == texts[k] || strchr("(,", at[-1])) && strchr(":,()", at[n])) return 1;
    }
    return 0;
}

static void test_every_row(void **state)
{
    heed_attention_entry row;
    (void)state;
    for (size_t i = 0; heed_attention_list(i, &row); i++) {
        int found = strcmp(row.table, "engine") == 0;
        for (int t = 0; t < TRIALS && !found; t++) found = names(&trials[t], &row);
        if (!found) fail_msg("%s \"%s\" is in no trial; add one", row.table, row.name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits), cmocka_unit_test(test_hidden),
        cmocka_unit_test(test_visible_nan), cmocka_unit_test(test_weights),
        cmocka_unit_test(test_every_row)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
