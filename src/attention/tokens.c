/* SPDX-License-Identifier: MIT */
#include "attention/tokens.h"

#include "base/fail.h"

#include <stdlib.h>

heed_status heed__tokens_check(const char *mask, const heed_attention_integers *list)
{
    for (size_t t = 0; t < list->count; t++)
        if (list->data[t] < 0)
            return heed__fail(HEED_E_INVALID,
                              "mask \"%s\": tokens[%zu] = %lld; it must be a key's place, 0 or "
                              "more",
                              mask, t, (long long)list->data[t]);
    return HEED_OK;
}

static int compare(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

heed_status heed__tokens_make(heed__arena *arena, const heed_attention_integers *list,
                              heed__tokens *out)
{
    int64_t *data = NULL;
    size_t count = list->count ? list->count : 1;
    HEED_TRY(heed__arena_take(arena, count, sizeof *data, "a mask's tokens", &data));
    for (size_t t = 0; t < list->count; t++) data[t] = list->data[t];
    qsort(data, count, sizeof *data, compare);
    *out = (heed__tokens){data, 0};
    for (size_t t = 0; t < count; t++)
        if (!t || data[t] != data[t - 1]) data[out->count++] = data[t];
    return HEED_OK;
}

/* How many listed positions are less than `at`. */
static int64_t before(const heed__tokens *tokens, int64_t at)
{
    int64_t low = 0, high = tokens->count;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (tokens->data[middle] < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int64_t heed__tokens_within(const heed__tokens *tokens, int64_t first, int64_t last)
{
    return last < first ? 0 : before(tokens, last + 1) - before(tokens, first);
}

int heed__tokens_has(const heed__tokens *tokens, int64_t at)
{
    int64_t k = before(tokens, at);
    return k < tokens->count && tokens->data[k] == at;
}

int64_t heed__tokens_skip(const heed__tokens *tokens, int64_t at)
{
    for (int64_t k = before(tokens, at); k < tokens->count && tokens->data[k] == at; k++) at++;
    return at;
}

int64_t heed__tokens_skip_back(const heed__tokens *tokens, int64_t at)
{
    for (int64_t k = before(tokens, at + 1) - 1; k >= 0 && tokens->data[k] == at; k--) at--;
    return at;
}

void heed__tokens_row(const heed__tokens *tokens, const heed__place *place, int64_t i, int64_t j,
                      int64_t n, unsigned char *visible)
{
    int all = heed__tokens_has(tokens, i + place->offset);
    for (int64_t t = 0; t < n; t++) visible[t] = (unsigned char)all;
    for (int64_t k = before(tokens, j); k < tokens->count && tokens->data[k] < j + n; k++)
        visible[tokens->data[k] - j] = 1;
}

int64_t heed__tokens_seek(const heed__tokens *tokens, const heed__place *place,
                          const heed__block *b, heed__side side)
{
    int64_t first = b->query + place->offset, last = first + b->queries - 1;
    int64_t last_key = b->key + b->keys - 1;
    if (side == HEED_SIDE_KEY) {
        int64_t k = before(tokens, b->key);
        if (heed__tokens_within(tokens, first, last)) return b->key;
        if (k < tokens->count && tokens->data[k] <= last_key) return tokens->data[k];
        return last_key + 1;
    }
    int64_t k = before(tokens, first);
    if (heed__tokens_within(tokens, b->key, last_key)) return b->query;
    if (k < tokens->count && tokens->data[k] <= last) return tokens->data[k] - place->offset;
    return b->query + b->queries;
}
