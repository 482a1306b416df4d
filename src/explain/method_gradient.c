/* SPDX-License-Identifier: MIT */
/*
 * Gradient x input (Shrikumar et al., arXiv 1605.01713): the sum over a token's embedding of
 * embedding times the gradient of the label's log probability (of the number, for a number), summed
 * over a word's tokens.
 */
#include "base/fail.h"
#include "explain/reading.h"
#include "model/stack.h"

#include <string.h>

static int supports(const heed_model *model)
{
    (void)model;
    return 1;
}

typedef struct work {
    heed_real *embedded, *grad;
    float number; /* what the network says, as it is learned */
    float *targets, *weights;
    float *token_scores;
} work;

static heed_status take_work(const heed__reading *r, int output, heed__arena *arena, work *w)
{
    size_t n = (size_t)r->encoding.length;
    size_t dim = (size_t)heed__source_dim(r->model->config);
    size_t count = (size_t)heed_model_output(r->model, output).count;
    HEED_TRY(heed__arena_take(arena, n * dim, sizeof(heed_real), "gradients", &w->embedded));
    HEED_TRY(heed__arena_take(arena, n * dim, sizeof(heed_real), "gradients", &w->grad));
    HEED_TRY(heed__arena_take(arena, n, sizeof(float), "gradients", &w->token_scores));
    HEED_TRY(heed__arena_take(arena, count, sizeof(float), "gradients", &w->targets));
    return heed__arena_take(arena, count, sizeof(float), "gradients", &w->weights);
}

static heed_status read_embeddings(heed__reading *r, int output, work *w)
{
    heed__tape *tape = r->model->tape;
    heed__model_vars vars = {0};
    heed__tape_start(tape, HEED_TAPE_INFER, (heed__draw){0});
    heed__model_record(r->model, tape, &r->batch, &vars);
    heed__tape_keep(tape, vars.embedded);
    heed__tape_keep(tape, vars.logits[output]);
    HEED_TRY(heed__tape_run(tape, HEED_NO_VAR));
    w->number = (float)*heed__tape_value(tape, vars.logits[output]);
    int64_t count = heed__tape_rows(tape, vars.embedded) * heed__tape_cols(tape, vars.embedded);
    memcpy(w->embedded, heed__tape_value(tape, vars.embedded), (size_t)count * sizeof(heed_real));
    return HEED_OK;
}

/* A loss whose gradient is minus that of the label's log probability, or of the number. */
static heed__var record_loss(heed__reading *r, int output, work *w, heed__var logits,
                             int32_t *label)
{
    heed__tape *tape = r->model->tape;
    heed_output_kind kind = heed_model_output(r->model, output).kind;
    heed__class_loss classes = {.labels = label};
    heed__target_loss values = {.targets = w->targets, .weights = w->weights};
    if (kind == HEED_OUTPUT_CLASS)
        return heed__tape_apply(tape, &heed__op_cross_entropy, &logits, 1, &classes,
                                sizeof classes);
    w->weights[*label] = 1; /* one column only */
    w->targets[*label] = 1;
    if (kind == HEED_OUTPUT_SET)
        return heed__tape_apply(tape, &heed__op_binary_cross_entropy, &logits, 1, &values,
                                sizeof values);
    /* (z - t)^2 / 2 has slope z - t: with t = z + 1 it is -1. */
    w->targets[0] = w->number + 1;
    return heed__tape_apply(tape, &heed__op_squared_error, &logits, 1, &values, sizeof values);
}

static heed_status fill(heed__reading *r, int output, heed__arena *arena, float *scores)
{
    work w = {0};
    heed__tape *tape = r->model->tape;
    HEED_TRY(take_work(r, output, arena, &w));
    HEED_TRY(read_embeddings(r, output, &w));
    int32_t label = (int32_t)heed__reading_label(r, output);
    heed__model_vars vars = {.given = w.embedded, .given_grad = w.grad};
    heed__tape_start(tape, HEED_TAPE_SAVE, (heed__draw){0});
    heed__model_record(r->model, tape, &r->batch, &vars);
    heed__var loss = record_loss(r, output, &w, vars.logits[output], &label);
    HEED_TRY(heed__tape_run(tape, loss));
    int64_t dim = heed__source_dim(r->model->config);
    for (int64_t t = 0; t < r->encoding.length; t++)
        w.token_scores[t] =
            -(float)heed__kernels_best()->dot(dim, w.embedded + t * dim, w.grad + t * dim);
    heed__words_scores(r->word_of, w.token_scores, (size_t)r->encoding.length, HEED_COMBINE_SUM,
                       scores, r->n_words);
    return HEED_OK;
}

static heed_status score(heed__reading *r, int output, float *scores)
{
    heed__arena arena = {0};
    heed_status status = fill(r, output, &arena, scores);
    heed__arena_free(&arena);
    return status;
}

const heed__method heed__method_gradient = {
    "gradient", "gradient of the label's log probability times the embedding", 1, supports, score,
    0};
