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
    free(d->steps);
    heed__free(d);
}

static heed__memory_score find_score(const heed_config *config)
{
    static const char *const names[] = {"none", "additive", "dot", "general", "concat"};
    for (int i = 0; i < 5; i++)
        if (heed__config_is(config, "decoder.attention", names[i])) return (heed__memory_score)i;
    return HEED_SCORE_ADDITIVE; /* auto */
}

/* Whether outputs see the attentional vector; where nothing is said, with Luong's scores. */
static int is_attentional(const heed_config *config, heed__memory_score kind)
{
    if (heed__config_is(config, "decoder.attentional", "auto")) return kind > HEED_SCORE_ADDITIVE;
    return heed__config_is(config, "decoder.attentional", "true");
}

/* What enters the first layer beside the embedding. */
static int64_t fed_columns(const heed__recurrent_decoder *d, int attentional)
{
    if (!d->memory) return 0;
    if (d->attention.kind <= HEED_SCORE_ADDITIVE) return d->memory;
    return !d->feeding ? 0 : attentional ? d->size : d->memory;
}

static heed_status create_layers(heed__params *params, int attentional, heed__recurrent_decoder *d)
{
    size_t count = (size_t)d->layers;
    HEED_TRY(heed__alloc(count, sizeof *d->cells, "layers", &d->cells));
    HEED_TRY(heed__alloc(count, sizeof *d->start, "layers", &d->start));
    for (int64_t i = 0; i < d->layers; i++) {
        char name[64];
        snprintf(name, sizeof name, "decoder.%lld", (long long)i);
        HEED_TRY(heed__cell_layer_create(params, name, d->lstm, i ? d->size : d->input,
                                         i ? 0 : fed_columns(d, attentional), d->size,
                                         &d->cells[i]));
        snprintf(name, sizeof name, "decoder.%lld.start", (long long)i);
        if (d->memory)
            HEED_TRY(heed__linear_create(params, name, d->memory, (d->lstm ? 2 : 1) * d->size, 1,
                                         &d->start[i]));
    }
    return HEED_OK;
}

static heed_status refuse_attention(const heed_config *config, int64_t memory_width)
{
    const char *asked = heed__config_boolean(config, "decoder.copy")       ? "decoder.copy"
                        : heed__config_boolean(config, "decoder.coverage") ? "decoder.coverage"
                        : heed__config_number(config, "decoder.coverage_loss") > 0
                            ? "decoder.coverage_loss"
                            : "decoder.attentional";
    return heed__fail(HEED_E_INVALID, "%s needs attention over a source; leave it out, or %s",
                      asked,
                      memory_width ? "let decoder.attention be additive, dot, general or concat"
                                   : "train with a source");
}

/* Where the context went neither to the output nor into the next step, looking would be for
 * nothing. */
static heed_status check_context(const heed_config *config, const heed__recurrent_decoder *d,
                                 heed__memory_score kind, int attentional)
{
    if (kind <= HEED_SCORE_ADDITIVE || attentional || d->deep || d->feeding) return HEED_OK;
    return heed__fail(HEED_E_INVALID,
                      "decoder.attentional, decoder.deep_output and decoder.input_feeding are all "
                      "false with decoder.attention = %s, so nothing that is read of the source "
                      "would be used; let one of them be true",
                      heed_config_get(config, "decoder.attention"));
}

static heed_status create_attention(heed__params *params, const heed_config *config,
                                    heed__memory_score kind, int covers, heed__recurrent_decoder *d)
{
    heed__memory_options o = {.kind = kind,
                              .query_size = d->size,
                              .memory_size = d->memory,
                              .covers = covers,
                              .values = d->weighs,
                              .mechanisms = heed__stack_mechanisms(config, "cross")};
    o.mechanisms.position = NULL; /* the score is decoder.attention, of states as they are */
    return heed__memory_attention_create(params, "decoder.attention", &o, &d->attention);
}

static heed_status fill(heed__params *params, const heed_config *config, int64_t memory_width,
                        heed__recurrent_decoder *d)
{
    heed__memory_score kind = memory_width ? find_score(config) : HEED_SCORE_NONE;
    int attentional = is_attentional(config, kind);
    d->memory = memory_width;
    d->input = heed__target_dim(config);
    d->size = heed__decoder_integer(config, "dim");
    d->layers = heed__decoder_integer(config, "layers");
    d->dropout = (float)heed__config_number(config, "encoder.dropout");
    d->feeding = heed__config_boolean(config, "decoder.input_feeding");
    d->deep = heed__config_boolean(config, "decoder.deep_output");
    int covers = heed__config_boolean(config, "decoder.coverage");
    int copies = heed__config_boolean(config, "decoder.copy");
    d->coverage_loss = heed__config_number(config, "decoder.coverage_loss");
    d->covers = covers || d->coverage_loss > 0;
    d->weighs = d->covers || copies;
    if ((d->weighs || attentional) && kind == HEED_SCORE_NONE)
        return refuse_attention(config, memory_width);
    HEED_TRY(check_context(config, d, kind, attentional));
    HEED_TRY(create_attention(params, config, kind, covers, d));
    HEED_TRY(create_layers(params, attentional, d));
    if (copies)
        HEED_TRY(heed__linear_create(params, "decoder.copy", d->memory + d->size + d->input, 1, 1,
                                     &d->copy));
    if (!attentional) return HEED_OK;
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
                             const heed__memory *memory, int weighs)
{
    size_t steps = (size_t)pass->ragged->longest;
    HEED_TRY(heed__unroll_fill(&d->unroll, pass->ragged, d->memory ? memory->ragged : NULL));
    if (weighs) HEED_TRY(heed__unroll_pairs(&d->unroll, pass->ragged, memory->ragged));
    d->look =
        (heed__look){&d->unroll.pairs, d->unroll.pairs.offsets ? d->unroll.pair_starts : NULL};
    return heed__grow(&d->steps, &d->steps_room, HEED_STEP_KINDS * steps, sizeof *d->steps,
                      "steps");
}

/* The memory in the order of walking, its keys, and the first state. */
static void begin_walk(heed__recurrent_decoder *d, const heed__pass *pass,
                       const heed__memory *memory, heed__step_input *input, heed__step_state *state)
{
    const heed__unroll *u = &d->unroll;
    heed__summary_rows rows = {pass->ragged->n, u->first_rows, u->last_rows, u->sentences};
    heed__recurrent_start(d, pass, memory, &rows, state);
    input->ids = u->ids;
    if (d->attention.kind == HEED_SCORE_NONE) return;
    input->view.values = heed__take(pass, memory->states, u->memory, memory->ragged->rows);
    input->view.keys = heed__memory_attention_keys(&d->attention, pass, input->view.values);
}

/* What each of many steps multiplies by. */
static void lay_out(const heed__recurrent_decoder *d, heed__tape *tape)
{
    const heed__param *shared[] = {d->cells[0].feed.weight, d->attention.query.weight,
                                   d->combine.weight};
    for (int64_t i = 0; i < d->layers; i++) {
        heed__tape_lay_out(tape, d->cells[i].hidden);
        if (i > 0) heed__tape_lay_out(tape, d->cells[i].input.weight);
    }
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        if (shared[i]) heed__tape_lay_out(tape, shared[i]);
}

/* Records all steps; what they give stands in d->steps, kind by kind. */
static void walk(heed__recurrent_decoder *d, const heed__pass *pass, int weighs, heed__var gates,
                 heed__step_input *input, heed__step_state *state, heed__sites *sites)
{
    const heed__unroll *u = &d->unroll;
    input->number = heed__tape_number(pass->tape);
    for (int64_t t = 0; t < u->steps; t++) {
        heed__var out[HEED_STEP_KINDS];
        heed__look look = {d->memory ? &u->views[t] : NULL, u->whole.offsets};
        input->gates = heed__take(pass, gates, u->forth + u->first[t], u->alive[t]);
        input->view.ragged = look.pairs;
        input->view.look = weighs ? &look : NULL;
        input->position = input->view.position = t;
        heed__tape_block_begin(pass->tape);
        heed__recurrent_step(d, pass, input, state, out,
                             weighs || d->attention.kind == HEED_SCORE_NONE
                                 ? NULL
                                 : heed__sites_add(sites, "source"));
        heed__tape_block_end(pass->tape);
        for (int kind = 0; kind < HEED_STEP_KINDS; kind++)
            d->steps[kind * u->steps + t] = out[kind];
    }
    heed__tape_renumber(pass->tape, input->number + HEED_DECODER_LAYERS);
}

/* The mean over target rows of what is attended to again. */
static heed__var coverage_loss(heed__recurrent_decoder *d, const heed__pass *pass)
{
    int64_t steps = d->unroll.steps;
    if (!(d->coverage_loss > 0) || steps < 2) return HEED_NO_VAR; /* at first nothing is covered */
    heed__coverage_loss loss = {(float)(d->coverage_loss / (double)pass->ragged->rows)};
    heed__var in[2];
    for (int i = 0; i < 2; i++) {
        const heed__var *from = d->steps + (HEED_STEP_WEIGHTS + i) * steps;
        heed__var *parts = d->steps + HEED_STEP_CONTEXT * steps; /* read before */
        for (int64_t t = 1; t < steps; t++) parts[t - 1] = from[t];
        in[i] = heed__stack(pass, parts, steps - 1);
    }
    return heed__tape_apply(pass->tape, &heed__op_coverage_loss, in, 2, &loss, sizeof loss);
}

/* What all steps gave of a kind, by the index. */
static heed__var gather(const heed__recurrent_decoder *d, const heed__pass *pass, int kind,
                        int64_t columns, const int64_t *index, int64_t rows)
{
    int64_t steps = d->unroll.steps;
    heed__var *parts = d->steps + kind * steps;
    if (steps == 0) return heed__tape_constant(pass->tape, 0, columns, NULL);
    return heed__take(pass, heed__stack(pass, parts, steps), index, rows);
}

static heed__decoded finish_walk(heed__recurrent_decoder *d, const heed__pass *pass, int weighs,
                                 heed__var embedded)
{
    const heed__unroll *u = &d->unroll;
    int64_t rows = pass->ragged->rows;
    heed__var all[HEED_STEP_KINDS] = {HEED_NO_VAR, HEED_NO_VAR, HEED_NO_VAR, HEED_NO_VAR};
    all[HEED_STEP_STATE] = gather(d, pass, HEED_STEP_STATE, d->size, u->back, rows);
    if (d->memory && (d->deep || d->copy.weight))
        all[HEED_STEP_CONTEXT] = gather(d, pass, HEED_STEP_CONTEXT, d->memory, u->back, rows);
    heed__var loss = coverage_loss(d, pass);
    if (weighs)
        all[HEED_STEP_WEIGHTS] = gather(d, pass, HEED_STEP_WEIGHTS, 1, u->pair_back, u->pairs.rows);
    heed__decoded out = heed__recurrent_decoded(d, pass, all, embedded);
    out.loss = loss;
    return out;
}

static heed__decoded recurrent_apply(void *decoder, const heed__pass *pass,
                                     const heed__memory *memory, heed__var embedded,
                                     heed__sites *sites)
{
    heed__recurrent_decoder *d = decoder;
    heed__step_state state;
    heed__step_input input = {.view = {.keys = HEED_NO_VAR, .values = HEED_NO_VAR}};
    /* A caller that wants to see where it looks gets the weights as a value, or a site a step. */
    int weighs = d->weighs || (sites && !sites->all && d->attention.kind != HEED_SCORE_NONE);
    heed_status status = make_room(d, pass, memory, weighs);
    if (status != HEED_OK) {
        heed__tape_fail(pass->tape, status);
        return (heed__decoded){HEED_NO_VAR, HEED_NO_VAR, HEED_NO_VAR, HEED_NO_VAR, NULL};
    }
    if (d->unroll.steps > 1) lay_out(d, pass->tape);
    begin_walk(d, pass, memory, &input, &state);
    walk(d, pass, weighs, heed__linear_apply(&d->cells[0].input, pass, embedded), &input, &state,
         sites && sites->all ? sites : NULL);
    return finish_walk(d, pass, weighs, embedded);
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
