/* SPDX-License-Identifier: MIT */
#include "model/stack.h"

#include <stdio.h>

static heed__mechanism_texts mechanisms_of(const heed_config *config)
{
    return (heed__mechanism_texts){.score = heed_config_get(config, "encoder.score"),
                                   .normaliser = heed_config_get(config, "encoder.normaliser"),
                                   .mask = heed_config_get(config, "encoder.mask"),
                                   .position = heed_config_get(config, "encoder.position"),
                                   .stages = heed_config_get(config, "encoder.stages")};
}

heed__transformer_options heed__stack_options(const heed_config *config)
{
    return (heed__transformer_options){
        .attention = {.size = heed__config_integer(config, "encoder.dim"),
                      .heads = heed__config_integer(config, "encoder.heads"),
                      .key_heads = heed__config_integer(config, "encoder.key_heads"),
                      .mechanisms = mechanisms_of(config),
                      .causal = heed__config_boolean(config, "encoder.causal"),
                      .dropout = (float)heed__config_number(config, "encoder.attention_dropout"),
                      .bare = !heed__config_boolean(config, "encoder.projection")},
        .layers = heed__config_integer(config, "encoder.layers"),
        .ffn = heed__config_integer(config, "encoder.ffn"),
        .place = heed__config_is(config, "encoder.norm", "pre")    ? HEED_NORM_PRE
                 : heed__config_is(config, "encoder.norm", "post") ? HEED_NORM_POST
                                                                   : HEED_NORM_NONE,
        .residual = heed__config_boolean(config, "encoder.residual"),
        .activation = heed_config_get(config, "encoder.activation"),
        .dropout = (float)heed__config_number(config, "encoder.dropout")};
}

/* Positions as large beside the embeddings as in the paper, where both are of the order of one. */
heed_status heed__stack_positions(heed__params *params, const heed_config *config, const char *name,
                                  int64_t size, heed__positions *positions)
{
    float scale = heed__config_boolean(config, "input.scale")
                      ? 1
                      : (float)heed__config_number(config, "input.init");
    int writes = heed__config_is(config, "output.kind", "translate") ||
                 heed__config_is(config, "output.kind", "language");
    int64_t rows = heed__config_integer(config, "input.max_length") + writes; /* the boundary */
    return heed__positions_create(params, name, heed_config_get(config, "encoder.positions"), rows,
                                  size, scale, positions);
}

int64_t heed__decoder_integer(const heed_config *config, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "decoder.%s", name);
    int64_t own = heed__config_integer(config, key);
    snprintf(key, sizeof key, "encoder.%s", name);
    return own ? own : heed__config_integer(config, key);
}

static int64_t or_else(int64_t a, int64_t b)
{
    return a ? a : b;
}

int64_t heed__source_dim(const heed_config *config)
{
    return or_else(heed__config_integer(config, "input.dim"),
                   heed__config_integer(config, "encoder.dim"));
}

int64_t heed__target_dim(const heed_config *config)
{
    return or_else(heed__config_integer(config, "input.dim"), heed__decoder_integer(config, "dim"));
}

int64_t heed__states_dim(const heed_config *config)
{
    if (heed__config_is(config, "encoder.kind", "none")) return heed__source_dim(config);
    return heed__config_integer(config, "encoder.dim");
}
