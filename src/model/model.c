/* SPDX-License-Identifier: MIT */
/* Putting a model together, and recording a batch. */
#include "model/model.h"

#include "base/fail.h"
#include "model/hierarchy.h"
#include "model/members.h"
#include "model/outputs.h"
#include "model/stack.h"
#include "model/writer.h"
#include "model/writing.h"

#include <math.h> /* NAN */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static heed_status create_embeddings(heed_model *model, int64_t dim)
{
    heed__param_options options = {.init = HEED_INIT_NORMAL,
                                   .scale = (float)heed__config_number(model->config, "input.init"),
                                   .decay = 1};
    HEED_TRY(heed__params_add(&model->params, heed__tokenizer_vocabulary(model->tokenizer), dim,
                              options, &model->embedding, "embedding.weight"));
    static const char *const names[HEED_BAGS] = {"ngrams.weight", "characters.weight"};
    options.init = HEED_INIT_ZERO; /* a pair adds to its words what data shows that it should */
    for (int i = 0; i < HEED_BAGS; i++) {
        int64_t ngrams = heed__tokenizer_ngrams(model->tokenizer, i);
        if (ngrams > 0)
            HEED_TRY(heed__params_add(&model->params, ngrams, dim, options, &model->ngrams[i], "%s",
                                      names[i]));
    }
    return HEED_OK;
}

static heed_status create_outputs(heed_model *model)
{
    int64_t first = 0, states = heed__states_dim(model->config);
    for (int i = 0; i < model->n_outputs; i++) {
        heed__model_output *output = &model->outputs[i];
        char name[64];
        output->kind = heed__output_kind_of(output->labels->kind);
        output->first = first;
        output->count = heed__output_logits(output->labels);
        output->spread = 1;
        output->temperature = 1;
        first += heed__output_values(output);
        snprintf(name, sizeof name, "output.%d", i);
        HEED_TRY(heed__linear_create(&model->params, name,
                                     output->kind->per_word ? states : model->pool.width,
                                     output->count, 1, &output->head));
        if (output->labels->kind == HEED_LABEL_TAGS &&
            heed__config_boolean(model->config, "output.crf"))
            HEED_TRY(heed__params_add(&model->params, output->count + 2, output->count,
                                      (heed__param_options){.init = HEED_INIT_ZERO}, &output->moves,
                                      "output.%d.moves", i));
    }
    return HEED_OK;
}

/* Recurrent encoders take embeddings of any size; others are led to theirs. */
static heed_status create_encoder(heed_model *model)
{
    int64_t dim = heed__source_dim(model->config);
    int64_t states = heed__config_integer(model->config, "encoder.dim");
    HEED_TRY(create_embeddings(model, dim));
    if (dim != states && model->encoder_kind == &heed__encoder_transformer)
        HEED_TRY(
            heed__linear_create(&model->params, "encoder.enter", dim, states, 1, &model->enter));
    HEED_TRY(model->encoder_kind->create(&model->params, model->config, "encoder", dim,
                                         &model->encoder));
    if (!heed__hierarchy_asked(model->config)) return HEED_OK;
    heed__tokenizer_split(model->tokenizer,
                          heed__config_integer(model->config, "input.max_sentence"));
    return heed__hierarchy_create(&model->params, model->config, model->encoder_kind,
                                  &model->hierarchy);
}

/* Whether some output is about a text as a whole. */
static int pools(const heed_model *model)
{
    for (int i = 0; i < model->n_outputs; i++)
        if (model->outputs[i].labels->kind != HEED_LABEL_TAGS) return 1;
    return 0;
}

int heed__model_tags(const heed_model *model)
{
    for (int i = 0; i < model->n_outputs; i++)
        if (model->outputs[i].labels->kind == HEED_LABEL_TAGS) return 1;
    return 0;
}

/* A pool that learns from costs has those of one cross-entropy. */
static heed_status check_costs(const heed_model *model)
{
    int fits = model->n_outputs == 1 && model->outputs[0].labels->kind == HEED_LABEL_CLASS;
    if (!model->pool.layer.mechanisms.wants_costs) return HEED_OK;
    if (heed__config_number(model->config, "output.consistency") > 0)
        return heed__fail(HEED_E_UNSUPPORTED,
                          "pool.normaliser = %s learns from the loss of one pass: take "
                          "output.consistency = 0, gumbel:hard=1 or straight_through",
                          heed_config_get(model->config, "pool.normaliser"));
    if (fits) return HEED_OK;
    return heed__fail(HEED_E_UNSUPPORTED,
                      "pool.normaliser = %s learns from the loss of one output of classes; for "
                      "other outputs take gumbel:hard=1 or straight_through",
                      heed_config_get(model->config, "pool.normaliser"));
}

static heed_status check_levels(const heed_model *model)
{
    if (!model->hierarchy || !heed__model_tags(model)) return HEED_OK;
    return heed__fail(HEED_E_UNSUPPORTED,
                      "encoder.hierarchy = sentences has no row for each word, which tags need; "
                      "leave it out");
}

static heed_status put_together(heed_model *model)
{
    model->encoder_kind = heed__encoder_find(heed_config_get(model->config, "encoder.kind"));
    if (model->task != HEED_TASK_LANGUAGE) HEED_TRY(create_encoder(model));
    if (model->task == HEED_TASK_CLASSIFY) {
        if (pools(model)) HEED_TRY(heed__pool_create(&model->params, model->config, &model->pool));
        HEED_TRY(check_costs(model));
        HEED_TRY(check_levels(model));
        HEED_TRY(create_outputs(model));
    } else
        HEED_TRY(heed__writer_create(model));
    return heed__tape_create(model->context, &model->tape);
}

static void destroy_tokenizers(heed_model *model)
{
    if (model->writer.tokenizer != model->tokenizer)
        heed__tokenizer_destroy(&model->writer.tokenizer);
    heed__tokenizer_destroy(&model->tokenizer);
}

static void start_params(heed_model *model, int member, int trains, heed__param_source source,
                         void *source_user)
{
    uint64_t seed = (uint64_t)heed__config_integer(model->config, "train.seed");
    model->params.trains = trains;
    model->params.source = source;
    model->params.source_user = source_user;
    heed__random_start(&model->params.random, heed__member_seed(seed, member), HEED_RANDOM_WEIGHTS);
}

heed_status heed__model_add_member(heed_model *model, int trains, heed__param_source source,
                                   void *source_user, heed_model **out)
{
    heed_model *other = NULL;
    size_t count = (size_t)model->n_others;
    *out = NULL;
    HEED_TRY(heed__grow(&model->others, &model->others_room, count + 1, sizeof *model->others,
                        "members"));
    HEED_TRY(heed__alloc(1, sizeof *other, "a member", &other));
    model->others[model->n_others++] = other; /* from here on, destroying the model frees it */
    other->is_other = 1;
    other->context = model->context;
    other->config = model->config;
    other->task = model->task;
    other->tokenizer = model->tokenizer;
    other->writer.tokenizer = model->writer.tokenizer;
    other->n_outputs = model->n_outputs;
    for (int i = 0; i < model->n_outputs; i++) other->outputs[i].labels = model->outputs[i].labels;
    start_params(other, model->n_others, trains, source, source_user);
    other->params.overlays = model->params.overlays;
    HEED_TRY(put_together(other));
    for (int i = 0; i < model->n_outputs; i++) {
        other->outputs[i].mean = model->outputs[i].mean;
        other->outputs[i].spread = model->outputs[i].spread;
        other->outputs[i].follows = model->outputs[i].follows;
        other->outputs[i].class_weights = model->outputs[i].class_weights;
    }
    *out = other;
    return HEED_OK;
}

heed_status heed__model_create(heed_context *context, const heed__model_parts *parts,
                               heed_model **out)
{
    heed_model *model = NULL;
    *out = NULL;
    heed_status status = heed__alloc(1, sizeof *model, "a model", &model);
    heed_model spare = {0}; /* holds what was handed over when there is no memory for the model */
    heed_model *owner = status == HEED_OK ? model : &spare;
    owner->context = context;
    owner->config = parts->config;
    owner->task = parts->task;
    owner->tokenizer = parts->tokenizer;
    owner->writer.tokenizer = parts->target_tokenizer;
    if (parts->task != HEED_TASK_CLASSIFY && !parts->target_tokenizer)
        owner->writer.tokenizer = parts->tokenizer;
    owner->n_outputs = parts->n_outputs;
    for (int i = 0; i < parts->n_outputs; i++) owner->outputs[i].labels = parts->labels[i];
    start_params(owner, 0, parts->trains, parts->source, parts->source_user);
    owner->params.overlays = parts->overlays;
    if (status == HEED_OK) status = put_together(model);
    if (status == HEED_OK)
        *out = model;
    else if (model)
        heed_model_destroy(&model);
    else {
        heed_config_destroy(&spare.config);
        destroy_tokenizers(&spare);
        for (int i = 0; i < spare.n_outputs; i++) heed__labels_destroy(&spare.outputs[i].labels);
    }
    return status;
}

void heed__predictor_destroy(struct heed__predictor **predictor);

/* What the first member lends to the others. */
static void destroy_shared(heed_model *m)
{
    for (int i = 0; i < m->n_outputs; i++) {
        heed__labels_destroy(&m->outputs[i].labels);
        heed__free(m->outputs[i].class_weights);
    }
    destroy_tokenizers(m);
    heed_config_destroy(&m->config);
}

void heed_model_destroy(heed_model **model)
{
    if (!model || !*model) return;
    heed_model *m = *model;
    for (int i = 0; i < m->n_others; i++) heed_model_destroy(&m->others[i]);
    free(m->others);
    heed__predictor_destroy(&m->predictor);
    heed__tape_destroy(&m->tape);
    heed__writing_destroy(&m->writing);
    heed__pool_clear(&m->pool);
    heed__hierarchy_destroy(&m->hierarchy);
    heed__writer_destroy(&m->writer);
    if (m->encoder) m->encoder_kind->destroy(m->encoder);
    for (int i = 0; i < m->n_notes; i++) heed__free(m->notes[i].value);
    heed__params_clear(&m->params);
    if (!m->is_other) destroy_shared(m);
    heed__free(m);
    *model = NULL;
}

/* Word embeddings: looked up and scaled. */
heed__var heed__model_embed(heed_model *model, heed__tape *tape, heed__param *table,
                            const int32_t *ids, const heed__ragged *ragged)
{
    heed__embedding words = {.ids = ids, .rows = ragged->rows, .ragged = ragged};
    words.drop = (float)heed__config_number(model->config, "input.word_dropout");
    heed__var rows = heed__tape_param(tape, table);
    heed__var x = heed__tape_apply(tape, &heed__op_embedding, &rows, 1, &words, sizeof words);
    if (!heed__config_boolean(model->config, "input.scale")) return x;
    heed__weighted_sum scale = {{heed__sqrt((heed_real)table->cols)}};
    return heed__tape_apply(tape, &heed__op_weighted_sum, &x, 1, &scale, sizeof scale);
}

static heed__var embed(heed_model *model, heed__tape *tape, const heed__model_batch *batch)
{
    heed__var x = heed__model_embed(model, tape, model->embedding, batch->tokens, &batch->ragged);
    for (int i = 0; i < HEED_BAGS; i++) {
        if (!model->ngrams[i]) continue;
        heed__bag bag = {.offsets = batch->bags[i].offsets,
                         .ids = batch->bags[i].ids,
                         .rows = batch->ragged.rows,
                         .mean = i == HEED_BAGS_CHARACTERS,
                         .ragged = &batch->ragged};
        bag.drop = (float)heed__config_number(model->config, "input.ngram_dropout");
        heed__var table = heed__tape_param(tape, model->ngrams[i]);
        heed__var both[2] = {x, heed__tape_apply(tape, &heed__op_bag, &table, 1, &bag, sizeof bag)};
        x = heed__tape_apply(tape, &heed__op_add, both, 2, NULL, 0);
    }
    return x;
}

void heed__model_bags_set(heed__model_batch *batch, const heed__bags bags[HEED_BAGS], int64_t first)
{
    for (int i = 0; i < HEED_BAGS; i++)
        if (bags[i].offsets)
            batch->bags[i] = (heed__model_bags){bags[i].offsets + first, bags[i].ids};
}

/* The state of each word's first token. */
static heed__var take_words(const heed__pass *pass, const heed__model_batch *batch, heed__var x)
{
    heed__take_rows take = {batch->word_rows, batch->words.rows};
    heed__var dropped = heed__drop(pass, x);
    return heed__tape_apply(pass->tape, &heed__op_take_rows, &dropped, 1, &take, sizeof take);
}

void heed__model_record(heed_model *model, heed__tape *tape, const heed__model_batch *batch,
                        heed__model_vars *vars)
{
    heed__pass pass = {.tape = tape, .ragged = &batch->ragged};
    if (vars->sites) vars->sites->count = 0;
    int64_t dim = heed__source_dim(model->config);
    vars->embedded =
        vars->given ? heed__tape_leaf(tape, batch->ragged.rows, dim, vars->given, vars->given_grad)
                    : embed(model, tape, batch);
    pass.dropout = (float)heed__config_number(model->config, "input.dropout");
    heed__var x = heed__drop(&pass, vars->embedded);
    if (model->enter.weight) x = heed__linear_apply(&model->enter, &pass, x);
    if (model->hierarchy) {
        x = heed__hierarchy_apply(model->hierarchy, model->encoder, &pass, batch->begins,
                                  &batch->sentences, x, vars->sites);
        pass.ragged = &model->hierarchy->texts;
    } else {
        x = model->encoder_kind->apply(model->encoder, &pass, x, vars->sites);
    }
    float dropout = (float)heed__config_number(model->config, "output.dropout");
    heed__var whole = HEED_NO_VAR, words = HEED_NO_VAR;
    vars->pooled = HEED_NO_VAR;
    vars->words = &batch->words;
    if (model->pool.width) {
        vars->pooled = heed__pool_apply(&model->pool, &pass, x, vars->sites);
        pass.dropout = dropout;
        whole = heed__drop_pooled(&pass, vars->pooled);
    }
    pass.dropout = dropout;
    if (heed__model_tags(model) && batch->words.n) words = take_words(&pass, batch, x);
    for (int i = 0; i < model->n_outputs; i++) {
        const heed__model_output *output = &model->outputs[i];
        heed__var from = output->kind->per_word ? words : whole;
        vars->logits[i] = HEED_NO_VAR;
        if (from != HEED_NO_VAR) vars->logits[i] = heed__linear_apply(&output->head, &pass, from);
    }
}

heed__var heed__model_loss(heed_model *model, heed__tape *tape, const heed__model_vars *vars,
                           const heed__model_targets *targets)
{
    heed__weighted_sum sum = {{0}};
    heed__var losses[HEED_MODEL_OUTPUTS];
    for (int i = 0; i < model->n_outputs; i++) {
        sum.weights[i] = 1 / (float)model->n_outputs;
        losses[i] = model->outputs[i].kind->loss(model, i, tape, vars, targets);
    }
    if (model->n_outputs == 1) return losses[0];
    return heed__tape_apply(tape, &heed__op_weighted_sum, losses, model->n_outputs, &sum,
                            sizeof sum);
}

heed__var heed__model_consistent_loss(heed_model *model, heed__tape *tape,
                                      const heed__model_vars passes[2],
                                      const heed__model_targets *targets)
{
    heed__weighted_sum sum = {{0.5f, 0.5f}};
    heed__var parts[2 + HEED_MODEL_OUTPUTS];
    float weight = (float)heed__config_number(model->config, "output.consistency");
    int count = 2;
    for (int i = 0; i < 2; i++) parts[i] = heed__model_loss(model, tape, &passes[i], targets);
    for (int i = 0; i < model->n_outputs; i++) {
        heed__label_kind kind = model->outputs[i].labels->kind;
        heed__divergence divergence = {kind == HEED_LABEL_SET};
        heed__var both[2] = {passes[0].logits[i], passes[1].logits[i]};
        if (kind == HEED_LABEL_NUMBER) continue;
        sum.weights[count] = weight / (float)model->n_outputs;
        parts[count++] =
            heed__tape_apply(tape, &heed__op_divergence, both, 2, &divergence, sizeof divergence);
    }
    return heed__tape_apply(tape, &heed__op_weighted_sum, parts, count, &sum, sizeof sum);
}

heed_status heed__model_note(heed_model *model, const char *key, const char *value)
{
    heed__note *note = NULL;
    for (int i = 0; i < model->n_notes; i++)
        if (strcmp(model->notes[i].key, key) == 0) note = &model->notes[i];
    if (!note && model->n_notes == HEED_MODEL_NOTES)
        return heed__fail(HEED_E_INVALID, "%s: a model has at most %d notes", key,
                          HEED_MODEL_NOTES);
    char *copy = NULL;
    HEED_TRY(heed__alloc(strlen(value) + 1, 1, key, &copy));
    strcpy(copy, value);
    if (!note) {
        note = &model->notes[model->n_notes++];
        note->key = key;
    }
    heed__free(note->value);
    note->value = copy;
    return HEED_OK;
}

const char *heed__model_note_find(const heed_model *model, const char *key)
{
    for (int i = 0; i < model->n_notes; i++)
        if (strcmp(model->notes[i].key, key) == 0) return model->notes[i].value;
    return NULL;
}

int heed_model_outputs(const heed_model *model)
{
    return model->n_outputs;
}

heed_output heed_model_output(const heed_model *model, int index)
{
    const heed__model_output *output = &model->outputs[index];
    return (heed_output){output->labels->output, output->kind->open, output->count, output->first};
}

const char *heed_model_label(const heed_model *model, int output, int64_t label)
{
    return model->outputs[output].labels->names[label];
}

int64_t heed_model_width(const heed_model *model)
{
    const heed__model_output *last = &model->outputs[model->n_outputs - 1];
    return last->first + heed__output_values(last);
}

void heed_model_best(const heed_model *model, int output, const float *values, heed_answer *out)
{
    const heed__model_output *o = &model->outputs[output];
    *out = (heed_answer){NULL, 0, NAN};
    if (o->kind->per_word) return;
    out->value = values[o->first];
    if (o->labels->kind == HEED_LABEL_NUMBER) return;
    for (int64_t j = 1; j < o->count; j++)
        if (values[o->first + j] > out->value) {
            out->value = values[o->first + j];
            out->index = j;
        }
    out->label = o->labels->names[out->index];
}

void heed_model_columns(const heed_model *model, const char **text, const char **label)
{
    const char *t = heed__model_note_find(model, "heed.text_columns");
    const char *l = heed__model_note_find(model, "heed.label_columns");
    *text = t ? t : "";
    *label = l ? l : "";
}
