/* SPDX-License-Identifier: MIT */
#include "base/fail.h"
#include "nn/layers.h"

#include <stdio.h>
#include <string.h>

heed_status heed__self_attention_create(heed__params *params, const char *name,
                                        const heed__self_attention_options *o,
                                        heed__self_attention *layer)
{
    char part[160];
    int64_t key_heads = o->key_heads ? o->key_heads : o->heads, head = o->size / o->heads;
    if (!head)
        return heed__fail(HEED_E_INVALID, "heads = %lld is more than dim = %lld; use fewer",
                          (long long)o->heads, (long long)o->size);
    if (o->size % o->heads)
        return heed__fail(HEED_E_INVALID,
                          "dim = %lld is not a multiple of heads = %lld; make it %lld or %lld",
                          (long long)o->size, (long long)o->heads, (long long)(head * o->heads),
                          (long long)((head + 1) * o->heads));
    if (o->heads % key_heads)
        return heed__fail(HEED_E_INVALID, "key_heads = %lld does not divide heads = %lld",
                          (long long)key_heads, (long long)o->heads);
    layer->bare = o->bare;
    int scaled = strcmp(o->score, "scaled_dot") == 0;
    layer->scaled.part.size = scaled ? sizeof layer->scaled : sizeof layer->scaled.part;
    layer->scaled.part.name = o->score;
    layer->mask = (heed_attention_part){sizeof layer->mask, "causal"};
    layer->attender.options = (heed_attention_options){.size = sizeof layer->attender.options,
                                                       .heads = o->heads,
                                                       .key_heads = key_heads,
                                                       .head_size = head,
                                                       .score = &layer->scaled.part,
                                                       .mask = o->causal ? &layer->mask : NULL,
                                                       .dropout = (double)o->dropout};
    snprintf(part, sizeof part, "%s.qkv", name);
    HEED_TRY(heed__linear_create(params, part, o->size, o->size + 2 * key_heads * head, 1,
                                 &layer->project));
    if (strcmp(o->score, "additive") == 0) {
        heed__param_options weight = {.init = HEED_INIT_XAVIER, .decay = 1};
        HEED_TRY(heed__params_add(params, o->heads, head, weight, &layer->score_weight,
                                  "%s.score.weight", name));
    }
    snprintf(part, sizeof part, "%s.output", name);
    return o->bare ? HEED_OK
                   : heed__linear_create(params, part, o->size, o->size, 1, &layer->output);
}

void heed__self_attention_clear(heed__self_attention *layer)
{
    heed__attender_clear(&layer->attender);
}

heed__var heed__self_attention_apply(heed__self_attention *layer, const heed__pass *pass,
                                     heed__var x, heed__attention_site *site)
{
    const heed_attention_options *o = &layer->attender.options;
    heed__var qkv = heed__linear_apply(&layer->project, pass, x);
    heed__attend attend = {&layer->attender, pass->ragged, pass->ragged, 0, 0, 0};
    attend.k_column = o->heads * o->head_size;
    attend.v_column = attend.k_column + o->key_heads * o->head_size;
    heed__var in[4] = {qkv, qkv, qkv, HEED_NO_VAR};
    if (layer->score_weight) in[3] = heed__tape_param(pass->tape, layer->score_weight);
    heed__var y = heed__tape_apply(pass->tape, &heed__op_attend, in, 4, &attend, sizeof attend);
    if (site) *site = (heed__attention_site){attend, qkv, qkv, y, in[3]};
    return layer->bare ? y : heed__linear_apply(&layer->output, pass, y);
}

heed_status heed__attention_pool_create(heed__params *params, const char *name, int64_t size,
                                        float dropout, heed__attention_pool *layer)
{
    char part[160];
    layer->score = (heed_attention_part){sizeof layer->score, "dot"};
    layer->attender.options = (heed_attention_options){.size = sizeof layer->attender.options,
                                                       .heads = 1,
                                                       .head_size = size,
                                                       .score = &layer->score,
                                                       .dropout = (double)dropout};
    snprintf(part, sizeof part, "%s.project", name);
    HEED_TRY(heed__linear_create(params, part, size, size, 1, &layer->project));
    heed__param_options query = {.init = HEED_INIT_ZERO, .decay = 1}; /* starts as the mean */
    return heed__params_add(params, 1, size, query, &layer->query, "%s.query", name);
}

void heed__attention_pool_clear(heed__attention_pool *layer)
{
    heed__attender_clear(&layer->attender);
}

heed__var heed__attention_pool_apply(heed__attention_pool *layer, const heed__pass *pass,
                                     heed__var x, heed__attention_site *site)
{
    heed__var u = heed__activate(pass, HEED_TANH, heed__linear_apply(&layer->project, pass, x));
    heed__attend attend = {.attender = &layer->attender, .keys = pass->ragged};
    heed__var in[3] = {heed__tape_param(pass->tape, layer->query), u, x};
    heed__var y = heed__tape_apply(pass->tape, &heed__op_attend, in, 3, &attend, sizeof attend);
    if (site) *site = (heed__attention_site){attend, in[0], u, y, HEED_NO_VAR};
    return y;
}
