/* SPDX-License-Identifier: MIT */
/*
 * The model file: a container (io/container.h) whose strings hold the configuration, the outputs
 * and where the model came from, and whose tensors hold the tokenizer (U8) and the parameters
 * (F32).
 */
#include "base/fail.h"
#include "io/json.h"
#include "model/members.h"
#include "model/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JSON_LIMIT = 64 << 20, FIXED_TEXTS = 5, NAME_SIZE = 160 };

/* Members are what an older reader would not see, and answer without. */
enum { FORMAT_OF_MEMBERS = 2 };

static const char tokenizer_tensor[] = "tokenizer", target_tensor[] = "target.tokenizer";
static const char members_key[] = "heed.members";
static const char *const task_names[] = {"classify", "translate", "language"};

static json_t *output_json(const heed__model_output *output)
{
    const heed__labels *labels = output->labels;
    json_t *object = json_object(), *names = json_array();
    json_object_set_new(object, "name", json_string(labels->output));
    json_object_set_new(object, "kind", json_string(heed__label_kind_name(labels->kind)));
    if (labels->kind == HEED_LABEL_NUMBER) {
        json_object_set_new(object, "mean", json_real((double)output->mean));
        json_object_set_new(object, "spread", json_real((double)output->spread));
        json_decref(names);
        return object;
    }
    if (labels->kind == HEED_LABEL_TAGS)
        json_object_set_new(object, "follows", json_boolean(output->follows));
    if (labels->kind == HEED_LABEL_CLASS)
        json_object_set_new(object, "temperature", json_real((double)output->temperature));
    for (int64_t i = 0; i < labels->n; i++)
        json_array_append_new(names, json_string(labels->names[i]));
    json_object_set_new(object, "labels", names);
    return object;
}

static json_t *outputs_json(const heed_model *model)
{
    json_t *array = json_array();
    for (int i = 0; i < model->n_outputs; i++)
        json_array_append_new(array, output_json(&model->outputs[i]));
    return array;
}

static heed_status outputs_text(const heed_model *model, char **out)
{
    json_t *array = outputs_json(model);
    heed_status status = heed__json_text(array, 9, 0, out);
    json_decref(array);
    return status;
}

/* What a save holds on to until the file is written. */
typedef struct saving {
    char *config, *outputs;
    struct saved_tokenizer {
        unsigned char *bytes;
        size_t size;
        int64_t shape[1];
    } tokenizers[2]; /* the target's is there where it is one of its own */
    size_t n_tokenizers;
    int64_t (*shapes)[2];
    char (*names)[NAME_SIZE]; /* of the other members' parameters */
    heed__stored *tensors;
    size_t count;
    char members[16];
} saving;

static heed_status save_tokenizer(const heed__tokenizer *tokenizer, const char *name, saving *s)
{
    struct saved_tokenizer *to = &s->tokenizers[s->n_tokenizers];
    HEED_TRY(heed__tokenizer_save(tokenizer, &to->bytes, &to->size));
    to->shape[0] = (int64_t)to->size;
    s->n_tokenizers++;
    s->tensors[s->count++] = (heed__stored){
        .name = name, .dtype = HEED_DTYPE_U8, .rank = 1, .shape = to->shape, .data = to->bytes};
    return HEED_OK;
}

/* The name of a member's parameter in the file: the first has no prefix. */
static void name_param(int member, const char *name, char out[NAME_SIZE])
{
    if (member)
        snprintf(out, NAME_SIZE, "member.%d.%s", member, name);
    else
        snprintf(out, NAME_SIZE, "%s", name);
}

static void list_params(const heed_model *model, int member, saving *s)
{
    for (size_t i = 0; i < model->params.count; i++, s->count++) {
        const heed__param *p = model->params.items[i];
        int64_t *shape = s->shapes[s->count];
        shape[0] = p->rank == 1 ? p->cols : p->rows;
        shape[1] = p->cols;
        name_param(member, p->name, s->names[s->count]);
        s->tensors[s->count] = (heed__stored){.name = s->names[s->count],
                                              .dtype = HEED_DTYPE_F32,
                                              .rank = p->rank,
                                              .shape = shape,
                                              .data = p->data};
    }
}

static heed_status take_lists(const heed_model *model, saving *s)
{
    size_t count = 2 + model->params.count * (1 + (size_t)model->n_others);
    HEED_TRY(heed__alloc(count, sizeof *s->shapes, "a model file", &s->shapes));
    HEED_TRY(heed__alloc(count, sizeof *s->names, "a model file", &s->names));
    return heed__alloc(count, sizeof *s->tensors, "a model file", &s->tensors);
}

static heed_status save(heed_model *model, const char *path, saving *s)
{
    int members = 1 + model->n_others;
    heed__text texts[FIXED_TEXTS + HEED_MODEL_NOTES];
    HEED_TRY(heed_config_json(model->config, 0, &s->config));
    HEED_TRY(outputs_text(model, &s->outputs));
    HEED_TRY(take_lists(model, s));
    HEED_TRY(save_tokenizer(model->tokenizer, tokenizer_tensor, s));
    if (model->writer.tokenizer && model->writer.tokenizer != model->tokenizer)
        HEED_TRY(save_tokenizer(model->writer.tokenizer, target_tensor, s));
    texts[0] = (heed__text){"heed.task", task_names[model->task]};
    texts[1] = (heed__text){"heed.tokenizer", heed__tokenizer_kind(model->tokenizer)};
    texts[2] = (heed__text){"heed.config", s->config};
    texts[3] = (heed__text){"heed.outputs", s->outputs};
    texts[4] = (heed__text){members_key, s->members};
    snprintf(s->members, sizeof s->members, "%d", members);
    size_t n_texts = members > 1 ? FIXED_TEXTS : FIXED_TEXTS - 1;
    for (int i = 0; i < model->n_notes; i++) /* a checksum is that of the file it was read from */
        if (strcmp(model->notes[i].key, HEED_CONTAINER_CHECKSUM_KEY) != 0)
            texts[n_texts++] = (heed__text){model->notes[i].key, model->notes[i].value};
    for (int i = 0; i < members; i++) list_params(heed__member_at(model, i), i, s);
    return heed__container_write_version(model->context, path,
                                         members > 1 ? FORMAT_OF_MEMBERS : HEED_CONTAINER_FIRST,
                                         texts, n_texts, s->tensors, s->count);
}

heed_status heed_model_save(heed_model *model, const char *path)
{
    saving s = {0};
    heed_status status = save(model, path, &s);
    heed_text_free(s.config);
    heed_text_free(s.outputs);
    for (size_t i = 0; i < s.n_tokenizers; i++) free(s.tokenizers[i].bytes);
    heed__free(s.shapes);
    heed__free(s.names);
    heed__free(s.tensors);
    return status;
}

/* Whose parameters are taken from a file. */
typedef struct member_source {
    heed__safetensors *file;
    int member;
} member_source;

/* Parameters from a file: nothing is allocated for a tensor that the file does not hold. */
static heed_status take_tensor(void *user, const heed__param *param, heed_real *data)
{
    const member_source *from = user;
    char name[NAME_SIZE];
    name_param(from->member, param->name, name);
    const heed__stored *tensor = heed__safetensors_tensor(from->file, name);
    if (!tensor)
        return heed__fail(HEED_E_FORMAT, "tensor %s is missing; the file is not whole", name);
    int64_t rows = param->rank == 1 ? param->cols : param->rows;
    if (tensor->dtype != HEED_DTYPE_F32 || tensor->rank != param->rank ||
        tensor->shape[0] != rows || (param->rank == 2 && tensor->shape[1] != param->cols))
        return heed__fail(HEED_E_FORMAT,
                          "tensor %s is %lld x %lld and does not fit the configuration and the "
                          "vocabulary in the file, which want %lld x %lld; get the file again, or "
                          "train it anew",
                          name, (long long)(tensor->rank ? tensor->shape[0] : 1),
                          (long long)(tensor->rank > 1 ? tensor->shape[1] : 1), (long long)rows,
                          (long long)(param->rank == 2 ? param->cols : 1));
    if (data) memcpy(data, tensor->data, tensor->bytes);
    return HEED_OK;
}

static heed_status need_text(const heed__safetensors *file, const char *key, const char **out)
{
    *out = heed__safetensors_text(file, key);
    if (*out) return HEED_OK;
    return heed__fail(HEED_E_FORMAT,
                      "%s is missing; the file is not a model of heed: name one that heed train "
                      "wrote (-o)",
                      key);
}

static heed_status read_labels(const heed__json *object, const char *name, heed__label_kind kind,
                               heed__labels **out)
{
    heed__json array = {0};
    const char **names = NULL;
    HEED_TRY(heed__json_array(object, "labels", &array));
    size_t count = array.value ? json_array_size(array.value) : 0;
    HEED_TRY(heed__alloc(count, sizeof *names, "labels", &names));
    heed_status status = HEED_OK;
    for (size_t i = 0; i < count && status == HEED_OK; i++) {
        names[i] = json_string_value(json_array_get(array.value, i));
        if (!names[i]) status = heed__fail(HEED_E_FORMAT, "a label is not a string");
    }
    if (status == HEED_OK && count < 1 && kind != HEED_LABEL_NUMBER)
        status = heed__fail(HEED_E_FORMAT, "an output has no labels");
    if (status == HEED_OK) status = heed__labels_create(name, kind, (int64_t)count, names, out);
    heed__free(names);
    return status;
}

/* What an output has beside its labels. */
typedef struct scales {
    double mean, spread, temperature;
    int follows;
} scales;

static heed_status read_output(const heed__json *object, heed__labels **labels, scales *out)
{
    const char *name = "label", *kind_name = "";
    heed__label_kind kind;
    if (!json_is_object(object->value)) return heed__json_fail(object, "it must be an object");
    HEED_TRY(heed__json_string(object, "name", &name));
    HEED_TRY(heed__json_string(object, "kind", &kind_name));
    HEED_TRY(heed__label_kind_find(kind_name, &kind));
    if (kind == HEED_LABEL_GUESS) return heed__json_fail(object, "kind must not be guess");
    HEED_TRY(heed__json_number(object, "mean", -HEED_MOST_NUMBER, HEED_MOST_NUMBER, &out->mean));
    HEED_TRY(
        heed__json_number(object, "spread", HEED_LEAST_SPREAD, HEED_MOST_NUMBER, &out->spread));
    HEED_TRY(heed__json_number(object, "temperature", 1e-3, 1e3, &out->temperature));
    HEED_TRY(heed__json_boolean(object, "follows", &out->follows));
    return read_labels(object, name, kind, labels);
}

typedef struct loading {
    heed__safetensors *file;
    json_t *outputs;
    member_source from;
    int members;
    heed__model_parts parts;
    scales scales[HEED_MODEL_OUTPUTS];
} loading;

static heed_status read_outputs(loading *l, const char *text)
{
    HEED_TRY(heed__json_parse(text, strlen(text), JSON_LIMIT, "heed.outputs", &l->outputs));
    heed__json root = heed__json_root(l->outputs, "heed.outputs");
    size_t count = json_is_array(l->outputs) ? json_array_size(l->outputs) : 0;
    if (l->parts.task != HEED_TASK_CLASSIFY && json_is_array(l->outputs) && count == 0)
        return HEED_OK;
    if (count < 1 || count > HEED_MODEL_OUTPUTS)
        return heed__json_fail(&root, "it must be an array of 1 to %d outputs", HEED_MODEL_OUTPUTS);
    for (size_t i = 0; i < count; i++) {
        heed__json item = heed__json_item(&root, i);
        l->scales[i] = (scales){0, 1, 1, 0};
        HEED_TRY(read_output(&item, &l->parts.labels[i], &l->scales[i]));
        l->parts.n_outputs = (int)i + 1;
    }
    return HEED_OK;
}

static heed_status read_tokenizer(loading *l, const char *name, heed__tokenizer **out)
{
    const heed__stored *blob = heed__safetensors_tensor(l->file, name);
    if (!blob || blob->dtype != HEED_DTYPE_U8)
        return heed__fail(HEED_E_FORMAT, "the tokenizer is missing; the file is not a model");
    return heed__tokenizer_load(blob->data, blob->bytes, out);
}

static heed_status read_task(loading *l)
{
    const char *text;
    HEED_TRY(need_text(l->file, "heed.task", &text));
    for (size_t i = 0; i < sizeof task_names / sizeof *task_names; i++) {
        l->parts.task = (heed_task)i;
        if (strcmp(text, task_names[i]) == 0) return HEED_OK;
    }
    return heed__fail(HEED_E_FORMAT,
                      "its task is '%s'; this version knows classify, translate "
                      "and language",
                      text);
}

static heed_status read_members(loading *l)
{
    const char *text = heed__safetensors_text(l->file, members_key);
    l->members = 1;
    if (!text) return HEED_OK;
    size_t digits = strspn(text, "0123456789");
    l->members = digits && digits < 4 && !text[digits] ? atoi(text) : 0;
    if (l->members >= 1 && l->members <= HEED_MEMBERS) return HEED_OK;
    return heed__fail(HEED_E_FORMAT, "%s = %s; it must be 1 to %d; get the file again", members_key,
                      text, HEED_MEMBERS);
}

static heed_status read_parts(loading *l)
{
    const char *config, *outputs;
    HEED_TRY(read_task(l));
    HEED_TRY(read_members(l));
    HEED_TRY(need_text(l->file, "heed.config", &config));
    HEED_TRY(need_text(l->file, "heed.outputs", &outputs));
    HEED_TRY(heed_config_create(&l->parts.config));
    HEED_TRY(heed_config_parse(l->parts.config, config, strlen(config), "heed.config"));
    HEED_TRY(read_outputs(l, outputs));
    HEED_TRY(read_tokenizer(l, tokenizer_tensor, &l->parts.tokenizer));
    if (l->parts.task != HEED_TASK_CLASSIFY && heed__safetensors_tensor(l->file, target_tensor))
        HEED_TRY(read_tokenizer(l, target_tensor, &l->parts.target_tokenizer));
    return HEED_OK;
}

/* The strings that are kept as they are: provenance, metrics, columns, checksum. */
static heed_status keep_notes(heed_model *model, const heed__safetensors *file)
{
    static const char *const kept[] = {"heed.checksum", "heed.data",         "heed.metrics",
                                       "heed.version",  "heed.text_columns", "heed.label_columns",
                                       "heed.alignment"};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        const char *value = heed__safetensors_text(file, kept[i]);
        if (value) HEED_TRY(heed__model_note(model, kept[i], value));
    }
    return HEED_OK;
}

static heed_status load(heed_context *context, const char *path, loading *l, heed_model **out)
{
    HEED_TRY(heed__container_read(context, path, &l->file));
    heed_status status = read_parts(l);
    if (status != HEED_OK) {
        heed_config_destroy(&l->parts.config);
        heed__tokenizer_destroy(&l->parts.tokenizer);
        heed__tokenizer_destroy(&l->parts.target_tokenizer);
        for (int i = 0; i < HEED_MODEL_OUTPUTS; i++) heed__labels_destroy(&l->parts.labels[i]);
        return status;
    }
    l->from.file = l->file;
    l->parts.source = take_tensor;
    l->parts.source_user = &l->from;
    HEED_TRY(heed__model_create(context, &l->parts, out));
    for (int i = 0; i < l->parts.n_outputs; i++) {
        (*out)->outputs[i].mean = (float)l->scales[i].mean;
        (*out)->outputs[i].spread = (float)l->scales[i].spread;
        (*out)->outputs[i].temperature = (float)l->scales[i].temperature;
        (*out)->outputs[i].follows = l->scales[i].follows;
    }
    status = keep_notes(*out, l->file);
    for (l->from.member = 1; l->from.member < l->members && status == HEED_OK; l->from.member++) {
        heed_model *other;
        status = heed__model_add_member(*out, 0, take_tensor, &l->from, &other);
    }
    if (status == HEED_OK) status = heed__writer_read_choice(*out);
    if (status != HEED_OK) heed_model_destroy(out);
    return status;
}

heed_status heed_model_load(heed_context *context, const char *path, heed_model **out)
{
    loading l = {0};
    *out = NULL;
    heed_status status = load(context, path, &l, out);
    heed__safetensors_free(&l.file);
    json_decref(l.outputs);
    if (status == HEED_OK || status == HEED_E_IO) return status;
    if (!strstr(heed_status_message(), path)) heed__fail_prefix(status, "%s: ", path);
    return status == HEED_E_NOMEM ? status : HEED_E_FORMAT; /* a bad setting is a bad file here */
}
