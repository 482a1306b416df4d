/* SPDX-License-Identifier: MIT */
/* Gathering explained texts, and handing them to a renderer. */
#include "explain/explainer.h"
#include "explain/drawing.h"
#include "explain/levels.h"
#include "explain/spans.h"

#include "base/fail.h"
#include "model/members.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_REMOVED = 3, HEAT_MAP_WORDS = 64 };

static heed_status unknown_method(const heed_model *model, const char *name, size_t length)
{
    char known[128] = "";
    const heed__method *method;
    for (size_t i = 0; (method = heed__method_at(i)); i++)
        if (method->supports(model))
            snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s",
                     *known ? ", " : "", method->name);
    return heed__fail(HEED_E_INVALID, "method %.*s: this model has %s", (int)length, name, known);
}

static const heed__method *find_method(const heed_model *model, const char *name, size_t length)
{
    const heed__method *method;
    for (size_t i = 0; (method = heed__method_at(i)); i++)
        if (strlen(method->name) == length && memcmp(method->name, name, length) == 0 &&
            method->supports(model))
            return method;
    return NULL;
}

static heed_status choose_methods(heed_explainer *e)
{
    const heed__method *method;
    const char *at = e->options.methods;
    for (size_t i = 0; !at && (method = heed__method_at(i)); i++)
        if (method->supports(e->model)) e->methods[e->n_methods++] = method;
    while (at) {
        const char *end = strchr(at, ',');
        size_t length = end ? (size_t)(end - at) : strlen(at);
        method = find_method(e->model, at, length);
        if (!method || e->n_methods == HEED_EXPLAIN_METHODS)
            return unknown_method(e->model, at, length);
        e->methods[e->n_methods++] = method;
        at = end ? end + 1 : NULL;
    }
    return HEED_OK;
}

heed_status heed_explainer_create(heed_model *model, const heed_explain_options *options,
                                  heed_explainer **out)
{
    heed_explainer *e = NULL;
    *out = NULL;
    HEED_TRY(heed__model_check_labels(model));
    HEED_TRY(heed__alloc(1, sizeof *e, "an explainer", &e));
    e->model = model;
    if (options) e->options = *options;
    if (!e->options.removed) e->options.removed = DEFAULT_REMOVED;
    heed_status status = choose_methods(e);
    e->options.methods = NULL; /* the caller's */
    if (status != HEED_OK) heed_explainer_destroy(&e);
    *out = e;
    return status;
}

void heed_explainer_reset(heed_explainer *e)
{
    for (size_t i = 0; i < e->count; i++) heed__arena_free(&e->items[i].arena);
    heed__arena_free(&e->words);
    e->count = 0;
}

void heed_explainer_destroy(heed_explainer **explainer)
{
    if (!explainer || !*explainer) return;
    heed_explainer_reset(*explainer);
    free((*explainer)->items);
    heed__free(*explainer);
    *explainer = NULL;
}

static heed_status score_output(heed_explainer *e, heed__explained *item, heed__reading *r,
                                int output, heed__explained_output *shown)
{
    heed__attribution *attributions = NULL;
    size_t count = (size_t)e->n_methods;
    HEED_TRY(heed__arena_take(&item->arena, count, sizeof *attributions, "scores", &attributions));
    for (size_t m = 0; m < count; m++) {
        float *scores = NULL;
        HEED_TRY(heed__arena_take(&item->arena, r->n_words + 1, sizeof *scores, "scores", &scores));
        if (r->n_words) HEED_TRY(heed__reading_score(r, e->methods[m], output, scores));
        attributions[m] = (heed__attribution){
            .method = e->methods[m]->name, .scores = scores, .is_signed = e->methods[m]->is_signed};
        HEED_TRY(heed__faithfulness_measure(r, output, scores, e->options.removed, e->options.seed,
                                            &attributions[m].faithfulness));
    }
    shown->n_attributions = count;
    shown->attributions = attributions;
    return HEED_OK;
}

/* Of several true labels, joined by '|', one is enough: one label is explained. */
static heed__verdict judge(heed_output_kind kind, const char *label, const char *truth)
{
    if (!truth || kind == HEED_OUTPUT_CLASS) return HEED_VERDICT_COMPARE;
    if (kind == HEED_OUTPUT_NUMBER) return HEED_VERDICT_NONE;
    for (const char *at = truth; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
        if (strcspn(at, "|") == strlen(label) && strncmp(at, label, strlen(label)) == 0)
            return HEED_VERDICT_RIGHT;
    return HEED_VERDICT_WRONG;
}

/* A number's "label" is the number itself, as text. */
static heed_status answer_output(heed_explainer *e, heed__explained *item, const heed__reading *r,
                                 int output, const char *truth, heed__explained_output *shown)
{
    heed_answer answer;
    char number[32];
    heed_model_best(e->model, output, r->values, &answer);
    item->answers[output] = answer;
    shown->name =
        heed_model_outputs(e->model) > 1 ? heed_model_output(e->model, output).name : NULL;
    shown->label = answer.label;
    shown->probability = answer.label ? (double)answer.value : NAN;
    snprintf(number, sizeof number, "%.6g", (double)answer.value);
    if (!answer.label)
        HEED_TRY(heed__arena_text(&item->arena, number, strlen(number), &shown->label));
    if (truth) HEED_TRY(heed__arena_text(&item->arena, truth, strlen(truth), &shown->truth));
    shown->verdict = judge(heed_model_output(e->model, output).kind, answer.label, truth);
    return HEED_OK;
}

typedef struct map_list {
    heed__arena *arena;
    heed__heat_map *maps;
    size_t count, room;
    int member; /* from 1; 0 = the only one */
} map_list;

static heed_status count_maps(heed__reading *r, const heed__site *site, void *user)
{
    (void)r;
    ((map_list *)user)->room += (size_t)heed__site_heads(site);
    return HEED_OK;
}

/* From tokens to words: a pool's one row stays one. */
static heed_status add_map(heed__reading *r, const heed__site *site, int64_t head, map_list *list)
{
    size_t n = (size_t)r->encoding.length, words = r->n_words;
    int pool = site->at.attend.queries == NULL;
    static const char *const pool_label[1] = {"pool"};
    float *pieces = NULL, *weights = NULL;
    const char *title = NULL;
    char text[64], whose[24] = "";
    if (list->member) snprintf(whose, sizeof whose, "member %d, ", list->member);
    HEED_TRY(heed__arena_take(list->arena, n * (pool ? 1 : n), sizeof(float), "a map", &pieces));
    HEED_TRY(heed__arena_take(list->arena, words * words + 1, sizeof(float), "a map", &weights));
    HEED_TRY(heed__site_weights(r, site, head, pieces));
    if (pool)
        heed__words_scores(r->word_of, pieces, n, HEED_COMBINE_SUM, weights, words);
    else
        heed__words_attention(r->word_of, pieces, n, weights, words);
    if (pool)
        snprintf(text, sizeof text, "%s%s", whose, site->name);
    else
        snprintf(text, sizeof text, "%s%s, head %lld", whose, site->name, (long long)head + 1);
    HEED_TRY(heed__arena_text(list->arena, text, strlen(text), &title));
    list->maps[list->count++] = (heed__heat_map){.title = title,
                                                 .rows = pool ? 1 : words,
                                                 .columns = words,
                                                 .weights = weights,
                                                 .row_labels = pool ? pool_label : NULL};
    return HEED_OK;
}

static heed_status add_maps(heed__reading *r, const heed__site *site, void *user)
{
    for (int64_t head = 0; head < heed__site_heads(site); head++)
        HEED_TRY(add_map(r, site, head, user));
    return HEED_OK;
}

/* Of each member that answers. */
static heed_status add_all_maps(heed__reading *r, map_list *list)
{
    heed_model *whole = r->model;
    heed_status status = HEED_OK;
    int first, count;
    heed__members_asked(whole, &first, &count);
    for (int i = first; i < first + count && status == HEED_OK; i++) {
        list->member = count > 1 ? i + 1 : 0;
        r->model = heed__member_at(whole, i);
        status = heed__reading_visit(r, add_maps, list);
    }
    r->model = whole;
    return status;
}

static heed_status fill_maps(heed__explained *item, heed__reading *r)
{
    map_list list = {.arena = &item->arena};
    if (r->n_words == 0 || r->n_words > HEAT_MAP_WORDS) return HEED_OK;
    if (r->model->hierarchy) return heed__levels_map(&item->arena, &item->shown);
    HEED_TRY(heed__reading_visit(r, count_maps, &list));
    list.room *= (size_t)heed_model_members(r->model);
    HEED_TRY(heed__arena_take(&item->arena, list.room, sizeof *list.maps, "maps", &list.maps));
    HEED_TRY(add_all_maps(r, &list));
    item->shown.heat_maps = list.maps;
    item->shown.n_heat_maps = list.count;
    return HEED_OK;
}

static int is_tags(const heed_explainer *e, int output)
{
    return heed_model_output(e->model, output).kind == HEED_OUTPUT_TAGS;
}

/* Places among what is shown; returns how many there are. */
static size_t lay_out(const heed_explainer *e, const heed_tagged *tagged, heed__explained *item)
{
    size_t count = 0;
    for (int o = 0; o < heed_model_outputs(e->model); o++) {
        item->first[o] = count;
        count += is_tags(e, o) ? heed__spans_shown(tagged, o) : 1;
    }
    return count;
}

static heed_status fill_outputs(heed_explainer *e, heed__explained *item, heed__reading *r,
                                const heed_tagged *tagged, const char *const *truth,
                                heed__explained_output *outputs)
{
    for (int o = 0; o < heed_model_outputs(e->model); o++) {
        heed__explained_output *to = outputs + item->first[o];
        const char *true_label = truth ? truth[o] : NULL;
        if (is_tags(e, o)) {
            HEED_TRY(heed__spans_explain(r, tagged, o, true_label, &item->arena, to));
            continue;
        }
        HEED_TRY(answer_output(e, item, r, o, true_label, to));
        HEED_TRY(score_output(e, item, r, o, to));
    }
    return HEED_OK;
}

static heed_status fill_item(heed_explainer *e, heed__explained *item, heed__reading *r,
                             const heed_tagged *tagged, const char *name, const char *const *truth)
{
    heed__explained_output *outputs = NULL;
    heed__word *words = NULL;
    size_t count = lay_out(e, tagged, item);
    HEED_TRY(heed__arena_take(&item->arena, count, sizeof *outputs, "outputs", &outputs));
    HEED_TRY(heed__arena_take(&item->arena, r->n_words + 1, sizeof *words, "words", &words));
    memcpy(words, r->words, r->n_words * sizeof *words);
    item->shown.words = words;
    item->shown.n_words = r->n_words;
    item->shown.n_outputs = count;
    item->shown.outputs = outputs;
    if (name) HEED_TRY(heed__arena_text(&item->arena, name, strlen(name), &item->shown.name));
    HEED_TRY(fill_outputs(e, item, r, tagged, truth, outputs));
    if (r->model->hierarchy && r->n_words)
        HEED_TRY(heed__levels_show(r, &item->arena, &item->shown));
    return e->options.heat_maps ? fill_maps(item, r) : HEED_OK;
}

heed_status heed_explainer_add(heed_explainer *e, const char *name, heed_text text,
                               const char *const *truth)
{
    HEED_TRY(heed__model_check_text(text));
    HEED_TRY(heed__grow(&e->items, &e->capacity, e->count + 1, sizeof *e->items, "explanations"));
    heed__explained *item = &e->items[e->count];
    heed__reading reading = {0};
    heed_tagged *tagged = NULL;
    memset(item, 0, sizeof *item);
    heed_status status = heed__arena_text(&item->arena, text.bytes, text.size, &item->shown.text);
    item->shown.length = text.size;
    if (status == HEED_OK)
        status = heed__reading_open(e->model, item->shown.text, text.size, &reading);
    if (status == HEED_OK && heed__model_tags(e->model))
        status =
            heed_model_tag(e->model, &(heed_text){item->shown.text, text.size}, 1, NULL, &tagged);
    if (status == HEED_OK) status = fill_item(e, item, &reading, tagged, name, truth);
    heed_tagged_destroy(&tagged);
    heed__reading_close(&reading);
    if (status == HEED_OK)
        e->count++;
    else
        heed__arena_free(&item->arena);
    return status;
}

void heed_explainer_answer(const heed_explainer *e, int64_t text, int output, heed_answer *out)
{
    *out = e->items[text].answers[output];
}

heed_status heed_explainer_draw(const heed_explainer *e, const heed_draw_options *options,
                                char **out, size_t *size)
{
    heed__explanation *shown = NULL;
    *out = NULL;
    *size = 0;
    HEED_TRY(heed__alloc(e->count, sizeof *shown, "a drawing", &shown));
    for (size_t i = 0; i < e->count; i++) shown[i] = e->items[i].shown;
    heed__picture picture = {.n_explanations = e->count, .explanations = shown};
    heed_status status = heed__drawing_make(&picture, options, out, size);
    heed__free(shown);
    return status;
}

void heed_explainer_faithfulness(const heed_explainer *e, int output, double *removed,
                                 double *random)
{
    size_t measured = 0;
    double highest = 0, chance = 0;
    for (size_t i = 0; i < e->count && !is_tags(e, output); i++) {
        const heed__explained *item = &e->items[i];
        const heed__faithfulness *f =
            &item->shown.outputs[item->first[output]].attributions[0].faithfulness;
        if (!f->words) continue;
        measured++;
        highest += f->drop_highest;
        chance += f->drop_random;
    }
    *removed = measured ? highest / (double)measured : NAN;
    *random = measured ? chance / (double)measured : NAN;
}
