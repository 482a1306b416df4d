/* SPDX-License-Identifier: MIT */
/*
 * Writing with a model: sources are encoded once, then the decoder goes on a token at a time under
 * the search (search.h). All buffers are kept from batch to batch.
 */
#ifndef HEED_MODEL_WRITING_H
#define HEED_MODEL_WRITING_H

#include "model/search.h"
#include "model/writer.h"

typedef struct heed__writing heed__writing;

/* The model's own, made on first use. */
heed_status heed__writing_open(heed_model *model, heed__writing **out);
void heed__writing_destroy(heed__writing **writing);

/* Encodes a batch of sources; a language model takes only n texts. What is of targets is not read.
 */
heed_status heed__writing_begin(heed__writing *writing, const heed__pairs_batch *batch);
/* Where weights are taken from in what follows; zero = the model's own choice. Errors
 * HEED_E_INVALID (no such layer or head). */
heed_status heed__writing_choose(heed__writing *writing, const heed_align_choice *choice);
/* Weights of every head of every layer in what follows: a row is [layers, heads, source]. */
void heed__writing_choose_all(heed__writing *writing);
/* Steps of few rows whose search wants the greatest score only (heed__search_step.apart) do not
 * compute them all from now on. */
heed_status heed__writing_screen(heed__writing *writing);
/* What search asks of the batch that was begun. Its vocabulary is the extended one; ids that a
 * source does not have are impossible beside it. */
heed__search_model heed__writing_model(heed__writing *writing);

#endif
