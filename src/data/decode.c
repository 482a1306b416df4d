/* SPDX-License-Identifier: MIT */
/* Ids back to text: what all kinds share. */
#include "base/fail.h"
#include "data/tokenizer_kind.h"

heed_text heed__token_text(const heed__tokenizer *t, const int32_t *ids, int64_t i,
                           const heed_text *unknown)
{
    if (ids[i] == HEED_TOKEN_UNKNOWN && unknown && unknown[i].bytes) return unknown[i];
    return t->vocabulary.items[ids[i]];
}

heed_status heed__tokens_join(const heed__tokenizer *t, const int32_t *ids, int64_t n,
                              const heed_text *unknown, heed__touch_function touch, void *user,
                              heed__buffer *out, heed__span *spans)
{
    int first = 1;
    for (int64_t i = 0; i < n; i++) {
        if (ids[i] != HEED_TOKEN_START) {
            heed_text text = heed__token_text(t, ids, i, unknown);
            int together = touch ? touch(user, ids[i]) : 1;
            if (!first && !together) heed__buffer_add(out, " ", 1);
            if (spans) spans[i].begin = (uint32_t)out->size;
            heed__buffer_add(out, text.bytes, text.size);
            first = 0;
        } else if (spans) {
            spans[i].begin = (uint32_t)out->size;
        }
        if (spans) spans[i].end = (uint32_t)out->size;
    }
    return out->status;
}

heed_status heed__tokenizer_decode(const heed__tokenizer *t, const int32_t *ids, int64_t n,
                                   const heed_text *unknown, heed__buffer *out, heed__span *spans)
{
    for (int64_t i = 0; i < n; i++)
        if (ids[i] < 0 || ids[i] >= t->vocabulary.n)
            return heed__fail(HEED_E_INVALID,
                              "token %lld is id %d; this tokenizer has ids 0 to %lld", (long long)i,
                              (int)ids[i], (long long)t->vocabulary.n - 1);
    heed__buffer_add(out, "", 0);
    return t->kind->decode(t, ids, n, unknown, out, spans);
}
