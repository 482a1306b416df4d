/* SPDX-License-Identifier: MIT */
/* heed explain --keywords: the words that describe each text, and each label. */
#include "cli/explaining.h"
#include "cli/output.h"
#include "cli/report.h"

#include <stdlib.h>

/* Keywords of one text (label < 0) or of one label. */
static heed_status find(explaining *e, long long text, int output, long long label, int most,
                        heed_keyword *words, int *found)
{
    return text >= 0
               ? heed_explainer_keywords(e->explainer, text, output, most, words, found)
               : heed_explainer_label_keywords(e->explainer, output, label, most, words, found);
}

static void show_words(const heed_keyword *words, int found)
{
    for (int i = 0; i < found; i++) {
        output_text(i ? ", " : "");
        output_bytes(words[i].word.bytes, words[i].word.size);
    }
    output_text(found ? "\n" : "(none)\n");
}

static heed_status show_text(explaining *e, long long text, int most, heed_keyword *words)
{
    output_format("%s\n", e->names[text]);
    for (int o = 0; o < heed_model_outputs(e->model); o++) {
        int found;
        heed_answer answer;
        if (heed_model_output(e->model, o).kind == HEED_OUTPUT_TAGS) continue;
        heed_status status = find(e, text, o, -1, most, words, &found);
        if (status != HEED_OK) return status;
        heed_explainer_answer(e->explainer, text, o, &answer);
        if (heed_model_outputs(e->model) > 1)
            output_format("  %s", heed_model_output(e->model, o).name);
        if (answer.label)
            output_format("  %s: ", answer.label);
        else
            output_format("  %.6g: ", (double)answer.value);
        show_words(words, found);
    }
    return output_status();
}

/* How many of the texts were given each label of an output. */
static long long texts_with(const explaining *e, int output, int64_t label)
{
    long long count = 0;
    for (long long t = 0; t < e->count; t++) {
        heed_answer answer;
        heed_explainer_answer(e->explainer, t, output, &answer);
        count += answer.label && answer.index == label;
    }
    return count;
}

static heed_status show_labels(explaining *e, int most, heed_keyword *words)
{
    for (int o = 0; o < heed_model_outputs(e->model); o++) {
        heed_output out = heed_model_output(e->model, o);
        if (out.kind == HEED_OUTPUT_NUMBER || out.kind == HEED_OUTPUT_TAGS) continue;
        output_format("\n%s, over %lld texts\n", out.name, e->count);
        for (int64_t label = 0; label < out.count; label++) {
            int found;
            long long texts = texts_with(e, o, label);
            if (!texts) continue;
            heed_status status = find(e, -1, o, label, most, words, &found);
            if (status != HEED_OK) return status;
            output_format("  %s (%lld): ", heed_model_label(e->model, o, label), texts);
            show_words(words, found);
        }
    }
    return output_status();
}

heed_status keywords_show(explaining *e, int most)
{
    heed_keyword *words = calloc((size_t)most, sizeof *words);
    heed_status status = words ? HEED_OK : report(HEED_E_NOMEM, "no memory for keywords");
    for (long long t = 0; t < e->count && status == HEED_OK; t++)
        status = show_text(e, t, most, words);
    if (status == HEED_OK && e->count > 1) status = show_labels(e, most, words);
    free(words);
    return status;
}

static json_t *words_array(const heed_keyword *words, int found)
{
    json_t *array = json_array();
    for (int i = 0; i < found; i++) {
        json_t *word = json_object();
        json_object_set_new(word, "word", json_stringn(words[i].word.bytes, words[i].word.size));
        json_object_set_new(word, "score", json_real(words[i].score));
        json_object_set_new(word, "count", json_integer(words[i].count));
        json_array_append_new(array, word);
    }
    return array;
}

static heed_status text_object(explaining *e, long long text, int most, heed_keyword *words,
                               json_t *array)
{
    json_t *object = json_object(), *outputs = json_array();
    json_array_append_new(array, object);
    json_object_set_new(object, "name", json_string(e->names[text]));
    json_object_set_new(object, "outputs", outputs);
    for (int o = 0; o < heed_model_outputs(e->model); o++) {
        int found;
        heed_answer answer;
        if (heed_model_output(e->model, o).kind == HEED_OUTPUT_TAGS) continue;
        heed_status status = find(e, text, o, -1, most, words, &found);
        if (status != HEED_OK) return status;
        heed_explainer_answer(e->explainer, text, o, &answer);
        json_t *one = json_object();
        json_array_append_new(outputs, one);
        json_object_set_new(one, "name", json_string(heed_model_output(e->model, o).name));
        if (answer.label)
            json_object_set_new(one, "label", json_string(answer.label));
        else
            json_object_set_new(one, "value", json_real((double)answer.value));
        json_object_set_new(one, "keywords", words_array(words, found));
    }
    return HEED_OK;
}

static heed_status labels_object(explaining *e, int most, heed_keyword *words, json_t *all)
{
    for (int o = 0; o < heed_model_outputs(e->model); o++) {
        heed_output out = heed_model_output(e->model, o);
        if (out.kind == HEED_OUTPUT_NUMBER || out.kind == HEED_OUTPUT_TAGS) continue;
        json_t *labels = json_object();
        json_object_set_new(all, out.name, labels);
        for (int64_t label = 0; label < out.count; label++) {
            int found;
            heed_status status = find(e, -1, o, label, most, words, &found);
            if (status != HEED_OK) return status;
            json_t *one = json_object();
            json_object_set_new(one, "texts", json_integer(texts_with(e, o, label)));
            json_object_set_new(one, "keywords", words_array(words, found));
            json_object_set_new(labels, heed_model_label(e->model, o, label), one);
        }
    }
    return HEED_OK;
}

heed_status keywords_document(explaining *e, int most, json_t **out)
{
    heed_keyword *words = calloc((size_t)most, sizeof *words);
    heed_status status = words ? HEED_OK : report(HEED_E_NOMEM, "no memory for keywords");
    json_t *texts = json_array(), *labels = json_object();
    for (long long t = 0; t < e->count && status == HEED_OK; t++)
        status = text_object(e, t, most, words, texts);
    if (status == HEED_OK) status = labels_object(e, most, words, labels);
    *out = json_object();
    json_object_set_new(*out, "texts", texts);
    json_object_set_new(*out, "labels", labels);
    free(words);
    return status;
}
