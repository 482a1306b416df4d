/* SPDX-License-Identifier: MIT */
#include "attention/narrow.h"

#include "attention/engine.h"
#include "attention/softmax.h"
#include "kernels/gemm_amx.h"

#include <stdio.h>

enum { CHUNK = HEED_AMX_CHUNK };

static int64_t unit(const heed__narrow *n)
{
    return HEED_AMX_UNIT(n->parts);
}

int heed__narrow_parts(const heed_attention_plan *plan, char *why, size_t size)
{
    heed_precision precision = heed_context_precision(plan->context);
    const char *because = NULL;
    if (precision == HEED_PRECISION_HIGHEST)
        because = "it is what was asked for";
    else if (!heed__gemm_parts(precision))
        because = "this processor has no AMX";
    else if (!plan->score->product)
        because = "the score is no product";
    else if (plan->engine != &heed__engine_tiled)
        because = "engine tiled alone knows others";
    snprintf(why, size, "%s", because ? because : "");
    if (!because && plan->capacity.longest_query < plan->thresholds.narrow_queries) {
        because = why;
        snprintf(why, size, "sequences have fewer than %d queries",
                 (int)plan->thresholds.narrow_queries);
    }
    return because ? 0 : heed__gemm_parts(precision);
}

int heed__narrow_now(const heed_attention_plan *plan)
{
    int wanted = heed__gemm_parts(heed_context_precision(plan->context));
    return wanted && plan->parts >= wanted ? plan->parts : 0;
}

heed__narrow heed__narrow_of(heed__carver *carver, const heed_attention_plan *plan, int64_t strips)
{
    heed__narrow n = {
        .parts = plan->parts, .width = plan->width, .value_size = plan->options.value_size};
    if (!n.parts) return n;
    n.amx = heed__amx_best();
    n.softmax = heed__amx_softmax_best();
    n.fuses = plan->normaliser->block == heed__softmax_block && !plan->weighs &&
              !plan->reads_values && !plan->drop_below;
    int64_t depth = heed__blocks(n.width, CHUNK), keys = HEED_KEY_BLOCK / CHUNK;
    n.queries = heed__carve(carver, (size_t)(strips * depth * unit(&n)));
    n.keys = heed__carve(carver, (size_t)(HEED_KEY_BLOCK / HEED_STRIP * depth * unit(&n)));
    n.values =
        heed__carve(carver, (size_t)(heed__blocks(n.value_size, HEED_STRIP) * keys * unit(&n)));
    size_t blocks = (size_t)heed__blocks(n.value_size, HEED_STRIP) + HEED_KEY_BLOCK / HEED_STRIP;
    n.blocks = (heed__amx_block *)(void *)heed__carve(carver, blocks * sizeof *n.blocks /
                                                                  sizeof(heed_real));
    n.odd_queries = (int *)(void *)heed__carve(carver, (size_t)strips);
    return n;
}

void heed__narrow_queries(heed__narrow *n, int64_t strip, const heed__queries *q)
{
    heed__amx_strip rows = {q->data, q->stride, 1, q->count, n->width, 0};
    int64_t depth = heed__blocks(n->width, CHUNK);
    n->odd_queries[strip] = n->amx->pack(n->parts, &rows, n->queries + strip * depth * unit(n));
    n->odd_query |= n->odd_queries[strip];
}

int heed__narrow_keys(heed__narrow *n, const heed__keys *k, const heed_real *v, int64_t v_row)
{
    int64_t depth = heed__blocks(n->width, CHUNK), chunks = heed__blocks(k->count, CHUNK);
    n->odd = 0;
    for (int64_t j = 0, strip = 0; j < k->count; j += HEED_STRIP, strip++) {
        heed__amx_strip rows = {.data = k->data + j * k->stride,
                                .row = k->stride,
                                .col = 1,
                                .rows = heed__least(HEED_STRIP, k->count - j),
                                .k = n->width,
                                .by_columns = 1};
        n->odd |= n->amx->pack(n->parts, &rows, n->keys + strip * depth * unit(n));
    }
    for (int64_t d = 0, strip = 0; d < n->value_size; d += HEED_STRIP, strip++) {
        heed__amx_strip columns = {.data = v + d,
                                   .row = 1,
                                   .col = v_row,
                                   .rows = heed__least(HEED_STRIP, n->value_size - d),
                                   .k = k->count,
                                   .by_columns = 1};
        n->odd |= n->amx->pack(n->parts, &columns, n->values + strip * chunks * unit(n));
    }
    return !n->odd && !n->odd_query;
}

static int64_t score_blocks(const heed__narrow *n, const heed__narrow_strip *x,
                            heed__amx_block *out)
{
    int64_t depth = heed__blocks(n->width, CHUNK), count = 0;
    for (; count * HEED_STRIP < x->keys; count++)
        out[count] = (heed__amx_block){.rows = HEED_STRIP,
                                       .cols = HEED_STRIP,
                                       .chunks = depth,
                                       .a = n->queries + x->strip * depth * unit(n),
                                       .b = n->keys + count * depth * unit(n),
                                       .c = x->s + count * HEED_STRIP,
                                       .c_row = HEED_KEY_BLOCK};
    return count;
}

static int64_t product_blocks(const heed__narrow *n, const heed__narrow_strip *x,
                              heed__amx_block *out)
{
    int64_t chunks = heed__blocks(x->keys, CHUNK), count = 0;
    for (; count * HEED_STRIP < n->value_size; count++)
        out[count] = (heed__amx_block){.rows = HEED_STRIP,
                                       .cols = HEED_STRIP,
                                       .chunks = chunks,
                                       .a = x->weights,
                                       .b = n->values + count * chunks * unit(n),
                                       .start = x->o + count * HEED_STRIP,
                                       .start_row = x->o_row,
                                       .c = x->o + count * HEED_STRIP,
                                       .c_row = x->o_row};
    return count;
}

static void run(const heed__narrow *n, int64_t blocks)
{
    for (int64_t i = 0; i < blocks; i++) n->amx->block(n->parts, &n->blocks[i]);
}

void heed__narrow_scores(const heed__narrow *n, const heed__narrow_strip *x)
{
    run(n, score_blocks(n, x, n->blocks));
}

void heed__narrow_product(const heed__narrow *n, const heed__narrow_strip *x)
{
    run(n, product_blocks(n, x, n->blocks));
}

void heed__narrow_softmax(const heed__narrow *n, const heed__narrow_strip *x, heed_real *top,
                          heed_real *sum, heed_real *factor, const heed__narrow_strip *product,
                          const heed__narrow_strip *scores)
{
    heed__amx_scores own = {x->rows, x->keys, x->s, HEED_KEY_BLOCK};
    heed__amx_beside beside = {n->blocks, 0};
    if (product) beside.count = product_blocks(n, product, n->blocks);
    if (scores) beside.count += score_blocks(n, scores, n->blocks + beside.count);
    n->softmax->online(n->parts, &own, top, sum, factor, x->weights, &beside);
}

int heed__narrow_weights(const heed__narrow *n, const heed__narrow_strip *x)
{
    heed__amx_strip rows = {x->s, HEED_KEY_BLOCK, 1, x->rows, x->keys, 0};
    return !n->amx->pack(n->parts, &rows, x->weights);
}
