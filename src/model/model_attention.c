/* SPDX-License-Identifier: MIT */
/* What attention a model is made of: each layer's plan in words. */
#include "base/fail.h"
#include "io/json.h"
#include "model/writer.h"

#include <string.h>

/* One text of so many tokens, recorded and not run: plans are made on the way. */
static heed_status record(heed_model *model, int64_t tokens, heed__sites *sites)
{
    heed__ragged one = {.n = 1, .rows = tokens, .longest = tokens};
    heed__tape_start(model->tape, HEED_TAPE_INFER, (heed__draw){0});
    if (model->task == HEED_TASK_CLASSIFY) {
        heed__model_batch batch = {.ragged = one};
        heed__model_vars vars = {.sites = sites};
        heed__model_record(model, model->tape, &batch, &vars);
    } else {
        heed__pairs_batch batch = {.source = one, .target = one};
        heed__pairs_vars vars = {.sites = sites};
        heed__writer_record(model, model->tape, &batch, &vars);
    }
    return heed__tape_plan(model->tape, HEED_NO_VAR);
}

/* The item whose plan has this text; a new one where there is none. */
static json_t *find_plan(json_t *list, const char *plan)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (strcmp(json_string_value(json_object_get(item, "plan")), plan) == 0) return item;
    }
    item = json_pack("{s:[], s:s}", "layers", "plan", plan);
    return item && json_array_append_new(list, item) == 0 ? item : NULL;
}

/* Each step of a recurrent decoder is one more site of one name. */
static int is_named(const json_t *layers, const char *name)
{
    size_t i;
    json_t *layer;
    json_array_foreach(layers, i, layer)
    {
        if (strcmp(json_string_value(layer), name) == 0) return 1;
    }
    return 0;
}

static heed_status add_site(json_t *list, const heed__site *site)
{
    const heed_attention_plan *plan = site->at.attend.attender->plan;
    char *text = NULL;
    size_t size = heed_attention_plan_describe(plan, NULL, 0);
    HEED_TRY(heed__alloc(size + 1, 1, "the plan of a layer", &text));
    heed_attention_plan_describe(plan, text, size + 1);
    json_t *item = find_plan(list, text), *layers = json_object_get(item, "layers");
    heed__free(text);
    if (is_named(layers, site->name) || json_array_append_new(layers, json_string(site->name)) == 0)
        return HEED_OK;
    return heed__fail(HEED_E_NOMEM, "no memory for the plans of a model");
}

heed_status heed_model_attention(heed_model *model, int64_t tokens, int indent, char **out)
{
    heed__sites *sites = NULL;
    json_t *list = json_array();
    *out = NULL;
    if (tokens < 1 || tokens > INT64_C(1) << 24) {
        json_decref(list);
        return heed__fail(HEED_E_INVALID, "tokens = %lld; it must be 1 to 2^24", (long long)tokens);
    }
    heed_status status = heed__alloc(1, sizeof *sites, "attention sites", &sites);
    if (status == HEED_OK) sites->all = 1;
    if (status == HEED_OK) status = record(model, tokens, sites);
    for (int i = 0; status == HEED_OK && i < sites->count; i++)
        status = add_site(list, &sites->items[i]);
    if (status == HEED_OK) status = heed__json_text(list, 9, indent, out);
    heed__free(sites);
    json_decref(list);
    return status;
}
