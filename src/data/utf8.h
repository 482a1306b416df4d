/* SPDX-License-Identifier: MIT */
/* UTF-8: checked once where text enters; everything later relies on it. */
#ifndef HEED_DATA_UTF8_H
#define HEED_DATA_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The number of leading bytes that are valid UTF-8 (no overlong forms, no surrogates, nothing above
 * U+10FFFF): size when all are. */
size_t heed__utf8_valid(const char *bytes, size_t size);

/* The code point at bytes, which is valid and not at its end; *size = how many bytes it takes. */
static inline uint32_t heed__utf8_next(const char *bytes, size_t *size)
{
    const unsigned char *b = (const unsigned char *)bytes;
    if (b[0] < 0x80) {
        *size = 1;
        return b[0];
    }
    if (b[0] < 0xE0) {
        *size = 2;
        return (uint32_t)(b[0] & 0x1F) << 6 | (b[1] & 0x3Fu);
    }
    if (b[0] < 0xF0) {
        *size = 3;
        return (uint32_t)(b[0] & 0x0F) << 12 | (uint32_t)(b[1] & 0x3F) << 6 | (b[2] & 0x3Fu);
    }
    *size = 4;
    return (uint32_t)(b[0] & 0x07) << 18 | (uint32_t)(b[1] & 0x3F) << 12 |
           (uint32_t)(b[2] & 0x3F) << 6 | (b[3] & 0x3Fu);
}

/* Writes code (a Unicode scalar value) to out and returns its 1 to 4 bytes. */
size_t heed__utf8_put(uint32_t code, char out[4]);

/* Nonzero when nothing but white space (and no-width characters) is there. */
int heed__utf8_blank(const char *bytes, size_t size);

/* White space, controls, and the characters without width that texts are littered with. */
int heed__utf8_space(uint32_t code);

#endif
