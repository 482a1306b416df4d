/* SPDX-License-Identifier: MIT */
/*
 * Attention in a JSON configuration, as data:
 *
 *     {"attention": {"normalizer": {"name": "entmax", "alpha": 1.3}, "window": [32, 32],
 *                    "stages": ["softcap", {"name": "softcap", "cap": 20}],
 *                    "cross": {"normalizer": "sparsemax"}}}
 *
 * Each member becomes the text of a setting of the encoder, or of the part in whose object it
 * stands: names, with their settings where they have some; masks nest as {"name": "all", "parts":
 * [...]}.
 */
#include "base/buffer.h"
#include "base/fail.h"
#include "base/number.h"
#include "io/json.h"
#include "model/config.h"

#include <stdio.h>
#include <string.h>

static const struct member {
    const char *name, *setting;
    int list; /* several may be named */
} members[] = {{"score", "score", 0},           {"normaliser", "normaliser", 0},
               {"normalizer", "normaliser", 0}, {"mask", "mask", 0},
               {"position", "position", 0},     {"stages", "stages", 1}};

/* Objects within that are of a part of their own. */
static const char *const own_parts[] = {"decoder", "cross", "pool"};

enum {
    MEMBERS = sizeof members / sizeof *members,
    PARTS = sizeof own_parts / sizeof *own_parts,
    KEY = 64
};

static heed_status add_part(const heed__json *at, int depth, heed__buffer *text);

/* Items joined by `between`. */
static heed_status add_items(const heed__json *at, int depth, const char *between,
                             heed__buffer *text)
{
    for (size_t i = 0; i < json_array_size(at->value); i++) {
        heed__json item = heed__json_item(at, i);
        if (i) heed__buffer_text(text, between);
        HEED_TRY(add_part(&item, depth + 1, text));
    }
    return HEED_OK;
}

static void add_number(const json_t *value, heed__buffer *text)
{
    char number[64];
    heed__number_text(json_number_value(value), 17, number, sizeof number);
    heed__buffer_text(text, number);
}

/* A setting's value: a number, or a list of them. */
static heed_status add_value(const heed__json *at, heed__buffer *text)
{
    if (json_is_number(at->value)) {
        add_number(at->value, text);
        return HEED_OK;
    }
    if (!json_is_array(at->value) || !json_array_size(at->value))
        return heed__json_fail(at, "it must be a number, or a list of numbers");
    for (size_t i = 0; i < json_array_size(at->value); i++) {
        heed__json item = heed__json_item(at, i);
        if (!json_is_number(item.value)) return heed__json_fail(&item, "it must be a number");
        if (i) heed__buffer_text(text, "/");
        add_number(item.value, text);
    }
    return HEED_OK;
}

/* {"name": ..., settings}, or {"name": ..., "parts": [...]}. */
static heed_status add_object(const heed__json *at, int depth, heed__buffer *text)
{
    const char *name = NULL, *key;
    json_t *value;
    int settings = 0;
    HEED_TRY(heed__json_string(at, "name", &name));
    if (!name) return heed__json_fail(at, "its \"name\" is missing");
    heed__buffer_text(text, name);
    json_object_foreach((json_t *)at->value, key, value)
    {
        heed__json member = {value, at, key, 0};
        if (strcmp(key, "name") == 0 || strcmp(key, "parts") == 0) continue;
        heed__buffer_format(text, "%s%s=", settings++ ? "," : ":", key);
        HEED_TRY(add_value(&member, text));
    }
    heed__json parts;
    HEED_TRY(heed__json_array(at, "parts", &parts));
    if (!parts.value) return HEED_OK;
    heed__buffer_text(text, "(");
    HEED_TRY(add_items(&parts, depth, ",", text));
    heed__buffer_text(text, ")");
    return HEED_OK;
}

static heed_status add_part(const heed__json *at, int depth, heed__buffer *text)
{
    enum { DEPTH = 16 };
    if (depth > DEPTH) return heed__json_fail(at, "nested deeper than %d", DEPTH);
    if (json_is_object(at->value)) return add_object(at, depth, text);
    if (!json_is_string(at->value))
        return heed__json_fail(at, "it must be a name, or an object with \"name\" and settings");
    heed__buffer_text(text, json_string_value(at->value));
    return HEED_OK;
}

static heed_status set_text(heed_config *config, const char *part, const char *setting,
                            heed__buffer *text)
{
    char key[KEY];
    snprintf(key, sizeof key, "%s.%s", part, setting);
    HEED_TRY(text->status);
    return heed_config_set(config, key, text->bytes ? text->bytes : "none");
}

static heed_status set_member(heed_config *config, const char *part, const struct member *m,
                              const heed__json *at)
{
    heed__buffer text = {0};
    heed_status status =
        m->list && json_is_array(at->value) ? add_items(at, 0, ",", &text) : add_part(at, 0, &text);
    if (status == HEED_OK) status = set_text(config, part, m->setting, &text);
    heed__buffer_free(&text);
    return status;
}

/* The mask that the part has been given; NULL = none. */
static const char *mask_of(const heed_config *config, const char *part)
{
    char key[KEY];
    snprintf(key, sizeof key, "%s.mask", part);
    const char *mask = heed_config_get(config, key);
    return !mask || strcmp(mask, "none") == 0 || strcmp(mask, "same") == 0 ? NULL : mask;
}

/* [left, right], within the mask that was named, if any. */
static heed_status set_window(heed_config *config, const char *part, const heed__json *object)
{
    heed__json at;
    heed__buffer text = {0};
    const char *mask = mask_of(config, part);
    HEED_TRY(heed__json_array(object, "window", &at));
    if (!at.value) return HEED_OK;
    const json_t *left = json_array_get(at.value, 0), *right = json_array_get(at.value, 1);
    if (json_array_size(at.value) != 2 || !json_is_integer(left) || !json_is_integer(right))
        return heed__json_fail(&at, "it must be [left, right], -1 = open");
    if (mask) heed__buffer_format(&text, "all(%s,", mask);
    heed__buffer_format(&text, "window:left=%" JSON_INTEGER_FORMAT ",right=%" JSON_INTEGER_FORMAT,
                        json_integer_value(left), json_integer_value(right));
    if (mask) heed__buffer_text(&text, ")");
    heed_status status = set_text(config, part, "mask", &text);
    heed__buffer_free(&text);
    return status;
}

static heed_status set_members(heed_config *config, const char *part, const heed__json *at)
{
    for (size_t i = 0; i < MEMBERS; i++) {
        heed__json member = {json_object_get(at->value, members[i].name), at, members[i].name, 0};
        if (member.value) HEED_TRY(set_member(config, part, &members[i], &member));
    }
    return set_window(config, part, at);
}

/* "decoder": {...} and its like, within the group. */
static heed_status set_part(heed_config *config, const char *part, const heed__json *group)
{
    const char *known[MEMBERS + 1];
    heed__json at = {json_object_get(group->value, part), group, part, 0};
    for (size_t i = 0; i < MEMBERS; i++) known[i] = members[i].name;
    known[MEMBERS] = "window";
    if (!at.value) return HEED_OK;
    HEED_TRY(heed__json_known(&at, known, MEMBERS + 1));
    return set_members(config, part, &at);
}

heed_status heed__config_attention(heed_config *config, const heed__json *at)
{
    const char *known[MEMBERS + 2 + PARTS];
    int causal = -1;
    for (size_t i = 0; i < MEMBERS; i++) known[i] = members[i].name;
    known[MEMBERS] = "window";
    known[MEMBERS + 1] = "causal";
    for (size_t i = 0; i < PARTS; i++) known[MEMBERS + 2 + i] = own_parts[i];
    HEED_TRY(heed__json_known(at, known, MEMBERS + 2 + PARTS));
    HEED_TRY(set_members(config, "encoder", at));
    HEED_TRY(heed__json_boolean(at, "causal", &causal));
    if (causal >= 0) HEED_TRY(heed_config_set(config, "causal", causal ? "true" : "false"));
    for (size_t i = 0; i < PARTS; i++) HEED_TRY(set_part(config, own_parts[i], at));
    return HEED_OK;
}
