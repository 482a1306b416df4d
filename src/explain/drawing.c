/* SPDX-License-Identifier: MIT */
#include "explain/drawing.h"

#include "base/fail.h"
#include "base/memory.h"

#include <string.h>

static heed__picture_options options_of(const heed_draw_options *options)
{
    heed__picture_options out = heed__picture_defaults();
    if (options->width) out.width = options->width;
    if (options->columns) out.columns = options->columns;
    if (options->max_characters) out.max_characters = options->max_characters;
    if (options->across > 0) out.across = options->across;
    if (options->methods > 0) out.most_methods = (size_t)options->methods;
    if (options->colours == 1) out.colours = HEED_COLOURS_NONE;
    if (options->colours == 2) out.colours = HEED_COLOURS_RGB;
    return out;
}

heed_status heed__drawing_make(heed__picture *picture, const heed_draw_options *options, char **out,
                               size_t *size)
{
    const heed_draw_options none = {0};
    const heed__renderer *renderer = NULL;
    heed__buffer buffer = {0};
    if (!options) options = &none;
    heed__picture_options how = options_of(options);
    picture->title = options->title;
    *out = NULL;
    *size = 0;
    HEED_TRY(heed__renderer_find(options->renderer ? options->renderer : "terminal", &renderer));
    heed_status status = heed__picture_draw(picture, renderer, &how, &buffer);
    if (status == HEED_OK) status = heed__alloc(buffer.size + 1, 1, "a drawing", out);
    if (status == HEED_OK && buffer.size) memcpy(*out, buffer.bytes, buffer.size);
    if (status == HEED_OK) *size = buffer.size;
    heed__buffer_free(&buffer);
    return status;
}
