/* SPDX-License-Identifier: MIT */
#include "model/writing.h"

#include "base/fail.h"
#include "model/members.h"
#include "model/screen.h"

#include <stdlib.h>
#include <string.h>

struct heed__writing {
    heed_model *model;
    heed__tape *encoder_tape, *step_tape;
    void *state; /* the decoder's */
    heed__sites sites;
    heed_align_choice choice;
    int64_t all_layers, all_heads; /* above 0: weights of all of them are wanted */
    /* The batch of sources. */
    int64_t *source_offsets;
    size_t source_room;
    int64_t n, source_rows, longest_source;
    int32_t *words; /* where the model copies */
    size_t words_room;
    int64_t added;
    /* A step: rows as texts of one token; the live sentences and where their sources stand. */
    int64_t *row_offsets, *row_order, *query_offsets, *starts, *lengths;
    int64_t *each; /* [3, rows] of each row: where its source stands, its length; the position */
    int32_t *inputs;
    size_t offsets_room, order_room, query_room, starts_room, lengths_room, inputs_room, each_room;
    heed__ragged rows, queries;
    heed__slots slots; /* by row */
    float *weights, *part;
    size_t weights_room, part_room;
    heed__site_room room;
    heed__screen *screen; /* NULL = none */
    float *scores;        /* that it finds [HEED_SCREEN_ROWS, vocabulary] */
    /* Of several members: this one is the first; what all say together. */
    heed__writing *others[HEED_MEMBERS];
    int n_others;
    float *together, *scratch, *mean_weights;
    size_t together_room, scratch_room, mean_room;
};

void heed__writing_destroy(heed__writing **writing)
{
    heed__writing *w = *writing;
    if (!w) return;
    if (w->state) w->model->writer.kind->close(w->model->writer.decoder, w->state);
    heed__tape_destroy(&w->encoder_tape);
    heed__tape_destroy(&w->step_tape);
    free(w->source_offsets);
    free(w->words);
    free(w->inputs);
    free(w->row_offsets);
    free(w->row_order);
    free(w->query_offsets);
    free(w->starts);
    free(w->lengths);
    free(w->each);
    free(w->weights);
    free(w->part);
    free(w->together);
    free(w->scratch);
    free(w->mean_weights);
    heed__free(w->room.workspace);
    free(w->room.one);
    heed__screen_destroy(&w->screen);
    heed__free(w->scores);
    heed__free(w);
    *writing = NULL;
}

static heed_status open_network(heed_model *model, heed__writing **out)
{
    *out = model->writing;
    if (*out) return HEED_OK;
    HEED_TRY(heed__alloc(1, sizeof **out, "writing", out));
    heed__writing *w = *out;
    w->model = model;
    heed_status status = heed__tape_create(model->context, &w->encoder_tape);
    if (status == HEED_OK) status = heed__tape_create(model->context, &w->step_tape);
    if (status == HEED_OK) status = heed__params_pack(&model->params, model->context);
    if (status == HEED_OK) status = model->writer.kind->open(model->writer.decoder, &w->state);
    if (status != HEED_OK) heed__writing_destroy(out);
    model->writing = *out;
    return status;
}

/* The others' are their models' own. */
heed_status heed__writing_open(heed_model *model, heed__writing **out)
{
    HEED_TRY(open_network(model, out));
    heed__writing *w = *out;
    w->n_others = model->n_others;
    for (int i = 0; i < model->n_others; i++)
        HEED_TRY(open_network(model->others[i], &w->others[i]));
    return HEED_OK;
}

static heed_status keep_sources(heed__writing *w, const heed__pairs_batch *batch)
{
    const heed__ragged *sources = &batch->source;
    size_t count = (size_t)sources->n + 1, rows = (size_t)sources->rows;
    w->added = batch->added;
    w->n = sources->n;
    w->source_rows = sources->rows;
    w->longest_source = sources->longest;
    if (w->model->task == HEED_TASK_LANGUAGE) return HEED_OK;
    HEED_TRY(heed__grow(&w->source_offsets, &w->source_room, count, sizeof *w->source_offsets,
                        "a batch"));
    memcpy(w->source_offsets, sources->offsets, count * sizeof *w->source_offsets);
    if (!batch->words) return HEED_OK;
    HEED_TRY(heed__grow(&w->words, &w->words_room, rows, sizeof *w->words, "a batch"));
    memcpy(w->words, batch->words, rows * sizeof *w->words);
    return HEED_OK;
}

static heed_status begin_network(heed__writing *w, const heed__pairs_batch *batch)
{
    const heed__writer *writer = &w->model->writer;
    heed__memory memory;
    heed__pass pass = {.tape = w->encoder_tape, .ragged = &batch->source};
    HEED_TRY(keep_sources(w, batch));
    heed__tape_start(w->encoder_tape, HEED_TAPE_INFER, (heed__draw){0});
    heed__writer_encode(w->model, w->encoder_tape, batch, &memory);
    writer->kind->begin(writer->decoder, w->state, &pass, &memory);
    HEED_TRY(heed__tape_run(w->encoder_tape, HEED_NO_VAR));
    return writer->kind->begun(writer->decoder, w->state, w->encoder_tape);
}

heed_status heed__writing_begin(heed__writing *w, const heed__pairs_batch *batch)
{
    HEED_TRY(begin_network(w, batch));
    for (int i = 0; i < w->n_others; i++) HEED_TRY(begin_network(w->others[i], batch));
    return HEED_OK;
}

/* All members look at the same. */
static void tell_others(heed__writing *w)
{
    for (int i = 0; i < w->n_others; i++) {
        w->others[i]->choice = w->choice;
        w->others[i]->all_layers = w->all_layers;
        w->others[i]->all_heads = w->all_heads;
    }
}

heed_status heed__writing_choose(heed__writing *w, const heed_align_choice *choice)
{
    HEED_TRY(heed__writer_check_choice(w->model, choice));
    w->choice = choice->layer ? *choice : w->model->writer.choice;
    w->all_layers = w->all_heads = 0;
    tell_others(w);
    return HEED_OK;
}

void heed__writing_choose_all(heed__writing *w)
{
    heed_model_alignment_sites(w->model, &w->all_layers, &w->all_heads);
    tell_others(w);
}

heed_status heed__writing_screen(heed__writing *w)
{
    const heed_model *model = w->model;
    const heed__linear *output = &model->writer.output;
    if (w->screen || w->n_others || model->params.trains || model->writer.copies) return HEED_OK;
    HEED_TRY(heed__screen_create(model->context, output, &w->screen));
    if (!w->screen) return HEED_OK;
    return heed__alloc((size_t)(HEED_SCREEN_ROWS * output->weight->rows), sizeof *w->scores,
                       "scores", &w->scores);
}

/* ------------------------------------------------------------------ a step */

static heed_status make_room(heed__writing *w, const heed__search_step *step)
{
    size_t n = (size_t)step->rows + 1, had = w->order_room, had_offsets = w->offsets_room;
    HEED_TRY(heed__grow(&w->row_offsets, &w->offsets_room, n, sizeof *w->row_offsets, "a step"));
    HEED_TRY(heed__grow(&w->row_order, &w->order_room, n, sizeof *w->row_order, "a step"));
    HEED_TRY(heed__grow(&w->query_offsets, &w->query_room, n, sizeof *w->query_offsets, "a step"));
    HEED_TRY(heed__grow(&w->starts, &w->starts_room, n, sizeof *w->starts, "a step"));
    HEED_TRY(heed__grow(&w->lengths, &w->lengths_room, n, sizeof *w->lengths, "a step"));
    HEED_TRY(heed__grow(&w->each, &w->each_room, 3 * n, sizeof *w->each, "a step"));
    HEED_TRY(heed__grow(&w->inputs, &w->inputs_room, n, sizeof *w->inputs, "a step"));
    /* All that there is room for: a later step has more rows without growing anything. */
    for (size_t i = had_offsets; i < w->offsets_room; i++) w->row_offsets[i] = (int64_t)i;
    for (size_t i = had; i < w->order_room; i++) w->row_order[i] = (int64_t)i;
    return HEED_OK;
}

/* Rows by sentence: each live sentence's rows are the queries that look at its source. */
static void group_rows(heed__writing *w, const heed__search_step *step)
{
    int64_t live = 0, most = 0;
    w->rows = (heed__ragged){step->rows, step->rows, 1, w->row_offsets, w->row_order, w->row_order};
    w->query_offsets[0] = 0;
    for (int64_t i = 0; i < step->rows; i++) {
        if (i + 1 < step->rows && step->sentences[i + 1] == step->sentences[i]) continue;
        int64_t sentence = step->sentences[i], rows = i + 1 - w->query_offsets[live];
        if (w->model->task != HEED_TASK_LANGUAGE) {
            w->starts[live] = w->source_offsets[sentence];
            w->lengths[live] = w->source_offsets[sentence + 1] - w->starts[live];
        }
        if (rows > most) most = rows;
        w->query_offsets[++live] = i + 1;
    }
    w->queries = (heed__ragged){live, step->rows, most, w->query_offsets, NULL, w->row_order};
}

static void spread_rows(heed__writing *w, const heed__search_step *step)
{
    int64_t *starts = w->each, *lengths = starts + step->rows, *positions = lengths + step->rows;
    for (int64_t s = 0; s < w->queries.n; s++)
        for (int64_t i = w->query_offsets[s]; i < w->query_offsets[s + 1]; i++) {
            starts[i] = w->starts[s];
            lengths[i] = w->lengths[s];
            positions[i] = step->position;
        }
    w->slots = (heed__slots){.n = step->rows,
                             .rows = step->rows * w->longest_source,
                             .longest = w->longest_source,
                             .starts = starts,
                             .lengths = lengths,
                             .query_offset = positions};
}

/* What the decoder sees of the tokens: those past its vocabulary are unknown to it. */
static void find_inputs(heed__writing *w, const heed__search_step *step)
{
    int64_t vocabulary = heed__tokenizer_vocabulary(w->model->writer.tokenizer);
    for (int64_t i = 0; i < step->rows; i++)
        w->inputs[i] = step->tokens[i] < vocabulary ? step->tokens[i] : HEED_TOKEN_UNKNOWN;
}

/* One head's weights, a live sentence's rows at a time, `heads` heads of it into each row. */
static heed_status read_head(heed__writing *w, const heed__attention_site *at, int64_t head,
                             int64_t heads, int64_t stride)
{
    HEED_TRY(heed__grow(&w->part, &w->part_room, (size_t)(w->rows.rows * w->longest_source),
                        sizeof *w->part, "weights"));
    for (int64_t s = 0; s < w->queries.n; s++) {
        int64_t first = w->query_offsets[s], rows = w->query_offsets[s + 1] - first;
        heed__site_slice slice = {s, 0, rows, w->lengths[s], head};
        if (at->attend.queries)
            HEED_TRY(heed__site_rows(at, w->step_tape, &slice, &w->room, w->part));
        for (int64_t i = 0; !at->attend.queries && i < rows; i++) { /* each a sequence */
            heed__site_slice row = {first + i, 0, 1, w->lengths[s], head};
            HEED_TRY(
                heed__site_rows(at, w->step_tape, &row, &w->room, w->part + i * w->lengths[s]));
        }
        for (int64_t i = 0; i < rows; i++)
            memcpy(w->weights + (first + i) * stride + heads * w->lengths[s],
                   w->part + i * w->lengths[s], (size_t)w->lengths[s] * sizeof *w->weights);
    }
    return HEED_OK;
}

/* By the chosen layer and head, or by all of them one after another. */
static heed_status read_sites(heed__writing *w, const heed__site *chosen, int64_t stride)
{
    if (!w->all_layers) return read_head(w, &chosen->at, w->choice.head, 0, stride);
    for (int64_t i = 0; i < w->all_layers * w->all_heads; i++)
        HEED_TRY(
            read_head(w, &w->sites.items[i / w->all_heads].at, i % w->all_heads + 1, i, stride));
    return HEED_OK;
}

/* Where the decoder has them as a value: then there is one layer of one head. */
static void read_values(heed__writing *w, const heed__decoded *decoded)
{
    const heed_real *weights = heed__tape_value(w->step_tape, decoded->weights);
    const heed__ragged *pairs = decoded->look->pairs;
    for (int64_t i = 0; i < w->rows.rows; i++)
        memcpy(w->weights + i * w->longest_source, weights + pairs->offsets[i],
               (size_t)heed__ragged_length(pairs, i) * sizeof *w->weights);
}

static heed_status fill_weights(heed__writing *w, const heed__decoded *decoded,
                                heed__search_scores *out)
{
    const heed__site *site = heed__writer_site(&w->model->writer, &w->choice, &w->sites);
    int64_t stride = w->longest_source * (w->all_layers ? w->all_layers * w->all_heads : 1);
    size_t count = (size_t)(w->rows.rows * stride);
    if (!site && decoded->weights == HEED_NO_VAR) return HEED_OK;
    HEED_TRY(heed__grow(&w->weights, &w->weights_room, count, sizeof *w->weights, "weights"));
    if (site)
        HEED_TRY(read_sites(w, site, stride));
    else
        read_values(w, decoded);
    out->weights = w->weights;
    out->weights_stride = stride;
    return HEED_OK;
}

static heed_status step_network(heed__writing *w, const heed__search_step *step,
                                heed__search_scores *out)
{
    heed_model *model = w->model;
    heed__pass pass = {.tape = w->step_tape, .ragged = &w->rows};
    HEED_TRY(make_room(w, step));
    group_rows(w, step);
    if (w->model->task != HEED_TASK_LANGUAGE) spread_rows(w, step);
    find_inputs(w, step);
    heed__step decoding = {.position = step->position,
                           .rows = step->rows,
                           .parents = step->parents,
                           .sentences = step->sentences,
                           .queries = &w->queries,
                           .starts = w->starts,
                           .lengths = w->lengths,
                           .memory_rows = w->source_rows,
                           .longest_memory = w->longest_source,
                           .each = w->slots};
    heed__sites *sites = step->weights ? &w->sites : NULL;
    w->sites.count = 0;
    heed__tape_start(w->step_tape, sites ? HEED_TAPE_SAVE : HEED_TAPE_INFER, (heed__draw){0});
    heed__var y = heed__writer_enter(model, &pass, w->inputs);
    heed__pairs_vars vars = {.memory = {.words = w->words, .added = w->added}};
    vars.decoded =
        model->writer.kind->step(model->writer.decoder, w->state, &pass, &decoding, y, sites);
    vars.states = heed__writer_states(model, &pass, &vars.decoded);
    int screened = w->scores && step->apart && step->rows <= HEED_SCREEN_ROWS &&
                   heed__screen_fits(model->context);
    heed__var last = screened ? vars.states : heed__writer_scores(model, w->step_tape, &vars);
    heed__tape_keep(w->step_tape, last);
    if (sites) heed__tape_keep(w->step_tape, vars.decoded.weights);
    for (int i = 0; sites && i < sites->count; i++)
        heed__site_keep(&sites->items[i].at, w->step_tape);
    HEED_TRY(heed__tape_run(w->step_tape, HEED_NO_VAR));
    HEED_TRY(model->writer.kind->stepped(model->writer.decoder, w->state, w->step_tape));
    const float *values = heed__tape_value(w->step_tape, last);
    if (screened)
        heed__screen_run(w->screen, step->rows, values, step->apart, step->n_apart, w->scores);
    *out = (heed__search_scores){.scores = screened ? w->scores : values,
                                 .logits = !model->writer.copies};
    return sites ? fill_weights(w, &vars.decoded, out) : HEED_OK;
}

/* ------------------------------------------------------------------ several members */

/* The mean of each row's weights, which are as many as its source has tokens (and heads). */
static heed_status mix_weights(heed__writing *w, int count, const heed__search_scores *each,
                               heed__search_scores *out)
{
    const heed__kernels *kernels = heed__kernels_best();
    int64_t rows = w->rows.rows, stride = each->weights_stride;
    const int64_t *lengths = w->each + rows;
    HEED_TRY(heed__grow(&w->mean_weights, &w->mean_room, (size_t)(rows * stride),
                        sizeof *w->mean_weights, "weights"));
    for (int64_t i = 0; i < rows; i++) {
        int64_t length = lengths[i] * (w->all_layers ? w->all_layers * w->all_heads : 1);
        float *mean = w->mean_weights + i * stride;
        memset(mean, 0, (size_t)length * sizeof *mean);
        for (int m = 0; m < count; m++)
            kernels->axpy(length, 1 / (float)count, each[m].weights + i * stride, mean);
    }
    out->weights = w->mean_weights;
    out->weights_stride = stride;
    return HEED_OK;
}

static heed_status mix(heed__writing *w, int64_t rows, int64_t columns, int count,
                       const heed__search_scores *each, heed__search_scores *out)
{
    const float *scores[HEED_MEMBERS];
    heed_context *context = w->model->context;
    size_t threads = (size_t)heed_context_threads(context);
    for (int m = 0; m < count; m++) scores[m] = each[m].scores;
    HEED_TRY(heed__grow(&w->together, &w->together_room, (size_t)(rows * columns),
                        sizeof *w->together, "a step"));
    HEED_TRY(heed__grow(&w->scratch, &w->scratch_room, threads * (size_t)columns,
                        sizeof *w->scratch, "a step"));
    heed__members_mix(context, count, scores, rows, columns, w->scratch, w->together);
    *out = (heed__search_scores){.scores = w->together};
    return each->weights ? mix_weights(w, count, each, out) : HEED_OK;
}

/* All members go on, so that any of them can answer next; those that are asked are heard. */
static heed_status step_all(void *user, const heed__search_step *step, heed__search_scores *out)
{
    heed__writing *w = user;
    heed__search_scores each[HEED_MEMBERS];
    int first, count;
    int64_t columns = heed__tokenizer_vocabulary(w->model->writer.tokenizer) + w->added;
    HEED_TRY(step_network(w, step, &each[0]));
    for (int m = 0; m < w->n_others; m++) HEED_TRY(step_network(w->others[m], step, &each[m + 1]));
    heed__members_asked(w->model, &first, &count);
    if (count > 1) return mix(w, step->rows, columns, count, each, out);
    *out = each[first];
    return HEED_OK;
}

heed__search_model heed__writing_model(heed__writing *w)
{
    int64_t vocabulary = heed__tokenizer_vocabulary(w->model->writer.tokenizer);
    return (heed__search_model){w, vocabulary + w->added, step_all};
}
