/* SPDX-License-Identifier: MIT */
#include "train/watch_texts.h"

#include "base/fail.h"
#include "base/memory.h"

void heed__watch_texts_close(heed__watch_texts *t)
{
    heed__param *tables[2] = {t->model->embedding, t->model->writer.embedding};
    for (int i = 0; i < 2; i++) {
        if (t->lent[i]) tables[i]->grad = NULL;
        heed__free(t->lent[i]);
    }
    for (int i = 0; i < HEED_MODEL_OUTPUTS; i++) heed__targets_free(&t->targets[i]);
    heed__copies_free(&t->copies);
    heed__copies_batch_free(&t->copied);
    heed__batch_free(&t->batch);
    heed__batches_destroy(&t->batches);
    heed__examples_free(&t->examples);
    heed__examples_free(&t->written);
}

/* All that layers do depends on embeddings: with a gradient of theirs to be found, those of what
 * heads give are found on the way. */
static heed_status lend_gradients(heed__watch_texts *t)
{
    heed__param *tables[2] = {t->model->embedding, t->model->writer.embedding};
    for (int i = 0; i < 2; i++) {
        if (!tables[i] || tables[i]->grad) continue;
        size_t count = (size_t)(tables[i]->rows * tables[i]->cols);
        HEED_TRY(heed__alloc(count, sizeof *t->lent[i], "gradients", &t->lent[i]));
        tables[i]->grad = t->lent[i];
    }
    return HEED_OK;
}

static heed_text row_text(const void *user, int64_t i)
{
    return heed_dataset_text(user, i);
}

static heed_status read_labels(heed__watch_texts *t, const heed_dataset *dataset)
{
    heed_model *model = t->model;
    if (heed_dataset_layout(dataset)->n_outputs < model->n_outputs)
        return heed__fail(HEED_E_INVALID,
                          "the data has %d label columns, the model %d outputs; name the columns "
                          "with --label",
                          heed_dataset_layout(dataset)->n_outputs, model->n_outputs);
    HEED_TRY(heed__examples_encode_words(model->context, model->tokenizer,
                                         heed_dataset_rows(dataset), row_text, dataset,
                                         heed__model_tags(model), &t->examples));
    for (int i = 0; i < model->n_outputs; i++)
        HEED_TRY(heed__targets_make(model->context, model->outputs[i].labels, dataset, i,
                                    &t->targets[i]));
    return HEED_OK;
}

static heed_status read_pairs(heed__watch_texts *t, const heed_dataset *dataset)
{
    const heed_model *m = t->model;
    HEED_TRY(heed__examples_encode_side(m->context, m->tokenizer, dataset, HEED_SIDE_SOURCE,
                                        &t->examples));
    HEED_TRY(heed__examples_encode_side(m->context, m->writer.tokenizer, dataset, HEED_SIDE_TARGET,
                                        &t->written));
    if (!m->writer.copies) return HEED_OK;
    return heed__copies_make(m->context, &m->writer.extender, dataset, &t->examples, &t->written,
                             &t->copies);
}

static heed_status read_data(heed__watch_texts *t, const heed_dataset *dataset)
{
    static const struct kind {
        heed_read_kind kind;
        const char *what;
    } kinds[] = {[HEED_TASK_CLASSIFY] = {HEED_READ_LABELS, "labelled texts"},
                 [HEED_TASK_TRANSLATE] = {HEED_READ_PAIRS, "pairs of texts"},
                 [HEED_TASK_LANGUAGE] = {HEED_READ_LANGUAGE, "plain text"}};
    heed_task task = t->model->task;
    if (heed_dataset_layout(dataset)->kind != kinds[task].kind)
        return heed__fail(HEED_E_INVALID, "the data was not read as %s, which this model is about",
                          kinds[task].what);
    if (task == HEED_TASK_CLASSIFY) return read_labels(t, dataset);
    if (task == HEED_TASK_TRANSLATE) return read_pairs(t, dataset);
    return heed__examples_encode_running(t->model->context, t->model->tokenizer, dataset,
                                         &t->written);
}

/* Batches of one text each, in their order. */
static heed_status cut(heed__watch_texts *t, const heed_dataset *dataset)
{
    const heed_model *m = t->model;
    heed__batch_options options = {.max_tokens = 1,
                                   .max_sequences = 1,
                                   .block = heed__config_integer(m->config, "input.block"),
                                   .running =
                                       heed_dataset_layout(dataset)->format == HEED_FORMAT_RUNNING};
    HEED_TRY(heed__batches_create(m->task == HEED_TASK_LANGUAGE ? NULL : &t->examples,
                                  m->task == HEED_TASK_CLASSIFY ? NULL : &t->written, &options,
                                  &t->batches));
    HEED_TRY(heed__batch_create(t->batches, &t->batch));
    t->n = heed__batches_epoch(t->batches, 0);
    heed__batch_capacity most = heed__batches_capacity(t->batches);
    return m->writer.copies ? heed__copies_batch_create(&most, &t->copied) : HEED_OK;
}

heed_status heed__watch_texts_open(heed_model *model, const heed_dataset *dataset,
                                   heed__watch_texts *out)
{
    out->model = model;
    if (model->hierarchy)
        return heed__fail(HEED_E_UNSUPPORTED, "how heads attend is not measured in a model that "
                                              "reads sentences; heed explain shows its weights");
    HEED_TRY(read_data(out, dataset));
    HEED_TRY(cut(out, dataset));
    return lend_gradients(out);
}

static heed__ragged one_text(int64_t rows, const int64_t *offsets)
{
    static const int64_t order[1] = {0};
    return (heed__ragged){1, rows, rows, offsets, order, order};
}

static void targets_of(heed__watch_texts *t, int64_t text, heed__model_targets *out)
{
    for (int i = 0; i < t->model->n_outputs; i++) {
        const heed__model_output *o = &t->model->outputs[i];
        const heed__targets *of = &t->targets[i];
        if (of->classes) out->classes[i] = of->classes + (of->words ? of->words[text] : text);
        if (of->set) out->values[i] = of->set + text * of->n;
        if (!of->numbers) continue;
        t->numbers[i] = (of->numbers[text] - o->mean) / o->spread;
        out->values[i] = &t->numbers[i];
    }
}

static void take_words(heed__watch_texts *t)
{
    if (!t->batch.word_offsets) return;
    t->labelled.words = one_text(t->batch.words, t->batch.word_offsets);
    t->labelled.word_rows = t->batch.word_rows;
}

static heed__var record_label(heed__watch_texts *t, heed__sites *sites)
{
    heed__tape *tape = t->model->tape;
    heed__model_targets targets = {0};
    heed__model_vars vars = {.sites = sites};
    t->labelled = (heed__model_batch){.ragged = one_text(t->batch.rows, t->batch.offsets),
                                      .tokens = t->batch.tokens,
                                      .begins = t->batch.begins};
    heed__model_bags_set(&t->labelled, t->batch.bags, 0);
    if (!t->batch.rows) return HEED_NO_VAR;
    take_words(t);
    targets_of(t, t->batch.examples[0], &targets);
    heed__model_record(t->model, tape, &t->labelled, &vars);
    return heed__model_loss(t->model, tape, &vars, &targets);
}

static heed__var record_writing(heed__watch_texts *t, heed__sites *sites)
{
    const heed__batch *b = &t->batch;
    heed__tape *tape = t->model->tape;
    heed__pairs_vars vars = {.sites = sites};
    t->pairs = (heed__pairs_batch){.target = one_text(b->target_rows, b->target_offsets),
                                   .source_tokens = b->tokens,
                                   .inputs = b->target_inputs,
                                   .labels = b->target_labels};
    if (b->rows) t->pairs.source = one_text(b->rows, b->offsets);
    if (t->model->writer.copies) {
        heed__copies_fill(&t->copies, b, &t->copied);
        t->pairs.labels = t->copied.labels;
        t->pairs.words = t->copied.words;
        t->pairs.added = t->copies.most;
    }
    heed__writer_record(t->model, tape, &t->pairs, &vars);
    t->decoded = vars.decoded;
    heed__tape_keep(tape, t->decoded.weights);
    return heed__writer_loss(t->model, tape, &t->pairs, &vars, 0);
}

heed__var heed__watch_texts_record(heed__watch_texts *t, int64_t index, heed__sites *sites)
{
    heed__batches_fill(t->batches, index, &t->batch);
    t->decoded.weights = HEED_NO_VAR;
    heed__tape_start(t->model->tape, HEED_TAPE_SAVE, (heed__draw){0});
    return t->model->task == HEED_TASK_CLASSIFY ? record_label(t, sites) : record_writing(t, sites);
}
