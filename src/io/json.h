/* SPDX-License-Identifier: MIT */
/*
 * Reading settings from JSON with errors that say where: "model.json: encoder.layers: 0 is not
 * between 1 and 64". On Jansson; duplicate keys and bad UTF-8 are refused.
 */
#ifndef HEED_IO_JSON_H
#define HEED_IO_JSON_H

#include "heed/status.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* A value and the way to it. Children point to their parent, which must stay where it is. */
typedef struct heed__json {
    const json_t *value; /* NULL where there is none */
    const struct heed__json *parent;
    const char *key; /* in the parent; at the root, the document's name; NULL = an array item */
    size_t index;    /* of an array item */
} heed__json;

/* Parses a document of at most `limit` bytes. `name` stands for it in messages. The caller owns
 * *out (json_decref). Errors HEED_E_FORMAT with line and column. */
heed_status heed__json_parse(const char *text, size_t size, size_t limit, const char *name,
                             json_t **out);
heed__json heed__json_root(const json_t *value, const char *name);

/* Fails with the value's path before the message. */
heed_status heed__json_fail(const heed__json *at, const char *format, ...) HEED_PRINTF(2, 3);

/* Members of an object. An absent or null one leaves *inout as it was (the default); one of the
 * wrong type or out of range is HEED_E_INVALID. Text is borrowed from the document. */
heed_status heed__json_integer(const heed__json *object, const char *key, int64_t least,
                               int64_t most, int64_t *inout);
heed_status heed__json_number(const heed__json *object, const char *key, double least, double most,
                              double *inout);
heed_status heed__json_boolean(const heed__json *object, const char *key, int *inout);
heed_status heed__json_string(const heed__json *object, const char *key, const char **inout);
/* One of `names`; *inout is its index. The message lists them. */
heed_status heed__json_choice(const heed__json *object, const char *key, const char *const *names,
                              size_t count, size_t *inout);
/* A nested object or array; child->value is NULL when absent. */
heed_status heed__json_object(const heed__json *object, const char *key, heed__json *child);
heed_status heed__json_array(const heed__json *object, const char *key, heed__json *child);
/* Item `index` of an array. */
heed__json heed__json_item(const heed__json *array, size_t index);

/* Refuses any member that is not in `known`, and suggests the nearest that is. */
heed_status heed__json_known(const heed__json *object, const char *const *known, size_t count);

/* A number; null when it is NaN or infinite, which JSON does not have. NULL when out of memory. */
json_t *heed__json_real(double value);
/* The text, members in their order, numbers with at most `digits` (1 to 17; 17 brings back every
 * double exactly), indented by `indent` spaces (0 = one line). The same for any locale. The caller
 * frees *out with heed__free. */
heed_status heed__json_text(const json_t *value, int digits, int indent, char **out);

#endif
