/* SPDX-License-Identifier: MIT */
/* All that is known of a model, as JSON. */
#include "base/fail.h"
#include "io/json.h"
#include "model/members.h"
#include "model/outputs.h"

#include <stdio.h>
#include <string.h>

static json_t *parsed(const char *text)
{
    return text ? json_loads(text, 0, NULL) : NULL; /* NULL sets nothing */
}

static json_t *tokenizer_json(const heed_model *model)
{
    json_t *object = json_object();
    json_object_set_new(object, "kind", json_string(heed__tokenizer_kind(model->tokenizer)));
    json_object_set_new(object, "tokens",
                        json_integer(heed__tokenizer_vocabulary(model->tokenizer)));
    /* Id 0, none, is among them. */
    int64_t pairs = heed__tokenizer_ngrams(model->tokenizer, HEED_BAGS_TOKENS);
    int64_t characters = heed__tokenizer_ngrams(model->tokenizer, HEED_BAGS_CHARACTERS);
    json_object_set_new(object, "pairs", json_integer(pairs ? pairs - 1 : 0));
    if (characters) json_object_set_new(object, "characters", json_integer(characters - 1));
    return object;
}

static json_t *outputs_json(const heed_model *model)
{
    json_t *array = json_array();
    for (int i = 0; i < model->n_outputs; i++) {
        heed_output output = heed_model_output(model, i);
        json_t *object = json_object(), *labels = json_array();
        json_object_set_new(object, "name", json_string(output.name));
        json_object_set_new(object, "kind", json_string(model->outputs[i].kind->name));
        for (int64_t j = 0; output.kind != HEED_OUTPUT_NUMBER && j < output.count; j++)
            json_array_append_new(labels, json_string(heed_model_label(model, i, j)));
        json_object_set_new(object, "labels", labels);
        json_array_append_new(array, object);
    }
    return array;
}

static void set(json_t *object, const char *key, json_t *value)
{
    if (value) json_object_set_new(object, key, value);
}

/* A command being put together; what does not fit is left out whole. */
typedef struct command {
    char text[4096];
    size_t used;
    json_t *settings; /* of those it holds: {key: value}; NULL = not wanted */
} command;

static void say(command *c, const char *text)
{
    size_t length = strlen(text);
    if (c->used + length >= sizeof c->text) return;
    memcpy(c->text + c->used, text, length + 1);
    c->used += length;
}

/* " --flag value", the value quoted for a shell where it needs to be. */
static void say_option(command *c, const char *flag, const char *value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-.,:/+=@";
    int quoted = !*value || strspn(value, plain) != strlen(value);
    if (c->used + strlen(flag) + 4 * strlen(value) + 8 >= sizeof c->text) return;
    say(c, " --");
    say(c, flag);
    say(c, quoted ? " '" : " ");
    for (const char *at = value; *at; at++) {
        char one[2] = {*at, 0};
        say(c, *at == '\'' ? "'\\''" : one);
    }
    if (quoted) say(c, "'");
}

static void say_setting(command *c, const char *key, const char *value)
{
    say_option(c, heed__config_flag(key), value);
    json_object_set_new(c->settings, key, json_string(value));
}

/* Settings on which the defaults of others depend, in the order in which they do. */
static const char *const leads[] = {
    "output.kind",      "decoder.kind",      "encoder.kind",   "pool.normaliser", "input.tokenizer",
    "encoder.dim",      "decoder.dim",       "input.dim",      "encoder.heads",   "decoder.heads",
    "encoder.score",    "decoder.score",     "encoder.stages", "decoder.stages",  "encoder.mask",
    "encoder.position", "encoder.positions", "input.block"};

static int is_lead(const char *key)
{
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++)
        if (strcmp(key, leads[i]) == 0) return 1;
    return 0;
}

/* What those of the first n leads that were said would have made of a new configuration. */
static heed_status settle(const heed_model *model, size_t n, const int *said, heed_config **out)
{
    HEED_TRY(heed_config_create(out));
    for (size_t i = 0; i < n; i++)
        if (said[i])
            HEED_TRY(heed_config_set(*out, leads[i], heed_config_get(model->config, leads[i])));
    return heed__config_settle(*out);
}

/* Says each lead that the ones before it would have made another. */
static heed_status say_leads(const heed_model *model, command *c, heed_config **settled)
{
    int said[sizeof leads / sizeof *leads] = {0};
    size_t n = sizeof leads / sizeof *leads;
    for (size_t i = 0; i < n; i++) {
        const char *value = heed_config_get(model->config, leads[i]);
        HEED_TRY(settle(model, i, said, settled));
        said[i] = strcmp(value, heed_config_get(*settled, leads[i])) != 0;
        if (said[i]) say_setting(c, leads[i], value);
        heed_config_destroy(settled);
    }
    return settle(model, n, said, settled);
}

static void say_files(const heed_model *model, const json_t *provenance, command *c)
{
    int valid = json_is_false(json_object_get(provenance, "valid_is_share"));
    const char *text, *label;
    if (json_is_true(json_object_get(provenance, "parallel"))) {
        say(c, "heed train --source SOURCE --target TARGET");
        if (valid) say(c, " --valid-source SOURCE --valid-target TARGET");
        return;
    }
    say(c, "heed train DATA");
    if (valid) say(c, " --valid VALID");
    heed_model_columns(model, &text, &label);
    if (*text) say_option(c, "text", text);
    if (*label) say_option(c, "label", label);
}

static void say_data(const heed_model *model, const json_t *provenance, command *c)
{
    say_files(model, provenance, c);
    if (json_object_get(provenance, "guide_sha256")) say(c, " --guide LINKS");
    if (json_object_get(provenance, "parent_sha256")) say(c, " --from PARENT");
    if (json_object_get(provenance, "vectors_sha256")) say(c, " --vectors VECTORS");
}

/* Of a translator that was guided or given a choice: what its links are read from. */
static json_t *alignment_json(const heed_model *model)
{
    const heed_align_choice *choice = &model->writer.choice;
    if (!heed__model_note_find(model, "heed.alignment")) return NULL;
    json_t *object = json_object();
    json_object_set_new(object, "layer", json_integer(choice->layer));
    json_object_set_new(object, "head",
                        choice->head ? json_integer(choice->head) : json_string("mean"));
    json_object_set_new(object, "rule", json_string(heed_align_rule_name(choice->rule)));
    return object;
}

/* What must be said beside the data: columns, and all settings that do not come by themselves. */
static heed_status rebuild_text(const heed_model *model, const json_t *provenance, command *c)
{
    heed_config *settled = NULL;
    say_data(model, provenance, c);
    heed_status status = say_leads(model, c, &settled);
    const heed_setting *setting;
    for (size_t i = 0; status == HEED_OK && (setting = heed_setting_at(i)); i++) {
        const char *value = heed_config_get(model->config, setting->key);
        if (!is_lead(setting->key) && strcmp(value, heed_config_get(settled, setting->key)) != 0)
            say_setting(c, setting->key, value);
    }
    heed_config_destroy(&settled);
    say(c, " -o MODEL");
    return status;
}

heed_status heed_model_info(const heed_model *model, int indent, char **out)
{
    char *config = NULL;
    command rebuild = {.settings = json_object()};
    json_t *provenance = parsed(heed__model_note_find(model, "heed.data"));
    heed_status status = rebuild_text(model, provenance, &rebuild);
    if (status == HEED_OK) status = heed_config_json(model->config, 0, &config);
    if (status != HEED_OK) {
        json_decref(rebuild.settings);
        json_decref(provenance);
        return status;
    }
    json_t *object = json_object();
    const char *checksum = heed__model_note_find(model, "heed.checksum");
    const char *version = heed__model_note_find(model, "heed.version");
    static const char *const tasks[] = {"classify", "translate", "language"};
    set(object, "task", json_string(tasks[model->task]));
    set(object, "written_by", version ? json_string(version) : NULL);
    set(object, "outputs", outputs_json(model));
    set(object, "tokenizer", tokenizer_json(model));
    if (model->n_others) set(object, "members", json_integer(heed_model_members(model)));
    set(object, "parameters",
        json_integer(heed__params_total(&model->params) * heed_model_members(model)));
    set(object, "alignment", alignment_json(model));
    set(object, "metrics", parsed(heed__model_note_find(model, "heed.metrics")));
    set(object, "rebuild", json_string(rebuild.text));
    set(object, "settings", rebuild.settings);
    set(object, "provenance", provenance);
    set(object, "config", parsed(config));
    set(object, "hash", checksum ? json_string(checksum) : NULL);
    heed_text_free(config);
    status = heed__json_text(object, 9, indent, out);
    json_decref(object);
    return status;
}
