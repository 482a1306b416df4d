/* SPDX-License-Identifier: MIT */
/* One step of a GRU or LSTM decoder, what comes before the first, and what the output sees. */
#include "model/decoder_recurrent.h"

#include "base/fail.h"

static heed__var first_rows(const heed__pass *pass, heed__var x, int64_t rows)
{
    return heed__tape_rows(pass->tape, x) == rows ? x : heed__take_first(pass, x, rows);
}

/* Layer after layer. */
static heed__var walk_up(heed__recurrent_decoder *d, const heed__pass *pass,
                         const heed__step_input *input, heed__var gates, heed__step_state *state)
{
    heed__pass inner = *pass;
    inner.dropout = d->dropout;
    heed__var x = HEED_NO_VAR;
    for (int64_t i = 0; i < d->layers; i++) {
        if (i > 0) {
            heed__tape_renumber(pass->tape, input->number + (uint32_t)i);
            x = heed__drop_at(&inner, x, input->ids, input->position);
            gates = heed__linear_apply(&d->cells[i].input, pass, x);
        }
        state->layers[i] = heed__cell_layer_step(&d->cells[i], pass, gates, state->layers[i]);
        x = heed__cell_layer_hidden(&d->cells[i], pass, state->layers[i]);
    }
    return x;
}

static int asks_before(const heed__recurrent_decoder *d)
{
    return d->attention.kind == HEED_SCORE_ADDITIVE;
}

static int asks_after(const heed__recurrent_decoder *d)
{
    return d->memory && d->attention.kind > HEED_SCORE_ADDITIVE;
}

/* Looks at the memory, and remembers where. */
static heed__var look(heed__recurrent_decoder *d, const heed__pass *pass,
                      const heed__step_input *input, heed__var query, heed__step_state *state,
                      heed__var *out, heed__attention_site *site)
{
    heed__memory_view view = input->view;
    view.coverage = HEED_NO_VAR;
    if (state->coverage != HEED_NO_VAR)
        view.coverage = first_rows(pass, state->coverage, view.look->pairs->rows);
    /* Each step draws noise of its own (Gumbel's). */
    heed__tape_renumber(pass->tape,
                        input->number + HEED_DECODER_LAYERS + (uint32_t)input->position);
    out[HEED_STEP_CONTEXT] = heed__memory_attention_apply(&d->attention, pass, &view, query,
                                                          &out[HEED_STEP_WEIGHTS], site);
    if (!d->covers) return out[HEED_STEP_CONTEXT];
    out[HEED_STEP_COVERAGE] = view.coverage;
    state->coverage = out[HEED_STEP_WEIGHTS];
    if (view.coverage != HEED_NO_VAR)
        state->coverage = heed__sum(pass, view.coverage, out[HEED_STEP_WEIGHTS]);
    return out[HEED_STEP_CONTEXT];
}

/* The gates of the first layer, with what is fed beside the embedding. */
static heed__var feed(heed__recurrent_decoder *d, const heed__pass *pass,
                      const heed__step_input *input, heed__step_state *state, heed__var *out,
                      heed__attention_site *site)
{
    int64_t rows = heed__tape_rows(pass->tape, input->gates), top = d->layers - 1;
    heed__var fed = HEED_NO_VAR;
    if (asks_before(d)) {
        heed__var h = heed__cell_layer_hidden(&d->cells[top], pass, state->layers[top]);
        fed = look(d, pass, input, first_rows(pass, h, rows), state, out, site);
        fed = heed__linear_apply(&d->cells[0].feed, pass, fed);
    } else if (asks_after(d) && state->feed != HEED_NO_VAR) {
        fed = heed__linear_apply(&d->cells[0].feed, pass, first_rows(pass, state->feed, rows));
    } else if (d->memory && !asks_after(d)) {
        fed = first_rows(pass, state->feed, rows);
        out[HEED_STEP_CONTEXT] = first_rows(pass, state->summary, rows);
    }
    return fed == HEED_NO_VAR ? input->gates : heed__sum(pass, input->gates, fed);
}

/* The attentional vector. */
static heed__var combine(const heed__recurrent_decoder *d, const heed__pass *pass,
                         heed__var context, heed__var state)
{
    heed__var both[2] = {context, state};
    heed__var x = heed__linear_apply(&d->combine, pass, heed__side_by_side(pass, both, 2));
    return heed__activate(pass, HEED_TANH, x);
}

void heed__recurrent_step(heed__recurrent_decoder *d, const heed__pass *pass,
                          const heed__step_input *input, heed__step_state *state, heed__var *out,
                          heed__attention_site *site)
{
    for (int i = 0; i < HEED_STEP_KINDS; i++) out[i] = HEED_NO_VAR;
    heed__var gates = feed(d, pass, input, state, out, site);
    heed__var top = walk_up(d, pass, input, gates, state);
    if (asks_after(d)) look(d, pass, input, top, state, out, site);
    out[HEED_STEP_STATE] = d->combine.weight ? combine(d, pass, out[HEED_STEP_CONTEXT], top) : top;
    if (asks_after(d) && d->feeding)
        state->feed = out[d->combine.weight ? HEED_STEP_STATE : HEED_STEP_CONTEXT];
}

static heed__var summarise(const heed__pass *pass, const heed__memory *memory,
                           const heed__summary_rows *rows)
{
    heed__segment segment = {memory->ragged};
    heed__var states = memory->states;
    if (!memory->recurrent) {
        heed__var mean =
            heed__tape_apply(pass->tape, &heed__op_mean, &states, 1, &segment, sizeof segment);
        return heed__take(pass, mean, rows->sentences, rows->n);
    }
    heed__var last = heed__take(pass, states, rows->last, rows->n);
    if (memory->directions < 2) return last;
    heed__var first = heed__take(pass, states, rows->first, rows->n);
    int64_t half = heed__tape_cols(pass->tape, states) / 2;
    heed__var both[2] = {heed__take_columns(pass, last, 0, half),
                         heed__take_columns(pass, first, half, half)};
    return heed__side_by_side(pass, both, 2);
}

static heed__var zeros(heed__recurrent_decoder *d, const heed__pass *pass, int64_t rows,
                       int64_t columns)
{
    size_t count = (size_t)(rows * columns);
    if (count > d->zeros_room) {
        heed__free(d->zeros);
        d->zeros = NULL;
        d->zeros_room = 0;
        heed_status status = heed__alloc(count, sizeof *d->zeros, "first states", &d->zeros);
        if (status != HEED_OK) heed__tape_fail(pass->tape, status);
        if (status == HEED_OK) d->zeros_room = count;
    }
    return heed__tape_constant(pass->tape, rows, columns, d->zeros);
}

void heed__recurrent_start(heed__recurrent_decoder *d, const heed__pass *pass,
                           const heed__memory *memory, const heed__summary_rows *rows,
                           heed__step_state *state)
{
    int64_t width = (d->lstm ? 2 : 1) * d->size;
    heed__var summary = d->memory ? summarise(pass, memory, rows) : HEED_NO_VAR;
    state->feed = state->summary = state->coverage = HEED_NO_VAR;
    if (!d->memory) summary = zeros(d, pass, rows->n, width);
    for (int64_t i = 0; i < d->layers; i++)
        state->layers[i] =
            d->memory
                ? heed__activate(pass, HEED_TANH, heed__linear_apply(&d->start[i], pass, summary))
                : summary;
    if (!d->memory || d->attention.kind != HEED_SCORE_NONE) return;
    state->feed = heed__linear_apply(&d->cells[0].feed, pass, summary);
    state->summary = summary;
}

/* How much is generated, not copied: w [context; state; embedding] + b, before its sigmoid. */
static heed__var gate(const heed__recurrent_decoder *d, const heed__pass *pass,
                      const heed__var *steps, heed__var embedded)
{
    heed__var parts[3] = {steps[HEED_STEP_CONTEXT], steps[HEED_STEP_STATE], embedded};
    heed__var x = heed__side_by_side(pass, parts, 3);
    return heed__linear_apply(&d->copy, pass, x);
}

heed__decoded heed__recurrent_decoded(const heed__recurrent_decoder *d, const heed__pass *pass,
                                      const heed__var *steps, heed__var embedded)
{
    heed__decoded out = {steps[HEED_STEP_STATE], HEED_NO_VAR, HEED_NO_VAR, HEED_NO_VAR, NULL};
    heed__var parts[3] = {steps[HEED_STEP_STATE]};
    int count = 1;
    if (steps[HEED_STEP_WEIGHTS] != HEED_NO_VAR) {
        out.weights = steps[HEED_STEP_WEIGHTS];
        out.look = &d->look;
    }
    if (d->copy.weight) out.gate = gate(d, pass, steps, embedded);
    if (!d->deep) return out;
    if (d->memory) parts[count++] = steps[HEED_STEP_CONTEXT];
    parts[count++] = embedded;
    out.states = heed__side_by_side(pass, parts, count);
    return out;
}
