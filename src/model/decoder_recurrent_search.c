/* SPDX-License-Identifier: MIT */
/*
 * GRU and LSTM decoders step by step, for search: between the steps, each hypothesis' state is kept
 * as a row; the memory and its keys are kept once a sentence, whatever the number of hypotheses.
 */
#include "model/decoder_recurrent.h"

#include "base/fail.h"

#include <stdlib.h>
#include <string.h>

/* Rows kept from one run to the next, and where they come from. */
typedef struct kept {
    heed__var var;
    int64_t rows, columns;
    heed_real *data;
    size_t room;
} kept;

typedef struct decoding {
    int64_t *places; /* of begin: first rows, last rows and numbers of the sources */
    size_t places_room;
    kept keys, values, feed, summary, coverage;
    kept *layers;
    /* Of the step that is recorded: */
    int64_t *parents; /* [rows] */
    size_t parents_room;
    heed__slots slots;
    /* Where weights are values: who looks where, and the row of the coverage that each pair
     * continues. The step before is needed for that. */
    heed__look look;
    heed__ragged pairs;
    int64_t *pair_offsets, *pair_starts, *before_offsets, *pair_parents;
    size_t offsets_room, starts_room, before_room, pair_parents_room;
} decoding;

static void keep(const heed__pass *pass, kept *k, heed__var var)
{
    k->var = var;
    heed__tape_keep(pass->tape, var);
}

static heed_status take(kept *k, const heed__tape *tape)
{
    if (k->var == HEED_NO_VAR) return HEED_OK;
    k->rows = heed__tape_rows(tape, k->var);
    k->columns = heed__tape_cols(tape, k->var);
    size_t count = (size_t)(k->rows * k->columns);
    HEED_TRY(heed__grow(&k->data, &k->room, count, sizeof *k->data, "decoding"));
    if (count) memcpy(k->data, heed__tape_value(tape, k->var), count * sizeof *k->data);
    return HEED_OK;
}

/* What was kept, as a value of this recording; NO_VAR where nothing was. */
static heed__var give(const heed__pass *pass, const kept *k)
{
    if (k->var == HEED_NO_VAR) return HEED_NO_VAR;
    return heed__tape_constant(pass->tape, k->rows, k->columns, k->data);
}

static heed__var give_rows(const heed__pass *pass, const kept *k, const int64_t *rows,
                           int64_t count)
{
    heed__var all = give(pass, k);
    return all == HEED_NO_VAR ? all : heed__take(pass, all, rows, count);
}

void heed__recurrent_close(void *decoder, void *state)
{
    heed__recurrent_decoder *d = decoder;
    decoding *s = state;
    if (!s) return;
    for (int64_t i = 0; s->layers && i < d->layers; i++) free(s->layers[i].data);
    free(s->keys.data);
    free(s->values.data);
    free(s->feed.data);
    free(s->summary.data);
    free(s->parents);
    free(s->coverage.data);
    free(s->places);
    free(s->pair_offsets);
    free(s->pair_starts);
    free(s->before_offsets);
    free(s->pair_parents);
    heed__free(s->layers);
    heed__free(s);
}

heed_status heed__recurrent_open(void *decoder, void **state)
{
    heed__recurrent_decoder *d = decoder;
    decoding *s = NULL;
    HEED_TRY(heed__alloc(1, sizeof *s, "decoding", &s));
    heed_status status = heed__alloc((size_t)d->layers, sizeof *s->layers, "decoding", &s->layers);
    s->keys.var = s->values.var = s->coverage.var = HEED_NO_VAR;
    if (status != HEED_OK)
        heed__recurrent_close(d, s);
    else
        *state = s;
    return status;
}

/* Rows of first states stand in the order of the sources. */
static heed_status place_sources(decoding *s, const heed__ragged *sources, heed__summary_rows *rows)
{
    int64_t n = sources->n;
    HEED_TRY(
        heed__grow(&s->places, &s->places_room, (size_t)(3 * n), sizeof *s->places, "decoding"));
    for (int64_t i = 0; sources->offsets && i < n; i++) {
        int none = sources->offsets[i] == sources->offsets[i + 1];
        s->places[i] = none ? -1 : sources->offsets[i];
        s->places[n + i] = none ? -1 : sources->offsets[i + 1] - 1;
        s->places[2 * n + i] = i;
    }
    *rows = (heed__summary_rows){n, s->places, s->places + n, s->places + 2 * n};
    return HEED_OK;
}

void heed__recurrent_begin(void *decoder, void *state, const heed__pass *pass,
                           const heed__memory *memory)
{
    heed__recurrent_decoder *d = decoder;
    decoding *s = state;
    heed__step_state first;
    heed__summary_rows rows;
    heed_status status = place_sources(s, d->memory ? memory->ragged : pass->ragged, &rows);
    if (status != HEED_OK) heed__tape_fail(pass->tape, status);
    if (status != HEED_OK) return;
    heed__recurrent_start(d, pass, memory, &rows, &first);
    for (int64_t i = 0; i < d->layers; i++) keep(pass, &s->layers[i], first.layers[i]);
    keep(pass, &s->feed, first.feed);
    keep(pass, &s->summary, first.summary);
    keep(pass, &s->coverage, first.coverage);
    if (d->attention.kind == HEED_SCORE_NONE) return;
    keep(pass, &s->values, memory->states);
    keep(pass, &s->keys, heed__memory_attention_keys(&d->attention, pass, memory->states));
}

static heed_status take_states(const heed__recurrent_decoder *d, decoding *s,
                               const heed__tape *tape)
{
    for (int64_t i = 0; i < d->layers; i++) HEED_TRY(take(&s->layers[i], tape));
    HEED_TRY(take(&s->feed, tape));
    HEED_TRY(take(&s->coverage, tape));
    return take(&s->summary, tape);
}

heed_status heed__recurrent_begun(void *decoder, void *state, const heed__tape *tape)
{
    heed__recurrent_decoder *d = decoder;
    decoding *s = state;
    HEED_TRY(take(&s->values, tape));
    HEED_TRY(take(&s->keys, tape));
    return take_states(d, s, tape);
}

/* Which kept row each row continues: at first, that of its sentence. */
static heed_status find_parents(decoding *s, const heed__step *step)
{
    HEED_TRY(heed__grow(&s->parents, &s->parents_room, (size_t)step->rows, sizeof *s->parents,
                        "decoding"));
    memcpy(s->parents, step->position > 0 ? step->parents : step->sentences,
           (size_t)step->rows * sizeof *s->parents);
    return HEED_OK;
}

static heed_status make_pair_room(decoding *s, const heed__step *step)
{
    size_t rows = (size_t)step->rows;
    HEED_TRY(heed__grow(&s->pair_offsets, &s->offsets_room, rows + 1, sizeof *s->pair_offsets,
                        "decoding"));
    HEED_TRY(heed__grow(&s->before_offsets, &s->before_room, rows + 1, sizeof *s->before_offsets,
                        "decoding"));
    return heed__grow(&s->pair_starts, &s->starts_room, rows, sizeof *s->pair_starts, "decoding");
}

/* Each row with each row of its sentence's memory. */
static heed_status find_pairs(decoding *s, const heed__step *step)
{
    int64_t *last = s->pair_offsets, at = 0;
    size_t last_room = s->offsets_room;
    s->pair_offsets = s->before_offsets, s->offsets_room = s->before_room;
    s->before_offsets = last, s->before_room = last_room;
    HEED_TRY(make_pair_room(s, step));
    s->pair_offsets[0] = 0;
    for (int64_t i = 0; i < step->queries->n; i++)
        for (int64_t r = step->queries->offsets[i]; r < step->queries->offsets[i + 1]; r++) {
            s->pair_starts[r] = step->starts[i];
            s->pair_offsets[r + 1] = s->pair_offsets[r] + step->lengths[i];
        }
    s->pairs = (heed__ragged){.n = step->rows,
                              .rows = s->pair_offsets[step->rows],
                              .longest = step->longest_memory,
                              .offsets = s->pair_offsets};
    s->look = (heed__look){&s->pairs, s->pair_starts};
    HEED_TRY(heed__grow(&s->pair_parents, &s->pair_parents_room, (size_t)s->pairs.rows,
                        sizeof *s->pair_parents, "decoding"));
    for (int64_t r = 0; step->position > 0 && r < step->rows; r++)
        for (int64_t j = 0; j < heed__ragged_length(&s->pairs, r); j++)
            s->pair_parents[at++] = s->before_offsets[s->parents[r]] + j;
    return HEED_OK;
}

static void fill_state(const heed__recurrent_decoder *d, const heed__pass *pass, const decoding *s,
                       int64_t rows, heed__step_state *out)
{
    for (int64_t i = 0; i < d->layers; i++)
        out->layers[i] = give_rows(pass, &s->layers[i], s->parents, rows);
    out->feed = give_rows(pass, &s->feed, s->parents, rows);
    out->summary = give_rows(pass, &s->summary, s->parents, rows);
    out->coverage = give_rows(pass, &s->coverage, s->pair_parents, s->pairs.rows);
}

heed__decoded heed__recurrent_search_step(void *decoder, void *state, const heed__pass *pass,
                                          const heed__step *step, heed__var embedded,
                                          heed__sites *sites)
{
    heed__recurrent_decoder *d = decoder;
    decoding *s = state;
    heed__decoded out = {HEED_NO_VAR, HEED_NO_VAR, HEED_NO_VAR, HEED_NO_VAR, NULL};
    heed__step_state now;
    heed__step_input input = {.position = step->position};
    heed__var given[HEED_STEP_KINDS];
    heed_status status = find_parents(s, step);
    if (status == HEED_OK && d->weighs) status = find_pairs(s, step);
    if (status != HEED_OK) heed__tape_fail(pass->tape, status);
    if (status != HEED_OK) return out;
    fill_state(d, pass, s, step->rows, &now);
    s->slots = (heed__slots){.n = step->queries->n,
                             .rows = step->memory_rows,
                             .longest = step->longest_memory,
                             .starts = step->starts,
                             .lengths = step->lengths};
    input.view = (heed__memory_view){.keys = give(pass, &s->keys),
                                     .values = give(pass, &s->values),
                                     .queries = step->queries,
                                     .slots = &s->slots,
                                     .look = d->weighs ? &s->look : NULL};
    if (d->attention.mechanisms.uses_positions)
        input.view.queries = NULL, input.view.slots = &step->each;
    input.gates = heed__linear_apply(&d->cells[0].input, pass, embedded);
    int sees = d->attention.kind != HEED_SCORE_NONE && !d->weighs;
    heed__recurrent_step(d, pass, &input, &now, given,
                         sees ? heed__sites_add(sites, "source") : NULL);
    for (int64_t i = 0; i < d->layers; i++) keep(pass, &s->layers[i], now.layers[i]);
    keep(pass, &s->feed, now.feed);
    keep(pass, &s->summary, now.summary);
    keep(pass, &s->coverage, now.coverage);
    out = heed__recurrent_decoded(d, pass, given, embedded);
    if (d->weighs) out.look = &s->look;
    return out;
}

heed_status heed__recurrent_stepped(void *decoder, void *state, const heed__tape *tape)
{
    return take_states(decoder, state, tape);
}
