/* SPDX-License-Identifier: MIT */
/* The same picture as data: {"title", "explanations": [{"name", "text", "outputs": [{"name",
 * "label", "probability", "truth", "words": [{"text", "begin", "end", "scores": {method: score}}],
 * "faithfulness": {method: {"words", "drop_highest", "drop_random"}}}], "attention": [...]}]}, and
 * with "alignments": [{"name", "source", "target", "weights", "links": [[source, target]],
 * "possible": [...]}] where there are matrices by themselves.
 * What is unknown is null. */
#include "base/fail.h"
#include "explain/renderers.h"
#include "explain/runs.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

enum { DIGITS = 7 }; /* what a float32 holds */

/* NULL strings are null; NULL results (no memory) surface once, when the document is written. */
static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *number_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *word_object(const heed__explanation *e, const heed__explained_output *output,
                           size_t i)
{
    heed__word word = heed__word_within(e, i);
    json_t *scores = json_object();
    for (size_t j = 0; j < output->n_attributions; j++)
        json_object_set_new(scores, output->attributions[j].method,
                            number_or_null((double)output->attributions[j].scores[i]));
    json_t *object = json_object();
    json_object_set_new(object, "text", json_stringn(e->text + word.begin, word.end - word.begin));
    json_object_set_new(object, "begin", json_integer((json_int_t)word.begin));
    json_object_set_new(object, "end", json_integer((json_int_t)word.end));
    json_object_set_new(object, "scores", scores);
    return object;
}

static json_t *faithfulness_object(const heed__explained_output *output)
{
    json_t *methods = json_object();
    for (size_t j = 0; j < output->n_attributions; j++) {
        const heed__faithfulness *f = &output->attributions[j].faithfulness;
        json_t *object = f->words > 0 ? json_object() : json_null();
        if (f->words > 0) {
            json_object_set_new(object, "words", json_integer(f->words));
            json_object_set_new(object, "drop_highest", number_or_null(f->drop_highest));
            json_object_set_new(object, "drop_random", number_or_null(f->drop_random));
        }
        json_object_set_new(methods, output->attributions[j].method, object);
    }
    return methods;
}

static json_t *output_object(const heed__explanation *e, const heed__explained_output *output)
{
    json_t *words = json_array();
    for (size_t i = 0; i < e->n_words; i++) json_array_append_new(words, word_object(e, output, i));
    json_t *object = json_object();
    json_object_set_new(object, "name", text_or_null(output->name));
    json_object_set_new(object, "label", text_or_null(output->label));
    json_object_set_new(object, "probability", number_or_null(output->probability));
    json_object_set_new(object, "truth", text_or_null(output->truth));
    json_object_set_new(object, "words", words);
    json_object_set_new(object, "faithfulness", faithfulness_object(output));
    return object;
}

static json_t *labels_array(const heed__explanation *e, const char *const *labels, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        size_t length;
        const char *label = heed__heat_map_label(e, labels, i, &length);
        json_array_append_new(array, json_stringn(label, length));
    }
    return array;
}

static json_t *weights_array(const heed__heat_map *map)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < map->rows; i++) {
        json_t *row = json_array();
        for (size_t j = 0; j < map->columns; j++)
            json_array_append_new(row, number_or_null((double)map->weights[i * map->columns + j]));
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *heat_map_object(const heed__explanation *e, const heed__heat_map *map)
{
    json_t *object = json_object();
    json_object_set_new(object, "title", text_or_null(map->title));
    json_object_set_new(object, "rows", labels_array(e, map->row_labels, map->rows));
    json_object_set_new(object, "columns", labels_array(e, map->column_labels, map->columns));
    json_object_set_new(object, "weights", weights_array(map));
    return object;
}

static json_t *sentence_object(const heed__explained_sentence *sentence)
{
    const heed__explanation *part = &sentence->part;
    json_t *words = json_array(), *object = json_object();
    for (size_t i = 0; i < part->n_words; i++) {
        heed__word word = heed__word_within(part, i);
        json_t *item = json_object();
        json_object_set_new(item, "text",
                            json_stringn(part->text + word.begin, word.end - word.begin));
        json_object_set_new(item, "begin",
                            json_integer((json_int_t)(sentence->begin + word.begin)));
        json_object_set_new(item, "end", json_integer((json_int_t)(sentence->begin + word.end)));
        json_object_set_new(item, "weight", number_or_null((double)sentence->words.scores[i]));
        json_array_append_new(words, item);
    }
    json_object_set_new(object, "begin", json_integer((json_int_t)sentence->begin));
    json_object_set_new(object, "end", json_integer((json_int_t)(sentence->begin + part->length)));
    json_object_set_new(object, "weight", number_or_null((double)sentence->weight));
    json_object_set_new(object, "words", words);
    return object;
}

static json_t *explanation_object(const heed__explanation *e)
{
    json_t *outputs = json_array(), *maps = json_array();
    for (size_t i = 0; i < e->n_outputs; i++)
        json_array_append_new(outputs, output_object(e, e->outputs + i));
    for (size_t i = 0; i < e->n_heat_maps; i++)
        json_array_append_new(maps, heat_map_object(e, e->heat_maps + i));
    json_t *object = json_object();
    json_object_set_new(object, "name", text_or_null(e->name));
    json_object_set_new(object, "text", json_stringn(e->text, e->length));
    json_object_set_new(object, "outputs", outputs);
    json_object_set_new(object, "attention", maps);
    if (!e->n_sentences) return object;
    json_t *sentences = json_array();
    for (size_t i = 0; i < e->n_sentences; i++)
        json_array_append_new(sentences, sentence_object(e->sentences + i));
    json_object_set_new(object, "sentences", sentences);
    return object;
}

/* The links of one kind, counted from 0. */
static json_t *links_array(const heed__heat_map *map, heed__mark mark)
{
    json_t *array = json_array();
    for (size_t i = 0; i < map->rows; i++)
        for (size_t j = 0; j < map->columns; j++)
            if (heed__heat_map_mark(map, i, j) == mark)
                json_array_append_new(array, json_pack("[I, I]", (json_int_t)j, (json_int_t)i));
    return array;
}

static json_t *alignment_object(const heed__heat_map *map)
{
    json_t *object = json_object();
    json_object_set_new(object, "name", text_or_null(map->title));
    json_object_set_new(object, "source", labels_array(NULL, map->column_labels, map->columns));
    json_object_set_new(object, "target", labels_array(NULL, map->row_labels, map->rows));
    json_object_set_new(object, "weights", weights_array(map));
    json_object_set_new(object, "links", links_array(map, HEED_MARK_LINK));
    json_object_set_new(object, "possible", links_array(map, HEED_MARK_POSSIBLE));
    return object;
}

static int add_to_buffer(const char *bytes, size_t size, void *out)
{
    heed__buffer_add(out, bytes, size);
    return ((heed__buffer *)out)->status == HEED_OK ? 0 : -1;
}

static int put_explanations(const heed__picture *picture, json_t *document)
{
    if (picture->n_heat_maps && !picture->n_explanations) return 0;
    json_t *array = json_array();
    for (size_t i = 0; i < picture->n_explanations; i++)
        json_array_append_new(array, explanation_object(picture->explanations + i));
    return json_object_set_new(document, "explanations", array) != 0;
}

static int put_alignments(const heed__picture *picture, json_t *document)
{
    if (!picture->n_heat_maps) return 0;
    json_t *array = json_array();
    for (size_t i = 0; i < picture->n_heat_maps; i++)
        json_array_append_new(array, alignment_object(picture->heat_maps + i));
    return json_object_set_new(document, "alignments", array) != 0;
}

static heed_status draw(const heed__picture *picture, const heed__picture_options *options,
                        heed__buffer *out)
{
    (void)options;
    json_t *document = json_object();
    json_object_set_new(document, "title", text_or_null(picture->title));
    int failed = put_explanations(picture, document) || put_alignments(picture, document);
    failed = failed || json_dump_callback(document, add_to_buffer, out,
                                          JSON_INDENT(1) | JSON_REAL_PRECISION(DIGITS)) != 0;
    json_decref(document);
    if (failed) return heed__fail(HEED_E_NOMEM, "no memory for an explanation as JSON");
    heed__buffer_text(out, "\n");
    return out->status;
}

const heed__renderer heed__renderer_json = {"json", ".json", "the words and scores as data", draw};
