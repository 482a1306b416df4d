/* SPDX-License-Identifier: MIT */
#include "base/fail.h"
#include "nn/layers.h"

#include <stdio.h>

static const char *const direction_names[2] = {"forward", "backward"};

heed_status heed__recurrent_layer_create(heed__params *params, const char *name, const heed__op *op,
                                         int64_t in, int64_t size, int directions,
                                         heed__recurrent_layer *layer)
{
    int64_t each = size / directions, gates = op == &heed__op_lstm ? 4 : 3;
    if (size % directions)
        return heed__fail(HEED_E_INVALID, "dim = %lld; it must be even for two directions",
                          (long long)size);
    layer->op = op;
    layer->directions = directions;
    for (int d = 0; d < directions; d++) {
        char part[160];
        heed__param_options weight = {.init = HEED_INIT_XAVIER, .decay = 1};
        heed__param_options bias = {.init = HEED_INIT_ZERO, .vector = 1};
        snprintf(part, sizeof part, "%s.%s.input", name, direction_names[d]);
        HEED_TRY(heed__linear_create(params, part, in, gates * each, 1, &layer->input[d]));
        HEED_TRY(heed__params_add(params, gates * each, each, weight, &layer->hidden[d],
                                  "%s.%s.hidden.weight", name, direction_names[d]));
        if (op == &heed__op_gru)
            HEED_TRY(heed__params_add(params, 1, gates * each, bias, &layer->hidden_bias[d],
                                      "%s.%s.hidden.bias", name, direction_names[d]));
        /* Forget gates start open (Gers, Schmidhuber, Cummins 2000). */
        for (int64_t j = each; op == &heed__op_lstm && !params->source && j < 2 * each; j++)
            layer->input[d].bias->data[j] = 1;
    }
    return HEED_OK;
}

heed__var heed__recurrent_layer_apply(const heed__recurrent_layer *layer, const heed__pass *pass,
                                      heed__var x)
{
    heed__var out[2] = {HEED_NO_VAR, HEED_NO_VAR};
    for (int d = 0; d < layer->directions; d++) {
        heed__recurrent recurrent = {.ragged = pass->ragged, .reverse = d};
        heed__var in[3] = {heed__linear_apply(&layer->input[d], pass, x),
                           heed__tape_param(pass->tape, layer->hidden[d]), HEED_NO_VAR};
        if (layer->hidden_bias[d]) in[2] = heed__tape_param(pass->tape, layer->hidden_bias[d]);
        out[d] = heed__tape_apply(pass->tape, layer->op, in, 3, &recurrent, sizeof recurrent);
    }
    if (layer->directions == 1) return out[0];
    return heed__tape_apply(pass->tape, &heed__op_concat, out, 2, NULL, 0);
}
