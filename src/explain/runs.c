/* SPDX-License-Identifier: MIT */
#include "explain/runs.h"

#include "base/fail.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int is_inside_character(const char *text, size_t length, size_t at)
{
    return at < length && ((unsigned char)text[at] & 0xC0) == 0x80;
}

static int by_begin(const void *a, const void *b)
{
    const heed__run *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return x->word < y->word ? -1 : x->word > y->word;
}

heed__word heed__word_within(const heed__explanation *e, size_t i)
{
    heed__word word = e->words[i];
    if (word.end > e->length) word.end = e->length;
    if (word.begin >= word.end) return (heed__word){word.end, word.end};
    while (word.begin > 0 && is_inside_character(e->text, e->length, word.begin)) word.begin--;
    while (is_inside_character(e->text, e->length, word.end)) word.end++;
    return word;
}

/* The words in order; those past what is shown are left out or cut. */
static size_t sorted_words(const heed__explanation *e, size_t shown, heed__run *words)
{
    size_t n = 0;
    for (size_t i = 0; i < e->n_words; i++) {
        heed__word word = heed__word_within(e, i);
        if (word.end > shown) word.end = shown;
        if (word.begin < word.end) words[n++] = (heed__run){word.begin, word.end, i};
    }
    qsort(words, n, sizeof *words, by_begin);
    return n;
}

static size_t count_characters(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++) count += !is_inside_character(text, length, i);
    return count;
}

/* The limit in bytes, at a character. */
static size_t first_characters(const char *text, size_t length, size_t max_characters)
{
    size_t at = 0;
    for (size_t i = 0; i < max_characters && at < length; i++) do
            at++;
        while (is_inside_character(text, length, at));
    return at;
}

heed_status heed__runs_make(const heed__explanation *e, size_t max_characters, heed__runs *out)
{
    *out = (heed__runs){.shown = e->length};
    if (max_characters) out->shown = first_characters(e->text, e->length, max_characters);
    out->left_out = count_characters(e->text + out->shown, e->length - out->shown);
    heed__run *words = NULL;
    HEED_TRY(heed__alloc(e->n_words, sizeof *words, "the words of a picture", &words));
    size_t n_words = sorted_words(e, out->shown, words), at = 0;
    heed_status status =
        heed__alloc(2 * n_words + 1, sizeof *out->items, "the words of a picture", &out->items);
    for (size_t i = 0; i < n_words && status == HEED_OK; i++) {
        size_t begin = words[i].begin > at ? words[i].begin : at;
        if (begin >= words[i].end) continue; /* covered by an earlier word */
        if (begin > at) out->items[out->count++] = (heed__run){at, begin, HEED_NO_WORD};
        out->items[out->count++] = (heed__run){begin, words[i].end, words[i].word};
        at = words[i].end;
    }
    if (status == HEED_OK && at < out->shown)
        out->items[out->count++] = (heed__run){at, out->shown, HEED_NO_WORD};
    heed__free(words);
    return status;
}

void heed__runs_free(heed__runs *runs)
{
    heed__free(runs->items);
    *runs = (heed__runs){0};
}

heed__scale heed__scale_of(const heed__attribution *attribution, size_t n_words)
{
    heed__scale scale = {.is_signed = attribution->is_signed};
    for (size_t i = 0; i < n_words; i++) {
        float score = attribution->scores[i];
        if (isnan(score)) scale.has_unknown = 1;
        if (score < 0.0f) scale.is_signed = 1;
        if (isfinite(score) && fabsf(score) > scale.largest) scale.largest = fabsf(score);
    }
    return scale;
}

float heed__shade(const heed__scale *scale, float score)
{
    if (isnan(score)) return score;
    if (isinf(score)) return score < 0.0f ? -1.0f : 1.0f;
    return scale->largest > 0.0f ? score / scale->largest : 0.0f;
}

int32_t heed__shown_character(int32_t c)
{
    if (c == '\t' || c == '\n') return c;
    int steers = c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x200E || c == 0x200F ||
                 (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
    return steers ? 0xFFFD : c;
}

static void falls_by(heed__buffer *out, double drop)
{
    heed__buffer_text(out, drop < 0 ? "rises by " : "falls by ");
    heed__buffer_number(out, fabs(drop), 3);
}

void heed__caption_faithfulness(heed__buffer *out, const heed__faithfulness *f)
{
    if (f->words <= 0) return;
    const char *plural = f->words == 1 ? "" : "s";
    heed__buffer_format(out, "Without its %d highest word%s the %s ", f->words, plural,
                        f->is_number ? "number" : "probability");
    falls_by(out, f->drop_highest);
    heed__buffer_format(out, "; without %d random word%s it ", f->words, plural);
    falls_by(out, f->drop_random);
    if (!(f->drop_highest > f->drop_random))
        heed__buffer_text(out, ": these words did not decide, do not trust this picture");
}

int heed__caption_truth(heed__buffer *out, const heed__explained_output *o)
{
    heed__verdict verdict = o->verdict;
    if (!o->truth) return 0;
    if (verdict == HEED_VERDICT_COMPARE)
        verdict =
            o->label && strcmp(o->truth, o->label) == 0 ? HEED_VERDICT_RIGHT : HEED_VERDICT_WRONG;
    if (verdict == HEED_VERDICT_RIGHT && strcmp(o->truth, o->label) == 0)
        heed__buffer_text(out, "(right)");
    else
        heed__buffer_format(out, "(%sit is %s)",
                            verdict == HEED_VERDICT_RIGHT   ? "right: "
                            : verdict == HEED_VERDICT_WRONG ? "wrong: "
                                                            : "",
                            o->truth);
    return verdict == HEED_VERDICT_WRONG;
}

size_t heed__drawn_methods(const heed__explained_output *output,
                           const heed__picture_options *options)
{
    size_t most = options->most_methods, there = output->n_attributions;
    return most && most < there ? most : there;
}

void heed__caption_percent(heed__buffer *out, double probability)
{
    if (isnan(probability)) return;
    heed__buffer_number(out, 100.0 * probability, 1);
    heed__buffer_text(out, " %");
}

void heed__caption_left_out(heed__buffer *out, size_t characters)
{
    if (characters) heed__buffer_format(out, "… %zu more characters are not shown", characters);
}
