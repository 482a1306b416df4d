/* SPDX-License-Identifier: MIT */
/* How likely a language model finds texts, cut into windows as in training: every token is
 * predicted once, from those before it in its window. */
#include "base/fail.h"
#include "heed/evaluate.h"
#include "model/vocabulary.h"
#include "model/writer.h"

#include <math.h>

typedef struct measuring {
    heed_model *model;
    heed__examples texts;
    heed__batches *batches;
    heed__batch batch;
    int64_t *order, *count;
    float *scores;
} measuring;

static heed_status open(measuring *m, const heed_dataset *dataset)
{
    const heed_config *config = m->model->config;
    heed__batch_options options = {
        .max_tokens = heed__config_integer(config, "train.batch_tokens"),
        .max_sequences = heed__config_integer(config, "train.batch_texts"),
        .block = heed__config_integer(config, "input.block"),
        .running = heed_dataset_layout(dataset)->format == HEED_FORMAT_RUNNING};
    HEED_TRY(
        heed__examples_encode_running(m->model->context, m->model->tokenizer, dataset, &m->texts));
    HEED_TRY(heed__batches_create(NULL, &m->texts, &options, &m->batches));
    heed__batch_capacity most = heed__batches_capacity(m->batches);
    HEED_TRY(heed__batch_create(m->batches, &m->batch));
    HEED_TRY(heed__alloc((size_t)most.sequences, sizeof *m->order, "a batch", &m->order));
    HEED_TRY(heed__alloc((size_t)most.target_longest + 2, sizeof *m->count, "a batch", &m->count));
    return heed__alloc((size_t)most.target_rows, sizeof *m->scores, "a batch", &m->scores);
}

static void close(measuring *m)
{
    heed__batch_free(&m->batch);
    heed__batches_destroy(&m->batches);
    heed__examples_free(&m->texts);
    heed__free(m->order);
    heed__free(m->count);
    heed__free(m->scores);
}

static heed_status add_batch(measuring *m, heed_language_figures *out, int64_t *right)
{
    const heed__batch *b = &m->batch;
    heed__tape *tape = m->model->tape;
    heed__pairs_vars vars = {.sites = NULL};
    heed__pairs_batch pairs = {.inputs = b->target_inputs, .labels = b->target_labels};
    pairs.target = (heed__ragged){b->n,     b->target_rows, b->target_longest, b->target_offsets,
                                  m->order, b->examples};
    heed__order_fill(&pairs.target, m->order, m->count);
    heed__tape_start(tape, HEED_TAPE_INFER, (heed__draw){0});
    heed__writer_record(m->model, tape, &pairs, &vars);
    heed__var scores = heed__writer_scores(m->model, tape, &vars);
    heed__tape_keep(tape, scores);
    HEED_TRY(heed__tape_run(tape, HEED_NO_VAR));
    int64_t columns = heed__tape_cols(tape, scores);
    const heed_real *values = heed__tape_value(tape, scores);
    heed__log_softmax_of(m->model->context, b->target_rows, columns, values, b->target_labels,
                         m->scores);
    for (int64_t i = 0; i < b->target_rows; i++) {
        const heed_real *row = values + i * columns;
        out->loss -= (double)m->scores[i];
        *right += row[b->target_labels[i]] >= heed__kernels_best()->max(columns, row);
    }
    out->tokens += b->target_rows;
    return HEED_OK;
}

static void count_text(const heed_dataset *dataset, heed_language_figures *out)
{
    for (int64_t i = 0; i < heed_dataset_rows(dataset); i++) {
        heed_text text = heed_dataset_text(dataset, i);
        out->bytes += (int64_t)text.size;
        for (size_t at = 0; at < text.size; at++)
            out->characters += ((unsigned char)text.bytes[at] & 0xC0) != 0x80;
    }
}

static void finish(heed_language_figures *out, int64_t right)
{
    double bits = out->loss / log(2), tokens = (double)out->tokens;
    out->bits_per_character = bits / (double)out->characters;
    out->bits_per_byte = bits / (double)out->bytes;
    out->loss /= tokens;
    out->perplexity = exp(out->loss);
    out->accuracy = (double)right / tokens;
}

heed_status heed_evaluate_language(heed_model *model, const heed_dataset *dataset,
                                   heed_language_figures *out)
{
    measuring m = {.model = model};
    int64_t right = 0;
    *out = (heed_language_figures){.loss = 0};
    if (model->task != HEED_TASK_LANGUAGE)
        return heed__fail(HEED_E_INVALID, "the model is no language model");
    heed_status status = open(&m, dataset);
    int64_t count = status == HEED_OK ? heed__batches_epoch(m.batches, 0) : 0;
    for (int64_t i = 0; i < count && status == HEED_OK; i++) {
        heed__batches_fill(m.batches, i, &m.batch);
        status = add_batch(&m, out, &right);
    }
    close(&m);
    if (status != HEED_OK) return status;
    count_text(dataset, out);
    finish(out, right);
    return HEED_OK;
}
