/* SPDX-License-Identifier: MIT */
#include "data/json_lists.h"

#include "data/tags.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* The list; NULL when it is none, or holds something else than strings and whole numbers. */
static json_t *open_list(const heed_field *field)
{
    json_t *list = NULL, *item;
    size_t i;
    if (field->is_json && field->value.size && field->value.bytes[0] == '[')
        list = json_loadb(field->value.bytes, field->value.size, 0, NULL);
    int good = json_is_array(list);
    json_array_foreach(list, i, item) good =
        good && (json_is_string(item) || json_is_integer(item));
    if (good) return list;
    json_decref(list);
    return NULL;
}

int64_t heed__json_list_length(const heed_field *field)
{
    json_t *list = open_list(field);
    int64_t n = list ? (int64_t)json_array_size(list) : -1;
    json_decref(list);
    return n;
}

int heed__json_list_is_words(const heed_field *field)
{
    json_t *list = open_list(field), *item;
    size_t i;
    int good = list != NULL;
    json_array_foreach(list, i, item)
    {
        heed_text text = {json_string_value(item), json_string_length(item)};
        size_t at = 0;
        heed__span word;
        good = good && text.bytes && heed__next_word(text, &at, &word) && word.begin == 0 &&
               word.end == text.size;
    }
    json_decref(list);
    return good;
}

int heed__json_list_join(const heed_field *field, char between, char **to, heed_text *out)
{
    json_t *list = open_list(field), *item;
    char *begin = *to;
    size_t i;
    if (!list) return 0;
    json_array_foreach(list, i, item)
    {
        char number[32];
        heed_text part = {json_string_value(item), json_string_length(item)};
        if (!part.bytes) {
            int size = snprintf(number, sizeof number, "%lld", (long long)json_integer_value(item));
            part = (heed_text){number, (size_t)size};
        }
        if (i) *(*to)++ = between;
        memcpy(*to, part.bytes, part.size);
        *to += part.size;
    }
    json_decref(list);
    *out = (heed_text){begin, (size_t)(*to - begin)};
    *(*to)++ = 0;
    return 1;
}
