/* SPDX-License-Identifier: MIT */
/* How a recurrent decoder's state looks at the memory. */
#include "base/fail.h"
#include "nn/steps.h"

#include <stdio.h>
#include <string.h>

static heed_status project_additive(heed__params *params, const char *name,
                                    const heed__memory_options *o, heed__memory_attention *layer)
{
    char part[160];
    snprintf(part, sizeof part, "%s.query", name);
    HEED_TRY(heed__linear_create(params, part, o->query_size, o->query_size, 0, &layer->query));
    snprintf(part, sizeof part, "%s.key", name);
    return heed__linear_create(params, part, o->memory_size, o->query_size, 1, &layer->key);
}

static heed_status project_product(heed__params *params, const char *name,
                                   const heed__memory_options *o, heed__memory_attention *layer)
{
    char part[160];
    snprintf(part, sizeof part, "%s.key", name);
    if (layer->kind == HEED_SCORE_GENERAL)
        return heed__linear_create(params, part, o->memory_size, o->query_size, 0, &layer->key);
    if (o->query_size != o->memory_size)
        return heed__fail(HEED_E_INVALID,
                          "decoder.attention = dot with states of %lld and a source of %lld "
                          "columns; make decoder.dim %lld, or use 'general'",
                          (long long)o->query_size, (long long)o->memory_size,
                          (long long)o->memory_size);
    return HEED_OK;
}

/* Nothing but softmax of the scores is named; else `why` not. */
static heed_status check_plain(const heed__memory_options *o, const char *why)
{
    const struct plain {
        const char *name, *have, *plain;
    } rows[] = {{"normaliser", o->mechanisms.normaliser, "softmax"},
                {"mask", o->mechanisms.mask, "none"},
                {"stages", o->mechanisms.stages, "none"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].have && strcmp(rows[i].have, rows[i].plain) != 0)
            return heed__fail(HEED_E_UNSUPPORTED, "cross.%s = %s %s; let cross.%s be %s",
                              rows[i].name, rows[i].have, why, rows[i].name, rows[i].plain);
    return HEED_OK;
}

heed_status heed__memory_attention_create(heed__params *params, const char *name,
                                          const heed__memory_options *o,
                                          heed__memory_attention *layer)
{
    int additive = o->kind == HEED_SCORE_ADDITIVE || o->kind == HEED_SCORE_CONCAT;
    heed__mechanism_texts texts = o->mechanisms;
    heed__mechanism_use use = {.heads = 1,
                               .head_size = o->query_size,
                               .value_size = o->memory_size,
                               .input = o->query_size,
                               .placed = 1};
    layer->kind = o->kind;
    if (o->kind == HEED_SCORE_NONE)
        return check_plain(o, "in a decoder that does not look at a source");
    if (o->values)
        HEED_TRY(check_plain(o, "in a decoder that copies or covers, whose weights are softmax's"));
    HEED_TRY(additive ? project_additive(params, name, o, layer)
                      : project_product(params, name, o, layer));
    texts.score = additive ? "additive" : "dot";
    HEED_TRY(heed__mechanisms_create(params, name, &texts, &use, &layer->mechanisms));
    if (additive) layer->weight = layer->mechanisms.learned[0];
    heed__param_options coverage = {.init = HEED_INIT_ZERO}; /* it begins unheard */
    if (!o->covers) return HEED_OK;
    return heed__params_add(params, 1, additive ? o->query_size : 1, coverage, &layer->coverage,
                            "%s.coverage.weight", name);
}

void heed__memory_attention_clear(heed__memory_attention *layer)
{
    heed__mechanisms_clear(&layer->mechanisms);
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
    heed__attend attend = {.queries = view->queries,
                           .keys = view->ragged,
                           .slots = view->slots,
                           .position = view->position};
    heed__var in[3] = {q, view->keys, view->values};
    *weights = HEED_NO_VAR;
    return heed__mechanisms_apply(&layer->mechanisms, pass, query, in, attend, site);
}
