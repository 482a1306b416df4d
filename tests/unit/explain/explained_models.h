/* SPDX-License-Identifier: MIT */
/* Two small classifiers trained on made-up texts whose labels hang on known words, and what an
 * explainer says of them as data. */
#ifndef HEED_TESTS_EXPLAINED_MODELS_H
#define HEED_TESTS_EXPLAINED_MODELS_H

#include "heed/config.h"
#include "heed/explain.h"
#include "heed/train.h"

#include "data/files.h"

#include <jansson.h>
#include <string.h>

static const char *const fillers[] = {"the",  "report", "table", "green", "walks",  "around",
                                      "city", "paper",  "with",  "some",  "people", "today"};
static const char *const characters[] = {"我", "在", "看", "书", "天", "上", "他", "们"};

/* One row in three is English "fast", "slow" or Chinese with a cue of two characters. */
static const struct {
    const char *label, *cue;
} kinds[] = {{"fast", "hurry"}, {"slow", "relax"}, {"fast", "紧急"}, {"slow", "休息"}};

static uint32_t dice = 1;

static inline size_t roll(size_t n)
{
    dice = dice * 1664525u + 1013904223u;
    return (dice >> 8) % n;
}

static inline void add_text(char *out, const char *cue, int chinese)
{
    size_t n = 4 + roll(6), at = roll(n);
    for (size_t i = 0; i < n; i++) {
        if (i == at) strcat(out, cue);
        if (i == at && !chinese) strcat(out, " ");
        strcat(out, chinese ? characters[roll(8)] : fillers[roll(12)]);
        if (!chinese) strcat(out, " ");
    }
}

static heed_model *flat, *layered;

static inline void train(const char *data, const char *name, const char *const *settings,
                         heed_model **out)
{
    heed_config *config;
    heed_train_result result;
    check_ok(heed_config_create(&config));
    check_ok(heed_config_set(config, "epochs", "12"));
    check_ok(heed_config_set(config, "dim", "16"));
    for (; settings[0]; settings += 2) check_ok(heed_config_set(config, settings[0], settings[1]));
    const char *model = files_path(name);
    heed_read_options read = {.text = "text", .label = "label"};
    heed_train_options options = {
        .paths = &data, .n_paths = 1, .model_path = model, .read = &read, .config = config};
    check_ok(heed_train(files_context, &options, &result));
    heed_config_destroy(&config);
    check_ok(heed_model_load(files_context, model, out));
}

static inline int train_models(void **state)
{
    static char rows[1 << 18];
    if (files_setup(state) != 0) return 1;
    strcpy(rows, "label\ttext\n");
    for (int i = 0; i < 800; i++) {
        strcat(strcat(rows, kinds[i % 4].label), "\t");
        add_text(rows, kinds[i % 4].cue, i % 4 > 1);
        strcat(rows, "\n");
    }
    const char *data = files_text("rows.tsv", rows);
    train(data, "flat.heed",
          (const char *[]){"label-smoothing", "0", "pool", "attention", "members", "1", NULL},
          &flat);
    train(data, "layered.heed",
          (const char *[]){"encoder", "transformer", "layers", "2", "heads", "2", "pool", "mean",
                           "ffn", "32", NULL},
          &layered);
    return 0;
}

static inline int forget_models(void **state)
{
    heed_model_destroy(&flat);
    heed_model_destroy(&layered);
    return files_teardown(state);
}

static inline heed_explainer *explainer_of(heed_model *model, const char *methods)
{
    heed_explainer *e;
    heed_explain_options options = {.methods = methods};
    check_ok(heed_explainer_create(model, &options, &e));
    return e;
}

static inline heed_status add(heed_explainer *e, const char *text)
{
    return heed_explainer_add(e, NULL, (heed_text){text, strlen(text)}, NULL);
}

/* The drawing as data; the caller drops it. */
static inline json_t *document(heed_explainer *e)
{
    char *bytes;
    size_t size;
    check_ok(heed_explainer_draw(e, &(heed_draw_options){.renderer = "json"}, &bytes, &size));
    json_t *all = json_loadb(bytes, size, 0, NULL);
    assert_non_null(all);
    heed_text_free(bytes);
    return all;
}

static inline json_t *words_of(json_t *all, size_t text)
{
    json_t *explanation = json_array_get(json_object_get(all, "explanations"), text);
    return json_object_get(json_array_get(json_object_get(explanation, "outputs"), 0), "words");
}

static inline double score_of(json_t *word, const char *method)
{
    return json_number_value(json_object_get(json_object_get(word, "scores"), method));
}

#endif
