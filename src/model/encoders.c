/* SPDX-License-Identifier: MIT */
/* The table of encoders, and the one that does nothing. */
#include "model/parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static heed_status none_create(heed__params *params, const heed_config *config, const char *name,
                               int64_t in, void **out)
{
    (void)params;
    (void)config;
    (void)name;
    (void)in;
    *out = NULL;
    return HEED_OK;
}

static heed__var none_apply(void *encoder, const heed__pass *pass, heed__var x, heed__sites *sites)
{
    (void)encoder;
    (void)pass;
    (void)sites;
    return x;
}

static void none_destroy(void *encoder)
{
    (void)encoder;
}

const heed__encoder_kind heed__encoder_none = {"none", "tokens go straight to the pool",
                                               none_create, none_apply, none_destroy};

static const heed__encoder_kind *const kinds[] = {&heed__encoder_none, &heed__encoder_gru,
                                                  &heed__encoder_lstm, &heed__encoder_transformer};

const heed__encoder_kind *heed__encoder_at(size_t index)
{
    return index < sizeof kinds / sizeof *kinds ? kinds[index] : NULL;
}

const heed__encoder_kind *heed__encoder_find(const char *name)
{
    const heed__encoder_kind *kind;
    for (size_t i = 0; (kind = heed__encoder_at(i)); i++)
        if (strcmp(kind->name, name) == 0) return kind;
    return NULL;
}

heed__attention_site *heed__sites_add(heed__sites *sites, const char *name, ...)
{
    if (!sites || sites->count == HEED_SITES) return NULL;
    heed__site *site = &sites->items[sites->count++];
    int used = snprintf(site->name, sizeof site->name, "%s", sites->within ? sites->within : "");
    va_list arguments;
    va_start(arguments, name);
    vsnprintf(site->name + used, sizeof site->name - (size_t)used, name, arguments);
    va_end(arguments);
    return &site->at;
}
