/* SPDX-License-Identifier: MIT */
/* Gradients of every mechanism in float64 against finite differences of
 * L = sum(o * d_o) + sum(lse * d_lse), on every engine that can. */
#include "check.h"

#include "attention/mechanism_trials.h"

#include <stdio.h>

/* Central differences with step 1e-5 on values of order 1: error near 1e-10 relative to L. */
static const double step = 1e-5, allowed = 3e-8;

/* Elements of one array that are moved. */
enum { MOVED = 40 };

static double loss(trial_run *r)
{
    double sum = 0;
    trial_forward(r);
    for (int64_t i = 0; i < r->o_count; i++) sum += r->o[i] * r->d_o[i];
    for (int64_t i = 0; r->backward.d_lse.data && i < r->lse_count; i++)
        if (!isinf(r->lse[i])) sum += r->lse[i] * r->d_lse[i];
    return sum;
}

static void check_array(trial_run *r, const trial_array *a, const char *engine)
{
    char name[512];
    int64_t by = a->count / MOVED + 1;
    if (by % 2 == 0) by++; /* so that heads and columns take turns */
    for (int64_t i = 0; i < a->count; i += by) {
        heed_real here = a->data[i], side[2];
        for (int s = 0; s < 2; s++) {
            a->data[i] = here + (s ? -step : step);
            side[s] = loss(r);
        }
        a->data[i] = here;
        double found = (side[0] - side[1]) / (2 * step);
        if (fabs(found - a->gradient[i]) <= allowed * (1 + fabs(found))) continue;
        trial_name(&r->t, name, sizeof name);
        fail_msg("%s, engine %s: d %s[%lld] = %.12g, by differences %.12g", name, engine, a->name,
                 (long long)i, (double)a->gradient[i], found);
    }
}

static void check_trial(const trial *t, const char *engine, heed_context *context)
{
    trial_run r;
    if (trial_make(&r, t, context, NULL, engine)) {
        trial_forward(&r);
        trial_backward(&r);
        for (int a = 0; a < r.count; a++)
            if (!t->rough || strcmp(r.arrays[a].name, "v") == 0)
                check_array(&r, &r.arrays[a], engine);
    }
    trial_free(&r);
}

static void test_gradients(void **state)
{
    heed_attention_entry row;
    heed_context *context = NULL;
    (void)state;
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &context));
    for (size_t i = 0; heed_attention_list(i, &row); i++)
        for (int t = 0; t < TRIALS && strcmp(row.table, "engine") == 0; t++) {
            check_trial(&trials[t], row.name, NULL);    /* whole sequences */
            check_trial(&trials[t], row.name, context); /* in halves */
        }
    heed_context_destroy(&context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gradients)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
