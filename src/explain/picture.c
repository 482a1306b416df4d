/* SPDX-License-Identifier: MIT */
#include "explain/picture.h"

#include "base/fail.h"
#include "explain/renderers.h"
#include "explain/runs.h"

#include <math.h>
#include <string.h>
#include <utf8proc.h>

static const heed__renderer *const renderers[] = {
    &heed__renderer_terminal, &heed__renderer_html, &heed__renderer_svg,
    &heed__renderer_png,      &heed__renderer_json,
};

enum { N_RENDERERS = sizeof renderers / sizeof *renderers };

const heed__renderer *const *heed__renderers(size_t *out_count)
{
    *out_count = N_RENDERERS;
    return renderers;
}

heed_status heed__renderer_find(const char *name, const heed__renderer **out)
{
    heed__buffer names = {0};
    *out = NULL;
    for (size_t i = 0; i < N_RENDERERS; i++) {
        if (strcmp(renderers[i]->name, name) == 0) *out = renderers[i];
        heed__buffer_format(&names, "%s%s", i ? ", " : "", renderers[i]->name);
    }
    heed_status status = HEED_OK;
    if (!*out)
        status = heed__fail(HEED_E_INVALID, "no picture format is called %s; there are: %s", name,
                            names.bytes ? names.bytes : "");
    heed__buffer_free(&names);
    return status;
}

heed__picture_options heed__picture_defaults(void)
{
    return (heed__picture_options){.width = 900, .columns = 80, .colours = HEED_COLOURS_256};
}

static heed_status check_text(const char *what, const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        utf8proc_int32_t character;
        size_t left = length - at;
        utf8proc_ssize_t size =
            utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                             (utf8proc_ssize_t)(left < 4 ? left : 4), &character);
        if (size <= 0)
            return heed__fail(HEED_E_DATA, "%s: byte %zu is not UTF-8; convert it with iconv", what,
                              at + 1);
        at += (size_t)size;
    }
    return HEED_OK;
}

static heed_status check_string(const char *what, const char *text)
{
    return text ? check_text(what, text, strlen(text)) : HEED_OK;
}

static heed_status check_labels(const char *what, const char *const *labels, size_t count,
                                size_t n_words)
{
    if (!labels && count != n_words)
        return heed__fail(HEED_E_DATA, "an attention matrix has %zu %s for %zu words", count, what,
                          n_words);
    for (size_t i = 0; labels && i < count; i++) HEED_TRY(check_string("a label", labels[i]));
    return HEED_OK;
}

static heed_status check_heat_map(const heed__heat_map *map, size_t n_words)
{
    HEED_TRY(check_string("a title", map->title));
    HEED_TRY(check_string("the name of rows", map->row_axis));
    HEED_TRY(check_string("the name of columns", map->column_axis));
    HEED_TRY(check_labels("rows", map->row_labels, map->rows, n_words));
    return check_labels("columns", map->column_labels, map->columns, n_words);
}

static heed_status check_explanation(const heed__explanation *e)
{
    HEED_TRY(check_string("the name of a text", e->name));
    HEED_TRY(check_text(e->name ? e->name : "the text", e->text, e->length));
    for (size_t i = 0; i < e->n_outputs; i++) {
        const heed__explained_output *output = e->outputs + i;
        HEED_TRY(check_string("the name of an output", output->name));
        HEED_TRY(check_string("a label", output->label));
        HEED_TRY(check_string("a label", output->truth));
        for (size_t j = 0; j < output->n_attributions; j++)
            HEED_TRY(check_string("a method", output->attributions[j].method));
    }
    for (size_t i = 0; i < e->n_heat_maps; i++)
        HEED_TRY(check_heat_map(e->heat_maps + i, e->n_words));
    return HEED_OK;
}

heed_status heed__picture_draw(const heed__picture *picture, const heed__renderer *renderer,
                               const heed__picture_options *options, heed__buffer *out)
{
    const heed__picture_options defaults = heed__picture_defaults();
    if (!options) options = &defaults;
    if (options->width < 200 || options->width > 8000)
        return heed__fail(HEED_E_INVALID, "a picture's width of %d pixels: it must be 200 to 8000",
                          options->width);
    if (options->columns < 40 || options->columns > 1000)
        return heed__fail(HEED_E_INVALID, "a picture's width of %d columns: it must be 40 to 1000",
                          options->columns);
    HEED_TRY(check_string("the title", picture->title));
    for (size_t i = 0; i < picture->n_explanations; i++)
        HEED_TRY(check_explanation(picture->explanations + i));
    for (size_t i = 0; i < picture->n_heat_maps; i++)
        HEED_TRY(check_heat_map(picture->heat_maps + i, 0));
    HEED_TRY(renderer->draw(picture, options, out));
    return out->status;
}

const char *heed__heat_map_label(const heed__explanation *e, const char *const *labels, size_t i,
                                 size_t *out_length)
{
    if (labels) {
        *out_length = strlen(labels[i]);
        return labels[i];
    }
    heed__word word = heed__word_within(e, i);
    *out_length = word.end - word.begin;
    return e->text + word.begin;
}

const char *heed__heat_map_row_axis(const heed__heat_map *map)
{
    return map->row_axis ? map->row_axis : "words that look";
}

const char *heed__heat_map_column_axis(const heed__heat_map *map)
{
    return map->column_axis ? map->column_axis : "words they look at";
}

float heed__heat_map_largest(const heed__heat_map *map)
{
    float largest = 0.0f;
    if (map->darkest > 0) return map->darkest;
    for (size_t i = 0; i < map->rows * map->columns; i++)
        if (isfinite(map->weights[i]) && map->weights[i] > largest) largest = map->weights[i];
    return largest;
}

float heed__heat_map_shade(const heed__heat_map *map, float largest, size_t row, size_t column)
{
    float weight = map->weights[row * map->columns + column];
    if (isnan(weight)) return weight;
    return largest > 0.0f ? fmaxf(0.0f, fminf(1.0f, weight / largest)) : 0.0f;
}

heed__mark heed__heat_map_mark(const heed__heat_map *map, size_t row, size_t column)
{
    return map->marks ? (heed__mark)map->marks[row * map->columns + column] : HEED_MARK_NONE;
}

int heed__heat_map_has(const heed__heat_map *map, heed__mark mark)
{
    for (size_t i = 0; i < map->rows; i++)
        for (size_t j = 0; j < map->columns; j++)
            if (heed__heat_map_mark(map, i, j) == mark) return 1;
    return 0;
}

void heed__heat_map_left_out(heed__buffer *out, const heed__heat_map *map, size_t rows,
                             size_t columns)
{
    if (rows < map->rows || columns < map->columns)
        heed__buffer_format(out, "… %zu of %zu rows and %zu of %zu columns are shown", rows,
                            map->rows, columns, map->columns);
}

float heed__sentence_shade(const heed__explanation *e, size_t sentence)
{
    float largest = 0;
    for (size_t i = 0; i < e->n_sentences; i++)
        if (e->sentences[i].weight > largest) largest = e->sentences[i].weight;
    return largest > 0 ? e->sentences[sentence].weight / largest : 0;
}
