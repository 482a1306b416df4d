/* SPDX-License-Identifier: MIT */
/*
 * Transformer decoder: causal self-attention, attention over the memory, feed-forward. In search
 * each hypothesis keeps its keys and values in a slot of a cache (decoder_cache.h); the memory's
 * are projected once a sentence and shared by its hypotheses.
 */
#include "base/fail.h"
#include "model/decoder.h"
#include "model/decoder_cache.h"
#include "model/stack.h"

#include <stdlib.h>
#include <string.h>

typedef struct transformer_decoder {
    heed__positions positions;
    heed__transformer stack;
} transformer_decoder;

/* A layer's keys and values of the memory. */
typedef struct memory_keys {
    heed_real *data; /* [rows, columns] */
    size_t room;
    int64_t rows, columns;
    heed__var var;
} memory_keys;

/* What search keeps between steps. */
typedef struct decoding {
    heed__cache cache;           /* of self-attention */
    memory_keys *memory;         /* [layers] */
    heed__slots sources, cached; /* of the step that is recorded, until it ran */
} decoding;

static void transformer_destroy(void *decoder)
{
    transformer_decoder *d = decoder;
    if (!d) return;
    heed__positions_clear(&d->positions);
    heed__transformer_clear(&d->stack);
    heed__free(d);
}

static heed_status fill(heed__params *params, const heed_config *config, int64_t memory_width,
                        transformer_decoder *d)
{
    heed__transformer_options o = heed__stack_options(config);
    o.attention.size = heed__decoder_integer(config, "dim");
    o.attention.heads = heed__decoder_integer(config, "heads");
    o.attention.key_heads = heed__decoder_integer(config, "key_heads");
    o.attention.mechanisms = heed__stack_mechanisms(config, "decoder");
    o.attention.causal = 1;
    o.attention.grows = 1;
    o.cross = heed__stack_mechanisms(config, "cross");
    o.layers = heed__decoder_integer(config, "layers");
    o.ffn = heed__decoder_integer(config, "ffn");
    o.memory = memory_width;
    HEED_TRY(heed__stack_positions(params, config, "decoder.positions", o.attention.size,
                                   &d->positions));
    return heed__transformer_create(params, "decoder", &o, &d->stack);
}

static heed_status transformer_create(heed__params *params, const heed_config *config,
                                      int64_t memory_width, void **out, int64_t *width)
{
    transformer_decoder *d = NULL;
    HEED_TRY(heed__alloc(1, sizeof *d, "a decoder", &d));
    heed_status status = fill(params, config, memory_width, d);
    *width = d->stack.options.attention.size;
    if (status != HEED_OK)
        transformer_destroy(d);
    else
        *out = d;
    return status;
}

/* ------------------------------------------------------------------ whole targets */

typedef struct whole {
    const heed__memory *memory;
    heed__sites *sites;
} whole;

static heed__var whole_self(void *user, heed__transformer_layer *layer, int64_t i,
                            const heed__pass *pass, heed__var x)
{
    whole *w = user;
    heed__sites *all = w->sites && w->sites->all ? w->sites : NULL;
    return heed__self_attention_apply(&layer->self, pass, x,
                                      heed__sites_add(all, "layer %lld, itself", (long long)i + 1));
}

static heed__var whole_cross(void *user, heed__transformer_layer *layer, int64_t i,
                             const heed__pass *pass, heed__var x)
{
    whole *w = user;
    heed__attend view = {.queries = pass->ragged, .keys = w->memory->ragged};
    heed__var keys = heed__cross_attention_keys(&layer->cross, pass, w->memory->states);
    return heed__cross_attention_apply(&layer->cross, pass, x, keys, view,
                                       heed__sites_add(w->sites, "layer %lld", (long long)i + 1));
}

static heed__decoded decoded(heed__var states)
{
    return (heed__decoded){
        .states = states, .loss = HEED_NO_VAR, .gate = HEED_NO_VAR, .weights = HEED_NO_VAR};
}

static heed__decoded transformer_apply(void *decoder, const heed__pass *pass,
                                       const heed__memory *memory, heed__var embedded,
                                       heed__sites *sites)
{
    transformer_decoder *d = decoder;
    whole w = {memory, sites};
    heed__transformer_view view = {&w, whole_self, whole_cross};
    heed__var x = heed__positions_apply(&d->positions, pass, embedded);
    return decoded(heed__transformer_apply(&d->stack, pass, x, &view));
}

/* ------------------------------------------------------------------ steps */

static void transformer_close(void *decoder, void *state)
{
    transformer_decoder *d = decoder;
    decoding *s = state;
    if (!s) return;
    for (int64_t i = 0; s->memory && i < d->stack.options.layers; i++) free(s->memory[i].data);
    heed__cache_free(&s->cache);
    heed__free(s->memory);
    heed__free(s);
}

static heed_status transformer_open(void *decoder, void **state)
{
    transformer_decoder *d = decoder;
    decoding *s = NULL;
    int64_t layers = d->stack.options.layers;
    const heed_attention_options *o = &d->stack.layers[0].self.mechanisms.attender.options;
    HEED_TRY(heed__alloc(1, sizeof *s, "decoding", &s));
    heed_status status = heed__cache_create(layers, 2 * o->key_heads * o->head_size, &s->cache);
    if (status == HEED_OK)
        status = heed__alloc((size_t)layers, sizeof *s->memory, "decoding", &s->memory);
    if (status != HEED_OK)
        transformer_close(decoder, s);
    else
        *state = s;
    return status;
}

static void transformer_begin(void *decoder, void *state, const heed__pass *pass,
                              const heed__memory *memory)
{
    transformer_decoder *d = decoder;
    decoding *s = state;
    for (int64_t i = 0; i < d->stack.options.layers && d->stack.options.memory; i++) {
        s->memory[i].var =
            heed__cross_attention_keys(&d->stack.layers[i].cross, pass, memory->states);
        heed__tape_keep(pass->tape, s->memory[i].var);
    }
}

static heed_status transformer_begun(void *decoder, void *state, const heed__tape *tape)
{
    transformer_decoder *d = decoder;
    decoding *s = state;
    heed__cache_clear(&s->cache);
    for (int64_t i = 0; i < d->stack.options.layers && d->stack.options.memory; i++) {
        memory_keys *m = &s->memory[i];
        m->rows = heed__tape_rows(tape, m->var);
        m->columns = heed__tape_cols(tape, m->var);
        size_t count = (size_t)(m->rows * m->columns);
        HEED_TRY(heed__grow(&m->data, &m->room, count, sizeof *m->data, "a memory"));
        memcpy(m->data, heed__tape_value(tape, m->var), count * sizeof *m->data);
    }
    return HEED_OK;
}

typedef struct stepping {
    decoding *state;
    const heed__step *step;
    heed__sites *sites;
} stepping;

static heed__var step_self(void *user, heed__transformer_layer *layer, int64_t i,
                           const heed__pass *pass, heed__var x)
{
    stepping *w = user;
    heed__self_attention *self = &layer->self;
    heed__cache *cache = &w->state->cache;
    const heed_attention_options *o = &self->mechanisms.attender.options;
    heed__var qkv = heed__linear_apply(&self->project, pass, x);
    heed__cache_store(cache, i, pass->tape, qkv, o->heads * o->head_size);
    heed__var keys = heed__cache_var(cache, i, pass->tape);
    heed__attend attend = {.slots = &w->state->cached, .v_column = o->key_heads * o->head_size};
    heed__var in[3] = {qkv, keys, keys};
    heed__var y = heed__mechanisms_apply(&self->mechanisms, pass, x, in, attend, NULL);
    return self->bare ? y : heed__linear_apply(&self->output, pass, y);
}

static heed__var step_cross(void *user, heed__transformer_layer *layer, int64_t i,
                            const heed__pass *pass, heed__var x)
{
    stepping *w = user;
    const memory_keys *m = &w->state->memory[i];
    heed__attend view = {.queries = w->step->queries, .slots = &w->state->sources};
    if (layer->cross.mechanisms.uses_positions) view = (heed__attend){.slots = &w->step->each};
    heed__var keys = heed__tape_constant(pass->tape, m->rows, m->columns, m->data);
    return heed__cross_attention_apply(&layer->cross, pass, x, keys, view,
                                       heed__sites_add(w->sites, "layer %lld", (long long)i + 1));
}

static heed__decoded transformer_step(void *decoder, void *state, const heed__pass *pass,
                                      const heed__step *step, heed__var embedded,
                                      heed__sites *sites)
{
    transformer_decoder *d = decoder;
    decoding *decoding_state = state;
    stepping w = {.state = decoding_state, .step = step, .sites = sites};
    heed_status status =
        heed__cache_advance(&decoding_state->cache, step->position, step->rows, step->parents);
    if (status != HEED_OK) heed__tape_fail(pass->tape, status);
    const heed__cache *cache = &decoding_state->cache;
    decoding_state->sources = (heed__slots){.n = step->queries->n,
                                            .rows = step->memory_rows,
                                            .longest = step->longest_memory,
                                            .starts = step->starts,
                                            .lengths = step->lengths};
    decoding_state->cached = (heed__slots){.n = step->rows,
                                           .rows = cache->slots * cache->positions,
                                           .longest = cache->positions,
                                           .starts = cache->starts,
                                           .lengths = cache->lengths,
                                           .query_offset = cache->newest};
    heed__transformer_view view = {&w, step_self, step_cross};
    heed__var x = heed__positions_step(&d->positions, pass, embedded, step->position);
    return decoded(heed__transformer_apply(&d->stack, pass, x, &view));
}

static heed_status transformer_stepped(void *decoder, void *state, const heed__tape *tape)
{
    (void)decoder;
    (void)state;
    (void)tape; /* caches were filled on the way */
    return HEED_OK;
}

const heed__decoder_kind heed__decoder_transformer = {
    .name = "transformer",
    .summary = "causal self-attention, attention over the source, feed-forward",
    .create = transformer_create,
    .apply = transformer_apply,
    .open = transformer_open,
    .begin = transformer_begin,
    .begun = transformer_begun,
    .step = transformer_step,
    .stepped = transformer_stepped,
    .close = transformer_close,
    .destroy = transformer_destroy};
