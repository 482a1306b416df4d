/* SPDX-License-Identifier: MIT */
/*
 * How far attention and linear layers are from float64 at each precision, forward and backward, by
 * Frobenius norms: at `highest` beside PyTorch's float32 (tests/golden/accuracy.py), at `high` and
 * `medium` beside what docs/accuracy.md promises. Prints that page's table.
 */
#include "check.h"

#include "attention/naive.h"
#include "autograd/tape.h"
#include "ops/ops.h"

#include <stdio.h>

enum { PRECISIONS = 3, RESULTS = 4 };

/* What docs/accuracy.md promises: `highest` in attention is at most twice PyTorch's float32, in a
 * linear layer a chain's own error (chain_error); the others are these, where scores are of
 * deviation 1. */
static const double twice = 2, bounds[PRECISIONS] = {0, 2e-5, 1e-2};

static heed_context *contexts[PRECISIONS];

/* ---- the script's numbers */

static heed_real drawn(uint64_t which, int64_t n, double scale)
{
    uint64_t x = ((uint64_t)n + (which << 40) + 1) * UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    x ^= x >> 31;
    return (heed_real)(((double)(x >> 40) * 0x1p-24 - 0.5) * (scale * 3.4641016));
}

static void fill(uint64_t which, int64_t n, double scale, heed_real *x)
{
    for (int64_t i = 0; i < n; i++) x[i] = drawn(which, i, scale);
}

static double norm_of(const double *x, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += x[i] * x[i];
    return sqrt(sum);
}

static double error_of(const heed_real *x, const double *y, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += ((double)x[i] - y[i]) * ((double)x[i] - y[i]);
    return sqrt(sum) / norm_of(y, n);
}

/* PyTorch's error, and a check that its inputs were these. */
static double torch_error(const char *name, const char *result, const double *y, int64_t n)
{
    char found[32], what[8];
    double error, norm, mine = norm_of(y, n);
    FILE *file = fopen("tests/golden/accuracy.txt", "r");
    assert_non_null(file);
    while (fscanf(file, "%31s %7s %lf %lf", found, what, &error, &norm) == 4)
        if (strcmp(found, name) == 0 && strcmp(what, result) == 0) {
            fclose(file);
            if (!(fabs(norm - mine) <= 1e-9 * norm))
                fail_msg("%s %s: norm %.12g, in PyTorch %.12g", name, result, mine, norm);
            return error;
        }
    fail_msg("tests/golden/accuracy.txt lacks %s %s", name, result);
    return 0;
}

/* ---- what is held and printed */

typedef struct result {
    const char *name;
    const double *exact;
    int64_t count;
    double errors[PRECISIONS];
} result;

/* highest: what that may be, or 0 = twice PyTorch's. */
static void hold(const char *name, const result *r, double highest, double times)
{
    double torch = torch_error(name, r->name, r->exact, r->count);
    print_message("| %-13s %-2s | %.1e | %.1e | %.1e | %.1e |\n", name, r->name, torch,
                  r->errors[0], r->errors[1], r->errors[2]);
    if (highest == 0) highest = twice * torch;
    for (int p = 0; p < PRECISIONS; p++) {
        double most = p ? bounds[p] * times : highest;
        if (!(r->errors[p] <= most))
            fail_msg("%s %s at precision %d: error %.3g, at most %.3g; PyTorch's float32 has %.3g",
                     name, r->name, p, r->errors[p], most, torch);
    }
}

/* ---- attention */

/* Scores are of deviation `scale`. What is lost of a score is a share of it, and that share of e is
 * lost of a weight: bounds grow with large ones. */
static void hold_attention(const char *name, problem p, double scale)
{
    static const char *const names[RESULTS] = {"o", "dq", "dk", "dv"};
    result results[RESULTS];
    int64_t queries = rows_of(p.tq, p.sequences), keys = rows_of(p.tk, p.sequences);
    problem_fill(&p);
    int64_t nq = queries * p.heads, nk = keys * p.key_heads;
    int64_t counts[RESULTS] = {nq * p.value_size, nq * p.size, nk * p.size, nk * p.value_size};
    fill(1, counts[1], scale, p.q);
    fill(2, counts[2], 1, p.k);
    fill(3, counts[3], 1, p.v);
    fill(4, counts[0], 1, p.d_o);
    memset(p.d_lse, 0, (size_t)nq * sizeof *p.d_lse);
    naive n = naive_run(&p);
    const double *exact[RESULTS] = {n.o, n.dq, n.dk, n.dv};
    const heed_real *got[RESULTS] = {p.o, p.dq, p.dk, p.dv};
    for (int i = 0; i < RESULTS; i++) results[i] = (result){names[i], exact[i], counts[i], {0}};
    for (int c = 0; c < PRECISIONS; c++) {
        problem_run(&p, contexts[c], NULL, NULL);
        for (int i = 0; i < RESULTS; i++)
            results[i].errors[c] = error_of(got[i], exact[i], counts[i]);
    }
    for (int i = 0; i < RESULTS; i++) hold(name, &results[i], 0, scale > 1 ? scale / 2 : 1);
    naive_free(&n);
    problem_free(&p);
}

static void test_attention(void **state)
{
    static const int64_t corner[] = {0};
    (void)state;
    problem plain = {.sequences = 2, .heads = 4, .size = 64, .tq = {256, 256}, .tk = {256, 256}};
    problem causal = {.sequences = 1, .heads = 4, .size = 64, .tq = {512}, .tk = {512}};
    problem grouped = {.sequences = 2,
                       .heads = 4,
                       .key_heads = 2,
                       .size = 80,
                       .value_size = 48,
                       .tq = {200, 200},
                       .tk = {300, 300}};
    problem large = {.sequences = 1, .heads = 1, .size = 128, .tq = {1024}, .tk = {1024}};
    causal.causal = 1, causal.offset = corner;
    hold_attention("plain", plain, 1);
    hold_attention("causal", causal, 1);
    hold_attention("grouped", grouped, 1);
    hold_attention("long", large, 1);
    hold_attention("peaked", plain, 8);
}

/* ---- linear layers */

typedef struct layer {
    int64_t m, n, k;
    heed_real *x, *w, *b, *dx, *dw, *db;
    float *targets;
} layer;

static void run_layer(const layer *l, heed_context *context, heed_real *y)
{
    heed__tape *tape;
    heed__target_loss targets = {.targets = l->targets};
    memset(l->dx, 0, (size_t)(l->m * l->k) * sizeof *l->dx);
    memset(l->dw, 0, (size_t)(l->n * l->k) * sizeof *l->dw);
    memset(l->db, 0, (size_t)l->n * sizeof *l->db);
    check_ok(heed__tape_create(context, &tape));
    heed__tape_start(tape, HEED_TAPE_TRAIN, (heed__draw){0});
    heed__var in[3] = {heed__tape_leaf(tape, l->m, l->k, l->x, l->dx),
                       heed__tape_leaf(tape, l->n, l->k, l->w, l->dw),
                       heed__tape_leaf(tape, 1, l->n, l->b, l->db)};
    heed__var out = heed__tape_apply(tape, &heed__op_linear, in, 3, NULL, 0);
    heed__tape_keep(tape, out);
    heed__var loss =
        heed__tape_apply(tape, &heed__op_squared_error, &out, 1, &targets, sizeof targets);
    check_ok(heed__tape_run(tape, loss));
    memcpy(y, heed__tape_value(tape, out), (size_t)(l->m * l->n) * sizeof *y);
    heed__tape_destroy(&tape);
}

/* y, dx, dw, db in double. */
static void exact_layer(const layer *l, double *const exact[RESULTS])
{
    for (int64_t i = 0; i < l->m; i++)
        for (int64_t j = 0; j < l->n; j++) {
            const heed_real *x = l->x + i * l->k, *w = l->w + j * l->k;
            double y = l->b[j];
            for (int64_t t = 0; t < l->k; t++) y += (double)x[t] * w[t];
            double dy = (y - l->targets[i * l->n + j]) / (double)l->m;
            exact[0][i * l->n + j] = y;
            exact[3][j] += dy;
            for (int64_t t = 0; t < l->k; t++) {
                exact[1][i * l->k + t] += dy * w[t];
                exact[2][j * l->k + t] += dy * x[t];
            }
        }
}

/* One chain of k random terms, in order, from zero: 2^-24 sqrt(k / 6), since its sums grow with the
 * square root of their terms' number and each is rounded. */
static double chain_error(int64_t k)
{
    return 0x1p-24 * sqrt((double)k / 6);
}

static void hold_layer(int64_t m, int64_t n, int64_t k)
{
    static const char *const names[RESULTS] = {"y", "dx", "dw", "db"};
    int64_t counts[RESULTS] = {m * n, m * k, n * k, n};
    layer l = {
        m,        n,           k, reals(m * k), reals(n * k), reals(n), reals(m * k), reals(n * k),
        reals(n), reals(m * n)};
    heed_real *y = reals(m * n), *got[RESULTS] = {y, l.dx, l.dw, l.db};
    double *exact[RESULTS];
    result results[RESULTS];
    char name[32];
    snprintf(name, sizeof name, "%dx%dx%d", (int)m, (int)n, (int)k);
    fill(1, m * k, 1, l.x);
    fill(2, n * k, 1 / sqrt((double)k), l.w);
    fill(3, n, 1, l.b);
    fill(4, m * n, 1, l.targets);
    for (int i = 0; i < RESULTS; i++) exact[i] = calloc((size_t)counts[i], sizeof(double));
    exact_layer(&l, exact);
    for (int i = 0; i < RESULTS; i++) results[i] = (result){names[i], exact[i], counts[i], {0}};
    for (int c = 0; c < PRECISIONS; c++) {
        run_layer(&l, contexts[c], y);
        for (int i = 0; i < RESULTS; i++)
            results[i].errors[c] = error_of(got[i], exact[i], counts[i]);
    }
    const int64_t chains[RESULTS] = {k, k + n, k + m, k + m}; /* gradients begin with y's error */
    for (int i = 0; i < RESULTS; i++) hold(name, &results[i], chain_error(chains[i]), 1);
    for (int i = 0; i < RESULTS; i++) free(exact[i]);
    heed_real *all[] = {l.x, l.w, l.b, l.dx, l.dw, l.db, l.targets, y};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) heed__free(all[i]);
}

static void test_linear_layers(void **state)
{
    (void)state;
    hold_layer(300, 128, 128);
    hold_layer(17, 33, 3000);
    hold_layer(512, 768, 256);
    hold_layer(2048, 256, 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attention),
        cmocka_unit_test(test_linear_layers),
    };
    for (int p = 0; p < PRECISIONS; p++) {
        check_ok(heed_context_create(&(heed_context_options){.threads = 1}, &contexts[p]));
        check_ok(heed_context_set_precision(contexts[p], (heed_precision)p));
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (int p = 0; p < PRECISIONS; p++) heed_context_destroy(&contexts[p]);
    return failed;
}
