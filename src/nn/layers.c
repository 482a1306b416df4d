/* SPDX-License-Identifier: MIT */
/* The plain layers: linear, normalisation, and the shorthands around single operations. */
#include "nn/layers.h"

#include "base/fail.h"

static const float norm_epsilon = 1e-5f;

heed_status heed__linear_create(heed__params *params, const char *name, int64_t in, int64_t out,
                                int with_bias, heed__linear *layer)
{
    heed__param_options weight = {.init = HEED_INIT_XAVIER, .decay = 1};
    heed__param_options bias = {.init = HEED_INIT_ZERO, .vector = 1};
    HEED_TRY(heed__params_add(params, out, in, weight, &layer->weight, "%s.weight", name));
    if (!with_bias) return HEED_OK;
    return heed__params_add(params, 1, out, bias, &layer->bias, "%s.bias", name);
}

heed__var heed__linear_apply(const heed__linear *layer, const heed__pass *pass, heed__var x)
{
    heed__var in[3] = {x, heed__tape_param(pass->tape, layer->weight), HEED_NO_VAR};
    if (layer->bias) in[2] = heed__tape_param(pass->tape, layer->bias);
    return heed__tape_apply(pass->tape, &heed__op_linear, in, 3, NULL, 0);
}

heed_status heed__norm_create(heed__params *params, const char *name, int64_t size,
                              heed__norm *layer)
{
    heed__param_options gain = {.init = HEED_INIT_ONE, .vector = 1};
    heed__param_options bias = {.init = HEED_INIT_ZERO, .vector = 1};
    HEED_TRY(heed__params_add(params, 1, size, gain, &layer->gain, "%s.gain", name));
    return heed__params_add(params, 1, size, bias, &layer->bias, "%s.bias", name);
}

heed__var heed__norm_apply(const heed__norm *layer, const heed__pass *pass, heed__var x)
{
    heed__layer_norm norm = {norm_epsilon};
    heed__var in[3] = {x, heed__tape_param(pass->tape, layer->gain),
                       heed__tape_param(pass->tape, layer->bias)};
    return heed__tape_apply(pass->tape, &heed__op_layer_norm, in, 3, &norm, sizeof norm);
}

heed__var heed__activate(const heed__pass *pass, heed__activation_kind kind, heed__var x)
{
    heed__activation activation = {kind};
    return heed__tape_apply(pass->tape, &heed__op_activation, &x, 1, &activation,
                            sizeof activation);
}

heed__var heed__gate(const heed__pass *pass, heed__activation_kind kind, heed__var x)
{
    heed__activation activation = {kind};
    return heed__tape_apply(pass->tape, &heed__op_glu, &x, 1, &activation, sizeof activation);
}

heed__var heed__feed_forward(const heed__pass *pass, const heed__linear *up,
                             heed__activation_kind kind, const heed__linear *down, heed__var x)
{
    heed__tape *tape = pass->tape;
    heed__activation activation = {kind};
    heed__var in[5] = {x, heed__tape_param(tape, up->weight), heed__tape_param(tape, up->bias),
                       heed__tape_param(tape, down->weight), heed__tape_param(tape, down->bias)};
    heed__var y =
        heed__tape_apply(tape, &heed__op_feed_forward, in, 5, &activation, sizeof activation);
    /* later masks are those that follow three operations */
    heed__tape_renumber(tape, heed__tape_number(tape) + 2);
    return y;
}

static heed__var drop(const heed__pass *pass, heed__var x, heed__dropout dropout)
{
    dropout.rate = pass->dropout;
    if (!(pass->dropout > 0)) return x;
    return heed__tape_apply(pass->tape, &heed__op_dropout, &x, 1, &dropout, sizeof dropout);
}

heed__var heed__drop(const heed__pass *pass, heed__var x)
{
    return drop(pass, x, (heed__dropout){.ragged = pass->ragged});
}

heed__var heed__drop_pooled(const heed__pass *pass, heed__var x)
{
    return drop(pass, x, (heed__dropout){.ids = pass->ragged->ids});
}

heed__var heed__sum(const heed__pass *pass, heed__var a, heed__var b)
{
    heed__var in[2] = {a, b};
    return heed__tape_apply(pass->tape, &heed__op_add, in, 2, NULL, 0);
}

heed__var heed__drop_sum(const heed__pass *pass, heed__var a, heed__var b)
{
    heed__dropout dropout = {.rate = pass->dropout, .ragged = pass->ragged};
    heed__var in[2] = {a, b};
    if (!(pass->dropout > 0)) return heed__sum(pass, a, b);
    heed__var y = heed__tape_apply(pass->tape, &heed__op_drop_add, in, 2, &dropout, sizeof dropout);
    /* later masks are those that follow two operations */
    heed__tape_renumber(pass->tape, heed__tape_number(pass->tape) + 1);
    return y;
}
