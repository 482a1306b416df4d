/* SPDX-License-Identifier: MIT */
/*
 * Hierarchical attention (Yang et al. 2016): each sentence is a sequence of its own to the encoder,
 * attention pools its words to one row, and a second encoder of the same kind reads the sentences
 * of a text, which the model's pool then pools.
 *
 *      tokens [rows, in] -- encoder, by sentence --> [rows, dim] -- attention --> [sentences, dim]
 *                        -- encoder, by text --> [sentences, dim] -- pool --> [texts, width]
 *
 * Ragged throughout: a sentence is what stands between two marks of the batch (data/sentences.h).
 */
#ifndef HEED_MODEL_HIERARCHY_H
#define HEED_MODEL_HIERARCHY_H

#include "data/sentences.h"
#include "model/parts.h"

typedef struct heed__hierarchy {
    const heed__encoder_kind *kind;
    heed__attention_pool words; /* of a sentence to one */
    void *encoder;              /* of the sentences of a text */
    /* The batch recorded last: sentences as sequences of tokens, texts as sequences of sentences.
     */
    heed__ragged sentences, texts;
    int64_t *offsets, *order, *ids;     /* of sentences */
    int64_t *text_offsets, *text_order; /* of texts */
    int64_t *count;                     /* scratch of ordering */
    size_t room[3], text_room[2], count_room;
} heed__hierarchy;

heed_status heed__hierarchy_create(heed__params *params, const heed_config *config,
                                   const heed__encoder_kind *kind, heed__hierarchy **out);
void heed__hierarchy_destroy(heed__hierarchy **hierarchy);

/* pass->ragged are texts of tokens, x [rows, dim] their rows, `words` what encodes within
 * sentences. Gives [h->texts.rows, dim]; h->texts says which sentences are whose, until the next
 * call. begins NULL (a batch without offsets): as many as `most` says. */
heed__var heed__hierarchy_apply(heed__hierarchy *h, void *words, const heed__pass *pass,
                                const unsigned char *begins, const heed__sentence_counts *most,
                                heed__var x, heed__sites *sites);

/* Refuses settings that do not go together: HEED_E_INVALID, HEED_E_UNSUPPORTED. */
heed_status heed__hierarchy_check(const heed_config *config);
/* Whether the configuration asks for it. */
int heed__hierarchy_asked(const heed_config *config);

#endif
