/* SPDX-License-Identifier: MIT */
/*
 * Text for a terminal: words on a coloured ground, wrapped by display width (a Chinese character
 * is two columns wide). Both the ground and the letters of a coloured word are set, so that it
 * reads the same on dark and light screens; weak words are left alone. Without colours words are
 * put in brackets: [word], [[word]] for the strongest, {word} against the label, ?word? unknown.
 */
#include "base/fail.h"
#include "base/memory.h"
#include "explain/colour.h"
#include "explain/renderers.h"
#include "explain/runs.h"
#include "explain/terminal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { SHADES = HEED_SCREEN_SHADES, UNKNOWN = HEED_SCREEN_UNKNOWN };

typedef heed__screen screen;

/* One character, or one bracket, on its way to the screen. */
typedef struct item {
    char bytes[4];
    int length, width, mark;
    enum { LETTER, SPACE, NEWLINE, OPENING, CLOSING, END } kind;
} item;

/* Where in the runs the next item comes from. Copied to look ahead. */
typedef struct cursor {
    const char *text;
    const heed__runs *runs;
    const int *marks; /* a run's */
    int brackets;     /* no colours: strong words are bracketed */
    size_t run, at;
    int brackets_done; /* of the pair before the run, or after it */
} cursor;

int heed__screen_mark_of(float shade)
{
    if (isnan(shade)) return UNKNOWN;
    return (int)lroundf(shade * SHADES);
}

/* The palest colours are all one white in 256 colours, so the weakest mark begins above them. */
static heed__rgb mark_colour(int mark)
{
    float strength = 0.3f + 0.7f * ((float)abs(mark) - 1) / (SHADES - 1);
    return heed__colour_of(mark < 0 ? -strength : strength, 0);
}

void heed__screen_switch(screen *s, int mark)
{
    if (s->colours == HEED_COLOURS_NONE || mark == s->mark) return;
    if (s->mark) heed__buffer_text(s->out, "\x1b[0m");
    s->mark = mark;
    if (mark == UNKNOWN) {
        heed__buffer_text(s->out, "\x1b[4m");
    } else if (mark) {
        heed__rgb ground = mark_colour(mark);
        int index = heed__colour_256(ground);
        if (s->colours == HEED_COLOURS_256) ground = heed__colour_from_256(index);
        int letters = heed__text_colour(ground).r ? 231 : 16;
        heed__buffer_format(s->out, "\x1b[38;5;%dm", letters);
        if (s->colours == HEED_COLOURS_256)
            heed__buffer_format(s->out, "\x1b[48;5;%dm", index);
        else
            heed__buffer_format(s->out, "\x1b[48;2;%d;%d;%dm", ground.r, ground.g, ground.b);
    }
}

void heed__screen_line(screen *s)
{
    heed__screen_switch(s, 0);
    heed__buffer_text(s->out, "\n");
    s->column = 0;
}

/* How many brackets stand on each side of a word without colours. */
static int bracket_count(int mark)
{
    int size = mark < 0 ? -mark : mark;
    return mark == UNKNOWN ? 1 : size * 3 >= SHADES * 2 ? 2 : size * 3 >= SHADES ? 1 : 0;
}

static item bracket(int mark, int closing)
{
    item it = {.length = 1, .width = 1, .kind = closing ? CLOSING : OPENING};
    it.bytes[0] = mark == UNKNOWN ? '?' : mark > 0 ? "[]"[closing] : "{}"[closing];
    return it;
}

static item character_item(int32_t c, int mark)
{
    item it = {.mark = mark, .kind = LETTER};
    c = heed__shown_character(c);
    if (c == '\n') it.kind = NEWLINE;
    if (c == ' ' || c == '\t' || c == 0x3000) it.kind = SPACE;
    if (c == '\t') c = ' ';
    it.length = (int)utf8proc_encode_char(c, (utf8proc_uint8_t *)it.bytes);
    it.width = c == '\n' ? 0 : utf8proc_charwidth(c);
    return it;
}

/* Neighbouring words of one mark and without a gap share their brackets, as Chinese characters do.
 */
static int joined(const cursor *c, size_t left, size_t right)
{
    return right < c->runs->count && c->marks[left] == c->marks[right] && c->marks[left] != 0;
}

static item next_item(cursor *c)
{
    while (c->run < c->runs->count) {
        const heed__run *run = c->runs->items + c->run;
        int mark = c->marks[c->run], brackets = c->brackets ? bracket_count(mark) : 0;
        if (c->at == run->begin && c->brackets_done < brackets &&
            !(c->run > 0 && joined(c, c->run - 1, c->run))) {
            c->brackets_done++;
            return bracket(mark, 0);
        }
        if (c->at < run->end) {
            utf8proc_int32_t character;
            size_t left = run->end - c->at;
            utf8proc_ssize_t size =
                utf8proc_iterate((const utf8proc_uint8_t *)c->text + c->at,
                                 (utf8proc_ssize_t)(left < 4 ? left : 4), &character);
            c->at += (size_t)size;
            c->brackets_done = 0;
            return character_item(character, mark);
        }
        if (c->brackets_done < brackets && !joined(c, c->run, c->run + 1)) {
            c->brackets_done++;
            return bracket(mark, 1);
        }
        c->run++;
        c->brackets_done = 0;
    }
    return (item){.kind = END};
}

static int is_one_of(const item *it, const char *characters)
{
    char bytes[5] = {0};
    memcpy(bytes, it->bytes, (size_t)it->length);
    return it->length > 0 && strstr(characters, bytes) != NULL;
}

static int may_break(const item *a, const item *b)
{
    if (b->kind == CLOSING || a->kind == OPENING || b->kind == SPACE) return 0;
    if (a->kind == SPACE) return 1;
    if (is_one_of(b, "，。！？、；：）》」』”’…,.!?;:)")) return 0;
    if (is_one_of(a, "（《「『“‘(")) return 0;
    return a->width == 2 || b->width == 2;
}

/* The width up to the next place where a line may end, spaces before it not counted. */
static int width_ahead(cursor ahead, item it, int limit)
{
    int width = 0, spaces = 0;
    while (it.kind != END && it.kind != NEWLINE && width <= limit) {
        if (it.kind == SPACE)
            spaces += it.width;
        else
            width += spaces + it.width, spaces = 0;
        item next = next_item(&ahead);
        if (may_break(&it, &next)) break;
        it = next;
    }
    return width;
}

static void put_item(screen *s, const item *it)
{
    if (s->column + it->width > s->columns) {
        heed__screen_line(s);
        if (it->kind == SPACE) return; /* spaces at the end of a line need no column */
    }
    heed__screen_switch(s, it->mark);
    heed__buffer_add(s->out, it->bytes, (size_t)it->length);
    s->column += it->width;
}

static void put_runs(screen *s, cursor c)
{
    item before = {.kind = SPACE};
    for (item it = next_item(&c); it.kind != END; before = it, it = next_item(&c)) {
        if (it.kind == NEWLINE) {
            heed__screen_line(s);
            continue;
        }
        int starts = s->column > 0 && may_break(&before, &it);
        if (starts && s->column + width_ahead(c, it, s->columns) > s->columns) heed__screen_line(s);
        put_item(s, &it);
    }
    if (s->column) heed__screen_line(s);
}

/* Plain text, wrapped: labels and captions. */
static void put_plain(screen *s, const char *text, size_t length)
{
    heed__run run = {0, length, HEED_NO_WORD};
    heed__runs runs = {.items = &run, .count = 1};
    put_runs(s, (cursor){.text = text, .runs = &runs, .marks = &(int){0}});
}

void heed__screen_text(screen *s, heed__buffer *line)
{
    if (line->status != HEED_OK) s->out->status = line->status;
    if (line->size) put_plain(s, line->bytes, line->size);
    heed__buffer_free(line);
}

static heed_status put_words(screen *s, const heed__explanation *e, const heed__runs *runs,
                             const heed__attribution *attribution)
{
    heed__scale scale = heed__scale_of(attribution, e->n_words);
    int *marks = NULL;
    HEED_TRY(heed__alloc(runs->count, sizeof *marks, "the marks of words", &marks));
    for (size_t i = 0; i < runs->count; i++)
        if (runs->items[i].word != HEED_NO_WORD)
            marks[i] =
                heed__screen_mark_of(heed__shade(&scale, attribution->scores[runs->items[i].word]));
    put_runs(s, (cursor){.text = e->text,
                         .runs = runs,
                         .marks = marks,
                         .brackets = s->colours == HEED_COLOURS_NONE,
                         .at = runs->count ? runs->items[0].begin : 0});
    heed__free(marks);
    heed__buffer line = {0};
    heed__caption_left_out(&line, runs->left_out);
    heed__screen_text(s, &line);
    heed__caption_faithfulness(&line, &attribution->faithfulness);
    heed__screen_text(s, &line);
    return HEED_OK;
}

static void put_label(screen *s, const heed__explained_output *output)
{
    heed__buffer line = {0};
    if (output->name) heed__buffer_format(&line, "%s: ", output->name);
    heed__buffer_text(&line, output->label ? output->label : "");
    if (!isnan(output->probability)) heed__buffer_text(&line, "  ");
    heed__caption_percent(&line, output->probability);
    if (output->truth) heed__buffer_text(&line, "  ");
    heed__caption_truth(&line, output);
    if (s->colours) heed__buffer_text(s->out, "\x1b[1m");
    heed__screen_text(s, &line);
    if (s->colours) heed__buffer_text(s->out, "\x1b[0m");
}

/* ---- the whole ---- */

static void put_legend(screen *s, int is_signed, int has_unknown)
{
    heed__buffer line = {0};
    if (s->colours == HEED_COLOURS_NONE) {
        heed__buffer_text(&line, "[[word]] decided most, [word] less");
        if (is_signed) heed__buffer_text(&line, ", {word} speaks against the label");
        if (has_unknown) heed__buffer_text(&line, ", ?word? has no score");
        heed__screen_text(s, &line);
        return;
    }
    heed__buffer_text(s->out, is_signed ? "against " : "less ");
    for (int mark = is_signed ? -SHADES : 1; mark <= SHADES; mark++) {
        heed__screen_switch(s, mark);
        heed__buffer_text(s->out, mark ? " " : "");
    }
    heed__screen_switch(s, 0);
    heed__buffer_text(s->out, is_signed ? " for the label" : " more");
    heed__screen_line(s);
    if (!has_unknown) return;
    heed__screen_switch(s, UNKNOWN);
    heed__buffer_text(s->out, "word");
    heed__screen_switch(s, 0);
    heed__buffer_text(s->out, " has no score");
    heed__screen_line(s);
}

/* A line, or more, for each sentence: its mass at the margin. */
static heed_status put_sentences(screen *s, const heed__explanation *e)
{
    for (size_t i = 0; i < e->n_sentences; i++) {
        const heed__explained_sentence *sentence = e->sentences + i;
        heed__runs runs;
        HEED_TRY(heed__runs_make(&sentence->part, 0, &runs));
        heed__screen_switch(s, s->colours ? heed__screen_mark_of(heed__sentence_shade(e, i)) : 0);
        heed__buffer_format(s->out, "%5.3f", (double)sentence->weight);
        heed__screen_switch(s, 0);
        heed__buffer_text(s->out, "  ");
        s->column = 7;
        heed_status status = put_words(s, &sentence->part, &runs, &sentence->words);
        heed__runs_free(&runs);
        HEED_TRY(status);
    }
    return HEED_OK;
}

static heed_status put_explanation(screen *s, const heed__explanation *e,
                                   const heed__picture_options *options, heed__scale *used)
{
    heed__runs runs;
    HEED_TRY(heed__runs_make(e, options->max_characters, &runs));
    heed_status status = HEED_OK;
    if (e->name) put_plain(s, e->name, strlen(e->name));
    for (size_t i = 0; i < e->n_outputs && status == HEED_OK; i++) {
        const heed__explained_output *output = e->outputs + i;
        put_label(s, output);
        size_t methods = heed__drawn_methods(output, options);
        for (size_t j = 0; j < methods && status == HEED_OK; j++) {
            const heed__attribution *attribution = output->attributions + j;
            heed__scale scale = heed__scale_of(attribution, e->n_words);
            used->is_signed |= scale.is_signed;
            used->has_unknown |= scale.has_unknown;
            heed__buffer line = {0};
            if (methods > 1) heed__buffer_format(&line, "by %s:", attribution->method);
            heed__screen_text(s, &line);
            status = put_words(s, e, &runs, attribution);
        }
    }
    if (status == HEED_OK) status = put_sentences(s, e);
    for (size_t i = 0; i < e->n_heat_maps && status == HEED_OK; i++)
        status = heed__screen_heat_map(s, e, e->heat_maps + i);
    heed__runs_free(&runs);
    return status;
}

static heed_status draw(const heed__picture *picture, const heed__picture_options *options,
                        heed__buffer *out)
{
    screen s = {.out = out, .colours = options->colours, .columns = options->columns};
    heed__scale used = {0};
    if (picture->title) put_plain(&s, picture->title, strlen(picture->title));
    for (size_t i = 0; i < picture->n_explanations; i++) {
        if (i || picture->title) heed__screen_line(&s);
        HEED_TRY(put_explanation(&s, picture->explanations + i, options, &used));
    }
    if (picture->n_explanations) put_legend(&s, used.is_signed, used.has_unknown);
    for (size_t i = 0; i < picture->n_heat_maps; i++) {
        if (i || picture->title || picture->n_explanations) heed__screen_line(&s);
        HEED_TRY(heed__screen_heat_map(&s, NULL, picture->heat_maps + i));
    }
    return out->status;
}

const heed__renderer heed__renderer_terminal = {
    "terminal", "", "text with coloured words, or with [words] where there are no colours", draw};
