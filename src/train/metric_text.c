/* SPDX-License-Identifier: MIT */
#include "train/metric_text.h"

#include "base/fail.h"
#include "base/memory.h"
#include "data/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

heed_status heed__metric_text_set(heed__metric_text *t, heed_text from)
{
    HEED_TRY(heed__grow(&t->bytes, &t->room, from.size + 1, 1, "a segment"));
    if (from.size) memcpy(t->bytes, from.bytes, from.size);
    t->size = from.size;
    return HEED_OK;
}

heed_status heed__metric_text_room(heed__metric_text *t, size_t factor)
{
    return heed__grow(&t->other, &t->other_room, (t->size + 1) * factor, 1, "a segment");
}

void heed__metric_text_turn(heed__metric_text *t, size_t size)
{
    char *bytes = t->bytes;
    size_t room = t->room;
    t->bytes = t->other;
    t->room = t->other_room;
    t->other = bytes;
    t->other_room = room;
    t->size = size;
}

void heed__metric_text_free(heed__metric_text *t)
{
    free(t->bytes);
    free(t->other);
    *t = (heed__metric_text){0};
}

int heed__metric_space(uint32_t c)
{
    if (c < 0x80) return c == ' ' || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F);
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

/* Where the character that ends at `end` > 0 begins. */
static size_t before(const char *bytes, size_t end)
{
    do end--;
    while (end && ((unsigned char)bytes[end] & 0xC0) == 0x80);
    return end;
}

void heed__metric_text_strip_end(heed__metric_text *t)
{
    size_t length;
    while (t->size) {
        size_t last = before(t->bytes, t->size);
        if (!heed__metric_space(heed__utf8_next(t->bytes + last, &length))) break;
        t->size = last;
    }
}

void heed__metric_text_strip(heed__metric_text *t)
{
    size_t at = 0, length;
    heed__metric_text_strip_end(t);
    for (; at < t->size; at += length)
        if (!heed__metric_space(heed__utf8_next(t->bytes + at, &length))) break;
    t->size -= at;
    memmove(t->bytes, t->bytes + at, t->size);
}

/* ---- lower case ---- */

enum { CAPITAL_SIGMA = 0x3A3, FINAL_SIGMA = 0x3C2, SIGMA = 0x3C3, CAPITAL_DOTTED_I = 0x130 };

/* What may stand between a sigma and the letters that say whether it is the last of its word. */
static int is_ignorable(uint32_t c)
{
    static const uint16_t marks[] = {'\'',   '.',    ':',    0xB7,   0x387,  0x55F,
                                     0x5F4,  0x2018, 0x2019, 0x2024, 0x2027, 0xFE13,
                                     0xFE52, 0xFE55, 0xFF07, 0xFF0E, 0xFF1A};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (c == marks[i]) return 1;
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
        return 1;
    default:
        return 0;
    }
}

static int is_cased(uint32_t c)
{
    static const uint32_t others[][2] = {{0xAA, 0xAA},      {0xBA, 0xBA},       {0x2160, 0x217F},
                                         {0x24B6, 0x24E9},  {0x1F130, 0x1F149}, {0x1F150, 0x1F169},
                                         {0x1F170, 0x1F189}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (c >= others[i][0] && c <= others[i][1]) return 1;
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LL ||
           category == UTF8PROC_CATEGORY_LT;
}

/* A capital sigma at [at, at + 2) ends its word: a letter before it, none after it. */
static int ends_word(const heed__metric_text *t, size_t at)
{
    size_t length, i = at, after = at + 2;
    uint32_t c = 0;
    do {
        if (!i) return 0;
        i = before(t->bytes, i);
        c = heed__utf8_next(t->bytes + i, &length);
    } while (is_ignorable(c));
    if (!is_cased(c)) return 0;
    for (; after < t->size; after += length) {
        c = heed__utf8_next(t->bytes + after, &length);
        if (!is_ignorable(c)) return !is_cased(c);
    }
    return 1;
}

heed_status heed__metric_text_lower(heed__metric_text *t)
{
    HEED_TRY(heed__metric_text_room(t, 2));
    size_t length, out = 0;
    for (size_t at = 0; at < t->size; at += length) {
        uint32_t c = heed__utf8_next(t->bytes + at, &length);
        if (c < 0x80) {
            t->other[out++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
            continue;
        }
        if (c == CAPITAL_DOTTED_I) {
            memcpy(t->other + out, "i\xCC\x87", 3);
            out += 3;
            continue;
        }
        if (c == CAPITAL_SIGMA)
            c = ends_word(t, at) ? FINAL_SIGMA : SIGMA;
        else
            c = (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
        out += heed__utf8_put(c, t->other + out);
    }
    heed__metric_text_turn(t, out);
    return HEED_OK;
}
