/* SPDX-License-Identifier: MIT */
/* How a recurrent decoder's state looks at the memory. */
#include "base/fail.h"
#include "nn/steps.h"

#include <stdio.h>

static heed_status create_additive(heed__params *params, const char *name, int64_t query_size,
                                   int64_t memory_size, heed__memory_attention *layer)
{
    char part[160];
    heed__param_options weight = {.init = HEED_INIT_XAVIER, .decay = 1};
    snprintf(part, sizeof part, "%s.query", name);
    HEED_TRY(heed__linear_create(params, part, query_size, query_size, 0, &layer->query));
    snprintf(part, sizeof part, "%s.key", name);
    HEED_TRY(heed__linear_create(params, part, memory_size, query_size, 1, &layer->key));
    return heed__params_add(params, 1, query_size, weight, &layer->weight, "%s.score.weight", name);
}

static heed_status create_product(heed__params *params, const char *name, int64_t query_size,
                                  int64_t memory_size, heed__memory_attention *layer)
{
    char part[160];
    snprintf(part, sizeof part, "%s.key", name);
    if (layer->look == HEED_LOOK_GENERAL)
        return heed__linear_create(params, part, memory_size, query_size, 0, &layer->key);
    if (query_size != memory_size)
        return heed__fail(HEED_E_INVALID,
                          "decoder.attention = dot with states of %lld and a source of %lld "
                          "columns; make decoder.dim %lld, or use 'general'",
                          (long long)query_size, (long long)memory_size, (long long)memory_size);
    return HEED_OK;
}

heed_status heed__memory_attention_create(heed__params *params, const char *name, heed__look look,
                                          int64_t query_size, int64_t memory_size,
                                          heed__memory_attention *layer)
{
    int additive = look == HEED_LOOK_ADDITIVE || look == HEED_LOOK_CONCAT;
    layer->look = look;
    if (look == HEED_LOOK_NONE) return HEED_OK;
    layer->score = (heed_attention_part){sizeof layer->score, additive ? "additive" : "dot"};
    layer->attender.options = (heed_attention_options){.size = sizeof layer->attender.options,
                                                       .heads = 1,
                                                       .head_size = query_size,
                                                       .value_size = memory_size,
                                                       .score = &layer->score};
    return additive ? create_additive(params, name, query_size, memory_size, layer)
                    : create_product(params, name, query_size, memory_size, layer);
}

void heed__memory_attention_clear(heed__memory_attention *layer)
{
    heed__attender_clear(&layer->attender);
}

heed__var heed__memory_attention_keys(const heed__memory_attention *layer, const heed__pass *pass,
                                      heed__var memory)
{
    return layer->key.weight ? heed__linear_apply(&layer->key, pass, memory) : memory;
}

heed__var heed__memory_attention_apply(heed__memory_attention *layer, const heed__pass *pass,
                                       const heed__memory_view *view, heed__var query,
                                       heed__attention_site *site)
{
    heed__attend attend = {.attender = &layer->attender,
                           .queries = view->queries,
                           .keys = view->ragged,
                           .slots = view->slots};
    heed__var q = layer->query.weight ? heed__linear_apply(&layer->query, pass, query) : query;
    heed__var in[4] = {q, view->keys, view->values, HEED_NO_VAR};
    if (layer->weight) in[3] = heed__tape_param(pass->tape, layer->weight);
    heed__var out = heed__tape_apply(pass->tape, &heed__op_attend, in, 4, &attend, sizeof attend);
    if (site) *site = (heed__attention_site){attend, q, view->keys, out, in[3]};
    return out;
}
