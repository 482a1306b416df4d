/* SPDX-License-Identifier: MIT */
/*
 * Encoded examples and the ragged batches made of them: the sequences of a batch stand one after
 * another, with offsets, and no padding. A batch is a function of (examples, options, epoch, index)
 * only, so training resumes from those two numbers.
 */
#ifndef HEED_DATA_BATCHES_H
#define HEED_DATA_BATCHES_H

#include "heed/context.h"

#include "data/tokenizer.h"

#include <stdint.h>

/* All texts of a dataset, encoded and packed. */
typedef struct heed__examples {
    int64_t n, tokens;
    int64_t longest;  /* tokens of the longest */
    int64_t *offsets; /* [n + 1] */
    int32_t *ids;     /* [tokens] */
    int32_t *ngrams;  /* [tokens] or NULL */
    int64_t cut;      /* texts that were cut at max_length */
} heed__examples;

/* Encodes on all threads of the context; logs how many texts were cut. */
heed_status heed__examples_encode(heed_context *context, const heed__tokenizer *tokenizer,
                                  int64_t n, heed__text_function text, const void *user,
                                  heed__examples *out);
heed_status heed__examples_encode_dataset(heed_context *context, const heed__tokenizer *tokenizer,
                                          const heed_dataset *dataset, heed__examples *out);
void heed__examples_free(heed__examples *examples);

typedef struct heed__batch_options {
    int64_t max_tokens;    /* a batch ends before it has more; one longer example stands alone */
    int64_t max_sequences; /* and before it has more examples; 0 = no limit */
    int shuffle;           /* 0 = the original order in every epoch */
    int64_t bucket;        /* with shuffle: examples of like length are put together inside runs of
                              this many shuffled ones, and the batches shuffled; 0 = not */
    uint64_t seed;
} heed__batch_options;

/* Room for any batch; what fill writes. */
typedef struct heed__batch {
    int64_t n, rows;   /* sequences, and tokens in all */
    int64_t longest;   /* tokens of the longest sequence in it */
    int64_t *offsets;  /* [n + 1] */
    int32_t *tokens;   /* [rows] */
    int32_t *ngrams;   /* [rows] or NULL */
    int64_t *examples; /* [n]: which examples these are */
} heed__batch;

typedef struct heed__batches heed__batches;

/* The examples must outlive it. All memory is taken here. Errors HEED_E_INVALID, HEED_E_NOMEM. */
heed_status heed__batches_create(const heed__examples *examples, const heed__batch_options *options,
                                 heed__batches **out);
void heed__batches_destroy(heed__batches **batches);

/* The most rows and sequences a batch can have, and the longest sequence. */
typedef struct heed__batch_capacity {
    int64_t rows, sequences, longest;
} heed__batch_capacity;
heed__batch_capacity heed__batches_capacity(const heed__batches *batches);

heed_status heed__batch_create(const heed__batches *batches, heed__batch *out);
void heed__batch_free(heed__batch *batch);

/* Lays out an epoch (from 0) and returns its number of batches. Allocates nothing. */
int64_t heed__batches_epoch(heed__batches *batches, int64_t epoch);
/* Batch 0 <= index < that number of the epoch laid out. Allocates nothing. */
void heed__batches_fill(const heed__batches *batches, int64_t index, heed__batch *out);

#endif
