/* SPDX-License-Identifier: MIT */
/*
 * Times what plans choose by shape, around the numbers of src/attention/thresholds.c, and says what
 * it would put there: ./dev bench tune [NAME]. All candidates take turns, round by round; figures
 * are medians.
 */
#include "attention/engine.h"
#include "attention/narrow.h"
#include "tune.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CANDIDATES = 8, ROUNDS = 7 };
static const double round_seconds = 0.02;

/* What is attended, [B, T, H, D]: as many queries as keys, unless said. */
typedef struct shape {
    int64_t batch, heads, tokens, size;
    int causal, backward;
    int64_t queries;
} shape;

static int64_t queries_of(const shape *s)
{
    return s->queries ? s->queries : s->tokens;
}

/* One candidate's plan. */
typedef struct candidate {
    heed_attention_plan *plan;
    heed_real *workspace;
    double took[ROUNDS], median;
} candidate;

typedef struct contest {
    shape shape;
    heed_context *context;
    int count;
    candidate candidates[CANDIDATES];
    heed_attention_batch batch;
    heed_attention_forward_tensors forward;
    heed_attention_backward_tensors backward;
    heed_real *arrays[10];
} contest;

static void give_arrays(contest *c)
{
    const shape *s = &c->shape;
    int64_t row = s->heads * s->size, sequence = s->tokens * row;
    for (int i = 0; i < 10; i++) c->arrays[i] = numbers((size_t)(s->batch * sequence));
    heed_attention_input in[10];
    heed_attention_output out[10];
    for (int i = 0; i < 10; i++) {
        in[i] = (heed_attention_input){c->arrays[i], sequence, row, s->size};
        out[i] = (heed_attention_output){c->arrays[i], sequence, row, s->size};
    }
    int64_t rows = s->tokens * s->heads;
    in[4] = (heed_attention_input){c->arrays[4], rows, s->heads, 1};
    out[4] = (heed_attention_output){c->arrays[4], rows, s->heads, 1};
    c->batch = (heed_attention_batch){.size = sizeof c->batch, .sequences = s->batch};
    c->batch.queries.length = queries_of(s);
    c->batch.keys.length = s->tokens;
    c->forward = (heed_attention_forward_tensors){.size = sizeof c->forward};
    c->forward.q = in[0], c->forward.k = in[1], c->forward.v = in[2];
    c->forward.o = out[3], c->forward.lse = out[4];
    c->backward = (heed_attention_backward_tensors){.size = sizeof c->backward};
    c->backward.q = in[0], c->backward.k = in[1], c->backward.v = in[2], c->backward.o = in[3];
    c->backward.lse = in[4], c->backward.d_o = in[5];
    c->backward.dq = out[6], c->backward.dk = out[7], c->backward.dv = out[8];
}

static void begin(contest *c, heed_context *context, shape s)
{
    *c = (contest){.shape = s, .context = context};
    give_arrays(c);
}

/* A plan that decides by other thresholds. */
static void add(contest *c, heed__thresholds thresholds)
{
    const shape *s = &c->shape;
    candidate *one = &c->candidates[c->count++];
    heed_attention_part causal = {sizeof causal, "causal"};
    heed_attention_options options = {.size = sizeof options,
                                      .heads = s->heads,
                                      .head_size = s->size,
                                      .mask = s->causal ? &causal : NULL};
    heed_attention_capacity room = {.size = sizeof room,
                                    .sequences = s->batch,
                                    .longest_query = queries_of(s),
                                    .longest_key = s->tokens};
    char why[64];
    must(heed_attention_plan_create(c->context, &options, &room, &one->plan));
    one->plan->thresholds = thresholds;
    one->plan->parts = heed__narrow_parts(one->plan, why, sizeof why);
    size_t forward = one->plan->engine->workspace(one->plan, 0);
    size_t backward = one->plan->engine->workspace(one->plan, 1);
    one->workspace = numbers(forward > backward ? forward : backward);
}

static void run_once(const contest *c, const candidate *one)
{
    must(c->shape.backward
             ? heed_attention_backward(one->plan, &c->batch, &c->backward, one->workspace)
             : heed_attention_forward(one->plan, &c->batch, &c->forward, one->workspace));
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Round by round, each in its turn. */
static void compete(contest *c)
{
    double start = now();
    must(heed_attention_forward(c->candidates[0].plan, &c->batch, &c->forward,
                                c->candidates[0].workspace)); /* backward reads what it leaves */
    for (int i = 0; i < c->count; i++) run_once(c, &c->candidates[i]);
    int times = (int)(round_seconds * (c->count + 1) / (now() - start)) + 1;
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < c->count; i++) {
            start = now();
            for (int k = 0; k < times; k++) run_once(c, &c->candidates[i]);
            c->candidates[i].took[round] = (now() - start) / times;
        }
    for (int i = 0; i < c->count; i++) {
        candidate *one = &c->candidates[i];
        qsort(one->took, ROUNDS, sizeof one->took[0], by_value);
        one->median = one->took[ROUNDS / 2];
    }
}

static void finish(contest *c)
{
    for (int i = 0; i < c->count; i++) {
        heed_attention_plan_destroy(&c->candidates[i].plan);
        heed__free(c->candidates[i].workspace);
    }
    for (int i = 0; i < 10; i++) heed__free(c->arrays[i]);
}

static heed_context *context_of(int threads, heed_precision precision)
{
    heed_context *context = NULL;
    must(heed_context_create(&(heed_context_options){.threads = threads}, &context));
    must(heed_context_set_precision(context, precision));
    return context;
}

/* ---- one way or the other, from a number on */

/* Milliseconds of the way below the threshold and of the way from it on; returns their ratio. */
static double either(heed_context *context, shape s, heed__thresholds below, heed__thresholds above)
{
    contest c;
    begin(&c, context, s);
    add(&c, below);
    add(&c, above);
    compete(&c);
    double ratio = c.candidates[0].median / c.candidates[1].median;
    printf(" %9.3f %9.3f %6.2f", 1e3 * c.candidates[0].median, 1e3 * c.candidates[1].median, ratio);
    finish(&c);
    return ratio;
}

static void say(const char *name, int64_t in_force, int64_t found)
{
    printf("%s: in force %lld, found %lld\n\n", name, (long long)in_force, (long long)found);
}

static void tune_narrow_queries(int64_t in_force)
{
    static const int64_t tokens[] = {16, 32, 48, 64, 96, 128, 192, 256};
    enum { COUNT = sizeof tokens / sizeof *tokens };
    int64_t found = tokens[COUNT - 1];
    int better[COUNT];
    if (!heed__amx_best()) {
        printf("narrow_queries: no AMX here, or HEED_CPU forbids it\n\n");
        return;
    }
    printf(
        "queries: float32, high and ratio; forward and backward; float32, medium likewise; ms\n");
    for (int i = 0; i < COUNT; i++) {
        heed__thresholds never = heed__thresholds_found, always = never;
        never.narrow_queries = INT64_MAX;
        always.narrow_queries = 1;
        better[i] = 1;
        printf("%7lld", (long long)tokens[i]);
        for (int c = 0; c < 4; c++) {
            heed_context *context =
                context_of(1, c < 2 ? HEED_PRECISION_HIGH : HEED_PRECISION_MEDIUM);
            shape s = {2048 / tokens[i], 8, tokens[i], 64, .backward = c % 2};
            better[i] &= either(context, s, never, always) > 1 / 1.03;
            heed_context_destroy(&context);
        }
        printf("\n");
    }
    for (int i = COUNT - 1; i >= 0 && better[i]; i--) found = tokens[i];
    say("narrow_queries", in_force, found);
}

/* A step of decoding, from few queries on to more: several heads a task, and one. */
static void tune_few_queries(int64_t in_force)
{
    static const int64_t queries[] = {1, 2, 4, 8, 12, 16, 24, 32};
    static const shape shapes[] = {
        {32, 8, 24, 32, .causal = 0}, {8, 8, 256, 64, .causal = 0}, {1, 12, 2048, 64, .causal = 0}};
    enum { COUNT = sizeof queries / sizeof *queries, SHAPES = sizeof shapes / sizeof *shapes };
    int64_t found = 0;
    heed_context *context = context_of(1, HEED_PRECISION_HIGHEST);
    printf("queries: one head a task, several, and ratio; 32x8x24x32, 8x8x256x64, 1x12x2048x64; "
           "ms\n");
    for (int i = 0, goes_on = 1; i < COUNT; i++) {
        double better = 0;
        heed__thresholds never = heed__thresholds_found, always = never;
        never.few_queries = 0;
        always.few_queries = INT64_MAX;
        printf("%7lld", (long long)queries[i]);
        for (int k = 0; k < SHAPES; k++) {
            shape s = shapes[k];
            s.queries = queries[i];
            better += log(either(context, s, never, always)) / SHAPES;
        }
        goes_on &= better > 0;
        if (goes_on) found = queries[i];
        printf("\n");
    }
    heed_context_destroy(&context);
    say("few_queries", in_force, found);
}

/* One pass and two, where as many heads as threads leave none idle. */
static void tune_halves_cost(int64_t in_force)
{
    enum { THREADS = 2, COUNT = 6 };
    static const int64_t heads[COUNT] = {2, 4, 8, 2, 4, 8},
                         tokens[COUNT] = {512, 512, 512, 2048, 2048, 2048};
    double cost = 0;
    heed_context *context = context_of(THREADS, HEED_PRECISION_HIGHEST);
    printf("backward, %d threads: in two passes, in one, and ratio; ms\n", THREADS);
    for (int i = 0; i < COUNT; i++) {
        heed__thresholds halves = heed__thresholds_found, whole = halves;
        halves.halves_cost = 0;
        whole.halves_cost = 1 << 20;
        printf("1x%lldx%-4lldx64", (long long)heads[i], (long long)tokens[i]);
        shape s = {1, heads[i], tokens[i], 64, .backward = 1};
        cost += log(either(context, s, halves, whole)) / COUNT;
        printf("\n");
    }
    heed_context_destroy(&context);
    say("halves_cost", in_force, (int64_t)(100 * exp(cost) + 0.5));
}

/* ---- how much at a time */

enum { SHAPES = 5 };

typedef struct sizes {
    const char *name;
    int64_t *(*field)(heed__thresholds *t);
    heed_precision precision;
    int backward, whole; /* whole 0: two passes */
    int threads;
    const shape *shapes; /* [SHAPES] */
    int64_t first;       /* of the numbers to try, each twice the last */
    int count;
} sizes;

static const shape long_ones[SHAPES] = {{1, 12, 2048, 64, .causal = 0},
                                        {1, 12, 2048, 64, .causal = 1},
                                        {1, 2, 4096, 128, .causal = 0},
                                        {4, 8, 512, 64, .causal = 0},
                                        {1, 1, 2048, 64, .causal = 0}};
static const shape steps[SHAPES] = {{32, 8, 24, 32, .queries = 4},
                                    {32, 8, 24, 32, .queries = 1},
                                    {8, 8, 256, 64, .queries = 4},
                                    {1, 8, 1024, 64, .queries = 1},
                                    {1, 32, 4096, 128, .queries = 1}};

static int64_t *few_keys(heed__thresholds *t)
{
    return &t->few_keys;
}

static int64_t *piece_rounds(heed__thresholds *t)
{
    return &t->piece_rounds;
}

static int64_t *forward_blocks(heed__thresholds *t)
{
    return &t->forward_blocks;
}

static int64_t *narrow_blocks(heed__thresholds *t)
{
    return &t->narrow_blocks;
}

static int64_t *half_blocks(heed__thresholds *t)
{
    return &t->half_blocks;
}

/* The candidate that is nearest to the best of each shape, by the product of its ratios. */
static void tune_size(const sizes *which)
{
    heed__thresholds base = heed__thresholds_found;
    int count = which->count, best = 0;
    double worse[CANDIDATES] = {0};
    heed_context *context = context_of(which->threads, which->precision);
    if (!which->whole) base.halves_cost = 0;
    printf("%s, %d thread%s: times the best of a shape\n%-18s", which->name, which->threads,
           which->threads > 1 ? "s" : "", "");
    for (int i = 0; i < count; i++) printf(" %6lld", (long long)(which->first << i));
    printf("\n");
    for (size_t k = 0; k < SHAPES; k++) {
        contest c;
        shape s = which->shapes[k];
        double least = 1e9;
        s.backward = which->backward;
        begin(&c, context, s);
        c.batch.query_offset = s.causal ? (const int64_t[]){0} : NULL;
        c.batch.query_offset_count = s.causal;
        for (int i = 0; i < count; i++) {
            heed__thresholds t = base;
            *which->field(&t) = which->first << i;
            add(&c, t);
        }
        compete(&c);
        for (int i = 0; i < count; i++) least = fmin(least, c.candidates[i].median);
        char name[32];
        snprintf(name, sizeof name, "%lldx%lldx%lldx%lld%s", (long long)s.batch, (long long)s.heads,
                 (long long)s.tokens, (long long)s.size,
                 s.causal         ? " causal"
                 : s.queries == 1 ? " 1"
                 : s.queries      ? " 4"
                                  : "");
        printf("%-18s", name);
        for (int i = 0; i < count; i++) {
            worse[i] += log(c.candidates[i].median / least);
            printf(" %6.3f", c.candidates[i].median / least);
        }
        printf("\n");
        finish(&c);
    }
    for (int i = 1; i < count; i++)
        if (worse[i] < worse[best]) best = i;
    heed_context_destroy(&context);
    say(which->name, *which->field(&base), which->first << best);
}

int main(int argc, char **argv)
{
    const heed__thresholds *found = &heed__thresholds_found;
    static const sizes all[] = {
        {"few_keys", few_keys, HEED_PRECISION_HIGHEST, 0, 1, 1, steps, 1 << 12, 8},
        {"few_keys", few_keys, HEED_PRECISION_HIGHEST, 0, 1, 2, steps, 1 << 12, 8},
        {"piece_rounds", piece_rounds, HEED_PRECISION_HIGHEST, 0, 1, 2, long_ones, 1, 6},
        {"forward_blocks", forward_blocks, HEED_PRECISION_HIGHEST, 0, 1, 1, long_ones, 1, 7},
        {"forward_blocks", forward_blocks, HEED_PRECISION_HIGHEST, 0, 1, 2, long_ones, 1, 7},
        {"narrow_blocks", narrow_blocks, HEED_PRECISION_HIGH, 0, 1, 1, long_ones, 1, 7},
        {"narrow_blocks", narrow_blocks, HEED_PRECISION_MEDIUM, 0, 1, 2, long_ones, 1, 7},
        {"half_blocks", half_blocks, HEED_PRECISION_HIGHEST, 1, 0, 2, long_ones, 1, 5},
    };
    const char *only = argc > 1 ? argv[1] : NULL;
    int known = 0;
    if (!only || strcmp(only, "narrow_queries") == 0)
        known++, tune_narrow_queries(found->narrow_queries);
    if (!only || strcmp(only, "few_queries") == 0) known++, tune_few_queries(found->few_queries);
    if (!only || strcmp(only, "halves_cost") == 0) known++, tune_halves_cost(found->halves_cost);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!only || strcmp(only, all[i].name) == 0) known++, tune_size(&all[i]);
    if (known) return 0;
    fprintf(stderr,
            "bench_tune: there is no threshold '%s'; they are narrow_queries, few_queries, "
            "halves_cost, "
            "few_keys, piece_rounds, forward_blocks, narrow_blocks, half_blocks\n",
            only);
    return 2;
}
