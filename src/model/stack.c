/* SPDX-License-Identifier: MIT */
#include "model/stack.h"

#include <stdio.h>
#include <string.h>

/* part.name; where that is "same" the encoder's, or, of a recurrent decoder, plain attention's. */
static const char *mechanism_of(const heed_config *config, const char *part, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "%s.%s", part, name);
    const char *own = heed_config_get(config, key);
    if (strcmp(own, "same") != 0) return own;
    if (!heed__config_is(config, "decoder.kind", "transformer")) return NULL;
    snprintf(key, sizeof key, "encoder.%s", name);
    return heed_config_get(config, key);
}

heed__mechanism_texts heed__stack_mechanisms(const heed_config *config, const char *part)
{
    return (heed__mechanism_texts){.score = mechanism_of(config, part, "score"),
                                   .normaliser = mechanism_of(config, part, "normaliser"),
                                   .mask = mechanism_of(config, part, "mask"),
                                   .position = mechanism_of(config, part, "position"),
                                   .stages = mechanism_of(config, part, "stages")};
}

heed__transformer_options heed__stack_options(const heed_config *config)
{
    return (heed__transformer_options){
        .attention = {.size = heed__config_integer(config, "encoder.dim"),
                      .heads = heed__config_integer(config, "encoder.heads"),
                      .key_heads = heed__config_integer(config, "encoder.key_heads"),
                      .mechanisms = heed__stack_mechanisms(config, "encoder"),
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
