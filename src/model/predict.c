/* SPDX-License-Identifier: MIT */
/*
 * Predicting: texts are encoded, put into ragged batches in their order, and run without gradients.
 * A row of any product is the same whatever else is in the batch, so is the answer.
 */
#include "base/fail.h"
#include "data/utf8.h"
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH_TOKENS = 4096, BATCH_TEXTS = 256 };

/* Buffers kept from call to call. */
typedef struct heed__predictor {
    int64_t *order, *count, *ids;
    size_t order_capacity, count_capacity, ids_capacity;
} heed__predictor;

void heed__predictor_destroy(heed__predictor **predictor);

void heed__predictor_destroy(heed__predictor **predictor)
{
    if (!*predictor) return;
    free((*predictor)->order);
    free((*predictor)->count);
    free((*predictor)->ids);
    heed__free(*predictor);
    *predictor = NULL;
}

void heed__order_fill(const heed__ragged *ragged, int64_t *order, int64_t *count)
{
    int64_t longest = ragged->longest;
    memset(count, 0, (size_t)(longest + 2) * sizeof *count);
    /* count[k] becomes the place of the first sequence that is k shorter than the longest. */
    for (int64_t s = 0; s < ragged->n; s++) count[longest - heed__ragged_length(ragged, s) + 1]++;
    for (int64_t k = 0; k <= longest; k++) count[k + 1] += count[k];
    for (int64_t s = 0; s < ragged->n; s++)
        order[count[longest - heed__ragged_length(ragged, s)]++] = s;
}

static heed_status make_room(heed__predictor *p, int64_t n, int64_t longest)
{
    size_t before = p->ids_capacity;
    HEED_TRY(heed__grow(&p->order, &p->order_capacity, (size_t)n, sizeof *p->order, "a batch"));
    HEED_TRY(heed__grow(&p->count, &p->count_capacity, (size_t)longest + 2, sizeof *p->count,
                        "a batch"));
    HEED_TRY(heed__grow(&p->ids, &p->ids_capacity, (size_t)n, sizeof *p->ids, "a batch"));
    for (size_t i = before; i < p->ids_capacity; i++) p->ids[i] = (int64_t)i;
    return HEED_OK;
}

static void record(heed_model *model, const heed__model_batch *batch, heed__model_vars *vars)
{
    heed__tape_start(model->tape, HEED_TAPE_INFER, (heed__draw){0});
    heed__model_record(model, model->tape, batch, vars);
    for (int i = 0; i < model->n_outputs; i++) heed__tape_keep(model->tape, vars->logits[i]);
}

static heed_status run_batch(heed_model *model, const heed__model_batch *batch, float *values)
{
    heed__model_vars vars = {0};
    int64_t width = heed_model_width(model);
    record(model, batch, &vars);
    HEED_TRY(heed__tape_run(model->tape, HEED_NO_VAR));
    for (int i = 0; i < model->n_outputs; i++) {
        const heed__model_output *o = &model->outputs[i];
        const heed_real *logits = heed__tape_value(model->tape, vars.logits[i]);
        for (int64_t s = 0; s < batch->ragged.n; s++)
            memcpy(values + s * width + o->first, logits + s * o->count,
                   (size_t)o->count * sizeof *values);
    }
    heed__model_finish(model, batch->ragged.n, values);
    return HEED_OK;
}

/* offsets are those of all examples: a batch that does not begin at row 0 has them moved. */
static heed_status run_slice(heed_model *model, const heed__examples *examples, int64_t begin,
                             int64_t end, int64_t *offsets, float *values)
{
    int64_t first = examples->offsets[begin];
    heed__model_batch batch = {.ragged = {.n = end - begin, .offsets = offsets}};
    for (int64_t i = begin; i <= end; i++) offsets[i - begin] = examples->offsets[i] - first;
    for (int64_t s = 0; s < batch.ragged.n; s++)
        if (offsets[s + 1] - offsets[s] > batch.ragged.longest)
            batch.ragged.longest = offsets[s + 1] - offsets[s];
    batch.ragged.rows = offsets[end - begin];
    batch.tokens = examples->ids + first;
    batch.ngrams = examples->ngrams ? examples->ngrams + first : NULL;
    heed__predictor *p = model->predictor;
    HEED_TRY(make_room(p, batch.ragged.n, batch.ragged.longest));
    heed__order_fill(&batch.ragged, p->order, p->count);
    batch.ragged.order = p->order;
    batch.ragged.ids = p->ids;
    return run_batch(model, &batch, values);
}

/* Where the batch that begins at this example ends. */
static int64_t batch_end(const heed__examples *examples, int64_t begin)
{
    int64_t end = begin + 1;
    while (end < examples->n && end - begin < BATCH_TEXTS &&
           examples->offsets[end + 1] - examples->offsets[begin] <= BATCH_TOKENS)
        end++;
    return end;
}

heed_status heed__model_plan(heed_model *model, const heed__examples *examples)
{
    heed__model_vars vars = {0};
    heed__model_batch most = {.ragged = {.longest = examples->longest}};
    for (int64_t begin = 0, end; begin < examples->n; begin = end) {
        end = batch_end(examples, begin);
        int64_t rows = examples->offsets[end] - examples->offsets[begin];
        if (end - begin > most.ragged.n) most.ragged.n = end - begin;
        if (rows > most.ragged.rows) most.ragged.rows = rows;
    }
    record(model, &most, &vars);
    return heed__tape_plan(model->tape, HEED_NO_VAR);
}

heed_status heed__model_predict_examples(heed_model *model, const heed__examples *examples,
                                         float *values)
{
    int64_t offsets[BATCH_TEXTS + 1];
    if (!model->predictor)
        HEED_TRY(heed__alloc(1, sizeof *model->predictor, "predicting", &model->predictor));
    if (examples->n > 1) HEED_TRY(heed__model_plan(model, examples));
    for (int64_t begin = 0, end; begin < examples->n; begin = end) {
        end = batch_end(examples, begin);
        HEED_TRY(run_slice(model, examples, begin, end, offsets,
                           values + begin * heed_model_width(model)));
    }
    return HEED_OK;
}

static void softmax(float *z, int64_t count, float temperature)
{
    const heed__kernels *kernels = heed__kernels_best();
    kernels->scale(count, 1 / temperature, z, z);
    float sum = kernels->exp_sum(count, z, kernels->max(count, z), z);
    kernels->scale(count, 1 / sum, z, z);
}

void heed__model_finish(const heed_model *model, int64_t n, float *values)
{
    int64_t width = heed_model_width(model);
    for (int64_t s = 0; s < n; s++)
        for (int i = 0; i < model->n_outputs; i++) {
            const heed__model_output *o = &model->outputs[i];
            float *z = values + s * width + o->first;
            if (o->labels->kind == HEED_LABEL_CLASS)
                softmax(z, o->count, o->temperature);
            else if (o->labels->kind == HEED_LABEL_SET)
                heed__kernels_best()->sigmoid(o->count, z, z);
            else
                *z = *z * o->spread + o->mean;
        }
}

static heed_text text_at(const void *user, int64_t i)
{
    return ((const heed_text *)user)[i];
}

heed_status heed__model_check_text(heed_text text)
{
    size_t valid = text.size ? heed__utf8_valid(text.bytes, text.size) : 0;
    if (valid == text.size) return HEED_OK;
    return heed__fail(HEED_E_DATA, "not UTF-8 at byte %zu; convert the text (iconv -t UTF-8)",
                      valid);
}

static heed_status check_texts(const heed_text *texts, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        heed_status status = heed__model_check_text(texts[i]);
        if (status != HEED_OK) return heed__fail_prefix(status, "text %lld: ", (long long)i);
    }
    return HEED_OK;
}

heed_status heed_model_predict(heed_model *model, const heed_text *texts, int64_t n, float *values)
{
    heed__examples examples = {0};
    if (n < 0) return heed__fail(HEED_E_INVALID, "n = %lld; it must not be negative", (long long)n);
    HEED_TRY(heed__model_check_labels(model));
    if (n == 0) return HEED_OK;
    HEED_TRY(check_texts(texts, n));
    HEED_TRY(heed__examples_encode(model->context, model->tokenizer, n, text_at, texts, &examples));
    heed_status status = heed__model_predict_examples(model, &examples, values);
    heed__examples_free(&examples);
    return status;
}
