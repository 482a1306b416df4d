/* SPDX-License-Identifier: MIT */
/* Summaries and products without the matrix beside those of the matrix, for every trial; in float32
 * and in float64. */
#ifndef HEED_TESTS_SUMMARY_TRIAL_H
#define HEED_TESTS_SUMMARY_TRIAL_H

#include "attention/mechanism_trials.h"

/* Relative to the sum of the terms' sizes. */
static const double summary_allowed = sizeof(heed_real) == sizeof(double) ? 1e-12 : 1e-5;

enum { SUMMARY_TOP = 3, SUMMARY_GROUPS = 5 };

typedef struct summary_run {
    trial_run *r;
    heed_attention_inspect_tensors tensors;
    heed_real *mass, *value_mass, *gradient_mass;                     /* [key rows, H] */
    heed_real *entropy, *distance, *variance, *support, *group, *top; /* [query rows, H, ...] */
    int64_t *top_key, *ids;
    heed_real *p; /* one matrix */
} summary_run;

/* Several blocks of queries and keys. */
static const int64_t summary_offset[] = {70, 5};
#define LONG .sequences = 2, .tq = {130, 65}, .tk = {200, 70}, .offset = summary_offset
static const trial summary_trials[] = {
    {LONG, .key_heads = 2, .value_size = 3},
    {.mask = "causal", LONG, .dropout = 0.3},
    {.normaliser = "sparsemax", .mask = "causal", .key_heads = 2, LONG},
    {.normaliser = "sink", .score = "additive", .stages = {"bias", "softcap:cap=2"}, LONG},
};
enum { SUMMARY_TRIALS = sizeof summary_trials / sizeof summary_trials[0] };

static inline void summary_expect(const summary_run *x, const char *what, int64_t place,
                                  heed_real found, double wanted, double size)
{
    char name[512];
    if (fabs((double)found - wanted) <= summary_allowed * size) return;
    trial_name(&x->r->t, name, sizeof name);
    fail_msg("%s: %s[%lld] = %.15g; the matrix gives %.15g (terms %.3g)", name, what,
             (long long)place, (double)found, wanted, size);
}

static inline summary_run summary_make(trial_run *r)
{
    int64_t h = r->t.heads, nq = r->q_offsets[r->t.sequences], nk = r->k_offsets[r->t.sequences];
    summary_run x = {.r = r,
                     .tensors = {.size = sizeof x.tensors,
                                 .q = r->forward.q,
                                 .k = r->forward.k,
                                 .lse = r->backward.lse,
                                 .parameters = r->parameters,
                                 .v = r->forward.v,
                                 .d_o = r->backward.d_o}};
    heed_real **keyed[] = {&x.mass, &x.value_mass, &x.gradient_mass};
    for (int a = 0; a < 3; a++) *keyed[a] = trial_reals(nk * h);
    x.entropy = trial_reals(nq * h), x.distance = trial_reals(nq * h);
    x.support = trial_reals(nq * h);
    x.variance = trial_reals(nq * h), x.group = trial_reals(nq * h * SUMMARY_GROUPS);
    x.top = trial_reals(nq * h * SUMMARY_TOP);
    x.top_key = calloc((size_t)(nq * h * SUMMARY_TOP) + 1, sizeof *x.top_key);
    x.ids = calloc((size_t)nk + 1, sizeof *x.ids);
    for (int64_t j = 0; j < nk; j++)
        x.ids[j] = j % (SUMMARY_GROUPS + 2) - 1; /* two belong to none */
    int64_t tq = trial_longest(r->t.tq, r->t.sequences);
    x.p = trial_reals(tq * trial_longest(r->t.tk, r->t.sequences));
    return x;
}

static inline void summary_fill(summary_run *x)
{
    int64_t h = x->r->t.heads, g = SUMMARY_GROUPS, k = SUMMARY_TOP;
    heed_attention_summary summary = {.size = sizeof summary,
                                      .mass = {x->mass, 0, h, 1},
                                      .entropy = {x->entropy, 0, h, 1},
                                      .top = SUMMARY_TOP,
                                      .top_weight = {x->top, 0, h * k, k},
                                      .top_key = x->top_key,
                                      .value_mass = {x->value_mass, 0, h, 1},
                                      .gradient_mass = {x->gradient_mass, 0, h, 1},
                                      .distance = {x->distance, 0, h, 1},
                                      .distance_variance = {x->variance, 0, h, 1},
                                      .support = {x->support, 0, h, 1},
                                      .groups = g,
                                      .key_groups = {.data = x->ids, .row_stride = 1},
                                      .group_mass = {x->group, 0, h * g, g}};
    check_ok(
        heed_attention_summarise(x->r->plan, &x->r->batch, &x->tensors, &summary, x->r->workspace));
}

/* Sums over the queries, for key j of (s, h). */
static inline void summary_key(const summary_run *x, int64_t s, int64_t h, int64_t j)
{
    const trial *t = &x->r->t;
    int64_t dv = t->value_size, tk = t->tk[s], g = h / (t->heads / t->key_heads);
    int64_t place = (x->r->k_offsets[s] + j) * t->heads + h;
    const heed_real *v = x->r->arrays[2].data + ((x->r->k_offsets[s] + j) * t->key_heads + g) * dv;
    double mass = 0, gradient = 0, size = 0, length = 0;
    for (int64_t d = 0; d < dv; d++) length += (double)v[d] * (double)v[d];
    for (int64_t i = 0; i < t->tq[s]; i++) {
        double p = (double)x->p[i * tk + j], along = 0, terms = 0;
        const heed_real *d_o = x->r->d_o + ((x->r->q_offsets[s] + i) * t->heads + h) * dv;
        for (int64_t d = 0; d < dv; d++) {
            along += (double)d_o[d] * (double)v[d];
            terms += fabs((double)d_o[d] * (double)v[d]);
        }
        mass += p, gradient += p * along, size += fabs(p) * terms;
    }
    summary_expect(x, "mass", place, x->mass[place], mass, fabs(mass));
    summary_expect(x, "value_mass", place, x->value_mass[place], mass * sqrt(length),
                   fabs(mass) * sqrt(length));
    if (!x->r->plan->reads_values)
        summary_expect(x, "gradient_mass", place, x->gradient_mass[place], gradient, size);
}

/* Sums over the keys, for query i of (s, h). */
static inline void summary_row(const summary_run *x, int64_t s, int64_t h, int64_t i)
{
    const trial *t = &x->r->t;
    int64_t tk = t->tk[s], place = (x->r->q_offsets[s] + i) * t->heads + h, heaviest = -1;
    const heed_real *p = x->p + i * tk;
    double support = 0, entropy = 0, all = 0, mean = 0, square = 0, group[SUMMARY_GROUPS] = {0},
           sizes = 0;
    double at = (double)(i + (t->offset ? t->offset[s] : 0));
    for (int64_t j = 0; j < tk; j++) {
        double w = (double)p[j];
        int64_t id = x->ids[x->r->k_offsets[s] + j];
        entropy -= w > 0 ? w * log(w) : 0;
        sizes += w > 0 ? fabs(w * log(w)) : 0;
        support += w != 0;
        all += w, mean += w * fabs(at - (double)j);
        if (id >= 0 && id < SUMMARY_GROUPS) group[id] += w;
        if (w > 0 && (heaviest < 0 || p[j] > p[heaviest])) heaviest = j;
    }
    mean = all != 0 ? mean / all : 0;
    for (int64_t j = 0; j < tk; j++)
        square += (double)p[j] * (fabs(at - (double)j) - mean) * (fabs(at - (double)j) - mean);
    square = all != 0 ? square / all : 0;
    summary_expect(x, "entropy", place, x->entropy[place], entropy, sizes);
    assert_true((double)x->support[place] == support);
    summary_expect(x, "distance", place, x->distance[place], mean, mean);
    /* The mean's own rounding moves the variance by its square. */
    summary_expect(x, "distance_variance", place, x->variance[place], square,
                   square + summary_allowed * mean * mean);
    for (int g = 0; g < SUMMARY_GROUPS; g++)
        summary_expect(x, "group_mass", place, x->group[place * SUMMARY_GROUPS + g], group[g],
                       fabs(group[g]));
    assert_int_equal(x->top_key[place * SUMMARY_TOP], heaviest);
    assert_true(x->top[place * SUMMARY_TOP] == (heaviest < 0 ? 0 : p[heaviest]));
}

/* Over all keys, gradient x attention is <do, o> of all queries (without dropout). */
static inline void summary_whole(const summary_run *x, int64_t s, int64_t h)
{
    const trial *t = &x->r->t;
    int64_t dv = t->value_size;
    double found = 0, wanted = 0, size = 0;
    for (int64_t j = 0; j < t->tk[s]; j++)
        found += (double)x->gradient_mass[(x->r->k_offsets[s] + j) * t->heads + h];
    for (int64_t i = 0; i < t->tq[s]; i++)
        for (int64_t d = 0; d < dv; d++) {
            int64_t at = ((x->r->q_offsets[s] + i) * t->heads + h) * dv + d;
            wanted += (double)x->r->o[at] * (double)x->r->d_o[at];
            size += fabs((double)x->r->d_o[at]);
        }
    summary_expect(x, "sum of gradient_mass", h, (heed_real)found, wanted, size);
}

/* One product of each kind, with a vector a head or one for all. */
static inline void summary_products(summary_run *x, int left, int shared)
{
    const trial *t = &x->r->t;
    int64_t h = t->heads, n[2] = {x->r->k_offsets[t->sequences], x->r->q_offsets[t->sequences]};
    heed_real *in = trial_reals(n[left] * h), *out = trial_reals(n[!left] * h);
    const int64_t *from = left ? x->r->q_offsets : x->r->k_offsets;
    const int64_t *to = left ? x->r->k_offsets : x->r->q_offsets;
    trial_fill(in, n[left] * h, 500, -1, 1);
    heed_attention_product product = {.size = sizeof product,
                                      .left = left,
                                      .x = {in, 0, shared ? 1 : h, shared ? 0 : 1},
                                      .y = {out, 0, h, 1}};
    check_ok(
        heed_attention_multiply(x->r->plan, &x->r->batch, &x->tensors, &product, x->r->workspace));
    for (int64_t s = 0; s < t->sequences; s++)
        for (int64_t head = 0; head < h; head++) {
            int64_t tq = t->tq[s], tk = t->tk[s], rows = left ? tk : tq, terms = left ? tq : tk;
            check_ok(heed_attention_weights(x->r->plan, &x->r->batch, &x->tensors, s, head, 0, tq,
                                            x->p, x->r->workspace));
            for (int64_t a = 0; a < rows; a++) {
                double sum = 0, size = 0;
                for (int64_t b = 0; b < terms; b++) {
                    int64_t at = from[s] + b;
                    double one = (double)in[shared ? at : at * h + head] *
                                 (double)x->p[left ? b * tk + a : a * tk + b];
                    sum += one, size += fabs(one);
                }
                int64_t place = (to[s] + a) * h + head;
                summary_expect(x, left ? "x P" : "P x", place, out[place], sum, size);
            }
        }
    heed__free(in), heed__free(out);
}

static inline void summary_free(summary_run *x)
{
    heed_real *all[] = {x->mass,     x->value_mass, x->gradient_mass, x->entropy, x->distance,
                        x->variance, x->group,      x->top,           x->p,       x->support};
    for (size_t a = 0; a < sizeof all / sizeof all[0]; a++) heed__free(all[a]);
    free(x->top_key), free(x->ids);
}

static inline void summary_check(const trial *t, heed_context *context)
{
    trial_run r;
    assert_true(trial_make(&r, t, context, NULL, NULL));
    r.batch.keep_all = 1;
    trial_forward(&r);
    summary_run x = summary_make(&r);
    summary_fill(&x);
    for (int64_t s = 0; s < r.t.sequences; s++)
        for (int64_t h = 0; h < r.t.heads; h++) {
            check_ok(heed_attention_weights(r.plan, &r.batch, &x.tensors, s, h, 0, r.t.tq[s], x.p,
                                            r.workspace));
            for (int64_t j = 0; j < r.t.tk[s]; j++) summary_key(&x, s, h, j);
            for (int64_t i = 0; i < r.t.tq[s]; i++) summary_row(&x, s, h, i);
            summary_whole(&x, s, h);
        }
    for (int kind = 0; kind < 4; kind++) summary_products(&x, kind & 1, kind >> 1);
    summary_free(&x);
    trial_free(&r);
}

static inline void summary_check_all(void)
{
    heed_context *context = NULL;
    check_ok(heed_context_create(&(heed_context_options){.threads = 2}, &context));
    for (int t = 0; t < TRIALS; t++) summary_check(&trials[t], NULL);
    for (int t = 0; t < SUMMARY_TRIALS; t++) summary_check(&summary_trials[t], context);
    heed_context_destroy(&context);
}

#endif
