/* SPDX-License-Identifier: MIT */
/* The parts a model is put together from, as rows of tables: encoders and pools. */
#ifndef HEED_MODEL_PARTS_H
#define HEED_MODEL_PARTS_H

#include "model/config.h"
#include "nn/layers.h"

/* Where attention happened in a pass. */
enum { HEED_SITES = 640 }; /* those past it are not looked at: steps of long texts */
typedef struct heed__site {
    char name[32]; /* "layer 1", "pool", "encoder layer 1" */
    heed__attention_site at;
} heed__site;
typedef struct heed__sites {
    int count;
    int all;            /* set by the caller: of models that write, too, not only where the decoder
                           looks at the source; of a recurrent decoder, each step has a site */
    const char *within; /* goes before names; NULL = nothing */
    heed__site items[HEED_SITES];
} heed__sites;

/* The next site, named printf-like; NULL when sites is NULL (nobody will look). */
heed__attention_site *heed__sites_add(heed__sites *sites, const char *name, ...) HEED_PRINTF(2, 3);

typedef struct heed__encoder_kind {
    const char *name, *summary;
    /* Parameters are called name.0..., what it reads has `in` columns (a Transformer's are its own
     * size). *out is NULL for a kind without state. */
    heed_status (*create)(heed__params *params, const heed_config *config, const char *name,
                          int64_t in, void **out);
    heed__var (*apply)(void *encoder, const heed__pass *pass, heed__var x, heed__sites *sites);
    void (*destroy)(void *encoder);
} heed__encoder_kind;

extern const heed__encoder_kind heed__encoder_none, heed__encoder_gru, heed__encoder_lstm,
    heed__encoder_transformer;
const heed__encoder_kind *heed__encoder_find(const char *name);
const heed__encoder_kind *heed__encoder_at(size_t index); /* NULL past the end */

/* A pool turns [tokens, dim] into [sequences, width]. */
typedef struct heed__pool {
    int attention, mean, first;
    heed__attention_pool layer;
    int64_t width;
} heed__pool;
heed_status heed__pool_create(heed__params *params, const heed_config *config, heed__pool *pool);
void heed__pool_clear(heed__pool *pool);
heed__var heed__pool_apply(heed__pool *pool, const heed__pass *pass, heed__var x,
                           heed__sites *sites);

#endif
