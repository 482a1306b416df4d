/* SPDX-License-Identifier: MIT */
/* Stacked GRU or LSTM layers, in one or both directions. */
#include "base/fail.h"
#include "model/parts.h"
#include "model/stack.h"

#include <stdio.h>

typedef struct recurrent_encoder {
    int64_t count;
    float dropout;
    heed__recurrent_layer *layers;
} recurrent_encoder;

static void recurrent_destroy(void *encoder)
{
    recurrent_encoder *e = encoder;
    if (e) heed__free(e->layers);
    heed__free(e);
}

static heed_status create_layers(heed__params *params, const heed_config *config,
                                 const heed__op *op, const char *name, int64_t in,
                                 recurrent_encoder *e)
{
    int64_t dim = heed__config_integer(config, "encoder.dim");
    int directions = (int)heed__config_integer(config, "encoder.directions");
    e->count = heed__config_integer(config, "encoder.layers");
    e->dropout = (float)heed__config_number(config, "encoder.dropout");
    HEED_TRY(heed__alloc((size_t)e->count, sizeof *e->layers, "layers", &e->layers));
    for (int64_t i = 0; i < e->count; i++) {
        char layer[64];
        snprintf(layer, sizeof layer, "%s.%lld", name, (long long)i);
        HEED_TRY(heed__recurrent_layer_create(params, layer, op, i ? dim : in, dim, directions,
                                              &e->layers[i]));
    }
    return HEED_OK;
}

static heed_status create(heed__params *params, const heed_config *config, const heed__op *op,
                          const char *name, int64_t in, void **out)
{
    recurrent_encoder *e = NULL;
    HEED_TRY(heed__alloc(1, sizeof *e, "an encoder", &e));
    heed_status status = create_layers(params, config, op, name, in, e);
    if (status != HEED_OK)
        recurrent_destroy(e);
    else
        *out = e;
    return status;
}

static heed_status gru_create(heed__params *params, const heed_config *config, const char *name,
                              int64_t in, void **out)
{
    return create(params, config, &heed__op_gru, name, in, out);
}

static heed_status lstm_create(heed__params *params, const heed_config *config, const char *name,
                               int64_t in, void **out)
{
    return create(params, config, &heed__op_lstm, name, in, out);
}

static heed__var recurrent_apply(void *encoder, const heed__pass *pass, heed__var x,
                                 heed__sites *sites)
{
    recurrent_encoder *e = encoder;
    heed__pass inner = *pass;
    inner.dropout = e->dropout;
    (void)sites;
    for (int64_t i = 0; i < e->count; i++) {
        if (i > 0) x = heed__drop(&inner, x);
        heed__tape_block_begin(pass->tape);
        x = heed__recurrent_layer_apply(&e->layers[i], &inner, x);
        heed__tape_block_end(pass->tape);
    }
    return x;
}

const heed__encoder_kind heed__encoder_gru = {"gru", "gated recurrent units", gru_create,
                                              recurrent_apply, recurrent_destroy};
const heed__encoder_kind heed__encoder_lstm = {"lstm", "long short-term memory", lstm_create,
                                               recurrent_apply, recurrent_destroy};
