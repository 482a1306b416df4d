/* SPDX-License-Identifier: MIT */
/*
 * One page that stands alone: no script, no other file. A shade is a class (p1 .. p10 for, n1 ..
 * n10 against), coloured once for light screens and once for dark ones; a word's score shows when
 * it is pointed at.
 */
#include "base/fail.h"
#include "explain/colour.h"
#include "explain/html.h"
#include "explain/renderers.h"
#include "explain/runs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { SHADES = HEED_HTML_SHADES };

void heed__html_escaped(heed__buffer *out, const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        utf8proc_int32_t c;
        size_t left = length - at;
        utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                                 (utf8proc_ssize_t)(left < 4 ? left : 4), &c);
        int32_t shown = heed__shown_character(c);
        if (c == '&')
            heed__buffer_text(out, "&amp;");
        else if (c == '<')
            heed__buffer_text(out, "&lt;");
        else if (c == '>')
            heed__buffer_text(out, "&gt;");
        else if (c == '"')
            heed__buffer_text(out, "&quot;");
        else if (c == '\'')
            heed__buffer_text(out, "&#39;");
        else if (shown != c)
            heed__buffer_text(out, "\xEF\xBF\xBD");
        else
            heed__buffer_add(out, text + at, (size_t)size);
        at += (size_t)size;
    }
}

static void put_string(heed__buffer *out, const char *text)
{
    heed__html_escaped(out, text, strlen(text));
}

static void put_colours(heed__buffer *out, int dark)
{
    for (int shade = -SHADES; shade <= SHADES; shade++) {
        if (shade == 0) continue;
        heed__rgb ground = heed__colour_of((float)shade / SHADES, dark);
        heed__rgb letters = heed__text_colour(ground);
        heed__buffer_format(out, ".%c%d{background:#%02x%02x%02x;color:#%02x%02x%02x}\n",
                            shade < 0 ? 'n' : 'p', abs(shade), ground.r, ground.g, ground.b,
                            letters.r, letters.g, letters.b);
    }
}

static const char page_style[] =
    ":root{color-scheme:light dark;--ground:#fff;--ink:#1d1d1f;--soft:#5f6368;--line:#dadce0}\n"
    "body{margin:0;background:var(--ground);color:var(--ink);"
    "font:17px/1.7 \"DejaVu Sans\",\"Noto Sans\",\"Noto Sans CJK SC\",\"PingFang SC\","
    "\"Microsoft YaHei\",\"WenQuanYi Micro Hei\",sans-serif}\n"
    "main{max-width:60em;margin:0 auto;padding:1.5em}\n"
    "h1{font-size:1.4em}\nh2{font-size:1em;color:var(--soft);margin:0}\n"
    "h3{font-size:1.1em;margin:.6em 0 0}\n"
    "article{border-top:1px solid var(--line);padding:1.2em 0}\n"
    ".text{white-space:pre-wrap;overflow-wrap:anywhere;margin:.2em 0}\n"
    ".text span{border-radius:3px;padding:.1em 0}\n"
    ".u{outline:1px dotted var(--soft)}\n"
    ".note,.method{color:var(--soft);font-size:.85em;margin:0}\n"
    ".wrong{color:#b3261e}\n"
    ".sentence{display:flex;gap:.8em}.sentence .text{flex:1;margin:0}\n"
    ".mass{flex:none;width:3.2em;text-align:center;border-radius:3px;margin:1px 0}\n"
    ".legend span{display:inline-block;width:1.2em;height:1em;vertical-align:-.15em}\n";

void heed__html_head(heed__buffer *out, const char *title, int again, const char *light,
                     const char *dark)
{
    heed__buffer_text(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                           "<meta name=\"viewport\" content=\"width=device-width\">\n");
    if (again > 0)
        heed__buffer_format(out, "<meta http-equiv=\"refresh\" content=\"%d\">\n", again);
    heed__buffer_text(out, "<title>");
    put_string(out, title);
    heed__buffer_text(out, "</title>\n<style>\n");
    heed__buffer_text(out, page_style);
    heed__buffer_text(out, heed__html_heat_map_style);
    heed__buffer_text(out, light);
    put_colours(out, 0);
    heed__buffer_text(out, "@media (prefers-color-scheme:dark){\n"
                           ":root{--ground:#202124;--ink:#e8eaed;--soft:#9aa0a6;--line:#3c4043}\n"
                           ".wrong{color:#f2b8b5}\n");
    put_colours(out, 1);
    heed__buffer_text(out, dark);
    heed__buffer_text(out, "}\n</style>\n</head>\n<body>\n<main>\n");
}

static void put_head(heed__buffer *out, const heed__picture *picture)
{
    heed__html_head(out,
                    picture->title            ? picture->title
                    : picture->n_explanations ? "Which words decided"
                                              : "Which word belongs to which",
                    0, "", "");
    if (!picture->title) return;
    heed__buffer_text(out, "<h1>");
    put_string(out, picture->title);
    heed__buffer_text(out, "</h1>\n");
}

void heed__html_class(heed__buffer *out, float shade)
{
    long step = isnan(shade) ? 0 : lroundf(shade * SHADES);
    if (isnan(shade))
        heed__buffer_text(out, "u");
    else if (step)
        heed__buffer_format(out, "%c%ld", step < 0 ? 'n' : 'p', labs(step));
}

static void put_words(heed__buffer *out, const heed__explanation *e, const heed__runs *runs,
                      const heed__attribution *attribution)
{
    heed__scale scale = heed__scale_of(attribution, e->n_words);
    heed__buffer_text(out, "<p class=\"text\" dir=\"auto\">");
    for (size_t i = 0; i < runs->count; i++) {
        const heed__run *run = runs->items + i;
        if (run->word == HEED_NO_WORD) {
            heed__html_escaped(out, e->text + run->begin, run->end - run->begin);
            continue;
        }
        float score = attribution->scores[run->word];
        heed__buffer_text(out, "<span class=\"");
        heed__html_class(out, heed__shade(&scale, score));
        heed__buffer_text(out, "\" title=\"");
        heed__html_escaped(out, e->text + run->begin, run->end - run->begin);
        heed__buffer_text(out, ": ");
        heed__buffer_number(out, (double)score, 4);
        heed__buffer_text(out, "\">");
        heed__html_escaped(out, e->text + run->begin, run->end - run->begin);
        heed__buffer_text(out, "</span>");
    }
    heed__buffer_text(out, "</p>\n");
}

void heed__html_note(heed__buffer *out, heed__buffer *note)
{
    if (note->status != HEED_OK) out->status = note->status;
    if (note->size) {
        heed__buffer_text(out, "<p class=\"note\">");
        heed__html_escaped(out, note->bytes, note->size);
        heed__buffer_text(out, "</p>\n");
    }
    heed__buffer_free(note);
}

static void put_output(heed__buffer *out, const heed__explanation *e, const heed__runs *runs,
                       const heed__explained_output *output, const heed__picture_options *options)
{
    heed__buffer verdict = {0};
    heed__buffer_text(out, "<h3>");
    if (output->name) {
        put_string(out, output->name);
        heed__buffer_text(out, ": ");
    }
    put_string(out, output->label ? output->label : "");
    heed__buffer_text(out, " ");
    heed__caption_percent(out, output->probability);
    int wrong = heed__caption_truth(&verdict, output);
    if (verdict.size) heed__buffer_text(out, wrong ? " <span class=\"wrong\">" : " ");
    heed__html_escaped(out, verdict.bytes, verdict.size);
    if (wrong) heed__buffer_text(out, "</span>");
    heed__buffer_free(&verdict);
    heed__buffer_text(out, "</h3>\n");
    for (size_t i = 0; i < heed__drawn_methods(output, options); i++) {
        const heed__attribution *attribution = output->attributions + i;
        heed__buffer_text(out, "<p class=\"method\">by ");
        put_string(out, attribution->method);
        heed__buffer_text(out, "</p>\n");
        put_words(out, e, runs, attribution);
        heed__buffer note = {0};
        heed__caption_left_out(&note, runs->left_out);
        heed__html_note(out, &note);
        heed__caption_faithfulness(&note, &attribution->faithfulness);
        heed__html_note(out, &note);
    }
}

/* Each sentence beside its mass. */
static heed_status put_sentences(heed__buffer *out, const heed__explanation *e)
{
    if (e->n_sentences)
        heed__buffer_text(out,
                          "<p class=\"method\">sentences by their weight in the text, words by "
                          "theirs in the sentence</p>\n");
    for (size_t i = 0; i < e->n_sentences; i++) {
        const heed__explained_sentence *sentence = e->sentences + i;
        heed__runs runs;
        HEED_TRY(heed__runs_make(&sentence->part, 0, &runs));
        heed__buffer_text(out, "<div class=\"sentence\"><span class=\"mass ");
        heed__html_class(out, heed__sentence_shade(e, i));
        heed__buffer_text(out, "\">");
        heed__buffer_number(out, (double)sentence->weight, 3);
        heed__buffer_text(out, "</span>");
        put_words(out, &sentence->part, &runs, &sentence->words);
        heed__buffer_text(out, "</div>\n");
        heed__runs_free(&runs);
    }
    return HEED_OK;
}

void heed__html_legend(heed__buffer *out, int is_signed)
{
    heed__buffer_text(out, "<p class=\"note legend\">");
    heed__buffer_text(out, is_signed ? "against the label " : "less ");
    for (int shade = is_signed ? -SHADES : 1; shade <= SHADES; shade++)
        if (shade)
            heed__buffer_format(out, "<span class=\"%c%d\"></span>", shade < 0 ? 'n' : 'p',
                                abs(shade));
    heed__buffer_text(out, is_signed ? " for the label" : " more");
    heed__buffer_text(out, "; each text is scaled to its own strongest word, a word with a dotted "
                           "line has no score; point at a word to see its score</p>\n");
}

void heed__html_open(heed__buffer *out, const char *name)
{
    heed__buffer_text(out, "<article>\n");
    if (!name) return;
    heed__buffer_text(out, "<h2>");
    put_string(out, name);
    heed__buffer_text(out, "</h2>\n");
}

void heed__html_close(heed__buffer *out)
{
    heed__buffer_text(out, "</article>\n");
}

heed_status heed__html_outputs(heed__buffer *out, const heed__explanation *e,
                               const heed__picture_options *options, int *is_signed)
{
    heed__runs runs;
    HEED_TRY(heed__runs_make(e, options->max_characters, &runs));
    for (size_t j = 0; j < e->n_outputs; j++) {
        put_output(out, e, &runs, e->outputs + j, options);
        for (size_t k = 0; k < heed__drawn_methods(e->outputs + j, options); k++)
            *is_signed |= heed__scale_of(e->outputs[j].attributions + k, e->n_words).is_signed;
    }
    heed__runs_free(&runs);
    return out->status;
}

heed_status heed__html_explanation(heed__buffer *out, const heed__explanation *e,
                                   const heed__picture_options *options, int *is_signed)
{
    heed__html_open(out, e->name);
    HEED_TRY(heed__html_outputs(out, e, options, is_signed));
    HEED_TRY(put_sentences(out, e));
    for (size_t j = 0; j < e->n_heat_maps; j++) heed__html_heat_map(out, e, e->heat_maps + j);
    heed__html_close(out);
    return out->status;
}

void heed__html_end(heed__buffer *out)
{
    heed__buffer_text(out, "</main>\n</body>\n</html>\n");
}

static heed_status draw(const heed__picture *picture, const heed__picture_options *options,
                        heed__buffer *out)
{
    int is_signed = 0;
    put_head(out, picture);
    for (size_t i = 0; i < picture->n_explanations; i++)
        HEED_TRY(heed__html_explanation(out, picture->explanations + i, options, &is_signed));
    for (size_t i = 0; i < picture->n_heat_maps; i++) {
        heed__html_open(out, NULL);
        heed__html_heat_map(out, NULL, picture->heat_maps + i);
        heed__html_close(out);
    }
    if (picture->n_explanations) heed__html_legend(out, is_signed);
    heed__html_end(out);
    return out->status;
}

const heed__renderer heed__renderer_html = {"html", ".html", "one page that stands alone", draw};
