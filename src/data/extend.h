/* SPDX-License-Identifier: MIT */
/*
 * Copying: what the tokens of a source are called in the target's vocabulary, extended by those it
 * does not have. Tokens are known by their text. One that the target's vocabulary holds has its id
 * there; any other has the id V, V + 1, ... by the first occurrence of its text in its source, so
 * that such ids mean something beside that source only.
 */
#ifndef HEED_DATA_EXTEND_H
#define HEED_DATA_EXTEND_H

#include "data/tokenizer.h"

/* Two tokenizers of one kind; they must outlive it. Starts from zero. */
typedef struct heed__extender {
    const heed__tokenizer *source, *target;
    int32_t *ids; /* [source vocabulary] the target's id of each, or unknown; NULL: both are one */
} heed__extender;

/* Errors HEED_E_INVALID (two kinds), HEED_E_NOMEM. */
heed_status heed__extender_create(const heed__tokenizer *source, const heed__tokenizer *target,
                                  heed__extender *out);
void heed__extender_free(heed__extender *extender);

/* What one source adds to the vocabulary. Grows and is used again: starts from zero, ends with
 * heed__extension_free. */
typedef struct heed__extension {
    int64_t n;         /* the last id is V + n - 1 */
    heed__span *items; /* [n] their texts in keys */
    heed__buffer keys;
    size_t room;
} heed__extension;
void heed__extension_free(heed__extension *extension);

/* words [code->length] of a source that was encoded; fills the extension. Text without a sign is
 * unknown and stays so. */
heed_status heed__extend_source(const heed__extender *extender, heed_text text,
                                const heed__encoding *code, heed__extension *extension,
                                int32_t *words);
/* labels [code->length] of a target beside that source: the ids it was encoded to, but unknown ones
 * that the source has. */
void heed__extend_target(const heed__extender *extender, heed_text text, const heed__encoding *code,
                         const heed__extension *extension, int32_t *labels);

#endif
