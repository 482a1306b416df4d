/* SPDX-License-Identifier: MIT */
/*
 * What separates tokens in mteval-v13a and v14. Each pass goes over the whole text and sees what
 * the one before it wrote; a pair that a pass has matched is not looked at again by the same pass.
 */
#include "train/metric_text.h"

#include "base/fail.h"
#include "data/utf8.h"

#include <string.h>
#include <utf8proc.h>

static size_t put(char *out, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) out[i] = bytes[i];
    return size;
}

heed_status heed__metric_surround(heed__metric_text *t, int (*is)(uint32_t code))
{
    HEED_TRY(heed__metric_text_room(t, 3));
    size_t length, out = 0;
    for (size_t at = 0; at < t->size; at += length) {
        int found = is(heed__utf8_next(t->bytes + at, &length));
        if (found) t->other[out++] = ' ';
        out += put(t->other + out, t->bytes + at, length);
        if (found) t->other[out++] = ' ';
    }
    heed__metric_text_turn(t, out);
    return HEED_OK;
}

typedef enum space_place {
    SPACE_AFTER, /* "ab" becomes "a b " */
    SPACE_BEFORE /* "ab" becomes " a b" */
} space_place;

/* Where a character for which `first` is true is followed by one for which `second` is. */
static heed_status part(heed__metric_text *t, int (*first)(uint32_t), int (*second)(uint32_t),
                        space_place place)
{
    HEED_TRY(heed__metric_text_room(t, 2));
    size_t length, next, out = 0;
    for (size_t at = 0; at < t->size; at += length) {
        int found = first(heed__utf8_next(t->bytes + at, &length));
        found = found && at + length < t->size &&
                second(heed__utf8_next(t->bytes + at + length, &next));
        if (found && place == SPACE_BEFORE) t->other[out++] = ' ';
        out += put(t->other + out, t->bytes + at, length);
        if (!found) continue;
        t->other[out++] = ' ';
        out += put(t->other + out, t->bytes + at + length, next);
        if (place == SPACE_AFTER) t->other[out++] = ' ';
        length += next;
    }
    heed__metric_text_turn(t, out);
    return HEED_OK;
}

/* ---- mteval-v13a ---- */

/* ASCII but letters, digits, controls, and the four that depend on what is beside them. */
static int is_mark(uint32_t c)
{
    return (c >= ' ' && c <= '&') || (c >= '(' && c <= '+') || c == '/' || (c >= ':' && c <= '@') ||
           (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

static int is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static int is_no_digit(uint32_t c)
{
    return !is_digit(c);
}

static int is_point(uint32_t c)
{
    return c == '.' || c == ',';
}

static int is_dash(uint32_t c)
{
    return c == '-';
}

heed_status heed__metric_western(heed__metric_text *t)
{
    HEED_TRY(heed__metric_surround(t, is_mark));
    if (memchr(t->bytes, '.', t->size) || memchr(t->bytes, ',', t->size)) {
        HEED_TRY(part(t, is_no_digit, is_point, SPACE_AFTER));
        HEED_TRY(part(t, is_point, is_no_digit, SPACE_BEFORE));
    }
    if (memchr(t->bytes, '-', t->size)) HEED_TRY(part(t, is_digit, is_dash, SPACE_AFTER));
    return HEED_OK;
}

/* In place: `to` is no longer than `from`. */
static void replace(heed__metric_text *t, const char *from, const char *to)
{
    size_t size = strlen(from), out = 0, at = 0;
    if (!memchr(t->bytes, *from, t->size)) return;
    while (at < t->size) {
        if (t->size - at >= size && memcmp(t->bytes + at, from, size) == 0) {
            out += put(t->bytes + out, to, strlen(to));
            at += size;
        } else {
            t->bytes[out++] = t->bytes[at++];
        }
    }
    t->size = out;
}

heed_status heed__metric_entities(heed__metric_text *t)
{
    static const char *const pairs[][2] = {{"<skipped>", ""}, {"-\n", ""},    {"\n", " "},
                                           {"&quot;", "\""},  {"&amp;", "&"}, {"&lt;", "<"},
                                           {"&gt;", ">"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) replace(t, pairs[i][0], pairs[i][1]);
    return HEED_OK;
}

/* ---- mteval-v14, international ---- */

static int category_in(uint32_t c, utf8proc_category_t first, utf8proc_category_t last)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    return category >= first && category <= last;
}

static int is_no_number(uint32_t c)
{
    return !category_in(c, UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NO);
}

static int is_punctuation(uint32_t c)
{
    return category_in(c, UTF8PROC_CATEGORY_PC, UTF8PROC_CATEGORY_PO);
}

static int is_symbol(uint32_t c)
{
    return category_in(c, UTF8PROC_CATEGORY_SM, UTF8PROC_CATEGORY_SO);
}

heed_status heed__metric_international(heed__metric_text *t)
{
    HEED_TRY(part(t, is_no_number, is_punctuation, SPACE_AFTER));
    HEED_TRY(part(t, is_punctuation, is_no_number, SPACE_BEFORE));
    return heed__metric_surround(t, is_symbol);
}
