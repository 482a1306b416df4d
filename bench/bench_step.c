/* SPDX-License-Identifier: MIT */
/*
 * A training step of the Transformer that issue-sized translation needs, without data or model
 * around it: 3 + 3 layers, d 256, 8 heads, feed-forward 1024, 8,000 pieces tied. Prints the step's
 * memory and its time; arguments: threads, steps, precision (0 highest, 1 high, 2 medium), target
 * tokens a batch (4,096), attention's dropout (0.1).
 */
#include "base/memory.h"
#include "nn/transformer.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum {
    SIZE = 256,
    HEADS = 8,
    FFN = 1024,
    LAYERS = 3,
    PIECES = 8000,
    TOKENS = 65536,
    MOST = TOKENS / 14 + 1
};

typedef struct side {
    heed__ragged ragged;
    int64_t offsets[MOST + 1], order[MOST], ids[MOST];
    int32_t tokens[2 * TOKENS], labels[2 * TOKENS];
} side;

typedef struct network {
    heed__params params;
    heed__param *table, *bias;
    heed__positions positions[2];
    heed__transformer stack[2];
    heed__var keys[LAYERS];
    side source, target;
} network;

static void must(heed_status status)
{
    if (status == HEED_OK) return;
    fprintf(stderr, "%s\n", heed_status_message());
    exit(1);
}

/* Sentences of 14 to 40 tokens, until there are as many of these or those as wanted. */
static void fill(side *s, uint64_t seed, int64_t sequences, int64_t tokens)
{
    heed__random random;
    heed__random_start(&random, seed, HEED_RANDOM_ORDER);
    heed__ragged *r = &s->ragged;
    *r = (heed__ragged){.offsets = s->offsets, .order = s->order, .ids = s->ids};
    while (r->n < MOST && (sequences ? r->n < sequences : r->rows < tokens)) {
        int64_t length = 14 + (int64_t)heed__random_below(&random, 27);
        if (!sequences && r->rows + length > tokens) length = tokens - r->rows;
        s->order[r->n] = s->ids[r->n] = r->n;
        r->rows += length;
        if (length > r->longest) r->longest = length;
        s->offsets[++r->n] = r->rows;
    }
    for (int64_t t = 0; t < r->rows; t++) {
        s->tokens[t] = (int32_t)heed__random_below(&random, PIECES);
        s->labels[t] = (int32_t)heed__random_below(&random, PIECES);
    }
}

static void build(network *n, float dropout)
{
    n->params.trains = 1;
    heed__random_start(&n->params.random, 1, HEED_RANDOM_WEIGHTS);
    heed__param_options table = {.init = HEED_INIT_NORMAL, .scale = 0.0625f, .decay = 1};
    heed__param_options bias = {.init = HEED_INIT_ZERO, .vector = 1};
    must(heed__params_add(&n->params, PIECES, SIZE, table, &n->table, "table"));
    must(heed__params_add(&n->params, 1, PIECES, bias, &n->bias, "bias"));
    for (int i = 0; i < 2; i++) {
        heed__transformer_options o = {
            .attention = {.size = SIZE, .heads = HEADS, .causal = i, .dropout = dropout},
            .layers = LAYERS,
            .ffn = FFN,
            .memory = i ? SIZE : 0,
            .place = HEED_NORM_PRE,
            .residual = 1,
            .activation = "relu",
            .dropout = 0.1f};
        must(heed__positions_create(&n->params, i ? "to.positions" : "from.positions", "sinusoidal",
                                    0, SIZE, 1, &n->positions[i]));
        must(heed__transformer_create(&n->params, i ? "to" : "from", &o, &n->stack[i]));
    }
}

static heed__var look(void *user, heed__transformer_layer *layer, int64_t i, const heed__pass *pass,
                      heed__var x)
{
    (void)user, (void)i;
    return heed__self_attention_apply(&layer->self, pass, x, NULL);
}

static heed__var look_across(void *user, heed__transformer_layer *layer, int64_t i,
                             const heed__pass *pass, heed__var x)
{
    network *n = user;
    heed__attend view = {.queries = pass->ragged, .keys = &n->source.ragged};
    return heed__cross_attention_apply(&layer->cross, pass, x, n->keys[i], view, NULL);
}

static heed__var embed(network *n, const heed__pass *pass, const side *s, int i)
{
    heed__embedding e = {.ids = s->tokens, .rows = s->ragged.rows};
    heed__var table = heed__tape_param(pass->tape, n->table);
    heed__var x = heed__tape_apply(pass->tape, &heed__op_embedding, &table, 1, &e, sizeof e);
    return heed__drop(pass, heed__positions_apply(&n->positions[i], pass, x));
}

static heed__var record(network *n, heed__tape *tape, uint64_t step, int again)
{
    int mode = HEED_TAPE_TRAIN | (again ? HEED_TAPE_RECOMPUTE : 0);
    heed__tape_start(tape, (heed__tape_mode)mode, (heed__draw){1, step});
    heed__transformer_view view = {n, look, look_across};
    heed__pass from = {tape, &n->source.ragged, 0.1f}, to = {tape, &n->target.ragged, 0.1f};
    heed__var memory =
        heed__transformer_apply(&n->stack[0], &from, embed(n, &from, &n->source, 0), &view);
    for (int i = 0; i < LAYERS; i++)
        n->keys[i] = heed__cross_attention_keys(&n->stack[1].layers[i].cross, &from, memory);
    heed__var y = heed__transformer_apply(&n->stack[1], &to, embed(n, &to, &n->target, 1), &view);
    heed__class_loss loss = {.labels = n->target.labels, .smoothing = 0.1f};
    heed__var in[3] = {y, heed__tape_param(tape, n->table), heed__tape_param(tape, n->bias)};
    y = heed__tape_apply(tape, &heed__op_linear_cross_entropy, in, 3, &loss, sizeof loss);
    heed__tape_keep(tape, y);
    return y;
}

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static heed__optimizer *optimizer_of(network *n)
{
    heed__optimizer *o = NULL;
    heed__trained *tensors = calloc(n->params.count, sizeof *tensors);
    if (!tensors) exit(1);
    for (size_t i = 0; i < n->params.count; i++) {
        heed__param *p = n->params.items[i];
        tensors[i] = (heed__trained){.name = p->name,
                                     .data = p->data,
                                     .grad = p->grad,
                                     .count = p->rows * p->cols,
                                     .decay = p->decay,
                                     .scale = 1};
    }
    must(heed__optimizer_create(heed__optimizer_find("adamw"), NULL, tensors, n->params.count, &o));
    free(tensors);
    return o;
}

int main(int argc, char **argv)
{
    static network n;
    int threads = argc > 1 ? atoi(argv[1]) : 2, steps = argc > 2 ? atoi(argv[2]) : 5;
    int precision = argc > 3 ? atoi(argv[3]) : HEED_PRECISION_HIGHEST;
    int64_t tokens = argc > 4 ? atoll(argv[4]) : 4096;
    float dropout = argc > 5 ? (float)atof(argv[5]) : 0.1f;
    int again = argc > 6 && atoi(argv[6]);
    if (tokens < 1 || tokens > TOKENS) return 2;
    heed_context *context = NULL;
    heed__tape *tape = NULL;
    must(heed_context_create(&(heed_context_options){.threads = threads}, &context));
    must(heed_context_set_precision(context, (heed_precision)precision));
    must(heed__tape_create(context, &tape));
    fill(&n.target, 2, 0, tokens);
    fill(&n.source, 3, n.target.ragged.n, 0);
    build(&n, dropout);
    heed__optimizer *optimizer = optimizer_of(&n);
    printf("%lld parameters, %lld sentences, %lld source and %lld target tokens, %d threads\n",
           (long long)heed__params_total(&n.params), (long long)n.target.ragged.n,
           (long long)n.source.ragged.rows, (long long)n.target.ragged.rows, threads);
    double best = 1e9, least = 1e9;
    for (int step = 0; step < steps; step++) {
        double wall = seconds(CLOCK_MONOTONIC), work = seconds(CLOCK_PROCESS_CPUTIME_ID), norm;
        heed__var loss = record(&n, tape, (uint64_t)step, again);
        heed__params_start_grads(&n.params);
        must(heed__tape_run(tape, loss));
        heed__params_end_grads(&n.params);
        must(heed__optimizer_norm(context, optimizer, &norm));
        heed__optimizer_step(context, optimizer, 1e-4, heed__clip_scale(norm, 1));
        wall = seconds(CLOCK_MONOTONIC) - wall;
        work = seconds(CLOCK_PROCESS_CPUTIME_ID) - work;
        printf("step %d: loss %.6f, %.3f s, %.3f s of processors\n", step,
               (double)*heed__tape_value(tape, loss), wall, work);
        if (wall < best) best = wall;
        if (work < least) least = work;
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("best %.3f s (%.0f target tokens/s), %.3f s of processors; the step's block %.0f MB, "
           "peak %.0f MB\n",
           best, (double)n.target.ragged.rows / best, least, (double)heed__tape_bytes(tape) / 1e6,
           (double)usage.ru_maxrss / 1024 * 1.048576);
    heed__optimizer_destroy(&optimizer);
    for (int i = 0; i < 2; i++) {
        heed__transformer_clear(&n.stack[i]);
        heed__positions_clear(&n.positions[i]);
    }
    heed__params_clear(&n.params);
    heed__tape_destroy(&tape);
    heed_context_destroy(&context);
    return 0;
}
