/* SPDX-License-Identifier: MIT */
/* Pools: the mean, the first token, a learned attention, or attention beside the mean. */
#include "base/fail.h"
#include "model/parts.h"
#include "model/stack.h"

#include <string.h>

heed_status heed__pool_create(heed__params *params, const heed_config *config, heed__pool *pool)
{
    const char *kind = heed_config_get(config, "pool.kind");
    int64_t dim = heed__states_dim(config);
    pool->attention = strstr(kind, "attention") != NULL;
    pool->mean = strstr(kind, "mean") != NULL;
    pool->first = strcmp(kind, "cls") == 0;
    int64_t heads = heed__config_integer(config, "pool.heads");
    pool->width = dim * ((pool->attention ? heads : 0) + pool->mean + pool->first);
    if (!pool->attention) return HEED_OK;
    heed__mechanism_texts texts = {.score = heed_config_get(config, "pool.score"),
                                   .normaliser = heed_config_get(config, "pool.normaliser")};
    return heed__attention_pool_create(params, "pool", dim, heads, &texts,
                                       (float)heed__config_number(config, "pool.dropout"),
                                       &pool->layer);
}

void heed__pool_clear(heed__pool *pool)
{
    heed__attention_pool_clear(&pool->layer);
}

heed__var heed__pool_apply(heed__pool *pool, const heed__pass *pass, heed__var x,
                           heed__sites *sites)
{
    heed__var parts[2];
    int count = 0;
    heed__segment segment = {pass->ragged};
    if (pool->attention)
        parts[count++] =
            heed__attention_pool_apply(&pool->layer, pass, x, heed__sites_add(sites, "pool"));
    if (pool->mean)
        parts[count++] =
            heed__tape_apply(pass->tape, &heed__op_mean, &x, 1, &segment, sizeof segment);
    if (pool->first)
        parts[count++] =
            heed__tape_apply(pass->tape, &heed__op_first, &x, 1, &segment, sizeof segment);
    if (count == 1) return parts[0];
    return heed__tape_apply(pass->tape, &heed__op_concat, parts, count, NULL, 0);
}
