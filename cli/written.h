/* SPDX-License-Identifier: MIT */
/* What a model wrote, for people and as data. */
#ifndef HEED_CLI_WRITTEN_H
#define HEED_CLI_WRITTEN_H

#include "heed/translate.h"

#include <jansson.h>

typedef enum written_alignment { ALIGNMENT_NONE, ALIGNMENT_HARD, ALIGNMENT_SOFT } written_alignment;

/* "none", "hard" or "soft". */
written_alignment written_alignment_of(const char *name);

/* A text on one line: line feeds in it become blanks. */
void written_text(const char *text);
/* Links as Pharaoh pairs, "0-0 1-2"; nothing for none. */
void written_links(const heed_translation *t);
/* A row for each word written, its weights over the source's words joined by commas; rows apart by
 * blanks. */
void written_weights(const heed_translation *t);
/* " ||| " and links or weights; nothing for ALIGNMENT_NONE. */
void written_alignment_after(const heed_translation *t, written_alignment how);

/* Sets text, score, normalised, finished, tokens and alignment in `object`; `name` is the text's
 * key, NULL = without the text. */
void written_object(const heed_translation *t, const char *name, written_alignment how,
                    json_t *object);
/* One line of JSON; drops the caller's reference. */
void written_json_line(json_t *object);

#endif
