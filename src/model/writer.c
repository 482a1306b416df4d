/* SPDX-License-Identifier: MIT */
#include "model/writer.h"

#include "base/fail.h"
#include "model/stack.h"

#include <string.h>

int64_t heed__writer_memory(const heed_config *config, heed_task task)
{
    return task == HEED_TASK_LANGUAGE ? 0 : heed__states_dim(config);
}

static heed_status create_embedding(heed_model *model, int tie_all)
{
    heed__writer *w = &model->writer;
    if (tie_all) {
        w->embedding = model->embedding;
        return HEED_OK;
    }
    heed__param_options options = {.init = HEED_INIT_NORMAL,
                                   .scale = (float)heed__config_number(model->config, "input.init"),
                                   .decay = 1};
    return heed__params_add(&model->params, heed__tokenizer_vocabulary(w->tokenizer),
                            heed__target_dim(model->config), options, &w->embedding,
                            "target.embedding.weight");
}

static heed_status create_output(heed_model *model, int tied)
{
    heed__writer *w = &model->writer;
    int64_t vocabulary = heed__tokenizer_vocabulary(w->tokenizer);
    int64_t dim = heed__target_dim(model->config);
    if (!tied)
        return heed__linear_create(&model->params, "output", w->width, vocabulary, 1, &w->output);
    heed__param_options bias = {.init = HEED_INIT_ZERO, .vector = 1};
    w->output.weight = w->embedding;
    if (w->width != dim)
        HEED_TRY(heed__linear_create(&model->params, "output.leave", w->width, dim, 1, &w->leave));
    return heed__params_add(&model->params, 1, vocabulary, bias, &w->output.bias, "output.bias");
}

heed_status heed__writer_tie(const heed_config *c, heed_task task, int joint, int *tie)
{
    int same = heed__source_dim(c) == heed__target_dim(c);
    int transformer = heed__config_is(c, "decoder.kind", "transformer");
    *tie = heed__config_is(c, "decoder.tie", "all")      ? 2
           : heed__config_is(c, "decoder.tie", "output") ? 1
           : heed__config_is(c, "decoder.tie", "none")   ? 0
           : !transformer                                ? 0
           : joint && same                               ? 2
                                                         : 1;
    if (*tie == 2 && task == HEED_TASK_LANGUAGE) *tie = 1; /* it has one embedding only */
    if (*tie == 2 && (!joint || !same))
        return heed__fail(HEED_E_INVALID,
                          "decoder.tie = all; it needs one vocabulary for both sides (input.joint) "
                          "and embeddings of one size (input.dim)");
    return HEED_OK;
}

heed_status heed__writer_kind(const heed_config *config, const heed__decoder_kind **out)
{
    const char *name = heed_config_get(config, "decoder.kind");
    *out = heed__decoder_find(name);
    if (*out) return HEED_OK;
    return heed__fail(HEED_E_INVALID,
                      "decoder.kind = %s; to write texts it must be gru, lstm or transformer",
                      name);
}

heed_status heed__writer_create(heed_model *model)
{
    heed__writer *w = &model->writer;
    int tie;
    HEED_TRY(heed__writer_kind(model->config, &w->kind));
    HEED_TRY(heed__config_check_copy(model->config, model->task == HEED_TASK_LANGUAGE));
    HEED_TRY(heed__writer_create_copying(model));
    HEED_TRY(heed__writer_tie(model->config, model->task, model->tokenizer == w->tokenizer, &tie));
    HEED_TRY(create_embedding(model, tie == 2));
    int64_t dim = heed__target_dim(model->config);
    int64_t states = heed__decoder_integer(model->config, "dim");
    if (dim != states && strcmp(w->kind->name, "transformer") == 0)
        HEED_TRY(heed__linear_create(&model->params, "decoder.enter", dim, states, 1, &w->enter));
    HEED_TRY(w->kind->create(&model->params, model->config,
                             heed__writer_memory(model->config, model->task), &w->decoder,
                             &w->width));
    return create_output(model, tie > 0);
}

void heed__writer_destroy(heed__writer *w)
{
    if (w->decoder) w->kind->destroy(w->decoder);
    w->decoder = NULL;
    heed__extender_free(&w->extender);
}

static heed__var enter(heed_model *model, heed__pass *pass, heed__param *table,
                       const heed__linear *bridge, const int32_t *ids)
{
    heed__var x = heed__model_embed(model, pass->tape, table, ids, pass->ragged);
    pass->dropout = (float)heed__config_number(model->config, "input.dropout");
    x = heed__drop(pass, x);
    return bridge->weight ? heed__linear_apply(bridge, pass, x) : x;
}

static void encode(heed_model *model, heed__tape *tape, const heed__pairs_batch *batch,
                   heed__memory *memory, heed__sites *sites)
{
    heed__pass pass = {.tape = tape, .ragged = &batch->source};
    *memory = (heed__memory){.states = HEED_NO_VAR};
    if (model->task == HEED_TASK_LANGUAGE) return;
    heed__var x = enter(model, &pass, model->embedding, &model->enter, batch->source_tokens);
    memory->states = model->encoder_kind->apply(model->encoder, &pass, x, sites);
    memory->ragged = &batch->source;
    memory->words = batch->words;
    memory->added = batch->added;
    int recurrent = heed__config_is(model->config, "encoder.kind", "gru") ||
                    heed__config_is(model->config, "encoder.kind", "lstm");
    memory->recurrent = recurrent;
    memory->directions = recurrent ? heed__config_integer(model->config, "encoder.directions") : 1;
}

void heed__writer_encode(heed_model *model, heed__tape *tape, const heed__pairs_batch *batch,
                         heed__memory *memory)
{
    encode(model, tape, batch, memory, NULL);
}

heed__var heed__writer_enter(heed_model *model, const heed__pass *target, const int32_t *ids)
{
    heed__pass pass = *target;
    return enter(model, &pass, model->writer.embedding, &model->writer.enter, ids);
}

heed__var heed__writer_states(heed_model *model, const heed__pass *pass,
                              const heed__decoded *decoded)
{
    const heed__writer *w = &model->writer;
    heed__pass inner = *pass;
    inner.dropout = (float)heed__config_number(model->config, "output.dropout");
    heed__var x = heed__drop(&inner, decoded->states);
    return w->leave.weight ? heed__linear_apply(&w->leave, pass, x) : x;
}

void heed__writer_record(heed_model *model, heed__tape *tape, const heed__pairs_batch *batch,
                         heed__pairs_vars *vars)
{
    heed__pass pass = {.tape = tape, .ragged = &batch->target};
    heed__writer *w = &model->writer;
    heed__sites *all = vars->sites && vars->sites->all ? vars->sites : NULL;
    if (vars->sites) vars->sites->count = 0;
    if (all) all->within = "encoder ";
    encode(model, tape, batch, &vars->memory, all);
    if (all) all->within = "decoder ";
    heed__var y = heed__writer_enter(model, &pass, batch->inputs);
    vars->decoded = w->kind->apply(w->decoder, &pass, &vars->memory, y, vars->sites);
    vars->states = heed__writer_states(model, &pass, &vars->decoded);
}

static heed__var generating_loss(heed_model *model, heed__tape *tape,
                                 const heed__pairs_batch *batch, const heed__pairs_vars *vars,
                                 float smoothing)
{
    const heed__linear *output = &model->writer.output;
    heed__class_loss classes = {.labels = batch->labels, .smoothing = smoothing};
    heed__var in[3] = {vars->states, heed__tape_param(tape, output->weight),
                       heed__tape_param(tape, output->bias)};
    return heed__tape_apply(tape, &heed__op_linear_cross_entropy, in, 3, &classes, sizeof classes);
}

heed__var heed__writer_loss(heed_model *model, heed__tape *tape, const heed__pairs_batch *batch,
                            const heed__pairs_vars *vars, float smoothing)
{
    heed__var loss = model->writer.copies
                         ? heed__writer_pointer_loss(model, tape, batch, vars, smoothing)
                         : generating_loss(model, tape, batch, vars, smoothing);
    if (vars->decoded.loss == HEED_NO_VAR) return loss;
    heed__var both[2] = {loss, vars->decoded.loss};
    return heed__tape_apply(tape, &heed__op_add, both, 2, NULL, 0);
}
