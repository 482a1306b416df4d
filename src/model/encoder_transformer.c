/* SPDX-License-Identifier: MIT */
/*
 * Transformer encoder (Vaswani et al., arXiv 1706.03762). With norm "pre" (Xiong et al.,
 * 2002.04745): x += drop(attention(norm(x))),  x += drop(ffn(norm(x))),  and a last norm with
 * "post": x = norm(x + drop(attention(x))), ...; with "none", neither. Every piece can be left out,
 * down to the textbooks' single attention with its three projections.
 */
#include "base/fail.h"
#include "model/parts.h"

#include <stdio.h>
#include <string.h>

typedef struct block {
    heed__self_attention attention;
    heed__norm norm[2];
    heed__linear up, down;
} block;

typedef enum norm_place { NORM_NONE, NORM_PRE, NORM_POST } norm_place;

typedef struct transformer {
    int64_t count;
    block *blocks;
    norm_place place;
    int residual, feeds;
    heed__activation_kind activation;
    float dropout;
    heed__norm last;
    heed__param *positions; /* learned */
    int fixed;              /* sinusoidal: one of the two, or neither */
    heed_real *sinusoid;    /* [table_rows, dim], as long as the longest text so far needs */
    int64_t table_rows, most_rows, dim;
    float scale;
} transformer;

static void transformer_destroy(void *encoder)
{
    transformer *t = encoder;
    if (!t) return;
    for (int64_t i = 0; t->blocks && i < t->count; i++)
        heed__self_attention_clear(&t->blocks[i].attention);
    heed__free(t->blocks);
    heed__free(t->sinusoid);
    heed__free(t);
}

static heed_status create_block(heed__params *params, const heed_config *config, transformer *t,
                                int64_t index)
{
    block *b = &t->blocks[index];
    char name[64];
    heed__self_attention_options options = {
        .size = t->dim,
        .heads = heed__config_integer(config, "encoder.heads"),
        .key_heads = heed__config_integer(config, "encoder.key_heads"),
        .score = heed_config_get(config, "encoder.score"),
        .causal = heed__config_boolean(config, "encoder.causal"),
        .dropout = (float)heed__config_number(config, "encoder.attention_dropout"),
        .bare = !heed__config_boolean(config, "encoder.projection")};
    snprintf(name, sizeof name, "encoder.%lld.attention", (long long)index);
    HEED_TRY(heed__self_attention_create(params, name, &options, &b->attention));
    for (int i = 0; i < 1 + t->feeds && t->place != NORM_NONE; i++) {
        snprintf(name, sizeof name, "encoder.%lld.norm%d", (long long)index, i);
        HEED_TRY(heed__norm_create(params, name, t->dim, &b->norm[i]));
    }
    if (!t->feeds) return HEED_OK;
    int64_t ffn = heed__config_integer(config, "encoder.ffn");
    snprintf(name, sizeof name, "encoder.%lld.up", (long long)index);
    HEED_TRY(heed__linear_create(params, name, t->dim, ffn, 1, &b->up));
    snprintf(name, sizeof name, "encoder.%lld.down", (long long)index);
    return heed__linear_create(params, name, ffn, t->dim, 1, &b->down);
}

/* Positions as large beside the embeddings as in the paper, where both are of the order of one. */
static heed_status create_positions(heed__params *params, const heed_config *config, transformer *t)
{
    t->scale = (float)heed__config_number(config, "input.init");
    t->most_rows = heed__config_integer(config, "input.max_length");
    t->fixed = heed__config_is(config, "encoder.positions", "sinusoidal");
    if (!heed__config_is(config, "encoder.positions", "learned")) return HEED_OK;
    heed__param_options options = {.init = HEED_INIT_NORMAL, .scale = t->scale};
    return heed__params_add(params, t->most_rows, t->dim, options, &t->positions,
                            "encoder.positions");
}

/* A row's values do not depend on how many rows there are. */
static heed_status lengthen_sinusoid(transformer *t, int64_t longest)
{
    enum { FIRST_ROWS = 64 };
    heed_real *table = NULL;
    int64_t rows = t->table_rows ? t->table_rows : FIRST_ROWS;
    if (t->table_rows && longest <= t->table_rows) return HEED_OK;
    while (rows < longest) rows *= 2;
    if (rows > t->most_rows && t->most_rows >= longest) rows = t->most_rows;
    size_t count = (size_t)(rows * t->dim);
    HEED_TRY(heed__alloc(count, sizeof *table, "positions", &table));
    heed__sinusoid_fill(rows, t->dim, table);
    heed__kernels_best()->scale((int64_t)count, (heed_real)t->scale, table, table);
    heed__free(t->sinusoid);
    t->sinusoid = table;
    t->table_rows = rows;
    return HEED_OK;
}

static heed__activation_kind activation_of(const heed_config *config)
{
    for (int i = 0; i < HEED_ACTIVATIONS; i++)
        if (heed__config_is(config, "encoder.activation",
                            heed__activation_name((heed__activation_kind)i)))
            return (heed__activation_kind)i;
    return HEED_GELU; /* not reached: the setting allows no other names */
}

static heed_status fill(heed__params *params, const heed_config *config, transformer *t)
{
    t->dim = heed__config_integer(config, "encoder.dim");
    t->count = heed__config_integer(config, "encoder.layers");
    t->place = heed__config_is(config, "encoder.norm", "pre")    ? NORM_PRE
               : heed__config_is(config, "encoder.norm", "post") ? NORM_POST
                                                                 : NORM_NONE;
    t->residual = heed__config_boolean(config, "encoder.residual");
    t->feeds = heed__config_integer(config, "encoder.ffn") > 0;
    t->dropout = (float)heed__config_number(config, "encoder.dropout");
    t->activation = activation_of(config);
    HEED_TRY(create_positions(params, config, t));
    HEED_TRY(heed__alloc((size_t)t->count, sizeof *t->blocks, "layers", &t->blocks));
    for (int64_t i = 0; i < t->count; i++) HEED_TRY(create_block(params, config, t, i));
    if (t->place != NORM_PRE) return HEED_OK;
    return heed__norm_create(params, "encoder.norm", t->dim, &t->last);
}

static heed_status transformer_create(heed__params *params, const heed_config *config, void **out)
{
    transformer *t = NULL;
    HEED_TRY(heed__alloc(1, sizeof *t, "an encoder", &t));
    heed_status status = fill(params, config, t);
    if (status != HEED_OK)
        transformer_destroy(t);
    else
        *out = t;
    return status;
}

static heed__var add_positions(transformer *t, const heed__pass *pass, heed__var x)
{
    if (!t->positions && !t->fixed) return x;
    heed_status status = t->fixed ? lengthen_sinusoid(t, pass->ragged->longest) : HEED_OK;
    if (status != HEED_OK) heed__tape_fail(pass->tape, status);
    heed__position position = {pass->ragged};
    heed__var table = t->positions
                          ? heed__tape_param(pass->tape, t->positions)
                          : heed__tape_constant(pass->tape, t->table_rows, t->dim, t->sinusoid);
    heed__var in[2] = {x, table};
    return heed__tape_apply(pass->tape, &heed__op_position, in, 2, &position, sizeof position);
}

/* What stands around attention and around the feed-forward part. */
static heed__var before(transformer *t, const heed__pass *pass, const heed__norm *norm, heed__var x)
{
    return t->place == NORM_PRE ? heed__norm_apply(norm, pass, x) : x;
}

static heed__var after(transformer *t, const heed__pass *pass, const heed__norm *norm, heed__var x,
                       heed__var y)
{
    y = heed__drop(pass, y);
    if (t->residual) y = heed__sum(pass, x, y);
    return t->place == NORM_POST ? heed__norm_apply(norm, pass, y) : y;
}

static heed__var transformer_apply(void *encoder, const heed__pass *outer, heed__var x,
                                   heed__sites *sites)
{
    transformer *t = encoder;
    heed__pass inner = *outer, *pass = &inner;
    inner.dropout = t->dropout;
    x = add_positions(t, pass, x);
    for (int64_t i = 0; i < t->count; i++) {
        block *b = &t->blocks[i];
        heed__var y = before(t, pass, &b->norm[0], x);
        y = heed__self_attention_apply(&b->attention, pass, y,
                                       heed__sites_add(sites, "layer %lld", (long long)i + 1));
        x = after(t, pass, &b->norm[0], x, y);
        if (!t->feeds) continue;
        y = heed__linear_apply(&b->up, pass, before(t, pass, &b->norm[1], x));
        y = heed__linear_apply(&b->down, pass, heed__activate(pass, t->activation, y));
        x = after(t, pass, &b->norm[1], x, y);
    }
    return t->place == NORM_PRE ? heed__norm_apply(&t->last, pass, x) : x;
}

const heed__encoder_kind heed__encoder_transformer = {
    "transformer", "self-attention and feed-forward layers", transformer_create, transformer_apply,
    transformer_destroy};
