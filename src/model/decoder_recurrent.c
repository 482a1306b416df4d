/* SPDX-License-Identifier: MIT */
/* GRU and LSTM decoders: what they are made of, and whole targets, unrolled step by step. */
#include "model/decoder_recurrent.h"

#include "base/fail.h"
#include "model/config.h"
#include "model/stack.h"

#include <stdio.h>
#include <stdlib.h>

static void recurrent_destroy(void *decoder)
{
    heed__recurrent_decoder *d = decoder;
    if (!d) return;
    heed__memory_attention_clear(&d->attention);
    heed__unroll_clear(&d->unroll);
    heed__free(d->cells);
    heed__free(d->start);
    heed__free(d->zeros);
    free(d->states);
    free(d->contexts);
    heed__free(d);
}

static heed__look find_look(const heed_config *config)
{
    static const char *const names[] = {"none", "additive", "dot", "general", "concat"};
    for (int i = 0; i < 5; i++)
        if (heed__config_is(config, "decoder.attention", names[i])) return (heed__look)i;
    return HEED_LOOK_ADDITIVE; /* auto */
}

static int64_t target_dim(const heed_config *config)
{
    int64_t own = heed__config_integer(config, "input.dim");
    return own ? own : heed__decoder_integer(config, "dim");
}

/* What enters the first layer beside the embedding. */
static int64_t fed_columns(const heed__recurrent_decoder *d)
{
    if (!d->memory) return 0;
    if (d->attention.look <= HEED_LOOK_ADDITIVE) return d->memory;
    return d->feeding ? d->size : 0;
}

static heed_status create_layers(heed__params *params, heed__recurrent_decoder *d)
{
    size_t count = (size_t)d->layers;
    HEED_TRY(heed__alloc(count, sizeof *d->cells, "layers", &d->cells));
    HEED_TRY(heed__alloc(count, sizeof *d->start, "layers", &d->start));
    for (int64_t i = 0; i < d->layers; i++) {
        char name[64];
        snprintf(name, sizeof name, "decoder.%lld", (long long)i);
        HEED_TRY(heed__cell_layer_create(params, name, d->lstm, i ? d->size : d->input,
                                         i ? 0 : fed_columns(d), d->size, &d->cells[i]));
        snprintf(name, sizeof name, "decoder.%lld.start", (long long)i);
        if (d->memory)
            HEED_TRY(heed__linear_create(params, name, d->memory, (d->lstm ? 2 : 1) * d->size, 1,
                                         &d->start[i]));
    }
    return HEED_OK;
}

static heed_status fill(heed__params *params, const heed_config *config, int64_t memory_width,
                        heed__recurrent_decoder *d)
{
    heed__look look = memory_width ? find_look(config) : HEED_LOOK_NONE;
    if (heed__config_boolean(config, "decoder.coverage") ||
        heed__config_number(config, "decoder.coverage_loss") > 0 ||
        heed__config_boolean(config, "decoder.copy"))
        return heed__fail(HEED_E_UNSUPPORTED, "coverage and copying are not built in; leave "
                                              "decoder.coverage, coverage_loss and copy out");
    d->memory = memory_width;
    d->input = target_dim(config);
    d->size = heed__decoder_integer(config, "dim");
    d->layers = heed__decoder_integer(config, "layers");
    d->dropout = (float)heed__config_number(config, "encoder.dropout");
    d->feeding = heed__config_boolean(config, "decoder.input_feeding");
    d->deep = heed__config_boolean(config, "decoder.deep_output");
    HEED_TRY(heed__memory_attention_create(params, "decoder.attention", look, d->size, d->memory,
                                           &d->attention));
    HEED_TRY(create_layers(params, d));
    if (look <= HEED_LOOK_ADDITIVE) return HEED_OK;
    return heed__linear_create(params, "decoder.combine", d->memory + d->size, d->size, 0,
                               &d->combine);
}

static heed_status create(heed__params *params, const heed_config *config, int64_t memory_width,
                          int lstm, void **out, int64_t *width)
{
    heed__recurrent_decoder *d = NULL;
    HEED_TRY(heed__alloc(1, sizeof *d, "a decoder", &d));
    d->lstm = lstm;
    heed_status status = fill(params, config, memory_width, d);
    *width = d->size + (d->deep ? d->memory + d->input : 0);
    if (status != HEED_OK)
        recurrent_destroy(d);
    else
        *out = d;
    return status;
}

static heed_status gru_create(heed__params *params, const heed_config *config, int64_t memory_width,
                              void **out, int64_t *width)
{
    return create(params, config, memory_width, 0, out, width);
}

static heed_status lstm_create(heed__params *params, const heed_config *config,
                               int64_t memory_width, void **out, int64_t *width)
{
    return create(params, config, memory_width, 1, out, width);
}

/* ------------------------------------------------------------------ whole targets */

static heed_status make_room(heed__recurrent_decoder *d, const heed__pass *pass,
                             const heed__memory *memory)
{
    size_t steps = (size_t)pass->ragged->longest;
    HEED_TRY(heed__unroll_fill(&d->unroll, pass->ragged, d->memory ? memory->ragged : NULL));
    HEED_TRY(heed__grow(&d->states, &d->states_room, steps, sizeof *d->states, "steps"));
    return heed__grow(&d->contexts, &d->contexts_room, steps, sizeof *d->contexts, "steps");
}

/* The memory in the order of walking, its keys, and the first state. */
static void begin_walk(heed__recurrent_decoder *d, const heed__pass *pass,
                       const heed__memory *memory, heed__step_input *input, heed__step_state *state)
{
    const heed__unroll *u = &d->unroll;
    heed__summary_rows rows = {pass->ragged->n, u->first_rows, u->last_rows, u->sentences};
    heed__recurrent_start(d, pass, memory, &rows, state);
    if (d->attention.look == HEED_LOOK_NONE) return;
    input->view.values = heed__take(pass, memory->states, u->memory, memory->ragged->rows);
    input->view.keys = heed__memory_attention_keys(&d->attention, pass, input->view.values);
}

/* What all steps gave, in the order of the targets' rows. */
static heed__var gather(const heed__recurrent_decoder *d, const heed__pass *pass, heed__var *steps,
                        int64_t columns)
{
    if (d->unroll.steps == 0) return heed__tape_constant(pass->tape, 0, columns, NULL);
    heed__var all = heed__stack(pass, steps, d->unroll.steps);
    return heed__take(pass, all, d->unroll.back, pass->ragged->rows);
}

static heed__decoded recurrent_apply(void *decoder, const heed__pass *pass,
                                     const heed__memory *memory, heed__var embedded,
                                     heed__sites *sites)
{
    heed__recurrent_decoder *d = decoder;
    heed__decoded out = {HEED_NO_VAR, HEED_NO_VAR, HEED_NO_VAR, HEED_NO_VAR};
    heed__step_state state;
    heed__step_input input = {.view = {.keys = HEED_NO_VAR, .values = HEED_NO_VAR}};
    heed_status status = make_room(d, pass, memory);
    (void)sites;
    if (status != HEED_OK) heed__tape_fail(pass->tape, status);
    if (status != HEED_OK) return out;
    begin_walk(d, pass, memory, &input, &state);
    heed__var gates = heed__linear_apply(&d->cells[0].input, pass, embedded);
    const heed__unroll *u = &d->unroll;
    input.number = heed__tape_number(pass->tape);
    input.ids = u->ids;
    for (int64_t t = 0; t < u->steps; t++) {
        input.gates = heed__take(pass, gates, u->forth + u->first[t], u->alive[t]);
        input.view.ragged = d->memory ? &u->views[t] : NULL;
        input.position = t;
        d->states[t] = heed__recurrent_step(d, pass, &input, &state, &d->contexts[t], NULL);
    }
    heed__tape_renumber(pass->tape, input.number + HEED_DECODER_LAYERS);
    heed__var states = gather(d, pass, d->states, d->size);
    heed__var contexts = HEED_NO_VAR;
    if (d->deep && d->memory) contexts = gather(d, pass, d->contexts, d->memory);
    out.states = heed__recurrent_output(d, pass, states, contexts, embedded);
    return out;
}

const heed__decoder_kind heed__decoder_gru = {.name = "gru",
                                              .summary = "gated recurrent units, with attention "
                                                         "(Bahdanau, Luong) or without",
                                              .create = gru_create,
                                              .apply = recurrent_apply,
                                              .open = heed__recurrent_open,
                                              .begin = heed__recurrent_begin,
                                              .begun = heed__recurrent_begun,
                                              .step = heed__recurrent_search_step,
                                              .stepped = heed__recurrent_stepped,
                                              .close = heed__recurrent_close,
                                              .destroy = recurrent_destroy};

const heed__decoder_kind heed__decoder_lstm = {.name = "lstm",
                                               .summary = "long short-term memory, with attention "
                                                          "(Bahdanau, Luong) or without",
                                               .create = lstm_create,
                                               .apply = recurrent_apply,
                                               .open = heed__recurrent_open,
                                               .begin = heed__recurrent_begin,
                                               .begun = heed__recurrent_begun,
                                               .step = heed__recurrent_search_step,
                                               .stepped = heed__recurrent_stepped,
                                               .close = heed__recurrent_close,
                                               .destroy = recurrent_destroy};
