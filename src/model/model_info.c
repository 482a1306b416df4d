/* SPDX-License-Identifier: MIT */
/* All that is known of a model, as JSON. */
#include "base/fail.h"
#include "io/json.h"
#include "model/model.h"

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
    json_object_set_new(object, "pairs", json_integer(heed__tokenizer_ngrams(model->tokenizer)));
    return object;
}

static json_t *outputs_json(const heed_model *model)
{
    static const char *const kinds[] = {"class", "set", "number"};
    json_t *array = json_array();
    for (int i = 0; i < model->n_outputs; i++) {
        heed_output output = heed_model_output(model, i);
        json_t *object = json_object(), *labels = json_array();
        json_object_set_new(object, "name", json_string(output.name));
        json_object_set_new(object, "kind", json_string(kinds[output.kind]));
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

/* The flags that differ from the defaults, and the number of steps, which a time limit, early
 * stopping and resuming leave to chance otherwise. */
static json_t *rebuild_json(const heed_model *model, json_t *provenance)
{
    char command[4096] = "heed train DATA -o MODEL";
    size_t used = strlen(command);
    const heed_setting *setting;
    for (size_t i = 0; (setting = heed_setting_at(i)); i++) {
        const char *value = heed_config_get(model->config, setting->key);
        if (strcmp(setting->key, "train.steps") == 0 || strcmp(value, setting->initial) == 0)
            continue;
        int wrote =
            snprintf(command + used, sizeof command - used, " --%s %s", setting->flag, value);
        if (wrote > 0 && used + (size_t)wrote < sizeof command) used += (size_t)wrote;
    }
    json_t *steps = json_object_get(provenance, "planned_steps");
    if (json_is_integer(steps))
        snprintf(command + used, sizeof command - used, " --steps %lld",
                 (long long)json_integer_value(steps));
    return json_string(command);
}

heed_status heed_model_info(const heed_model *model, int indent, char **out)
{
    char *config = NULL;
    HEED_TRY(heed_config_json(model->config, 0, &config));
    json_t *object = json_object(), *provenance = parsed(heed__model_note_find(model, "heed.data"));
    const char *checksum = heed__model_note_find(model, "heed.checksum");
    const char *version = heed__model_note_find(model, "heed.version");
    set(object, "task", json_string("classify"));
    set(object, "written_by", version ? json_string(version) : NULL);
    set(object, "outputs", outputs_json(model));
    set(object, "tokenizer", tokenizer_json(model));
    set(object, "parameters", json_integer(heed__params_total(&model->params)));
    set(object, "metrics", parsed(heed__model_note_find(model, "heed.metrics")));
    set(object, "rebuild", rebuild_json(model, provenance));
    set(object, "provenance", provenance);
    set(object, "config", parsed(config));
    set(object, "hash", checksum ? json_string(checksum) : NULL);
    heed_text_free(config);
    heed_status status = heed__json_text(object, 9, indent, out);
    json_decref(object);
    return status;
}
