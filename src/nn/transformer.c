/* SPDX-License-Identifier: MIT */
#include "nn/transformer.h"

#include "base/fail.h"

#include <stdio.h>
#include <string.h>

static heed__activation_kind activation_of(const char *name)
{
    for (int i = 0; i < HEED_ACTIVATIONS; i++)
        if (strcmp(name, heed__activation_name((heed__activation_kind)i)) == 0)
            return (heed__activation_kind)i;
    return HEED_SILU; /* of swiglu */
}

static int is_gated(const heed__transformer_options *o)
{
    return strcmp(o->activation, "swiglu") == 0;
}

static heed_status create_layer(heed__params *params, const char *prefix,
                                const heed__transformer_options *o, heed__transformer_layer *l)
{
    char name[160];
    snprintf(name, sizeof name, "%s.attention", prefix);
    HEED_TRY(heed__self_attention_create(params, name, &o->attention, &l->self));
    heed__self_attention_options cross = o->attention;
    cross.mechanisms = o->cross;
    snprintf(name, sizeof name, "%s.memory", prefix);
    if (o->memory)
        HEED_TRY(heed__cross_attention_create(params, name, &cross, o->memory, &l->cross));
    for (int i = 0; i < 3 && o->place != HEED_NORM_NONE; i++) {
        if ((i == 1 && !o->ffn) || (i == 2 && !o->memory)) continue;
        snprintf(name, sizeof name, "%s.norm%d", prefix, i);
        HEED_TRY(heed__norm_create(params, name, o->attention.size, &l->norm[i]));
    }
    if (!o->ffn) return HEED_OK;
    int64_t twice = is_gated(o) ? 2 : 1;
    snprintf(name, sizeof name, "%s.up", prefix);
    HEED_TRY(heed__linear_create(params, name, o->attention.size, twice * o->ffn, 1, &l->up));
    snprintf(name, sizeof name, "%s.down", prefix);
    return heed__linear_create(params, name, o->ffn, o->attention.size, 1, &l->down);
}

heed_status heed__transformer_create(heed__params *params, const char *name,
                                     const heed__transformer_options *options,
                                     heed__transformer *stack)
{
    char part[128];
    stack->options = *options;
    stack->activation = activation_of(options->activation);
    stack->gated = is_gated(options);
    HEED_TRY(heed__alloc((size_t)options->layers, sizeof *stack->layers, "layers", &stack->layers));
    for (int64_t i = 0; i < options->layers; i++) {
        snprintf(part, sizeof part, "%s.%lld", name, (long long)i);
        HEED_TRY(create_layer(params, part, options, &stack->layers[i]));
    }
    if (options->place != HEED_NORM_PRE) return HEED_OK;
    snprintf(part, sizeof part, "%s.norm", name);
    return heed__norm_create(params, part, options->attention.size, &stack->last);
}

void heed__transformer_clear(heed__transformer *stack)
{
    for (int64_t i = 0; stack->layers && i < stack->options.layers; i++) {
        heed__self_attention_clear(&stack->layers[i].self);
        heed__cross_attention_clear(&stack->layers[i].cross);
    }
    heed__free(stack->layers);
    stack->layers = NULL;
}

/* What stands around attention and around the feed-forward part. */
static heed__var before(const heed__transformer *t, const heed__pass *pass, const heed__norm *norm,
                        heed__var x)
{
    return t->options.place == HEED_NORM_PRE ? heed__norm_apply(norm, pass, x) : x;
}

static heed__var after(const heed__transformer *t, const heed__pass *pass, const heed__norm *norm,
                       heed__var x, heed__var y)
{
    y = t->options.residual ? heed__drop_sum(pass, x, y) : heed__drop(pass, y);
    return t->options.place == HEED_NORM_POST ? heed__norm_apply(norm, pass, y) : y;
}

static heed__var feed_forward(const heed__transformer *t, const heed__transformer_layer *l,
                              const heed__pass *pass, heed__var x)
{
    if (!t->gated) return heed__feed_forward(pass, &l->up, t->activation, &l->down, x);
    heed__var y = heed__gate(pass, t->activation, heed__linear_apply(&l->up, pass, x));
    return heed__linear_apply(&l->down, pass, y);
}

static heed__var apply_layer(const heed__transformer *t, int64_t i, const heed__pass *pass,
                             heed__var x, const heed__transformer_view *view)
{
    heed__transformer_layer *l = &t->layers[i];
    heed__var y = view->self(view->user, l, i, pass, before(t, pass, &l->norm[0], x));
    x = after(t, pass, &l->norm[0], x, y);
    if (t->options.memory) {
        y = view->cross(view->user, l, i, pass, before(t, pass, &l->norm[2], x));
        x = after(t, pass, &l->norm[2], x, y);
    }
    if (!t->options.ffn) return x;
    y = feed_forward(t, l, pass, before(t, pass, &l->norm[1], x));
    return after(t, pass, &l->norm[1], x, y);
}

heed__var heed__transformer_apply(heed__transformer *t, const heed__pass *outer, heed__var x,
                                  const heed__transformer_view *view)
{
    heed__pass inner = *outer, *pass = &inner;
    inner.dropout = t->options.dropout;
    for (int64_t i = 0; i < t->options.layers; i++) {
        heed__tape_block_begin(pass->tape);
        x = apply_layer(t, i, pass, x, view);
        heed__tape_block_end(pass->tape);
    }
    return t->options.place == HEED_NORM_PRE ? heed__norm_apply(&t->last, pass, x) : x;
}
