/* SPDX-License-Identifier: MIT */
/* What holds for every mechanism: equal bits on every engine, level and number of threads; nothing
 * where nothing is seen; what is hidden does not matter; weights and summaries say what o is. */
#include "check.h"

#include "attention/mechanism_pairs.h"
#include "attention/stages.h"

#include <stdio.h>

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
        trial_compare(&r, plain, engine);
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
        if (r->lse[i] != -HEED_REAL(INFINITY))
            trial_say(&r->t, engine, "lse of a row that sees nothing", "");
        for (int64_t d = 0; d < r->t.value_size; d++)
            if (r->o[i * r->t.value_size + d] != 0)
                trial_say(&r->t, engine, "o of a row that sees nothing", "");
        for (int64_t d = 0; d < r->t.size; d++)
            if (r->arrays[0].gradient[i * r->t.size + d] != 0)
                trial_say(&r->t, engine, "dq of a row that sees nothing", "");
    }
}

static void hidden(const trial *t, const char *engine)
{
    trial_run r, poisoned;
    if (trial_make(&r, t, NULL, NULL, engine)) {
        unsigned char *seen = calloc((size_t)r.k_offsets[r.t.sequences] + 1, 1);
        unsigned char *alone = malloc((size_t)r.lse_count + 1);
        memset(alone, 1, (size_t)r.lse_count + 1);
        assert_true(trial_make(&poisoned, t, NULL, NULL, engine));
        look(&r, seen, alone);
        poison(&poisoned, seen, alone);
        run_both(&r);
        run_both(&poisoned);
        expect_nothing(&poisoned, alone, engine);
        trial_compare(&poisoned, &r, engine);
        trial_free(&poisoned);
        free(seen), free(alone);
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
    if (t->tk[0] > 1 && trial_make(&r, t, NULL, NULL, engine)) {
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
                        trial_say(t, engine, "o where a score is NaN", "");
            }
        trial_free(&r);
    }
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
            if (!(fabs(sum - o) <= 2e-5)) trial_say(t, "inspect", "weights times v is not o", "");
        }
    for (int64_t j = 0; j < tk; j++) {
        double sum = 0;
        for (int64_t i = 0; i < tq; i++) sum += (double)p[i * tk + j];
        if (!(fabs(sum - (double)mass[(r->k_offsets[s] + j) * t->heads + h]) <= 2e-5))
            trial_say(t, "inspect", "mass is not the sum of the weights", "");
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

/* ---- sizes: every row with every D, and lengths around the blocks of all engines on both sides */

static const int64_t head_sizes[] = {1, 2, 7, 16, 63, 64, 65, 128, 512};
static const int64_t lengths[] = {1, 63, 64, 65, 255, 256, 257};
static const int64_t groups[][2] = {{2, 2}, {4, 1}, {7, 1}, {8, 2}, {1, 1}};
enum { HEAD_SIZES = 9, LENGTHS_OF = 7, GROUPS = 5, DRAWS = HEAD_SIZES + 1 };

/* One of the lengths such that so much per unit of it is within the limit; at least 1. */
static int64_t bounded(dice *d, int64_t each, int64_t limit)
{
    int64_t k = roll(d, LENGTHS_OF);
    while (k && lengths[k] * each > limit) k--;
    return lengths[k];
}

typedef struct drawn {
    trial t;
    char text[64];
    int64_t offset[TRIAL_SEQUENCES];
} drawn;

/* Tk of one sequence and Tq of another go through all lengths, D through all sizes; after these,
 * one sequence and one head. */
static void draw_sizes(dice *d, int64_t number, int64_t limit, drawn *out)
{
    trial *t = &out->t;
    int64_t size = number % HEAD_SIZES, group = number == HEAD_SIZES ? GROUPS - 1 : roll(d, GROUPS);
    int64_t first = number + (int64_t)d->key[1];
    t->size = head_sizes[size];
    t->value_size = head_sizes[(size + 1 + roll(d, HEAD_SIZES - 1)) % HEAD_SIZES];
    if (t->mask && strstr(t->mask, "1/2/3/-1")) group = 1; /* one item a head */
    t->heads = groups[group][0], t->key_heads = groups[group][1];
    t->sequences = group == GROUPS - 1 ? 1 : 2;
    int64_t each = t->heads * (t->size + t->value_size);
    t->tk[0] = lengths[first % LENGTHS_OF];
    t->tq[0] = bounded(d, each * t->tk[0], limit);
    t->tq[1] = lengths[(first + 3) % LENGTHS_OF];
    t->tk[1] = bounded(d, each * t->tq[1], limit);
    for (int s = 0; s < 2; s++) out->offset[s] = t->tk[s] - t->tq[s] + roll(d, 3) - 1;
}

/* The row, others beside it where there is room. */
static void draw_trial(const heed_attention_entry *row, int64_t index, int64_t number,
                       int64_t limit, drawn *out)
{
    static const char *const normalisers[] = {NULL, "sparsemax", "sink"};
    dice d = {.key = {5, (uint32_t)index}, .counter = {0, (uint32_t)number, 0, 0}};
    trial *t = &out->t;
    *out = (drawn){.t = {.mask = roll(&d, 2) ? "causal" : NULL,
                         .normaliser = normalisers[roll(&d, 3)],
                         .dropout = roll(&d, 3) ? 0 : 0.25,
                         .high = 100}};
    if (strcmp(row->name, "dynamic_span") == 0) t->low = 0.05, t->high = 0.95;
    *trial_place(t, row->table) = trial_text(row);
    draw_sizes(&d, number, limit, out);
    t->offset = out->offset;
    if (!t->position) return;
    snprintf(out->text, sizeof out->text, "rotary:dims=%lld", (long long)(t->size & ~INT64_C(1)));
    if (begins(t->position, "rotary")) t->position = t->size < 2 ? NULL : out->text;
}

static void check_drawn(const trial *t, heed_context *context)
{
    heed_attention_entry row;
    trial_run plain;
    assert_true(trial_make(&plain, t, NULL, heed__kernels_at(HEED_LEVEL_SCALAR), "reference"));
    run_both(&plain);
    for (size_t i = 0; heed_attention_list(i, &row); i++)
        if (strcmp(row.table, "engine") == 0 && strcmp(row.name, "reference") != 0)
            compare_on(&plain, context, row.name, heed__kernels_best()->level);
    trial_free(&plain);
    hidden(t, NULL);
    visible_nan(t, NULL);
}

/* HEED_LONG=1 in the environment: many more, and larger. */
static void test_sizes(void **state)
{
    heed_attention_entry row;
    heed_context *context = NULL;
    const char *wish = getenv("HEED_LONG");
    int more = wish && strcmp(wish, "1") == 0;
    (void)state;
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &context));
    for (size_t i = 0; heed_attention_list(i, &row); i++)
        for (int64_t n = 0; n < (more ? 24 : DRAWS) && strcmp(row.table, "engine") != 0; n++) {
            drawn x;
            draw_trial(&row, (int64_t)i, n, more ? 1000000 : 80000, &x);
            check_drawn(&x.t, n % 2 ? context : NULL);
        }
    heed_context_destroy(&context);
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
        cmocka_unit_test(test_same_bits),   cmocka_unit_test(test_hidden),
        cmocka_unit_test(test_visible_nan), cmocka_unit_test(test_weights),
        cmocka_unit_test(test_sizes),       cmocka_unit_test(test_every_row)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
