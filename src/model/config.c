/* SPDX-License-Identifier: MIT */
#include "model/config.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/near.h"
#include "base/number.h"
#include "io/json.h"
#include "nn/mechanisms.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SETTINGS = 128, VALUE_SIZE = 256, LARGEST_FILE = 1 << 20 };

struct heed_config {
    char values[MOST_SETTINGS][VALUE_SIZE];
    unsigned char given[MOST_SETTINGS];
};

heed_status heed_config_create(heed_config **out)
{
    HEED_TRY(heed__alloc(1, sizeof **out, "a configuration", out));
    const heed_setting *setting;
    for (size_t i = 0; (setting = heed_setting_at(i)); i++) {
        assert(i < MOST_SETTINGS && strlen(setting->initial) < VALUE_SIZE);
        strcpy((*out)->values[i], setting->initial);
    }
    return HEED_OK;
}

void heed_config_destroy(heed_config **config)
{
    if (!config) return;
    heed__free(*config);
    *config = NULL;
}

heed_status heed__config_copy(const heed_config *config, heed_config **out)
{
    HEED_TRY(heed__alloc(1, sizeof **out, "a configuration", out));
    **out = *config;
    return HEED_OK;
}

heed_status heed__config_inherit(heed_config *config, const heed_config *from)
{
    for (int i = 0; heed_setting_at((size_t)i); i++)
        if (!config->given[i]) memcpy(config->values[i], from->values[i], VALUE_SIZE);
    return HEED_OK;
}

void heed_text_free(char *text)
{
    heed__free(text);
}

/* "normalizer" is another spelling of "normaliser", wherever it stands in a name. */
static int is_name(const char *name, const char *known)
{
    enum { S = 7 }; /* the letter that differs */
    const char *word = strstr(known, "normaliser");
    if (strcmp(name, known) == 0) return 1;
    if (!word || strlen(name) != strlen(known)) return 0;
    size_t at = (size_t)(word - known) + S;
    return memcmp(name, known, at) == 0 && name[at] == 'z' &&
           strcmp(name + at + 1, known + at + 1) == 0;
}

static int find(const char *name)
{
    const heed_setting *setting;
    for (int i = 0; (setting = heed_setting_at((size_t)i)); i++)
        if (is_name(name, setting->key) || is_name(name, setting->flag)) return i;
    return -1;
}

static heed_status unknown(const char *name)
{
    const char *nearest = "";
    size_t fewest = SIZE_MAX;
    const heed_setting *setting;
    for (size_t i = 0; (setting = heed_setting_at(i)); i++) {
        const char *spelled = strchr(name, '.') ? setting->key : setting->flag;
        size_t edits = heed__edits(name, spelled);
        if (edits < fewest) fewest = edits, nearest = spelled;
    }
    return heed__fail(HEED_E_INVALID, "%s: no such setting; did you mean %s?", name, nearest);
}

static int is_choice(const char *choices, const char *value)
{
    size_t length = strlen(value);
    for (const char *at = choices; length > 0; at++) {
        const char *end = strchr(at, '|');
        size_t size = end ? (size_t)(end - at) : strlen(at);
        if (size == length && memcmp(at, value, size) == 0) return 1;
        if (!end) break;
        at = end;
    }
    return 0;
}

static heed_status check_number(const heed_setting *setting, const char *value)
{
    double number = 0;
    int integer = setting->type == HEED_SETTING_INTEGER;
    if (heed__number_parse(value, strlen(value), &number) && number >= setting->least &&
        number <= setting->most && (!integer || number == floor(number)))
        return HEED_OK;
    return heed__fail(HEED_E_INVALID, "%s = %s; it must be %s from %.10g to %.10g", setting->key,
                      value, integer ? "a whole number" : "a number", setting->least,
                      setting->most);
}

/* Whether it can be read; whether the model can have it is seen when it is made. */
static heed_status check_mechanism(const heed_setting *setting, const char *value)
{
    char why[400];
    if (strcmp(value, setting->initial) == 0) return HEED_OK; /* "same" is no row */
    heed_status status = heed__mechanism_check(setting->choices, value);
    if (status != HEED_E_INVALID) return status;
    snprintf(why, sizeof why, "%s", heed_status_message());
    return heed__fail(status, "%s: %s", setting->key, why);
}

static heed_status check_value(const heed_setting *setting, const char *value)
{
    if (strlen(value) >= VALUE_SIZE)
        return heed__fail(HEED_E_INVALID, "%s: longer than %d bytes", setting->key, VALUE_SIZE - 1);
    switch (setting->type) {
    case HEED_SETTING_INTEGER:
    case HEED_SETTING_NUMBER:
        return check_number(setting, value);
    case HEED_SETTING_BOOLEAN:
        if (is_choice("true|false", value)) return HEED_OK;
        return heed__fail(HEED_E_INVALID, "%s = %s; it must be true or false", setting->key, value);
    case HEED_SETTING_CHOICE:
        if (is_choice(setting->choices, value)) return HEED_OK;
        return heed__fail(HEED_E_INVALID, "%s = %s; it must be one of %s", setting->key, value,
                          setting->choices);
    case HEED_SETTING_TEXT:
        return check_mechanism(setting, value);
    }
    return HEED_OK;
}

static double number_of(const char *value)
{
    double number = 0;
    int is_number = heed__number_parse(value, strlen(value), &number);
    assert(is_number); /* checked when it was set */
    (void)is_number;
    return number;
}

/* One spelling for each number, so that equal configurations have equal text. */
static void store(heed_config *config, int i, const char *value)
{
    heed_setting_type type = heed_setting_at((size_t)i)->type;
    char *to = config->values[i];
    if (type == HEED_SETTING_INTEGER)
        snprintf(to, VALUE_SIZE, "%.0f", number_of(value) + 0.0);
    else if (type == HEED_SETTING_NUMBER)
        heed__number_text(number_of(value), 9, to, VALUE_SIZE);
    else
        strcpy(to, value);
    config->given[i] = 1;
}

heed_status heed_config_set(heed_config *config, const char *name, const char *value)
{
    int i = find(name);
    if (i < 0) return unknown(name);
    HEED_TRY(check_value(heed_setting_at((size_t)i), value));
    store(config, i, value);
    return HEED_OK;
}

const char *heed__config_flag(const char *key)
{
    return heed_setting_at((size_t)find(key))->flag;
}

heed_status heed__config_default(heed_config *config, const char *key, const char *value)
{
    int i = find(key);
    assert(i >= 0);
    if (config->given[i]) return HEED_OK;
    HEED_TRY(heed_config_set(config, key, value));
    config->given[i] = 0;
    return HEED_OK;
}

const char *heed_config_get(const heed_config *config, const char *name)
{
    int i = find(name);
    return i < 0 ? NULL : config->values[i];
}

heed_status heed__config_reset(heed_config *config, const char *key)
{
    int i = find(key);
    if (i < 0) return unknown(key);
    strcpy(config->values[i], heed_setting_at((size_t)i)->initial);
    config->given[i] = 0;
    return HEED_OK;
}

int heed_config_is_set(const heed_config *config, const char *name)
{
    int i = find(name);
    return i >= 0 && config->given[i];
}

int64_t heed__config_integer(const heed_config *config, const char *key)
{
    const char *value = heed_config_get(config, key);
    assert(value);
    return (int64_t)number_of(value);
}

double heed__config_number(const heed_config *config, const char *key)
{
    const char *value = heed_config_get(config, key);
    assert(value);
    return number_of(value);
}

int heed__config_boolean(const heed_config *config, const char *key)
{
    return heed__config_is(config, key, "true");
}

int heed__config_is(const heed_config *config, const char *key, const char *choice)
{
    const char *value = heed_config_get(config, key);
    assert(value);
    return strcmp(value, choice) == 0;
}

/* A JSON value as the text that heed_config_set takes. */
static heed_status set_json(heed_config *config, const heed__json *at, const char *key,
                            const json_t *value)
{
    char text[64];
    int i = find(key);
    if (i < 0) return unknown(key);
    heed_setting_type type = heed_setting_at((size_t)i)->type;
    int number = type == HEED_SETTING_INTEGER || type == HEED_SETTING_NUMBER;
    int boolean = type == HEED_SETTING_BOOLEAN ||
                  (type == HEED_SETTING_CHOICE && json_is_boolean(value)); /* "auto|true|false" */
    if (number    ? !json_is_number(value)
        : boolean ? !json_is_boolean(value)
                  : !json_is_string(value))
        return heed__json_fail(at, "it must be %s",
                               number    ? "a number"
                               : boolean ? "true or false"
                                         : "a string");
    if (number) heed__number_text(json_number_value(value), 17, text, sizeof text);
    return heed_config_set(config, key,
                           number    ? text
                           : boolean ? (json_is_true(value) ? "true" : "false")
                                     : json_string_value(value));
}

static heed_status set_group(heed_config *config, const heed__json *root, const char *group,
                             json_t *members)
{
    heed__json at = {members, root, group, 0};
    if (!json_is_object(members)) return heed__json_fail(&at, "it must be an object with settings");
    if (strcmp(group, "attention") == 0) return heed__config_attention(config, &at);
    const char *name;
    json_t *value;
    json_object_foreach(members, name, value)
    {
        char key[128];
        heed__json child = {value, &at, name, 0};
        snprintf(key, sizeof key, "%s.%s", group, name);
        HEED_TRY(set_json(config, &child, key, value));
    }
    return HEED_OK;
}

heed_status heed_config_parse(heed_config *config, const char *text, size_t size, const char *name)
{
    json_t *document = NULL;
    HEED_TRY(heed__json_parse(text, size, LARGEST_FILE, name, &document));
    heed__json root = heed__json_root(document, name);
    heed_status status = HEED_OK;
    if (!json_is_object(document)) status = heed__json_fail(&root, "it must be a JSON object");
    const char *group;
    json_t *members;
    json_object_foreach(document, group, members)
    {
        if (status == HEED_OK) status = set_group(config, &root, group, members);
    }
    json_decref(document);
    return status;
}

heed_status heed_config_read(heed_config *config, const char *path)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    HEED_TRY(heed__file_read(path, LARGEST_FILE, &bytes, &size));
    heed_status status = heed_config_parse(config, (const char *)bytes, size, path);
    heed__free(bytes);
    return status;
}

static json_t *json_value(const heed_setting *setting, const char *value)
{
    switch (setting->type) {
    case HEED_SETTING_INTEGER:
        return json_integer((json_int_t)number_of(value));
    case HEED_SETTING_NUMBER:
        return json_real(number_of(value));
    case HEED_SETTING_BOOLEAN:
        return json_boolean(strcmp(value, "true") == 0);
    case HEED_SETTING_CHOICE:
    case HEED_SETTING_TEXT:
        break;
    }
    return json_string(value);
}

heed_status heed_config_json(const heed_config *config, int indent, char **out)
{
    json_t *document = json_object();
    const heed_setting *setting;
    for (size_t i = 0; (setting = heed_setting_at(i)); i++) {
        char group[64];
        size_t length = (size_t)(strchr(setting->key, '.') - setting->key);
        snprintf(group, sizeof group, "%.*s", (int)length, setting->key);
        if (!json_object_get(document, group)) json_object_set_new(document, group, json_object());
        json_object_set_new(json_object_get(document, group), setting->key + length + 1,
                            json_value(setting, config->values[i]));
    }
    heed_status status = heed__json_text(document, 9, indent, out);
    json_decref(document);
    return status;
}
