/* SPDX-License-Identifier: MIT */
#include "cli/written.h"

#include "cli/output.h"

#include <stdlib.h>
#include <string.h>

written_alignment written_alignment_of(const char *name)
{
    return strcmp(name, "hard") == 0   ? ALIGNMENT_HARD
           : strcmp(name, "soft") == 0 ? ALIGNMENT_SOFT
                                       : ALIGNMENT_NONE;
}

void written_text(const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n\r");
        output_bytes(text, length);
        text += length;
        if (*text) output_text(" "), text++;
    }
}

void written_links(const heed_translation *t)
{
    for (int64_t i = 0; i < t->n_links; i++)
        output_format("%s%d-%d", i ? " " : "", (int)t->links[i].source, (int)t->links[i].target);
}

void written_weights(const heed_translation *t)
{
    for (int64_t i = 0; i < t->n_words; i++) {
        if (i) output_text(" ");
        for (int64_t j = 0; j < t->n_source_words; j++)
            output_format("%s%.4f", j ? "," : "",
                          (double)t->word_weights[i * t->n_source_words + j]);
    }
}

void written_alignment_after(const heed_translation *t, written_alignment how)
{
    if (how == ALIGNMENT_NONE) return;
    output_text(" ||| ");
    if (how == ALIGNMENT_HARD)
        written_links(t);
    else
        written_weights(t);
}

static json_t *tokens_array(const heed_translation *t)
{
    json_t *tokens = json_array();
    for (int64_t i = 0; i < t->n_tokens; i++)
        json_array_append_new(
            tokens, json_pack("{s:s, s:f}", "token", t->tokens[i], "score", t->token_scores[i]));
    return tokens;
}

static json_t *strings_array(const char *const *strings, int64_t n)
{
    json_t *all = json_array();
    for (int64_t i = 0; i < n; i++) json_array_append_new(all, json_string(strings[i]));
    return all;
}

static json_t *links_array(const heed_translation *t)
{
    json_t *links = json_array();
    for (int64_t i = 0; i < t->n_links; i++)
        json_array_append_new(
            links, json_pack("[i, i]", (int)t->links[i].source, (int)t->links[i].target));
    return links;
}

static json_t *weights_array(const heed_translation *t)
{
    json_t *rows = json_array();
    for (int64_t i = 0; i < t->n_words; i++) {
        json_t *row = json_array();
        for (int64_t j = 0; j < t->n_source_words; j++)
            json_array_append_new(row,
                                  json_real((double)t->word_weights[i * t->n_source_words + j]));
        json_array_append_new(rows, row);
    }
    return rows;
}

void written_object(const heed_translation *t, const char *name, written_alignment how,
                    json_t *object)
{
    if (name) json_object_set_new(object, name, json_string(t->text));
    json_object_set_new(object, "score", json_real(t->score));
    json_object_set_new(object, "normalised", json_real(t->normalised));
    json_object_set_new(object, "finished", json_boolean(t->finished));
    json_object_set_new(object, "tokens", tokens_array(t));
    if (t->finished && t->token_scores)
        json_object_set_new(object, "end", json_real(t->token_scores[t->n_tokens]));
    if (how == ALIGNMENT_NONE) return;
    json_object_set_new(object, "alignment", links_array(t));
    if (how == ALIGNMENT_HARD) return;
    json_object_set_new(object, "source_words", strings_array(t->source_words, t->n_source_words));
    json_object_set_new(object, "words", strings_array(t->words, t->n_words));
    json_object_set_new(object, "weights", weights_array(t));
}

void written_json_line(json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9));
    if (text) output_text(text);
    output_text("\n");
    free(text);
    json_decref(object);
}
