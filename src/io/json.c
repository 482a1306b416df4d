/* SPDX-License-Identifier: MIT */
#include "io/json.h"

#include "base/fail.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE = 512, PATH = 256, LONGEST_NAME = 64 };

heed_status heed__json_parse(const char *text, size_t size, size_t limit, const char *name,
                             json_t **out)
{
    *out = NULL;
    if (size > limit)
        return heed__fail(HEED_E_FORMAT, "%s: %zu bytes; at most %zu are allowed", name, size,
                          limit);
    json_error_t error;
    *out = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (!*out)
        return heed__fail(HEED_E_FORMAT, "%s:%d:%d: not valid JSON: %s", name, error.line,
                          error.column, error.text);
    return HEED_OK;
}

heed__json heed__json_root(const json_t *value, const char *name)
{
    return (heed__json){.value = value, .key = name};
}

/* "encoder.layers[2].dim"; empty at the root. Too long a path loses its end. */
static size_t write_path(const heed__json *at, char *path, size_t room)
{
    if (!at->parent) return 0;
    size_t used = write_path(at->parent, path, room);
    int wrote = 0;
    if (at->key)
        wrote = snprintf(path + used, room - used, "%s%s", used ? "." : "", at->key);
    else
        wrote = snprintf(path + used, room - used, "[%zu]", at->index);
    used += wrote > 0 ? (size_t)wrote : 0;
    return used < room ? used : room - 1;
}

heed_status heed__json_fail(const heed__json *at, const char *format, ...)
{
    char text[MESSAGE], path[PATH] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t length = write_path(at, path, sizeof path);
    const heed__json *root = at;
    while (root->parent) root = root->parent;
    return heed__fail(HEED_E_INVALID, "%s: %s%s%s", root->key, path, length ? ": " : "", text);
}

static const char *kind_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        break;
    }
    return "null";
}

static heed_status wrong_kind(const heed__json *at, const char *wanted)
{
    return heed__json_fail(at, "must be %s, not %s", wanted, kind_of(at->value));
}

/* The member, its value NULL when it is absent or null. */
static heed_status find(const heed__json *object, const char *key, heed__json *out)
{
    *out = (heed__json){.parent = object, .key = key};
    if (!object->value) return HEED_OK;
    if (!json_is_object(object->value)) return wrong_kind(object, "an object");
    out->value = json_object_get(object->value, key);
    if (json_is_null(out->value)) out->value = NULL;
    return HEED_OK;
}

heed_status heed__json_integer(const heed__json *object, const char *key, int64_t least,
                               int64_t most, int64_t *inout)
{
    heed__json at;
    HEED_TRY(find(object, key, &at));
    if (!at.value) return HEED_OK;
    if (!json_is_integer(at.value)) return wrong_kind(&at, "a whole number");
    int64_t value = json_integer_value(at.value);
    if (value < least || value > most)
        return heed__json_fail(&at, "%lld is not between %lld and %lld", (long long)value,
                               (long long)least, (long long)most);
    *inout = value;
    return HEED_OK;
}

heed_status heed__json_number(const heed__json *object, const char *key, double least, double most,
                              double *inout)
{
    heed__json at;
    HEED_TRY(find(object, key, &at));
    if (!at.value) return HEED_OK;
    if (!json_is_number(at.value)) return wrong_kind(&at, "a number");
    double value = json_number_value(at.value);
    if (!(value >= least && value <= most))
        return heed__json_fail(&at, "%g is not between %g and %g", value, least, most);
    *inout = value;
    return HEED_OK;
}

heed_status heed__json_boolean(const heed__json *object, const char *key, int *inout)
{
    heed__json at;
    HEED_TRY(find(object, key, &at));
    if (!at.value) return HEED_OK;
    if (!json_is_boolean(at.value)) return wrong_kind(&at, "true or false");
    *inout = json_is_true(at.value);
    return HEED_OK;
}

heed_status heed__json_string(const heed__json *object, const char *key, const char **inout)
{
    heed__json at;
    HEED_TRY(find(object, key, &at));
    if (!at.value) return HEED_OK;
    if (!json_is_string(at.value)) return wrong_kind(&at, "a string");
    *inout = json_string_value(at.value);
    return HEED_OK;
}

/* "a, b, c" */
static void list_names(const char *const *names, size_t count, char *text, size_t room)
{
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < count && used < room; i++) {
        int wrote = snprintf(text + used, room - used, "%s%s", i ? ", " : "", names[i]);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
}

heed_status heed__json_choice(const heed__json *object, const char *key, const char *const *names,
                              size_t count, size_t *inout)
{
    const char *text = NULL;
    HEED_TRY(heed__json_string(object, key, &text));
    if (!text) return HEED_OK;
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], text) == 0) {
            *inout = i;
            return HEED_OK;
        }
    char all[PATH];
    list_names(names, count, all, sizeof all);
    heed__json at = {.parent = object, .key = key};
    return heed__json_fail(&at, "'%s' is not one of %s", text, all);
}

heed_status heed__json_object(const heed__json *object, const char *key, heed__json *child)
{
    HEED_TRY(find(object, key, child));
    return child->value && !json_is_object(child->value) ? wrong_kind(child, "an object") : HEED_OK;
}

heed_status heed__json_array(const heed__json *object, const char *key, heed__json *child)
{
    HEED_TRY(find(object, key, child));
    return child->value && !json_is_array(child->value) ? wrong_kind(child, "a list") : HEED_OK;
}

heed__json heed__json_item(const heed__json *array, size_t index)
{
    return (heed__json){
        .value = json_array_get(array->value, index), .parent = array, .index = index};
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* How many letters must be put in, taken out or changed to make one of the other. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[LONGEST_NAME + 1], length = strlen(b);
    if (length > LONGEST_NAME) return SIZE_MAX;
    for (size_t j = 0; j <= length; j++) row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t above = row[j];
            row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[length];
}

static const char *nearest(const char *name, const char *const *known, size_t count)
{
    const char *best = NULL;
    size_t distance = strlen(name) / 2 + 1; /* farther is no help */
    for (size_t i = 0; i < count; i++) {
        size_t this_far = edit_distance(name, known[i]);
        if (this_far < distance) {
            distance = this_far;
            best = known[i];
        }
    }
    return best;
}

heed_status heed__json_known(const heed__json *object, const char *const *known, size_t count)
{
    if (!object->value) return HEED_OK;
    if (!json_is_object(object->value)) return wrong_kind(object, "an object");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object->value, key, value)
    {
        size_t i = 0;
        while (i < count && strcmp(known[i], key) != 0) i++;
        if (i < count) continue;
        heed__json at = {.parent = object, .key = key};
        const char *near = nearest(key, known, count);
        if (near) return heed__json_fail(&at, "unknown setting; did you mean '%s'?", near);
        char all[PATH];
        list_names(known, count, all, sizeof all);
        return heed__json_fail(&at, "unknown setting; known here: %s", all);
    }
    return HEED_OK;
}

json_t *heed__json_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

heed_status heed__json_text(const json_t *value, int digits, int indent, char **out)
{
    size_t flags = JSON_ENCODE_ANY | (size_t)JSON_REAL_PRECISION(digits);
    flags |= indent ? (size_t)JSON_INDENT(indent) : JSON_COMPACT;
    *out = json_dumps(value, flags);
    if (!*out) return heed__fail(HEED_E_NOMEM, "no memory for JSON text");
    return HEED_OK;
}
