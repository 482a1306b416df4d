/* SPDX-License-Identifier: MIT */
/* Fields of JSON lines that hold a list: the words of a text, their tags, or several labels. */
#ifndef HEED_DATA_JSON_LISTS_H
#define HEED_DATA_JSON_LISTS_H

#include "heed/data.h"

#include <stdint.h>

/* How many strings or whole numbers a list holds; -1 when it is none, or holds something else. */
int64_t heed__json_list_length(const heed_field *field);

/* Whether it is a list of words: strings without blanks, none of them empty. */
int heed__json_list_is_words(const heed_field *field);

/* What a list holds, joined at *to, which moves past it and its NUL: never longer than the list as
 * it stands. Zero when it is none, or holds something else. */
int heed__json_list_join(const heed_field *field, char between, char **to, heed_text *out);

#endif
