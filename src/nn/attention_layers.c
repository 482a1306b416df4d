/* SPDX-License-Identifier: MIT */
#include "base/fail.h"
#include "nn/layers.h"

#include <stdio.h>

static heed_status check_heads(const heed__self_attention_options *o, int64_t key_heads)
{
    int64_t head = o->size / o->heads;
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
    return HEED_OK;
}

static heed_status start_attention(heed__params *params, const char *name,
                                   const heed__self_attention_options *o, int self,
                                   heed__mechanisms *mechanisms)
{
    heed__mechanism_use use = {.heads = o->heads,
                               .key_heads = o->key_heads,
                               .head_size = o->size / o->heads,
                               .dropout = o->dropout,
                               .causal = self && o->causal,
                               .grows = self && o->grows,
                               .input = o->size,
                               .placed = 1};
    return heed__mechanisms_create(params, name, &o->mechanisms, &use, mechanisms);
}

heed_status heed__self_attention_create(heed__params *params, const char *name,
                                        const heed__self_attention_options *o,
                                        heed__self_attention *layer)
{
    char part[160];
    layer->bare = o->bare;
    int64_t key_heads = o->key_heads ? o->key_heads : o->heads;
    HEED_TRY(check_heads(o, key_heads));
    snprintf(part, sizeof part, "%s.qkv", name);
    HEED_TRY(heed__linear_create(
        params, part, o->size, o->size + 2 * key_heads * (o->size / o->heads), 1, &layer->project));
    HEED_TRY(start_attention(params, name, o, 1, &layer->mechanisms));
    snprintf(part, sizeof part, "%s.output", name);
    return o->bare ? HEED_OK
                   : heed__linear_create(params, part, o->size, o->size, 1, &layer->output);
}

void heed__self_attention_clear(heed__self_attention *layer)
{
    heed__mechanisms_clear(&layer->mechanisms);
}

heed__var heed__self_attention_apply(heed__self_attention *layer, const heed__pass *pass,
                                     heed__var x, heed__attention_site *site)
{
    const heed_attention_options *o = &layer->mechanisms.attender.options;
    heed__var qkv = heed__linear_apply(&layer->project, pass, x);
    heed__attend attend = {.queries = pass->ragged, .keys = pass->ragged};
    attend.k_column = o->heads * o->head_size;
    attend.v_column = attend.k_column + o->key_heads * o->head_size;
    heed__var in[3] = {qkv, qkv, qkv};
    heed__var y = heed__mechanisms_apply(&layer->mechanisms, pass, x, in, attend, site);
    return layer->bare ? y : heed__linear_apply(&layer->output, pass, y);
}

heed_status heed__cross_attention_create(heed__params *params, const char *name,
                                         const heed__self_attention_options *o,
                                         int64_t memory_width, heed__cross_attention *layer)
{
    char part[160];
    layer->bare = o->bare;
    int64_t key_heads = o->key_heads ? o->key_heads : o->heads;
    HEED_TRY(check_heads(o, key_heads));
    snprintf(part, sizeof part, "%s.query", name);
    HEED_TRY(heed__linear_create(params, part, o->size, o->size, 1, &layer->query));
    snprintf(part, sizeof part, "%s.memory", name);
    HEED_TRY(heed__linear_create(params, part, memory_width, 2 * key_heads * (o->size / o->heads),
                                 1, &layer->memory));
    HEED_TRY(start_attention(params, name, o, 0, &layer->mechanisms));
    snprintf(part, sizeof part, "%s.output", name);
    return o->bare ? HEED_OK
                   : heed__linear_create(params, part, o->size, o->size, 1, &layer->output);
}

void heed__cross_attention_clear(heed__cross_attention *layer)
{
    heed__mechanisms_clear(&layer->mechanisms);
}

heed__var heed__cross_attention_keys(const heed__cross_attention *layer, const heed__pass *pass,
                                     heed__var memory)
{
    return heed__linear_apply(&layer->memory, pass, memory);
}

heed__var heed__cross_attention_apply(heed__cross_attention *layer, const heed__pass *pass,
                                      heed__var x, heed__var keys, heed__attend view,
                                      heed__attention_site *site)
{
    const heed_attention_options *o = &layer->mechanisms.attender.options;
    heed__var in[3] = {heed__linear_apply(&layer->query, pass, x), keys, keys};
    view.v_column = o->key_heads * o->head_size;
    heed__var y = heed__mechanisms_apply(&layer->mechanisms, pass, x, in, view, site);
    return layer->bare ? y : heed__linear_apply(&layer->output, pass, y);
}

heed_status heed__attention_pool_create(heed__params *params, const char *name, int64_t size,
                                        int64_t heads, const heed__mechanism_texts *texts,
                                        float dropout, heed__attention_pool *layer)
{
    char part[160];
    heed__mechanism_use use = {
        .heads = heads, .key_heads = 1, .head_size = size, .dropout = dropout, .costs = 1};
    snprintf(part, sizeof part, "%s.project", name);
    HEED_TRY(heed__linear_create(params, part, size, size, 1, &layer->project));
    heed__param_options query = {.init = HEED_INIT_ZERO, .decay = 1}; /* starts as the mean */
    HEED_TRY(heed__params_add(params, 1, heads * size, query, &layer->query, "%s.query", name));
    return heed__mechanisms_create(params, name, texts, &use, &layer->mechanisms);
}

void heed__attention_pool_clear(heed__attention_pool *layer)
{
    heed__mechanisms_clear(&layer->mechanisms);
}

heed__var heed__attention_pool_apply(heed__attention_pool *layer, const heed__pass *pass,
                                     heed__var x, heed__attention_site *site)
{
    heed__var u = heed__activate(pass, HEED_TANH, heed__linear_apply(&layer->project, pass, x));
    heed__attend attend = {.keys = pass->ragged};
    heed__var in[3] = {heed__tape_param(pass->tape, layer->query), u, x};
    return heed__mechanisms_apply(&layer->mechanisms, pass, HEED_NO_VAR, in, attend, site);
}
