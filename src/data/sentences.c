/* SPDX-License-Identifier: MIT */
#include "data/sentences.h"

#include "data/utf8.h"

#include <string.h>
#include <utf8proc.h>

enum { OTHER = 0, STOP = 1, ASKING = 2, WIDE = 4, CLOSING = 8 };

/* What a character does at the end of a sentence. */
static int mark_of(uint32_t c)
{
    static const uint32_t closing[] = {'"',    '\'',   ')',    ']',    '}',    0x00BB,
                                       0x2019, 0x201D, 0x300B, 0x300D, 0x300F, 0x3011,
                                       0x3015, 0xFF09, 0xFF3D, 0xFF02, 0xFF07};
    if (c == '.' || c == 0x2026) return STOP;
    if (c == '!' || c == '?' || c == 0x203C || c == 0x2049) return ASKING;
    if (c == 0x3002 || c == 0xFF01 || c == 0xFF1F || c == 0xFF61) return WIDE;
    for (size_t i = 0; i < sizeof closing / sizeof *closing; i++)
        if (c == closing[i]) return CLOSING;
    return OTHER;
}

static int is_letter(uint32_t c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

static int is_small(uint32_t c)
{
    return utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_LL;
}

/* The two characters before a mark; a space where there is none. */
typedef struct before {
    uint32_t last, last_but_one;
} before;

static void go_past(before *b, uint32_t c)
{
    b->last_but_one = b->last;
    b->last = c;
}

/* Whether marks of these kinds, which end at `at`, end a sentence too. single: one full stop. */
static int ends(const char *text, size_t size, size_t at, int kinds, int single, before b)
{
    size_t length;
    if (kinds & WIDE) return 1;
    if (at < size && !heed__utf8_space(heed__utf8_next(text + at, &length))) return 0;
    if (kinds & ASKING) return 1;
    if (single && heed__utf8_space(b.last)) return 1;
    if (single && is_letter(b.last) && !is_letter(b.last_but_one)) return 0;
    for (uint32_t c; at < size; at += length) {
        c = heed__utf8_next(text + at, &length);
        if (!heed__utf8_space(c)) return !is_small(c) && !(c >= '0' && c <= '9');
    }
    return 1;
}

/* Past the marks that begin at `at`; *ended says whether a sentence ends there. */
static size_t pass_marks(const char *text, size_t size, size_t at, before *b, int *ended)
{
    before ahead = *b;
    int kinds = 0, marks = 0;
    for (size_t length; at < size; at += length) {
        uint32_t c = heed__utf8_next(text + at, &length);
        int mark = mark_of(c);
        if (!mark) break;
        if (mark == CLOSING && !kinds) { /* nothing ends here */
            go_past(b, c);
            *ended = 0;
            return at + length;
        }
        kinds |= mark;
        marks += mark != CLOSING;
        go_past(b, c);
    }
    *ended = ends(text, size, at, kinds, marks == 1, ahead);
    return at;
}

/* Past white space; *blank_line says whether there was a line without anything. */
static size_t pass_space(const char *text, size_t size, size_t at, int *blank_line)
{
    int lines = 0;
    for (size_t length; at < size; at += length) {
        uint32_t c = heed__utf8_next(text + at, &length);
        if (!heed__utf8_space(c)) break;
        lines += c == '\n' || c == 0x2029;
    }
    *blank_line = lines > 1;
    return at;
}

void heed__sentences_mark(const char *text, size_t size, const heed__span *spans, int64_t n,
                          int64_t most, unsigned char *begins)
{
    before b = {' ', ' '};
    int64_t token = 0, count = 0;
    memset(begins, 0, (size_t)n);
    for (size_t at = 0, length; at < size;) {
        int ended = 0;
        uint32_t c = heed__utf8_next(text + at, &length);
        if (mark_of(c)) {
            at = pass_marks(text, size, at, &b, &ended);
        } else if (heed__utf8_space(c)) {
            at = pass_space(text, size, at, &ended);
            go_past(&b, ' ');
        } else {
            at += length;
            go_past(&b, c);
        }
        if (!ended) continue;
        while (token < n && spans[token].begin < at) token++;
        if (token < n) begins[token] = 1;
    }
    if (n > 0) begins[0] = 1;
    for (int64_t i = 0; i < n; i++) {
        count = begins[i] ? 1 : count + 1;
        if (count <= most) continue;
        begins[i] = 1;
        count = 1;
    }
}
