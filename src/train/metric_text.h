/* SPDX-License-Identifier: MIT */
/*
 * Text as metrics see it: lower-cased, rewritten by rules until white space separates its tokens,
 * then split. The rules are those of the metrics' reference programs, pass for pass, since a figure
 * is worth something only where it can be compared.
 */
#ifndef HEED_TRAIN_METRIC_TEXT_H
#define HEED_TRAIN_METRIC_TEXT_H

#include "heed/data.h"

#include <stddef.h>
#include <stdint.h>

/* Text that is rewritten: a pass reads `bytes`, writes `other` and turns them. Starts from zero. */
typedef struct heed__metric_text {
    char *bytes, *other;
    size_t size, room, other_room;
} heed__metric_text;

heed_status heed__metric_text_set(heed__metric_text *text, heed_text from);
/* Makes room for `factor` times the text in `other`, more than a pass can write. */
heed_status heed__metric_text_room(heed__metric_text *text, size_t factor);
void heed__metric_text_turn(heed__metric_text *text, size_t size);
void heed__metric_text_free(heed__metric_text *text);

/* White space as Python's str.split has it. */
int heed__metric_space(uint32_t code);
/* Drops it from the end; heed__metric_text_strip from both. */
void heed__metric_text_strip_end(heed__metric_text *text);
void heed__metric_text_strip(heed__metric_text *text);

/* Unicode's full lower case (with the final sigma), as Python's str.lower. */
heed_status heed__metric_text_lower(heed__metric_text *text);

/* ---- rules (metric_rules.c) ---- */

/* Puts white space around the characters of which `is` is true. */
heed_status heed__metric_surround(heed__metric_text *text, int (*is)(uint32_t code));
/* The passes of mteval-v13a over one segment, and those of mteval-v14 (international). */
heed_status heed__metric_western(heed__metric_text *text);
heed_status heed__metric_international(heed__metric_text *text);
/* Turns line feeds and a few entities into what they stand for, as mteval-v13a does. */
heed_status heed__metric_entities(heed__metric_text *text);

/* ---- tokenisations (metric_tokens.c) ---- */

typedef struct heed__metric_tokenizer {
    const char *name, *help;
    int lowers; /* whatever the case option says */
    heed_status (*separate)(heed__metric_text *text);
} heed__metric_tokenizer;

/* Row `index`, NULL past the end. */
const heed__metric_tokenizer *heed__metric_tokenizer_at(size_t index);
/* Errors HEED_E_INVALID, naming those there are. */
heed_status heed__metric_tokenizer_find(const char *name, const heed__metric_tokenizer **out);

/* The tokens of a text; they point into `text`. Starts from zero. */
typedef struct heed__metric_tokens {
    heed__metric_text text;
    heed_text *items;
    size_t n, room;
} heed__metric_tokens;

/* tokenizer NULL: white space separates, nothing else is done. */
heed_status heed__metric_tokens_of(const heed__metric_tokenizer *tokenizer, int lowercase,
                                   heed_text from, heed__metric_tokens *out);
void heed__metric_tokens_free(heed__metric_tokens *tokens);

#endif
