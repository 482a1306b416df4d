/* SPDX-License-Identifier: MIT */
/* The words that say most: of one text, and of all texts that were given a label. */
#include "explain/explainer.h"

#include "base/fail.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

typedef struct tally {
    heed_keyword *words;
    size_t count, capacity;
    size_t *slots; /* open addressing: index into words plus one; 0 = empty */
    size_t slot_count;
} tally;

static uint64_t hash_of(const char *bytes, size_t size)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < size; i++) hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211u;
    return hash;
}

static heed_status grow_slots(tally *t)
{
    if (t->count * 2 < t->slot_count) return HEED_OK;
    size_t *slots = NULL, wanted = t->slot_count ? 2 * t->slot_count : 256;
    HEED_TRY(heed__alloc(wanted, sizeof *slots, "keywords", &slots));
    for (size_t i = 0; i < t->count; i++) {
        size_t at = hash_of(t->words[i].word.bytes, t->words[i].word.size) % wanted;
        while (slots[at]) at = (at + 1) % wanted;
        slots[at] = i + 1;
    }
    heed__free(t->slots);
    t->slots = slots;
    t->slot_count = wanted;
    return HEED_OK;
}

/* Punctuation alone describes nothing. */
static int says_something(const char *bytes, size_t size)
{
    for (size_t at = 0; at < size;) {
        utf8proc_int32_t point;
        utf8proc_ssize_t length = utf8proc_iterate((const utf8proc_uint8_t *)bytes + at,
                                                   (utf8proc_ssize_t)(size - at), &point);
        if (length <= 0) return 0;
        utf8proc_category_t category = utf8proc_category(point);
        if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO) return 1;
        at += (size_t)length;
    }
    return 0;
}

/* The word in lower case, in the explainer's memory. */
static heed_status lower(heed__arena *arena, const char *bytes, size_t size, heed_text *out)
{
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t length = utf8proc_map((const utf8proc_uint8_t *)bytes, (utf8proc_ssize_t)size,
                                           &mapped, UTF8PROC_CASEFOLD | UTF8PROC_STABLE);
    if (length < 0) return heed__arena_text(arena, bytes, size, &out->bytes);
    heed_status status = heed__arena_text(arena, (char *)mapped, (size_t)length, &out->bytes);
    out->size = (size_t)length;
    free(mapped);
    return status;
}

static heed_status find(tally *t, heed__arena *arena, const char *bytes, size_t size,
                        heed_keyword **out)
{
    heed_text word = {bytes, size};
    HEED_TRY(lower(arena, bytes, size, &word));
    HEED_TRY(grow_slots(t));
    size_t at = hash_of(word.bytes, word.size) % t->slot_count;
    for (; t->slots[at]; at = (at + 1) % t->slot_count) {
        *out = &t->words[t->slots[at] - 1];
        if ((*out)->word.size == word.size &&
            memcmp((*out)->word.bytes, word.bytes, word.size) == 0)
            return HEED_OK;
    }
    HEED_TRY(heed__grow(&t->words, &t->capacity, t->count + 1, sizeof *t->words, "keywords"));
    t->slots[at] = ++t->count;
    *out = &t->words[t->count - 1];
    **out = (heed_keyword){.word = word};
    return HEED_OK;
}

/* A word that stands several times in a text counts with its sum, and as one text. */
static heed_status add_text(tally *t, heed__arena *arena, const heed__explained *item, int output)
{
    const float *scores = item->shown.outputs[item->first[output]].attributions[0].scores;
    heed__arena seen = {0};
    size_t *last = NULL; /* index of each word of this text */
    heed_status status =
        heed__arena_take(&seen, item->shown.n_words, sizeof *last, "keywords", &last);
    for (size_t w = 0; w < item->shown.n_words && status == HEED_OK; w++) {
        const heed__word *word = &item->shown.words[w];
        const char *bytes = item->shown.text + word->begin;
        heed_keyword *keyword = NULL;
        last[w] = SIZE_MAX;
        if (!says_something(bytes, word->end - word->begin) || scores[w] != scores[w]) continue;
        status = find(t, arena, bytes, word->end - word->begin, &keyword);
        if (status != HEED_OK) break;
        last[w] = (size_t)(keyword - t->words);
        int again = 0;
        for (size_t v = 0; v < w && !again; v++) again = last[v] == last[w];
        keyword->score += (double)scores[w];
        keyword->count += !again;
    }
    heed__arena_free(&seen);
    return status;
}

typedef int (*order_function)(const void *left, const void *right);

static int by_score(const void *left, const void *right)
{
    const heed_keyword *a = left, *b = right;
    if (a->score > b->score) return -1;
    if (a->score < b->score) return 1;
    size_t size = a->word.size < b->word.size ? a->word.size : b->word.size;
    int order = memcmp(a->word.bytes, b->word.bytes, size);
    return order ? order : (a->word.size > b->word.size) - (a->word.size < b->word.size);
}

/* A word of one text only may be chance. */
static int frequent_first(const void *left, const void *right)
{
    const heed_keyword *a = left, *b = right;
    if ((a->count > 1) != (b->count > 1)) return a->count > 1 ? -1 : 1;
    return by_score(left, right);
}

static void take_best(tally *t, order_function order, int most, heed_keyword *out, int *found)
{
    *found = 0;
    if (t->count) qsort(t->words, t->count, sizeof *t->words, order);
    for (size_t i = 0; i < t->count && *found < most; i++)
        if (t->words[i].score > 0) out[(*found)++] = t->words[i]; /* others speak against it */
    free(t->words);
    heed__free(t->slots);
}

heed_status heed_explainer_keywords(heed_explainer *e, int64_t text, int output, int most,
                                    heed_keyword *out, int *found)
{
    tally t = {0};
    *found = 0;
    if (text < 0 || (size_t)text >= e->count)
        return heed__fail(HEED_E_INVALID, "text = %lld; %zu were added", (long long)text, e->count);
    if (heed_model_output(e->model, output).kind == HEED_OUTPUT_TAGS)
        return heed__fail(HEED_E_INVALID, "output %d is tags of words; keywords are of texts",
                          output);
    heed_status status = add_text(&t, &e->words, &e->items[text], output);
    take_best(&t, by_score, status == HEED_OK ? most : 0, out, found);
    return status;
}

heed_status heed_explainer_label_keywords(heed_explainer *e, int output, int64_t label, int most,
                                          heed_keyword *out, int *found)
{
    tally t = {0};
    heed_status status = HEED_OK;
    *found = 0;
    for (size_t i = 0; i < e->count && status == HEED_OK; i++)
        if (e->items[i].answers[output].label && e->items[i].answers[output].index == label)
            status = add_text(&t, &e->words, &e->items[i], output);
    take_best(&t, frequent_first, status == HEED_OK ? most : 0, out, found);
    return status;
}
