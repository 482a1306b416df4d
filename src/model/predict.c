/* SPDX-License-Identifier: MIT */
/*
 * Predicting: texts are encoded, put into ragged batches in their order, and run without gradients.
 * A row of any product is the same whatever else is in the batch, so is the answer.
 */
#include "base/fail.h"
#include "data/utf8.h"
#include "model/members.h"
#include "model/outputs.h"
#include "model/tagger.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH_TOKENS = 4096, BATCH_TEXTS = 256 };

/* Buffers kept from call to call. */
typedef struct heed__predictor {
    int64_t *order, *count, *ids;
    float *said;   /* by one of several members */
    float *scores; /* of tags, the mean of several members: see add_scores */
    size_t scores_capacity;
    size_t order_capacity, count_capacity, ids_capacity, said_capacity;
    int64_t *word_rows, *word_offsets;
    size_t word_rows_capacity, word_offsets_capacity;
    heed__tagger tagger;
} heed__predictor;

void heed__predictor_destroy(heed__predictor **predictor);

void heed__predictor_destroy(heed__predictor **predictor)
{
    if (!*predictor) return;
    free((*predictor)->order);
    free((*predictor)->count);
    free((*predictor)->ids);
    free((*predictor)->said);
    free((*predictor)->scores);
    free((*predictor)->word_rows);
    free((*predictor)->word_offsets);
    heed__tagger_free(&(*predictor)->tagger);
    heed__free(*predictor);
    *predictor = NULL;
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
    for (int i = 0; i < model->n_outputs; i++)
        if (vars->logits[i] != HEED_NO_VAR) heed__tape_keep(model->tape, vars->logits[i]);
}

/* Tags of a batch's words, which are those from `first` on. */
static heed_status tag_batch(heed_model *model, int i, const heed__model_output *o,
                             const heed__model_batch *batch, const heed_real *logits, int64_t first,
                             heed__tagging *tagging)
{
    heed__tagger *tagger = &model->predictor->tagger;
    HEED_TRY(heed__tagger_start(tagger, o));
    for (int64_t s = 0; s < batch->words.n; s++) {
        int64_t begin = batch->words.offsets[s], at = first + begin;
        const int32_t *gold = tagging->gold[i];
        HEED_TRY(heed__tagger_run(tagger, o, heed__ragged_length(&batch->words, s),
                                  logits + begin * o->count, tagging->labels[i] + at,
                                  tagging->probabilities[i] + at, gold ? gold + at : NULL,
                                  tagging->gold_probabilities[i] + at));
    }
    return HEED_OK;
}

/* What one network says of whole texts: logits. */
static heed_status run_network(heed_model *model, const heed__model_batch *batch,
                               heed__model_vars *vars, float *values)
{
    int64_t width = heed_model_width(model);
    *vars = (heed__model_vars){0};
    record(model, batch, vars);
    HEED_TRY(heed__tape_run(model->tape, HEED_NO_VAR));
    for (int i = 0; i < model->n_outputs; i++) {
        const heed__model_output *o = &model->outputs[i];
        if (vars->logits[i] == HEED_NO_VAR || o->kind->per_word) continue;
        const heed_real *logits = heed__tape_value(model->tape, vars->logits[i]);
        for (int64_t s = 0; s < batch->ragged.n; s++)
            memcpy(values + s * width + o->first, logits + s * o->count,
                   (size_t)o->count * sizeof *values);
    }
    return HEED_OK;
}

static heed_status run_alone(heed_model *model, const heed__model_batch *batch, float *values,
                             int64_t first_word, heed__tagging *tagging)
{
    heed__model_vars vars;
    HEED_TRY(run_network(model, batch, &vars, values));
    for (int i = 0; i < model->n_outputs; i++)
        if (vars.logits[i] != HEED_NO_VAR && model->outputs[i].kind->per_word)
            HEED_TRY(tag_batch(model, i, &model->outputs[i], batch,
                               heed__tape_value(model->tape, vars.logits[i]), first_word, tagging));
    return HEED_OK;
}

/* Scores of tags: of each output that tags, of its words [words, K], then of its moves [K + 2, K].
 */
static int64_t score_count(const heed__model_output *o, const heed__model_batch *batch)
{
    if (!o->kind->per_word) return 0;
    return o->count * (batch->words.rows + (o->moves ? o->count + 2 : 0));
}

/* A member's share of the mean. The mean of scores, not of probabilities: so the members are one
 * chain, which has a best sequence. */
static void add_scores(const heed_model *member, const heed__model_batch *batch,
                       const heed__model_vars *vars, float share, float *scores)
{
    const heed__kernels *kernels = heed__kernels_best();
    for (int i = 0; i < member->n_outputs; i++) {
        const heed__model_output *o = &member->outputs[i];
        int64_t words = o->count * batch->words.rows;
        if (!o->kind->per_word) continue;
        if (vars->logits[i] != HEED_NO_VAR)
            kernels->axpy(words, share, heed__tape_value(member->tape, vars->logits[i]), scores);
        if (o->moves)
            kernels->axpy(o->count * (o->count + 2), share, o->moves->data, scores + words);
        scores += score_count(o, batch);
    }
}

static heed_status tag_by_scores(heed_model *model, const heed__model_batch *batch, int64_t first,
                                 heed__tagging *tagging)
{
    float *scores = model->predictor->scores;
    for (int i = 0; i < model->n_outputs; i++) {
        heed__model_output o = model->outputs[i];
        heed__param moves = {0};
        if (!o.kind->per_word) continue;
        moves.data = scores + o.count * batch->words.rows;
        if (o.moves) o.moves = &moves;
        HEED_TRY(tag_batch(model, i, &o, batch, scores, first, tagging));
        scores += score_count(&o, batch);
    }
    return HEED_OK;
}

static heed_status clear_scores(const heed_model *model, const heed__model_batch *batch)
{
    heed__predictor *p = model->predictor;
    int64_t count = 0;
    for (int i = 0; i < model->n_outputs; i++) count += score_count(&model->outputs[i], batch);
    if (!count) return HEED_OK;
    HEED_TRY(heed__grow(&p->scores, &p->scores_capacity, (size_t)count, sizeof *p->scores,
                        "scores of tags"));
    memset(p->scores, 0, (size_t)count * sizeof *p->scores);
    return HEED_OK;
}

/* One member's logits to what can be averaged: values without a temperature or a scale. */
static void to_opinions(const heed_model *model, int64_t n, float *values)
{
    int64_t width = heed_model_width(model);
    for (int i = 0; i < model->n_outputs; i++) {
        heed__model_output plain = model->outputs[i];
        plain.temperature = plain.spread = 1;
        plain.mean = 0;
        for (int64_t s = 0; s < n && plain.kind->finish; s++)
            plain.kind->finish(&plain, values + s * width + plain.first);
    }
}

/* Of several members the mean, in their order. */
static heed_status run_batch(heed_model *model, const heed__model_batch *batch, float *values,
                             int64_t first_word, heed__tagging *tagging)
{
    heed__predictor *p = model->predictor;
    const heed__kernels *kernels = heed__kernels_best();
    int64_t n = batch->ragged.n, all = n * heed_model_width(model);
    int first, count, tags = batch->words.n > 0;
    if (!model->n_others) return run_alone(model, batch, values, first_word, tagging);
    heed__members_asked(model, &first, &count);
    HEED_TRY(heed__grow(&p->said, &p->said_capacity, (size_t)all, sizeof *p->said, "a batch"));
    if (tags) HEED_TRY(clear_scores(model, batch));
    for (int i = 0; i < count; i++) {
        heed__model_vars vars;
        heed_model *member = heed__member_at(model, first + i);
        float *said = i ? p->said : values;
        HEED_TRY(run_network(member, batch, &vars, said));
        to_opinions(model, n, said);
        if (i) kernels->axpy(all, 1, said, values);
        if (tags) add_scores(member, batch, &vars, 1 / (float)count, p->scores);
    }
    kernels->scale(all, 1 / (float)count, values, values);
    return tags ? tag_by_scores(model, batch, first_word, tagging) : HEED_OK;
}

/* The words of texts begin .. end, with rows counted in the batch. */
static heed_status take_words(heed__predictor *p, const heed__examples *x, int64_t begin,
                              int64_t end, heed__model_batch *batch)
{
    int64_t first = x->words[begin], words = x->words[end] - first;
    HEED_TRY(heed__grow(&p->word_rows, &p->word_rows_capacity, (size_t)words, sizeof *p->word_rows,
                        "a batch"));
    HEED_TRY(heed__grow(&p->word_offsets, &p->word_offsets_capacity, (size_t)(end - begin) + 1,
                        sizeof *p->word_offsets, "a batch"));
    batch->words = (heed__ragged){.n = end - begin, .rows = words, .offsets = p->word_offsets};
    batch->word_rows = p->word_rows;
    for (int64_t i = begin; i <= end; i++) p->word_offsets[i - begin] = x->words[i] - first;
    for (int64_t i = begin; i < end; i++)
        for (int64_t w = x->words[i]; w < x->words[i + 1]; w++) {
            int32_t row = x->word_rows[w];
            p->word_rows[w - first] = row < 0 ? -1 : x->offsets[i] - x->offsets[begin] + row;
        }
    return HEED_OK;
}

/* offsets are those of all examples: a batch that does not begin at row 0 has them moved. */
static heed_status run_slice(heed_model *model, const heed__examples *examples, int64_t begin,
                             int64_t end, int64_t *offsets, float *values, heed__tagging *tagging)
{
    int64_t first = examples->offsets[begin];
    heed__model_batch batch = {.ragged = {.n = end - begin, .offsets = offsets}};
    for (int64_t i = begin; i <= end; i++) offsets[i - begin] = examples->offsets[i] - first;
    for (int64_t s = 0; s < batch.ragged.n; s++)
        if (offsets[s + 1] - offsets[s] > batch.ragged.longest)
            batch.ragged.longest = offsets[s + 1] - offsets[s];
    batch.ragged.rows = offsets[end - begin];
    batch.tokens = examples->ids + first;
    heed__model_bags_set(&batch, examples->bags, first);
    batch.begins = examples->begins ? examples->begins + first : NULL;
    heed__predictor *p = model->predictor;
    HEED_TRY(make_room(p, batch.ragged.n, batch.ragged.longest));
    heed__order_fill(&batch.ragged, p->order, p->count);
    batch.ragged.order = p->order;
    batch.ragged.ids = p->ids;
    int words = tagging && examples->words;
    if (words) HEED_TRY(take_words(p, examples, begin, end, &batch));
    return run_batch(model, &batch, values, words ? examples->words[begin] : 0, tagging);
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

/* Raises counts to what a batch has. */
static void count_sentences(const heed__examples *x, int64_t begin, int64_t end,
                            heed__sentence_counts *most)
{
    int64_t all = 0;
    for (int64_t i = begin; x->begins && i < end; i++) {
        int64_t tokens = x->offsets[i + 1] - x->offsets[i];
        int64_t count = heed__sentences_count(x->begins + x->offsets[i], tokens);
        if (count > most->in_text) most->in_text = count;
        all += count;
    }
    if (all > most->all) most->all = all;
}

heed_status heed__model_plan(heed_model *model, const heed__examples *examples)
{
    heed__model_vars vars = {0};
    heed__model_batch most = {.ragged = {.longest = examples->longest}};
    for (int64_t begin = 0, end; begin < examples->n; begin = end) {
        end = batch_end(examples, begin);
        int64_t rows = examples->offsets[end] - examples->offsets[begin];
        count_sentences(examples, begin, end, &most.sentences);
        if (end - begin > most.ragged.n) most.ragged.n = end - begin;
        if (rows > most.ragged.rows) most.ragged.rows = rows;
        int64_t words = examples->words ? examples->words[end] - examples->words[begin] : 0;
        if (examples->words) most.words.n = most.ragged.n;
        if (words > most.words.rows) most.words.rows = words;
    }
    for (int i = 0; i <= model->n_others; i++) {
        heed_model *member = heed__member_at(model, i);
        record(member, &most, &vars);
        HEED_TRY(heed__tape_plan(member->tape, HEED_NO_VAR));
    }
    return HEED_OK;
}

heed_status heed__model_opinions(heed_model *model, const heed__examples *examples, float *values,
                                 heed__tagging *tagging)
{
    int64_t offsets[BATCH_TEXTS + 1];
    if (!model->predictor)
        HEED_TRY(heed__alloc(1, sizeof *model->predictor, "predicting", &model->predictor));
    if (examples->n > 1) HEED_TRY(heed__model_plan(model, examples));
    for (int64_t begin = 0, end; begin < examples->n; begin = end) {
        end = batch_end(examples, begin);
        HEED_TRY(run_slice(model, examples, begin, end, offsets,
                           values + begin * heed_model_width(model), tagging));
    }
    return HEED_OK;
}

heed_status heed__model_predict_examples(heed_model *model, const heed__examples *examples,
                                         float *values, heed__tagging *tagging)
{
    HEED_TRY(heed__model_opinions(model, examples, values, tagging));
    heed__model_finish(model, examples->n, values);
    return HEED_OK;
}

/* Of several members: probabilities have logarithms, which take a temperature as logits do; a
 * member alone has none. */
static void finish_mean(const heed_model *model, const heed__model_output *o, float *z)
{
    const float tiny = 1e-37f; /* 0 has no logarithm */
    if (o->labels->kind == HEED_LABEL_NUMBER) o->kind->finish(o, z);
    if (o->labels->kind != HEED_LABEL_CLASS || model->asked ||
        !(o->temperature < 1 || o->temperature > 1))
        return;
    for (int64_t j = 0; j < o->count; j++) z[j] = z[j] < tiny ? tiny : z[j];
    heed__kernels_best()->log(o->count, z, z);
    o->kind->finish(o, z);
}

void heed__model_finish(const heed_model *model, int64_t n, float *values)
{
    int64_t width = heed_model_width(model);
    for (int64_t s = 0; s < n; s++)
        for (int i = 0; i < model->n_outputs; i++) {
            const heed__model_output *o = &model->outputs[i];
            if (model->n_others)
                finish_mean(model, o, values + s * width + o->first);
            else if (o->kind->finish)
                o->kind->finish(o, values + s * width + o->first);
        }
}

void heed__tagging_free(heed__tagging *t)
{
    for (int i = 0; i < HEED_MODEL_OUTPUTS; i++) {
        heed__free(t->labels[i]);
        heed__free(t->probabilities[i]);
        heed__free(t->gold_probabilities[i]);
    }
    *t = (heed__tagging){{0}, {0}, {0}, {0}};
}

heed_status heed__tagging_create(const heed_model *model, int64_t words, heed__tagging *out)
{
    size_t n = (size_t)words;
    heed_status status = HEED_OK;
    *out = (heed__tagging){{0}, {0}, {0}, {0}};
    for (int i = 0; i < model->n_outputs && status == HEED_OK; i++) {
        if (!model->outputs[i].kind->per_word) continue;
        status = heed__alloc(n, sizeof(int32_t), "tags", &out->labels[i]);
        if (status == HEED_OK)
            status = heed__alloc(n, sizeof(float), "tags", &out->probabilities[i]);
        if (status == HEED_OK)
            status = heed__alloc(n, sizeof(float), "tags", &out->gold_probabilities[i]);
    }
    if (status != HEED_OK) heed__tagging_free(out);
    return status;
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

heed_status heed__model_predict_texts(heed_model *model, const heed_text *texts, int64_t n,
                                      float *values, heed__tagging *tagging)
{
    heed__examples examples = {0};
    HEED_TRY(check_texts(texts, n));
    HEED_TRY(heed__examples_encode_words(model->context, model->tokenizer, n, text_at, texts,
                                         tagging != NULL, &examples));
    heed_status status = heed__model_predict_examples(model, &examples, values, tagging);
    heed__examples_free(&examples);
    return status;
}

heed_status heed_model_predict(heed_model *model, const heed_text *texts, int64_t n, float *values)
{
    if (n < 0) return heed__fail(HEED_E_INVALID, "n = %lld; it must not be negative", (long long)n);
    HEED_TRY(heed__model_check_labels(model));
    return n ? heed__model_predict_texts(model, texts, n, values, NULL) : HEED_OK;
}
