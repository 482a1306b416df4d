/* SPDX-License-Identifier: MIT */
/*
 * How a model attends, head by head: entropy of its rows, effective rank of what a head gives
 * (where it falls, tokens become alike: over-smoothing), and the norm of the loss's gradient there.
 * One text at a time; means over texts.
 */
#include "base/fail.h"
#include "base/memory.h"
#include "data/batches.h"
#include "heed/evaluate.h"
#include "io/json.h"
#include "model/model.h"
#include "model/stack.h"
#include "train/effective_rank.h"

#include <math.h>
#include <string.h>

typedef struct head {
    double entropy, rank, gradient;
    int64_t rows;
} head;

/* A place of attention over all texts. */
typedef struct place {
    char name[32];
    int64_t heads, size, texts;
    int single; /* one query a text */
    head *head;
} place;

typedef struct watch {
    heed_model *model;
    heed__examples examples;
    heed__targets targets[HEED_MODEL_OUTPUTS];
    heed__sites sites;
    int places;
    place place[HEED_SITES];
    heed_real *embedded, *gradient; /* [longest, dim] */
    heed_real *entropy, *workspace;
    size_t entropy_room, workspace_room;
    double *gram;
    size_t gram_room;
} watch;

static void free_watch(watch *w)
{
    for (int i = 0; i < w->places; i++) heed__free(w->place[i].head);
    for (int i = 0; i < w->model->n_outputs; i++) heed__targets_free(&w->targets[i]);
    heed__examples_free(&w->examples);
    heed__free(w->embedded);
    heed__free(w->gradient);
    heed__free(w->entropy);
    heed__free(w->workspace);
    heed__free(w->gram);
    heed__free(w);
}

static heed_status read_data(watch *w, const heed_dataset *dataset)
{
    heed_model *model = w->model;
    if (heed_dataset_layout(dataset)->n_outputs < model->n_outputs)
        return heed__fail(HEED_E_INVALID,
                          "the data has %d label columns, the model %d outputs; name the columns "
                          "with --label",
                          heed_dataset_layout(dataset)->n_outputs, model->n_outputs);
    HEED_TRY(
        heed__examples_encode_dataset(model->context, model->tokenizer, dataset, &w->examples));
    for (int i = 0; i < model->n_outputs; i++)
        HEED_TRY(heed__targets_make(model->context, model->outputs[i].labels, dataset, i,
                                    &w->targets[i]));
    size_t count = (size_t)(w->examples.longest * heed__source_dim(model->config));
    HEED_TRY(heed__alloc(count, sizeof *w->embedded, "embeddings", &w->embedded));
    return heed__alloc(count, sizeof *w->gradient, "gradients", &w->gradient);
}

/* The embeddings become a leaf, through which gradients flow in a model that does not train. */
static heed_status embed(watch *w, const heed__model_batch *batch)
{
    heed__tape *tape = w->model->tape;
    heed__model_vars vars = {0};
    heed__tape_start(tape, HEED_TAPE_INFER, (heed__draw){0});
    heed__model_record(w->model, tape, batch, &vars);
    heed__tape_keep(tape, vars.embedded);
    HEED_TRY(heed__tape_run(tape, HEED_NO_VAR));
    int64_t count = heed__tape_rows(tape, vars.embedded) * heed__tape_cols(tape, vars.embedded);
    memcpy(w->embedded, heed__tape_value(tape, vars.embedded), (size_t)count * sizeof(heed_real));
    memset(w->gradient, 0, (size_t)count * sizeof(heed_real));
    return HEED_OK;
}

static void targets_of(const watch *w, int64_t text, float *numbers, heed__model_targets *out)
{
    for (int i = 0; i < w->model->n_outputs; i++) {
        const heed__model_output *o = &w->model->outputs[i];
        const heed__targets *t = &w->targets[i];
        if (t->classes) out->classes[i] = t->classes + text;
        if (t->set) out->values[i] = t->set + text * t->n;
        if (!t->numbers) continue;
        numbers[i] = (t->numbers[text] - o->mean) / o->spread;
        out->values[i] = &numbers[i];
    }
}

static heed_status run(watch *w, const heed__model_batch *batch, int64_t text)
{
    heed__tape *tape = w->model->tape;
    float numbers[HEED_MODEL_OUTPUTS];
    heed__model_targets targets = {0};
    heed__model_vars vars = {.given = w->embedded, .given_grad = w->gradient, .sites = &w->sites};
    targets_of(w, text, numbers, &targets);
    heed__tape_start(tape, HEED_TAPE_SAVE, (heed__draw){0});
    heed__model_record(w->model, tape, batch, &vars);
    heed__var loss = heed__model_loss(w->model, tape, &vars, &targets);
    for (int i = 0; i < w->sites.count; i++) {
        heed__site_keep(&w->sites.items[i].at, tape);
        heed__tape_keep_grad(tape, w->sites.items[i].at.out);
    }
    return heed__tape_run(tape, loss);
}

static heed_status find_places(watch *w)
{
    for (; w->places < w->sites.count; w->places++) {
        const heed__site *site = &w->sites.items[w->places];
        const heed_attention_options *o = &site->at.attend.attender->options;
        place *p = &w->place[w->places];
        memcpy(p->name, site->name, sizeof p->name);
        p->heads = o->heads;
        p->size = o->value_size ? o->value_size : o->head_size;
        p->single = site->at.attend.queries == NULL;
        HEED_TRY(heed__alloc((size_t)o->heads, sizeof *p->head, "heads", &p->head));
    }
    return HEED_OK;
}

/* A workspace is aligned, which heed__grow is not. */
static heed_status grow_aligned(heed_real **data, size_t *room, size_t wanted)
{
    if (*data && wanted <= *room) return HEED_OK;
    heed__free(*data);
    *data = NULL;
    *room = wanted;
    return heed__alloc(wanted, sizeof **data, "attention", data);
}

static heed_status add_entropy(watch *w, const heed__attention_site *at, place *p, int64_t rows)
{
    heed__site_view view;
    heed_attention_sizes sizes = {.size = sizeof sizes};
    heed__site_look(at, w->model->tape, &view);
    HEED_TRY(heed_attention_plan_sizes(at->attend.attender->plan, &sizes));
    HEED_TRY(grow_aligned(&w->workspace, &w->workspace_room, sizes.inspect));
    HEED_TRY(grow_aligned(&w->entropy, &w->entropy_room, (size_t)(rows * p->heads)));
    heed_attention_summary summary = {
        .size = sizeof summary, .entropy = {w->entropy, p->single ? p->heads : 0, p->heads, 1}};
    HEED_TRY(heed_attention_summarise(at->attend.attender->plan, &view.batch, &view.tensors,
                                      &summary, w->workspace));
    for (int64_t i = 0; i < rows * p->heads; i++)
        p->head[i % p->heads].entropy += (double)w->entropy[i];
    for (int64_t h = 0; h < p->heads; h++) p->head[h].rows += rows;
    return HEED_OK;
}

static heed_status add_outputs(watch *w, const heed__attention_site *at, place *p, int64_t rows)
{
    const heed_real *o = heed__tape_value(w->model->tape, at->out);
    const heed_real *d = heed__tape_grad(w->model->tape, at->out);
    int64_t width = p->heads * p->size, n = rows < p->size ? rows : p->size;
    HEED_TRY(heed__grow(&w->gram, &w->gram_room, (size_t)(n * n), sizeof *w->gram, "a rank"));
    for (int64_t h = 0; h < p->heads; h++) {
        double squares = 0;
        for (int64_t i = 0; d && i < rows; i++)
            for (int64_t c = 0; c < p->size; c++) {
                double x = (double)d[i * width + h * p->size + c];
                squares += x * x;
            }
        p->head[h].gradient += sqrt(squares);
        if (!p->single)
            p->head[h].rank += heed__effective_rank(o + h * p->size, rows, p->size, width, w->gram);
    }
    p->texts++;
    return HEED_OK;
}

static heed_status add_text(watch *w, int64_t text)
{
    static const int64_t order[1] = {0};
    int64_t first = w->examples.offsets[text], n = w->examples.offsets[text + 1] - first;
    const int64_t offsets[2] = {0, n};
    heed__model_batch batch = {.ragged = {1, n, n, offsets, order, order},
                               .tokens = w->examples.ids + first,
                               .ngrams = w->examples.ngrams ? w->examples.ngrams + first : NULL};
    if (!n) return HEED_OK;
    HEED_TRY(embed(w, &batch));
    HEED_TRY(run(w, &batch, text));
    HEED_TRY(find_places(w));
    for (int i = 0; i < w->places; i++) {
        const heed__attention_site *at = &w->sites.items[i].at;
        int64_t rows = w->place[i].single ? 1 : n;
        HEED_TRY(add_entropy(w, at, &w->place[i], rows));
        HEED_TRY(add_outputs(w, at, &w->place[i], rows));
    }
    return HEED_OK;
}

static json_t *heads_json(const watch *w)
{
    json_t *list = json_array();
    for (int i = 0; i < w->places; i++)
        for (int64_t h = 0; h < w->place[i].heads; h++) {
            const place *p = &w->place[i];
            json_t *item = json_object();
            double texts = (double)p->texts;
            json_object_set_new(item, "layer", json_string(p->name));
            json_object_set_new(item, "head", json_integer(h + 1));
            json_object_set_new(item, "entropy",
                                heed__json_real(p->head[h].entropy / (double)p->head[h].rows));
            json_object_set_new(item, "rank",
                                p->single ? json_null() : heed__json_real(p->head[h].rank / texts));
            json_object_set_new(item, "gradient", heed__json_real(p->head[h].gradient / texts));
            json_array_append_new(list, item);
        }
    return list;
}

heed_status heed_evaluate_attention(heed_model *model, const heed_dataset *dataset, int64_t texts,
                                    int indent, char **out)
{
    watch *w = NULL;
    *out = NULL;
    HEED_TRY(heed__model_check_labels(model));
    if (texts < 0)
        return heed__fail(HEED_E_INVALID, "texts = %lld; it must be 0 (all) or more",
                          (long long)texts);
    HEED_TRY(heed__alloc(1, sizeof *w, "attention", &w));
    w->model = model;
    heed_status status = read_data(w, dataset);
    int64_t n = texts && texts < w->examples.n ? texts : w->examples.n;
    for (int64_t i = 0; i < n && status == HEED_OK; i++) status = add_text(w, i);
    if (status == HEED_OK) {
        json_t *list = heads_json(w);
        status = heed__json_text(list, 6, indent, out);
        json_decref(list);
    }
    free_watch(w);
    return status;
}
