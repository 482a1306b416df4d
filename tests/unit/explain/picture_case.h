/* SPDX-License-Identifier: MIT */
/* A picture of one text, for tests of what draws it. */
#ifndef HEED_TESTS_PICTURE_CASE_H
#define HEED_TESTS_PICTURE_CASE_H

#include "check.h"

#include "explain/picture.h"
#include "explain/words.h"

#include <string.h>

/* One text with one output and one method, cut into words at spaces, Chinese into characters. */
typedef struct fixture {
    heed__word words[512];
    float scores[512];
    heed__attribution attribution;
    heed__explained_output output;
    heed__explanation explanation;
    heed__picture picture;
} fixture;

static inline void make(fixture *f, const char *text)
{
    memset(f, 0, sizeof *f);
    size_t length = strlen(text), n = 0;
    heed__word pieces[512];
    int64_t word_of[512];
    for (size_t at = 0; at < length; n++) {
        pieces[n].begin = at++;
        while (at < length && ((unsigned char)text[at] & 0xC0) == 0x80) at++;
        pieces[n].end = at;
    }
    n = heed__words_from_pieces(text, length, pieces, n, f->words, word_of);
    for (size_t i = 0; i < n; i++) f->scores[i] = (float)(i + 1) / (float)n;
    f->attribution = (heed__attribution){"occlusion", f->scores, 0, {2, 0.5, 0.125, 0}};
    f->output = (heed__explained_output){.name = "topic",
                                         .label = "meeting",
                                         .probability = 0.973,
                                         .n_attributions = 1,
                                         .attributions = &f->attribution};
    f->explanation = (heed__explanation){.text = text,
                                         .length = length,
                                         .n_words = n,
                                         .words = f->words,
                                         .n_outputs = 1,
                                         .outputs = &f->output};
    f->picture = (heed__picture){.n_explanations = 1, .explanations = &f->explanation};
}

static inline heed__buffer drawn(const fixture *f, const char *name,
                                 const heed__picture_options *options)
{
    const heed__renderer *renderer;
    heed__buffer out = {0};
    check_ok(heed__renderer_find(name, &renderer));
    check_ok(heed__picture_draw(&f->picture, renderer, options, &out));
    return out;
}

/* A number in a PNG's header: its width stands at byte 16, its height at 20. */
static inline uint32_t big_endian(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

#endif
