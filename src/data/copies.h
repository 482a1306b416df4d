/* SPDX-License-Identifier: MIT */
/* The ids of data/extend.h for all examples of a parallel data set, handed out batch by batch. */
#ifndef HEED_DATA_COPIES_H
#define HEED_DATA_COPIES_H

#include "data/batches.h"
#include "data/extend.h"

/* Beside the examples they are of, token by token; start from zero. */
typedef struct heed__copies {
    const heed__examples *sources, *targets;
    int32_t *words;  /* [sources->tokens] */
    int32_t *labels; /* [targets->tokens] */
    int64_t most;    /* ids past the vocabulary of one example */
} heed__copies;

/*
 * Encodes the data set's pairs again, on all threads, to learn the texts of unknown tokens.
 * @param sources, targets of the data set, by the extender's tokenizers: row i is example i. They
 * must outlive the copies.
 * Errors HEED_E_INVALID (the examples are of other texts), HEED_E_NOMEM.
 */
heed_status heed__copies_make(heed_context *context, const heed__extender *extender,
                              const heed_dataset *dataset, const heed__examples *sources,
                              const heed__examples *targets, heed__copies *out);
void heed__copies_free(heed__copies *copies);

/* Of a batch, in its order. The boundary of a source is the end, which may be copied like a word.
 */
typedef struct heed__copies_batch {
    int32_t *words;  /* [rows] */
    int32_t *labels; /* [target_rows], instead of those of the batch */
} heed__copies_batch;

/* Room for any batch of that capacity. */
heed_status heed__copies_batch_create(const heed__batch_capacity *capacity,
                                      heed__copies_batch *out);
void heed__copies_batch_free(heed__copies_batch *batch);
/* Allocates nothing. */
void heed__copies_fill(const heed__copies *copies, const heed__batch *batch,
                       heed__copies_batch *out);

#endif
