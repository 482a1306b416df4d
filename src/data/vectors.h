/* SPDX-License-Identifier: MIT */
/* Word vectors trained elsewhere, as word2vec, GloVe and fastText write them as text. */
#ifndef HEED_DATA_VECTORS_H
#define HEED_DATA_VECTORS_H

#include "base/real.h"
#include "data/tokenizer.h"
#include "heed/data.h"

typedef struct heed__vectors_found {
    int64_t lines; /* words in the file */
    int64_t found; /* tokens of the vocabulary that have a vector there */
} heed__vectors_found;

/*
 * Reads a file of lines "word number ... number", gzip or not, with or without a first line
 * "words dimensions", and puts the vectors of tokens that the tokenizer knows into their rows of
 * table [vocabulary, dim]; other rows stay as they are. A word counts for the token it is, and,
 * where the tokenizer lower-cases and there is no such word in the file, for the one that it is in
 * lower case, the first of several. Errors HEED_E_IO, HEED_E_FORMAT (a line that is no vector),
 * HEED_E_DATA (another number of dimensions than dim; no token of the vocabulary), HEED_E_NOMEM.
 */
heed_status heed__vectors_read(const char *path, const heed__tokenizer *tokenizer, int64_t dim,
                               heed_real *table, heed__vectors_found *out);

/* The hash of what is in the file, decompressed. Errors HEED_E_IO, HEED_E_FORMAT (damaged gzip). */
heed_status heed__vectors_hash(const char *path, char out[HEED_HASH_SIZE]);

#endif
