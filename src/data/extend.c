/* SPDX-License-Identifier: MIT */
#include "data/extend.h"

#include "base/fail.h"
#include "base/memory.h"
#include "data/tokenizer_kind.h"

#include <stdlib.h>
#include <string.h>

static int32_t target_id(const heed__tokenizer *target, heed_text key)
{
    int64_t id = heed__strings_find(&target->vocabulary, key.bytes, key.size);
    return id < HEED_TOKEN_FIRST ? HEED_TOKEN_UNKNOWN : (int32_t)id;
}

heed_status heed__extender_create(const heed__tokenizer *source, const heed__tokenizer *target,
                                  heed__extender *out)
{
    *out = (heed__extender){source, target, NULL};
    if (source == target) return HEED_OK;
    if (source->kind != target->kind)
        return heed__fail(
            HEED_E_INVALID,
            "decoder.copy with sources cut into %s and targets into %s; to be copied, "
            "both must be cut in the same way (input.target_tokenizer = same)",
            source->kind->name, target->kind->name);
    HEED_TRY(
        heed__alloc((size_t)source->vocabulary.n, sizeof *out->ids, "a vocabulary", &out->ids));
    for (int64_t id = HEED_TOKEN_FIRST; id < source->vocabulary.n; id++)
        out->ids[id] = target_id(target, source->vocabulary.items[id]);
    return HEED_OK;
}

void heed__extender_free(heed__extender *extender)
{
    heed__free(extender->ids);
    *extender = (heed__extender){0};
}

void heed__extension_free(heed__extension *x)
{
    heed__buffer_free(&x->keys);
    free(x->items);
    *x = (heed__extension){0};
}

/* What a token is known by: lower-cased where the target's vocabulary is. A key may be cut, so very
 * long words are known by all their bytes. */
static heed_text key_of(const heed__tokenizer *target, heed_text text, heed__span span,
                        char room[HEED_PIECE_KEY])
{
    heed__piece piece = {.begin = span.begin, .end = span.end};
    if (span.end - span.begin > HEED_PIECE_KEY / 2)
        return (heed_text){text.bytes + span.begin, span.end - span.begin};
    heed__piece_key(&target->settings, text.bytes, room, &piece);
    return (heed_text){piece.key, piece.key_size};
}

/* -1: the source has none of it. */
static int64_t find(const heed__extension *x, heed_text key)
{
    for (int64_t i = 0; i < x->n; i++)
        if (x->items[i].end - x->items[i].begin == key.size &&
            memcmp(x->keys.bytes + x->items[i].begin, key.bytes, key.size) == 0)
            return i;
    return -1;
}

static heed_status add(heed__extension *x, heed_text key)
{
    HEED_TRY(heed__grow(&x->items, &x->room, (size_t)x->n + 1, sizeof *x->items, "copied words"));
    uint32_t begin = (uint32_t)x->keys.size;
    heed__buffer_add(&x->keys, key.bytes, key.size);
    HEED_TRY(x->keys.status);
    x->items[x->n++] = (heed__span){begin, (uint32_t)x->keys.size};
    return HEED_OK;
}

static heed_status extend(const heed__extender *e, heed_text text, heed__span span,
                          heed__extension *x, int32_t *word)
{
    char room[HEED_PIECE_KEY];
    heed_text key = key_of(e->target, text, span, room);
    *word = key.size ? target_id(e->target, key) : HEED_TOKEN_UNKNOWN;
    if (!key.size || *word != HEED_TOKEN_UNKNOWN) return HEED_OK;
    int64_t at = find(x, key);
    if (at < 0) {
        at = x->n;
        HEED_TRY(add(x, key));
    }
    *word = (int32_t)(e->target->vocabulary.n + at);
    return HEED_OK;
}

heed_status heed__extend_source(const heed__extender *e, heed_text text, const heed__encoding *code,
                                heed__extension *x, int32_t *words)
{
    x->n = 0;
    x->keys.size = 0;
    x->keys.status = HEED_OK;
    for (int64_t i = 0; i < code->length; i++) {
        words[i] = e->ids ? e->ids[code->ids[i]] : code->ids[i];
        if (words[i] == HEED_TOKEN_UNKNOWN) HEED_TRY(extend(e, text, code->spans[i], x, &words[i]));
    }
    return HEED_OK;
}

void heed__extend_target(const heed__extender *e, heed_text text, const heed__encoding *code,
                         const heed__extension *x, int32_t *labels)
{
    char room[HEED_PIECE_KEY];
    for (int64_t i = 0; i < code->length; i++) {
        labels[i] = code->ids[i];
        if (labels[i] != HEED_TOKEN_UNKNOWN) continue;
        int64_t at = find(x, key_of(e->target, text, code->spans[i], room));
        if (at >= 0) labels[i] = (int32_t)(e->target->vocabulary.n + at);
    }
}
