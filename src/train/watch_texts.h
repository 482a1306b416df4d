/* SPDX-License-Identifier: MIT */
/* Labelled texts, pairs, or windows of running text, recorded one at a time with their loss, so
 * that a model of any task can be looked at while its gradient goes back. */
#ifndef HEED_TRAIN_WATCH_TEXTS_H
#define HEED_TRAIN_WATCH_TEXTS_H

#include "data/copies.h"
#include "model/writer.h"

typedef struct heed__watch_texts {
    heed_model *model;
    int64_t n;
    heed__examples examples, written;
    heed__targets targets[HEED_MODEL_OUTPUTS];
    heed__copies copies;
    heed__batches *batches;
    heed_real *lent[2]; /* gradients of embeddings, in a model that does not train */
    /* Of the text that is recorded, until it ran: */
    heed__batch batch;
    heed__copies_batch copied;
    heed__model_batch labelled;
    heed__pairs_batch pairs;
    heed__decoded decoded; /* its weights, where they are values, can be looked at after the run */
    float numbers[HEED_MODEL_OUTPUTS];
} heed__watch_texts;

/* The dataset must outlive it. Start from zero; ends with close, on failure too. Errors
 * HEED_E_INVALID (rows of another kind than the model's task), HEED_E_DATA, HEED_E_NOMEM. */
heed_status heed__watch_texts_open(heed_model *model, const heed_dataset *dataset,
                                   heed__watch_texts *out);
/* Starts the model's tape and records text `index` < n; sites are filled. HEED_NO_VAR: the text is
 * empty, and there is nothing to run. */
heed__var heed__watch_texts_record(heed__watch_texts *texts, int64_t index, heed__sites *sites);
void heed__watch_texts_close(heed__watch_texts *texts);

#endif
