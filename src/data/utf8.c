/* SPDX-License-Identifier: MIT */
#include "data/utf8.h"

#include <string.h>
#include <utf8proc.h>

/* Bytes of the well-formed sequence at b (Unicode 15, table 3-7), 0 when there is none. */
static size_t sequence(const unsigned char *b, size_t size)
{
    if (b[0] < 0x80) return 1;
    size_t need = b[0] < 0xC2 ? 0 : b[0] < 0xE0 ? 2 : b[0] < 0xF0 ? 3 : b[0] < 0xF5 ? 4 : 0;
    if (!need || need > size) return 0;
    for (size_t i = 1; i < need; i++)
        if ((b[i] & 0xC0) != 0x80) return 0;
    if (b[0] == 0xE0 && b[1] < 0xA0) return 0; /* overlong */
    if (b[0] == 0xED && b[1] > 0x9F) return 0; /* surrogates */
    if (b[0] == 0xF0 && b[1] < 0x90) return 0; /* overlong */
    if (b[0] == 0xF4 && b[1] > 0x8F) return 0; /* above U+10FFFF */
    return need;
}

size_t heed__utf8_valid(const char *bytes, size_t size)
{
    const unsigned char *b = (const unsigned char *)bytes;
    size_t at = 0;
    while (at < size) {
        uint64_t eight;
        if (size - at >= sizeof eight) { /* most text is ASCII */
            memcpy(&eight, b + at, sizeof eight);
            if (!(eight & 0x8080808080808080u)) {
                at += sizeof eight;
                continue;
            }
        }
        size_t length = sequence(b + at, size - at);
        if (!length) break;
        at += length;
    }
    return at;
}

size_t heed__utf8_put(uint32_t code, char out[4])
{
    return (size_t)utf8proc_encode_char((utf8proc_int32_t)code, (utf8proc_uint8_t *)out);
}

int heed__utf8_space(uint32_t code)
{
    if (code < 0x80) return code <= ' ' || code == 0x7F;
    switch (utf8proc_category((utf8proc_int32_t)code)) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
        return 1;
    default:
        return 0;
    }
}

int heed__utf8_blank(const char *bytes, size_t size)
{
    for (size_t at = 0, length; at < size; at += length)
        if (!heed__utf8_space(heed__utf8_next(bytes + at, &length))) return 0;
    return 1;
}
