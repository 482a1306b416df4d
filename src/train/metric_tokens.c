/* SPDX-License-Identifier: MIT */
/* The tokenisations of metrics, and splitting at white space. A new one is a row below. */
#include "train/metric_text.h"

#include "base/buffer.h"
#include "base/fail.h"
#include "base/memory.h"
#include "data/utf8.h"

#include <stdlib.h>
#include <string.h>

typedef struct range {
    uint32_t first, last;
} range;

static int within(uint32_t c, const range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (c >= ranges[i].first && c <= ranges[i].last) return 1;
    return 0;
}

static heed_status separate_13a(heed__metric_text *t)
{
    HEED_TRY(heed__metric_entities(t));
    HEED_TRY(heed__metric_text_room(t, 3)); /* a blank at either end: passes look at neighbours */
    t->other[0] = ' ';
    memcpy(t->other + 1, t->bytes, t->size);
    t->other[t->size + 1] = ' ';
    heed__metric_text_turn(t, t->size + 2);
    return heed__metric_western(t);
}

/* The ranges of the reference program. It means the planes of rarer characters too, but what it
 * tests is 2001 to 2A6D (punctuation, arrows, mathematics, boxes) in their place. */
static int is_chinese(uint32_t c)
{
    static const range ranges[] = {
        {0x2001, 0x2A6D}, {0x2E80, 0x2FDF}, {0x2FF0, 0x303F}, {0x3100, 0x312F}, {0x31A0, 0x31BF},
        {0x31C0, 0x31EF}, {0x3200, 0x33FF}, {0x3400, 0x4DB5}, {0x4E00, 0x9FBB}, {0xF900, 0xFA2D},
        {0xFA30, 0xFA6A}, {0xFA70, 0xFAD9}, {0xFE10, 0xFE1F}, {0xFE30, 0xFE4F}, {0xFF00, 0xFFEF},
    };
    return c >= 0x2001 && within(c, ranges, sizeof ranges / sizeof *ranges);
}

static heed_status separate_zh(heed__metric_text *t)
{
    heed__metric_text_strip(t);
    HEED_TRY(heed__metric_surround(t, is_chinese));
    return heed__metric_western(t);
}

static int is_any(uint32_t c)
{
    (void)c;
    return 1;
}

static heed_status separate_char(heed__metric_text *t)
{
    return heed__metric_surround(t, is_any);
}

static int is_han_or_kana(uint32_t c)
{
    static const range ranges[] = {{0x3005, 0x3007}, {0x3041, 0x3096},  {0x309D, 0x309F},
                                   {0x30A1, 0x30FA}, {0x30FC, 0x30FF},  {0x31F0, 0x31FF},
                                   {0x3400, 0x4DBF}, {0x4E00, 0x9FFF},  {0xF900, 0xFAFF},
                                   {0xFF66, 0xFF9F}, {0x20000, 0x323AF}};
    return c >= 0x3005 && within(c, ranges, sizeof ranges / sizeof *ranges);
}

static heed_status separate_rouge(heed__metric_text *t)
{
    HEED_TRY(heed__metric_surround(t, is_han_or_kana));
    size_t length, out = 0;
    for (size_t at = 0; at < t->size; at += length) {
        uint32_t c = heed__utf8_next(t->bytes + at, &length);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || is_han_or_kana(c)) {
            memmove(t->bytes + out, t->bytes + at, length);
            out += length;
        } else {
            t->bytes[out++] = ' ';
        }
    }
    t->size = out;
    return HEED_OK;
}

static const heed__metric_tokenizer tokenizers[] = {
    {"13a", "mteval-v13a: for text in Latin letters", 0, separate_13a},
    {"intl", "mteval-v14: punctuation and symbols of all scripts", 0, heed__metric_international},
    {"zh", "Chinese characters one by one, the rest as 13a", 0, separate_zh},
    {"char", "every character", 0, separate_char},
    {"none", "white space only: for text that is tokenised already", 0, NULL},
    {"rouge", "lower-case a-z and digits; Chinese characters and kana one by one", 1,
     separate_rouge},
};

const heed__metric_tokenizer *heed__metric_tokenizer_at(size_t index)
{
    return index < sizeof tokenizers / sizeof *tokenizers ? &tokenizers[index] : NULL;
}

heed_status heed__metric_tokenizer_find(const char *name, const heed__metric_tokenizer **out)
{
    heed__buffer names = {0};
    const heed__metric_tokenizer *row;
    for (size_t i = 0; (row = heed__metric_tokenizer_at(i)); i++)
        if (strcmp(row->name, name) == 0) {
            *out = row;
            return HEED_OK;
        }
    for (size_t i = 0; (row = heed__metric_tokenizer_at(i)); i++)
        heed__buffer_format(&names, "%s%s", i ? ", " : "", row->name);
    heed_status status = names.status;
    if (status == HEED_OK)
        status = heed__fail(HEED_E_INVALID, "there is no tokenisation %s; there are %s", name,
                            names.bytes);
    heed__buffer_free(&names);
    return status;
}

static heed_status split(heed__metric_tokens *out)
{
    const char *bytes = out->text.bytes;
    size_t length, begin = 0, size = out->text.size;
    out->n = 0;
    for (size_t at = 0; at <= size; at += length) {
        length = 1;
        if (at < size && !heed__metric_space(heed__utf8_next(bytes + at, &length))) continue;
        if (at > begin) {
            HEED_TRY(heed__grow(&out->items, &out->room, out->n + 1, sizeof *out->items, "words"));
            out->items[out->n++] = (heed_text){bytes + begin, at - begin};
        }
        begin = at + length;
    }
    return HEED_OK;
}

heed_status heed__metric_tokens_of(const heed__metric_tokenizer *tokenizer, int lowercase,
                                   heed_text from, heed__metric_tokens *out)
{
    HEED_TRY(heed__metric_text_set(&out->text, from));
    if (lowercase || (tokenizer && tokenizer->lowers))
        HEED_TRY(heed__metric_text_lower(&out->text));
    heed__metric_text_strip_end(&out->text);
    if (tokenizer && tokenizer->separate) HEED_TRY(tokenizer->separate(&out->text));
    return split(out);
}

void heed__metric_tokens_free(heed__metric_tokens *tokens)
{
    heed__metric_text_free(&tokens->text);
    free(tokens->items);
    *tokens = (heed__metric_tokens){0};
}
