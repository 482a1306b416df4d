/* SPDX-License-Identifier: MIT */
/*
 * How a model attends, head by head: entropy of its rows, how many keys have a weight, how far off
 * they are, effective rank of what a head gives (where it falls, tokens become alike:
 * over-smoothing), the norm of the loss's gradient there, and what mechanisms learned, as far as it
 * is one number a head. One text at a time; means over texts.
 */
#include "base/fail.h"
#include "base/memory.h"
#include "heed/evaluate.h"
#include "io/json.h"
#include "model/members.h"
#include "train/effective_rank.h"
#include "train/watch_texts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every layer of an encoder and of a decoder, which may look at two things, and a pool. */
enum { PLACES = 3 * 64 + 1, LEARNED = 4 };

typedef struct head {
    double entropy, keys, distance, rank, gradient;
    double squares; /* of the gradient, in this text */
    int64_t rows;
    heed_real learned[LEARNED];
} head;

/* A place of attention over all texts. */
typedef struct place {
    char name[32];
    int64_t heads, size, texts;
    int pool;   /* one query a text */
    int values; /* weights are values of the model, made without the operator */
    head *head;
    const char *learned[LEARNED]; /* names; NULL = no more */
    heed_real *out;               /* [rows, heads x size] what it gave in this text */
    size_t room;
    int64_t rows;
} place;

typedef struct watch {
    heed_model *model;
    heed__watch_texts texts;
    heed__sites sites;
    int places;
    place place[PLACES];
    heed_real *sums, *workspace;
    size_t sums_room, workspace_room;
    double *gram;
    size_t gram_room;
} watch;

static void free_watch(watch *w)
{
    for (int i = 0; i < w->places; i++) {
        heed__free(w->place[i].head);
        free(w->place[i].out);
    }
    heed__watch_texts_close(&w->texts);
    heed__free(w->sums);
    heed__free(w->workspace);
    free(w->gram);
    heed__free(w);
}

/* Steps of a recurrent decoder are one place. */
static heed_status find_place(watch *w, const char *name, int64_t heads, int64_t size, place **out)
{
    for (int i = 0; i < w->places; i++) {
        *out = &w->place[i];
        if (strcmp((*out)->name, name) == 0) return HEED_OK;
    }
    if (w->places == PLACES)
        return heed__fail(HEED_E_UNSUPPORTED, "more than %d layers attend", PLACES);
    place *p = *out = &w->place[w->places];
    snprintf(p->name, sizeof p->name, "%s", name);
    p->heads = heads;
    p->size = size;
    HEED_TRY(heed__alloc((size_t)heads, sizeof *p->head, "heads", &p->head));
    w->places++;
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

/* Sums over a head's rows: of entropy, keys with a weight, and how far they are. */
static heed_status add_sums(watch *w, const heed__attention_site *at, place *p, int64_t rows)
{
    heed__site_view view;
    heed_attention_sizes sizes = {.size = sizeof sizes};
    int64_t apart = at->attend.queries ? 0 : p->heads, n = rows * p->heads;
    heed__site_look(at, w->model->tape, &view);
    HEED_TRY(heed_attention_plan_sizes(at->attend.attender->plan, &sizes));
    HEED_TRY(grow_aligned(&w->workspace, &w->workspace_room, sizes.inspect));
    HEED_TRY(grow_aligned(&w->sums, &w->sums_room, 3 * (size_t)n));
    heed_attention_output of = {w->sums, apart, p->heads, 1};
    heed_attention_summary summary = {.size = sizeof summary, .entropy = of};
    summary.support = of, summary.support.data += n;
    if (!p->pool) summary.distance = of, summary.distance.data += 2 * n;
    HEED_TRY(heed_attention_summarise(at->attend.attender->plan, &view.batch, &view.tensors,
                                      &summary, w->workspace));
    for (int64_t i = 0; i < n; i++) {
        head *to = &p->head[i % p->heads];
        to->entropy += (double)w->sums[i];
        to->keys += (double)w->sums[n + i];
        if (!p->pool) to->distance += (double)w->sums[2 * n + i];
    }
    for (int64_t h = 0; h < p->heads; h++) p->head[h].rows += rows;
    return HEED_OK;
}

/* The numbers that each head learned, the same in every text. */
static void take_learned(const watch *w, const heed__attention_site *at, place *p)
{
    heed__learned number;
    int count = 0;
    for (size_t i = 0; count < LEARNED && heed__site_learned(at, w->model->tape, i, 0, &number);
         i++) {
        if (!number.name) continue;
        p->learned[count] = number.name;
        for (int64_t h = 0; h < p->heads; h++) {
            heed__site_learned(at, w->model->tape, i, h, &number);
            p->head[h].learned[count] = number.value;
        }
        count++;
    }
}

/* What a site gave goes below what the place has of this text; squares of its gradient are summed
 * up. */
static heed_status take_outputs(watch *w, const heed__attention_site *at, place *p, int64_t rows)
{
    const heed_real *o = heed__tape_value(w->model->tape, at->out);
    const heed_real *d = heed__tape_grad(w->model->tape, at->out);
    int64_t width = p->heads * p->size;
    HEED_TRY(heed__grow(&p->out, &p->room, (size_t)((p->rows + rows) * width), sizeof *p->out,
                        "what a head gives"));
    memcpy(p->out + p->rows * width, o, (size_t)(rows * width) * sizeof *p->out);
    p->rows += rows;
    for (int64_t i = 0; d && i < rows * width; i++)
        p->head[i % width / p->size].squares += (double)d[i] * (double)d[i];
    return HEED_OK;
}

static heed_status end_text(watch *w, place *p)
{
    int64_t n = p->rows < p->size ? p->rows : p->size, width = p->heads * p->size;
    HEED_TRY(heed__grow(&w->gram, &w->gram_room, (size_t)(n * n), sizeof *w->gram, "a rank"));
    for (int64_t h = 0; h < p->heads; h++) {
        head *to = &p->head[h];
        to->gradient += sqrt(to->squares);
        to->squares = 0;
        if (!p->pool)
            to->rank +=
                heed__effective_rank(p->out + h * p->size, p->rows, p->size, width, w->gram);
    }
    p->texts++;
    p->rows = 0;
    return HEED_OK;
}

static heed_status add_site(watch *w, const heed__site *site)
{
    place *p;
    const heed_attention_options *o = &site->at.attend.attender->options;
    int64_t rows = heed__tape_rows(w->model->tape, site->at.out);
    HEED_TRY(find_place(w, site->name, o->heads, o->value_size ? o->value_size : o->head_size, &p));
    p->pool = w->model->task == HEED_TASK_CLASSIFY && !site->at.attend.queries;
    HEED_TRY(add_sums(w, &site->at, p, rows));
    take_learned(w, &site->at, p);
    return take_outputs(w, &site->at, p, rows);
}

/* Of a decoder that copies or covers, what its weights say. */
static heed_status add_values(watch *w)
{
    place *p;
    const heed__decoded *d = &w->texts.decoded;
    if (d->weights == HEED_NO_VAR) return HEED_OK;
    const heed_real *weights = heed__tape_value(w->model->tape, d->weights);
    HEED_TRY(find_place(w, "decoder source", 1, 1, &p));
    p->values = 1;
    for (int64_t i = 0; i < d->look->pairs->rows; i++)
        if (weights[i] > 0) p->head->entropy -= (double)weights[i] * log((double)weights[i]);
    p->head->rows += d->look->pairs->n;
    return HEED_OK;
}

static heed_status add_text(watch *w, int64_t text)
{
    heed__tape *tape = w->model->tape;
    heed__var loss = heed__watch_texts_record(&w->texts, text, &w->sites);
    if (loss == HEED_NO_VAR) return HEED_OK;
    for (int i = 0; i < w->sites.count; i++) {
        heed__site_keep(&w->sites.items[i].at, tape);
        heed__tape_keep_grad(tape, w->sites.items[i].at.out);
    }
    HEED_TRY(heed__tape_run(tape, loss));
    for (int i = 0; i < w->sites.count; i++) HEED_TRY(add_site(w, &w->sites.items[i]));
    HEED_TRY(add_values(w));
    for (int i = 0; i < w->places; i++)
        if (w->place[i].rows) HEED_TRY(end_text(w, &w->place[i]));
    return HEED_OK;
}

/* A mean; null where there is none. */
static json_t *mean_json(int is_one, double sum, int64_t count)
{
    return is_one ? heed__json_real(sum / (double)count) : json_null();
}

static json_t *head_json(const place *p, int64_t h)
{
    const head *x = &p->head[h];
    json_t *item = json_object();
    json_object_set_new(item, "layer", json_string(p->name));
    json_object_set_new(item, "head", json_integer(h + 1));
    json_object_set_new(item, "entropy", mean_json(1, x->entropy, x->rows));
    json_object_set_new(item, "keys", mean_json(!p->values, x->keys, x->rows));
    json_object_set_new(item, "distance", mean_json(!p->pool && !p->values, x->distance, x->rows));
    json_object_set_new(item, "rank", mean_json(!p->pool && !p->values, x->rank, p->texts));
    json_object_set_new(item, "gradient", mean_json(!p->values, x->gradient, p->texts));
    for (int i = 0; i < LEARNED && p->learned[i]; i++)
        json_object_set_new(item, p->learned[i], heed__json_real((double)x->learned[i]));
    return item;
}

/* member: 0 = the only one. */
static void list_heads(const watch *w, int member, json_t *list)
{
    for (int i = 0; i < w->places; i++)
        for (int64_t h = 0; h < w->place[i].heads; h++) {
            json_t *item = head_json(&w->place[i], h);
            if (member) json_object_set_new(item, "member", json_integer(member));
            json_array_append_new(list, item);
        }
}

static heed_status watch_network(heed_model *network, int member, const heed_dataset *dataset,
                                 int64_t texts, json_t *list)
{
    watch *w = NULL;
    HEED_TRY(heed__alloc(1, sizeof *w, "attention", &w));
    w->model = network;
    w->sites.all = 1;
    heed_status status = heed__watch_texts_open(network, dataset, &w->texts);
    int64_t n = texts && texts < w->texts.n ? texts : w->texts.n;
    for (int64_t i = 0; i < n && status == HEED_OK; i++) status = add_text(w, i);
    if (status == HEED_OK) list_heads(w, member, list);
    free_watch(w);
    return status;
}

heed_status heed_evaluate_attention(heed_model *model, const heed_dataset *dataset, int64_t texts,
                                    int indent, char **out)
{
    int members = heed_model_members(model);
    heed_status status = HEED_OK;
    *out = NULL;
    if (texts < 0)
        return heed__fail(HEED_E_INVALID, "texts = %lld; it must be 0 (all) or more",
                          (long long)texts);
    json_t *list = json_array();
    for (int i = 0; i < members && status == HEED_OK; i++)
        status =
            watch_network(heed__member_at(model, i), members > 1 ? i + 1 : 0, dataset, texts, list);
    if (status == HEED_OK) status = heed__json_text(list, 6, indent, out);
    json_decref(list);
    return status;
}
