/* SPDX-License-Identifier: MIT */
/* Transformer encoder: positions and a stack of self-attention layers. */
#include "base/fail.h"
#include "model/parts.h"
#include "model/stack.h"

#include <stdio.h>

typedef struct transformer_encoder {
    heed__positions positions;
    heed__transformer stack;
} transformer_encoder;

static void transformer_destroy(void *encoder)
{
    transformer_encoder *e = encoder;
    if (!e) return;
    heed__positions_clear(&e->positions);
    heed__transformer_clear(&e->stack);
    heed__free(e);
}

static heed_status fill(heed__params *params, const heed_config *config, const char *name,
                        transformer_encoder *e)
{
    heed__transformer_options options = heed__stack_options(config);
    char positions[64];
    snprintf(positions, sizeof positions, "%s.positions", name);
    HEED_TRY(
        heed__stack_positions(params, config, positions, options.attention.size, &e->positions));
    return heed__transformer_create(params, name, &options, &e->stack);
}

static heed_status transformer_create(heed__params *params, const heed_config *config,
                                      const char *name, int64_t in, void **out)
{
    transformer_encoder *e = NULL;
    (void)in;
    HEED_TRY(heed__alloc(1, sizeof *e, "an encoder", &e));
    heed_status status = fill(params, config, name, e);
    if (status != HEED_OK)
        transformer_destroy(e);
    else
        *out = e;
    return status;
}

static heed__var look(void *sites, heed__transformer_layer *layer, int64_t i,
                      const heed__pass *pass, heed__var x)
{
    return heed__self_attention_apply(&layer->self, pass, x,
                                      heed__sites_add(sites, "layer %lld", (long long)i + 1));
}

static heed__var transformer_apply(void *encoder, const heed__pass *pass, heed__var x,
                                   heed__sites *sites)
{
    transformer_encoder *e = encoder;
    heed__transformer_view view = {.user = sites, .self = look};
    x = heed__positions_apply(&e->positions, pass, x);
    return heed__transformer_apply(&e->stack, pass, x, &view);
}

const heed__encoder_kind heed__encoder_transformer = {
    "transformer", "self-attention and feed-forward layers", transformer_create, transformer_apply,
    transformer_destroy};
