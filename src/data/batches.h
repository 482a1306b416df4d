/* SPDX-License-Identifier: MIT */
/*
 * Encoded examples and the ragged batches made of them: the sequences of a batch stand one after
 * another, with offsets, and no padding. A batch is a function of (examples, options, epoch, index)
 * only, so training resumes from those two numbers.
 *
 * With targets, a source x1..xm is [x1..xm, end], and a target y1..yn gives the inputs
 * [start, y1..yn] and the labels [y1..yn, end]; start and end are both id 1. All that is counted
 * (rows, longest, max_tokens) counts that token: m + 1 and n + 1.
 */
#ifndef HEED_DATA_BATCHES_H
#define HEED_DATA_BATCHES_H

#include "heed/context.h"

#include "data/sentences.h"
#include "data/tokenizer.h"

#include <stdint.h>

/* All texts of a dataset, or one side of its pairs, encoded and packed. */
typedef struct heed__examples {
    int64_t n, tokens;
    int64_t longest;            /* tokens of the longest */
    int64_t *offsets;           /* [n + 1] */
    int32_t *ids;               /* [tokens] */
    heed__bags bags[HEED_BAGS]; /* of n-grams, of all tokens; offsets NULL = none */
    unsigned char *begins;      /* [tokens] 1 where a sentence begins, or NULL */
    int64_t cut;                /* texts that were cut at max_length */
    /* With words (data/tags.h), else NULL: */
    int64_t *words;     /* [n + 1] where each text's words begin */
    int32_t *word_rows; /* [words] each word's token, counted in its text; -1 = none */
} heed__examples;

/* Encodes on all threads of the context; logs how many texts were cut. */
heed_status heed__examples_encode(heed_context *context, const heed__tokenizer *tokenizer,
                                  int64_t n, heed__text_function text, const void *user,
                                  heed__examples *out);
/* The same; with nonzero `words` it is said, too, where words stand among tokens. */
heed_status heed__examples_encode_words(heed_context *context, const heed__tokenizer *tokenizer,
                                        int64_t n, heed__text_function text, const void *user,
                                        int words, heed__examples *out);
heed_status heed__examples_encode_dataset(heed_context *context, const heed__tokenizer *tokenizer,
                                          const heed_dataset *dataset, heed__examples *out);
/* One side of pairs. The boundary is not part of an example: batches add it. */
heed_status heed__examples_encode_side(heed_context *context, const heed__tokenizer *tokenizer,
                                       const heed_dataset *dataset, heed__side side,
                                       heed__examples *out);
/* Text for a language model: each document (row), or each file of running text, is an example. */
heed_status heed__examples_encode_running(heed_context *context, const heed__tokenizer *tokenizer,
                                          const heed_dataset *dataset, heed__examples *out);
void heed__examples_free(heed__examples *examples);

typedef struct heed__batch_options {
    int64_t max_tokens;    /* a batch ends before it has more, of sources and of targets each; one
                              longer example stands alone */
    int64_t max_sequences; /* and before it has more examples; 0 = no limit */
    int shuffle;           /* 0 = the original order in every epoch */
    int64_t bucket;        /* with shuffle: examples of like length (of the target, then of the
                              source) are put together inside runs of this many shuffled ones, and
                              the batches shuffled; 0 = not */
    uint64_t seed;
    int64_t block; /* targets without sources: most rows of a window; 0 = no limit, and 4096 for
                      running text */
    int running;   /* targets without sources: examples are running text, not documents */
} heed__batch_options;

/* Room for any batch; what fill writes. */
typedef struct heed__batch {
    int64_t n, rows;            /* sequences, and tokens in all; rows = 0 without sources */
    int64_t longest;            /* tokens of the longest sequence in it */
    int64_t *offsets;           /* [n + 1] */
    int32_t *tokens;            /* [rows] */
    heed__bags bags[HEED_BAGS]; /* of n-grams, of all rows; offsets NULL = none */
    unsigned char *begins;      /* [rows] or NULL */
    int64_t *examples;          /* [n]: which examples (or windows) these are */
    /* Where the examples have words; else 0 and NULL: */
    int64_t words;         /* in all */
    int64_t *word_offsets; /* [n + 1] */
    int64_t *word_rows;    /* [words]: each word's row of the batch, -1 = none */
    /* With targets; else 0 and NULL. */
    int64_t target_rows, target_longest;
    int64_t *target_offsets; /* [n + 1] */
    int32_t *target_inputs;  /* [target_rows] */
    int32_t *target_labels;  /* [target_rows]: the token after each input */
} heed__batch;

typedef struct heed__batches heed__batches;

/*
 * The examples must outlive it. All memory is taken here. Errors HEED_E_INVALID, HEED_E_NOMEM.
 *
 * sources alone: texts. sources and targets, of one number: pairs. targets alone: a language
 * model's windows, which stand for the pairs:
 * - documents: the rows of a document are cut into windows of at most `block`, from its beginning;
 * - running text is cut into windows of `block` tokens, which are the labels, from a place on that
 * is drawn for each epoch (with shuffle; else 0). What is before it and the last window are
 * shorter, so that every token is a label once an epoch. A window's inputs are the tokens before
 * its labels, the first of them the boundary: a text that is continued begins so too.
 */
heed_status heed__batches_create(const heed__examples *sources, const heed__examples *targets,
                                 const heed__batch_options *options, heed__batches **out);
void heed__batches_destroy(heed__batches **batches);

/* The most rows, sequences and words a batch can have, and the longest sequence; of either side. */
typedef struct heed__batch_capacity {
    int64_t rows, sequences, longest;
    int64_t target_rows, target_longest;
    int64_t words;
    heed__sentence_counts sentences; /* of sources that are split */
} heed__batch_capacity;
heed__batch_capacity heed__batches_capacity(const heed__batches *batches);

heed_status heed__batch_create(const heed__batches *batches, heed__batch *out);
void heed__batch_free(heed__batch *batch);

/* Lays out an epoch (from 0) and returns its number of batches. Allocates nothing. */
int64_t heed__batches_epoch(heed__batches *batches, int64_t epoch);
/* Batch 0 <= index < that number of the epoch laid out. Allocates nothing. */
void heed__batches_fill(const heed__batches *batches, int64_t index, heed__batch *out);

#endif
