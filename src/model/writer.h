/* SPDX-License-Identifier: MIT */
/* Models that write: what is recorded for a batch of sources and targets. */
#ifndef HEED_MODEL_WRITER_H
#define HEED_MODEL_WRITER_H

#include "model/model.h"

/* Parameters of what writes; the embedding of sources is there already. */
heed_status heed__writer_create(heed_model *model);
void heed__writer_destroy(heed__writer *writer);

/* What settings say of a writer. Errors HEED_E_INVALID. */
heed_status heed__writer_kind(const heed_config *config, const heed__decoder_kind **out);
/* The memory's columns; 0 = no source. */
int64_t heed__writer_memory(const heed_config *config, heed_task task);
/* Ties: 0 none, 1 the output to the target's embedding, 2 the source's embedding too. joint: both
 * have one tokenizer. */
heed_status heed__writer_tie(const heed_config *config, heed_task task, int joint, int *tie);

/* A batch of pairs. Without sources, source.n is 0. */
typedef struct heed__pairs_batch {
    heed__ragged source, target;
    const int32_t *source_tokens; /* [source.rows] the boundary ends each */
    const int32_t *inputs;        /* [target.rows] the boundary begins each */
    const int32_t *labels;        /* [target.rows] and ends each */
    /* Where the model copies: the source's ids in the extended vocabulary [source.rows], how many
     * it has past the target's own; labels are then of it too (data/extend.h). */
    const int32_t *words;
    int64_t added;
} heed__pairs_batch;

typedef struct heed__pairs_vars {
    heed__memory memory;
    heed__decoded decoded;
    heed__var states;   /* [target.rows, width]: what the output layer reads */
    heed__sites *sites; /* set by the caller: where the decoder looked at the source; or NULL */
} heed__pairs_vars;

/* The encoder over sources; memory->states is HEED_NO_VAR without any. */
void heed__writer_encode(heed_model *model, heed__tape *tape, const heed__pairs_batch *batch,
                         heed__memory *memory);
/* The decoder's input; pass->ragged are the targets. */
heed__var heed__writer_enter(heed_model *model, const heed__pass *pass, const int32_t *ids);
/* What the output layer reads. */
heed__var heed__writer_states(heed_model *model, const heed__pass *pass,
                              const heed__decoded *decoded);
/* What is read as log-probabilities [target.rows, V]: the logits, up to a constant a row; or, of a
 * model that copies, what generating and copying give together, over the extended vocabulary. vars:
 * memory, decoded and states. */
heed__var heed__writer_scores(heed_model *model, heed__tape *tape, const heed__pairs_vars *vars);
/* All of it before the output layer, teacher-forced. */
void heed__writer_record(heed_model *model, heed__tape *tape, const heed__pairs_batch *batch,
                         heed__pairs_vars *vars);
/* The loss on top: cross-entropy a target token, and what the decoder adds. */
heed__var heed__writer_loss(heed_model *model, heed__tape *tape, const heed__pairs_batch *batch,
                            const heed__pairs_vars *vars, float smoothing);

/* Of models that copy: */
heed_status heed__writer_create_copying(heed_model *model);
heed__var heed__writer_pointer_loss(heed_model *model, heed__tape *tape,
                                    const heed__pairs_batch *batch, const heed__pairs_vars *vars,
                                    float smoothing);

/* Where alignments are read from: the chosen layer; else, in a Transformer, the last but one, else
 * the last; NULL where there is no attention. */
const heed__site *heed__writer_site(const heed__writer *writer, const heed_align_choice *choice,
                                    const heed__sites *sites);
/* The rule that is asked for, else the model's own, else that of its kind. */
heed_align_rule heed__writer_rule(const heed_model *model, heed_align_rule asked);
/* The choice that the file holds, once the model's notes are there. */
heed_status heed__writer_read_choice(heed_model *model);
/* Errors HEED_E_INVALID: no such layer or head. */
heed_status heed__writer_check_choice(const heed_model *model, const heed_align_choice *choice);

#endif
