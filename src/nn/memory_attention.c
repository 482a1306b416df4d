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
    if (layer->kind == HEED_SCORE_GENERAL)
        return heed__linear_create(params, part, memory_size, query_size, 0, &layer->key);
    if (query_size != memory_size)
        return heed__fail(HEED_E_INVALID,
                          "decoder.attention = dot with states of %lld and a source of %lld "
                          "columns; make decoder.dim %lld, or use 'general'",
                          (long long)query_size, (long long)memory_size, (long long)memory_size);
    return HEED_OK;
}

heed_status heed__memory_attention_create(heed__params *params, const char *name,
                                          heed__memory_score kind, int covers, int64_t query_size,
                                          int64_t memory_size, heed__memory_attention *layer)
{
    int additive = kind == HEED_SCORE_ADDITIVE || kind == HEED_SCORE_CONCAT;
    layer->kind = kind;
    if (kind == HEED_SCORE_NONE) return HEED_OK;
    layer->score = (heed_attention_part){sizeof layer->score, additive ? "additive" : "dot"};
    layer->attender.options = (heed_attention_options){.size = sizeof layer->attender.options,
                                                       .heads = 1,
                                                       .head_size = query_size,
                                                       .value_size = memory_size,
                                                       .score = &layer->score};
    HEED_TRY(additive ? create_additive(params, name, query_size, memory_size, layer)
                      : create_product(params, name, query_size, memory_size, layer));
    heed__param_options coverage = {.init = HEED_INIT_ZERO}; /* it begins unheard */
    if (!covers) return HEED_OK;
    return heed__params_add(params, 1, additive ? query_size : 1, coverage, &layer->coverage,
                            "%s.coverage.weight", name);
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

/* v . tanh(q + k + wc c) */
static heed__var additive_scores(const heed__memory_attention *layer, const heed__pass *pass,
                                 const heed__memory_view *view, heed__var q)
{
    heed__var in[5] = {q, view->keys, heed__tape_param(pass->tape, layer->weight), HEED_NO_VAR,
                       HEED_NO_VAR};
    if (layer->coverage && view->coverage != HEED_NO_VAR) {
        in[3] = view->coverage;
        in[4] = heed__tape_param(pass->tape, layer->coverage);
    }
    return heed__tape_apply(pass->tape, &heed__op_additive_scores, in, 5, view->look,
                            sizeof *view->look);
}

/* q . k + wc c */
static heed__var product_scores(const heed__memory_attention *layer, const heed__pass *pass,
                                const heed__memory_view *view, heed__var q)
{
    heed__dot_look look = {*view->look, 1};
    heed__linear covered = {layer->coverage, NULL};
    heed__var in[2] = {q, view->keys};
    heed__var scores =
        heed__tape_apply(pass->tape, &heed__op_dot_scores, in, 2, &look, sizeof look);
    if (!layer->coverage || view->coverage == HEED_NO_VAR) return scores;
    return heed__sum(pass, scores, heed__linear_apply(&covered, pass, view->coverage));
}

static heed__var explicit_context(const heed__memory_attention *layer, const heed__pass *pass,
                                  const heed__memory_view *view, heed__var q, heed__var *weights)
{
    heed__segment segment = {view->look->pairs};
    heed__var scores = layer->weight ? additive_scores(layer, pass, view, q)
                                     : product_scores(layer, pass, view, q);
    *weights =
        heed__tape_apply(pass->tape, &heed__op_softmax, &scores, 1, &segment, sizeof segment);
    heed__var in[2] = {*weights, view->values};
    return heed__tape_apply(pass->tape, &heed__op_read, in, 2, view->look, sizeof *view->look);
}

heed__var heed__memory_attention_apply(heed__memory_attention *layer, const heed__pass *pass,
                                       const heed__memory_view *view, heed__var query,
                                       heed__var *weights, heed__attention_site *site)
{
    heed__var q = layer->query.weight ? heed__linear_apply(&layer->query, pass, query) : query;
    if (view->look) return explicit_context(layer, pass, view, q, weights);
    heed__attend attend = {.attender = &layer->attender,
                           .queries = view->queries,
                           .keys = view->ragged,
                           .slots = view->slots};
    heed__var in[4] = {q, view->keys, view->values, HEED_NO_VAR};
    *weights = HEED_NO_VAR;
    if (layer->weight) in[3] = heed__tape_param(pass->tape, layer->weight);
    heed__var out = heed__tape_apply(pass->tape, &heed__op_attend, in, 4, &attend, sizeof attend);
    if (site) *site = (heed__attention_site){attend, q, view->keys, out, {in[3]}, in[3] >= 0};
    return out;
}
