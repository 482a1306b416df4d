/* SPDX-License-Identifier: MIT */
/*
 * Where words stand without a blank between them. Words of scripts with blanks never touch each
 * other (they would be one word); marks, symbols and characters of scripts without blanks touch
 * what is beside them or not. Which do is learned from text, for each of them and for what stands
 * beside it (a word or another of its kind); and pairs that mostly do otherwise are learned one by
 * one.
 */
#ifndef HEED_DATA_GLUE_H
#define HEED_DATA_GLUE_H

#include "data/blob.h"
#include "data/pairs.h"

struct heed__texts;
struct heed__tokenizer;

typedef struct heed__glue {
    int64_t n;            /* of the vocabulary */
    unsigned char *sides; /* [n] what each token touches, and what it is */
    heed__pairs otherwise;
} heed__glue;

/* Encodes the texts four times. */
heed_status heed__glue_learn(const struct heed__tokenizer *t, const struct heed__texts *texts,
                             heed__glue **out);

/* Walks along tokens: starts from zero. */
typedef struct heed__glue_walk {
    int64_t before; /* the token before, plus one; 0 = none */
    int quotation;  /* an opening quotation mark has stood */
} heed__glue_walk;
/* Nonzero when the token touches the one before it. */
int heed__glue_next(const heed__glue *glue, heed__glue_walk *walk, int64_t id);

heed_status heed__glue_save(const heed__glue *glue, heed__blob *blob);
/* Trusts nothing. */
heed_status heed__glue_load(const struct heed__tokenizer *t, heed__blob_reader *blob,
                            heed__glue **out);
void heed__glue_free(heed__glue *glue);

#endif
