/* SPDX-License-Identifier: MIT */
/*
 * Tokenizers: text to token ids, each with the bytes of the original text it stands for. A kind is
 * one row of the table in tokenizer.c. Ids 0 and 1 are special in all of them; a text of no token
 * at all becomes one unknown token, so that no sequence is empty.
 */
#ifndef HEED_DATA_TOKENIZER_H
#define HEED_DATA_TOKENIZER_H

#include "heed/context.h"
#include "heed/data.h"

#include <stddef.h>
#include <stdint.h>

enum { HEED_TOKEN_UNKNOWN = 0, HEED_TOKEN_START = 1, HEED_TOKEN_FIRST = 2 };

/* How a tokenizer is trained and used; saved with it. heed__tokenizer_defaults fills it. */
typedef struct heed__tokenizer_settings {
    int64_t lower;                /* 1 = lower-case first (words, characters); default 1 */
    int64_t min_count;            /* rarer words or characters become unknown; default 2 */
    int64_t max_vocabulary;       /* most ids, the special ones included; default 50000 (words,
                                     characters), 8000 (bpe, unigram) */
    int64_t ngrams;               /* 1 = none, 2 = ids for pairs of neighbours too; default 1 */
    int64_t ngram_min_count;      /* rarer pairs get id 0; default 2 */
    int64_t ngram_max_vocabulary; /* most pair ids, id 0 included; default 500000 */
    int64_t start;                /* 1 = a start token before each text; default 0 */
    int64_t max_length;           /* tokens kept of a text, from its head; default 512 */
} heed__tokenizer_settings;

/* The defaults of a kind. Errors HEED_E_INVALID (unknown kind; names those there are),
 * HEED_E_UNSUPPORTED (not built in). */
heed_status heed__tokenizer_defaults(const char *kind, heed__tokenizer_settings *out);

/* A part of the original text, in bytes: begin <= end. The start token's is empty, at 0. */
typedef struct heed__span {
    uint32_t begin, end;
} heed__span;

/* One encoded text. Its arrays grow and are used again: start from zero, end with
 * heed__encoding_free. */
typedef struct heed__encoding {
    int64_t length;
    int32_t *ids;
    int32_t *ngrams; /* the id of (token i, token i + 1), 0 = none; NULL without ngrams */
    heed__span *spans;
    int64_t cut; /* 1 = tokens beyond max_length were left out */
    size_t capacity, ngram_capacity, span_capacity;
} heed__encoding;

void heed__encoding_free(heed__encoding *encoding);

typedef struct heed__tokenizer heed__tokenizer;

/* Learns a vocabulary from texts. `text` returns the i-th of n. The result is a function of the
 * texts, their order and the settings only. Errors HEED_E_INVALID (settings), HEED_E_DATA (no token
 * is frequent enough), HEED_E_UNSUPPORTED, HEED_E_NOMEM. */
typedef heed_text (*heed__text_function)(const void *user, int64_t i);
heed_status heed__tokenizer_train(heed_context *context, const char *kind,
                                  const heed__tokenizer_settings *settings, int64_t n,
                                  heed__text_function text, const void *user,
                                  heed__tokenizer **out);
/* The same over the rows of a dataset. */
heed_status heed__tokenizer_train_dataset(heed_context *context, const char *kind,
                                          const heed__tokenizer_settings *settings,
                                          const heed_dataset *dataset, heed__tokenizer **out);

void heed__tokenizer_destroy(heed__tokenizer **tokenizer);

/* Valid UTF-8 of at most 4 GiB - 1 bytes. A tokenizer may encode on many threads at once. */
heed_status heed__tokenizer_encode(const heed__tokenizer *tokenizer, const char *text, size_t size,
                                   heed__encoding *out);

const char *heed__tokenizer_kind(const heed__tokenizer *tokenizer);
const heed__tokenizer_settings *heed__tokenizer_settings_of(const heed__tokenizer *tokenizer);
/* Number of ids: all that encode gives are below. */
int64_t heed__tokenizer_vocabulary(const heed__tokenizer *tokenizer);
/* Number of n-gram ids, id 0 counted; 0 without ngrams. */
int64_t heed__tokenizer_ngrams(const heed__tokenizer *tokenizer);
/* How often tokens and pairs of neighbours were met while learning; all 0 without ngrams, and
 * `together` is 0 for a pair that has no id. */
typedef struct heed__pair_counts {
    int64_t first, second, together, all;
} heed__pair_counts;
heed__pair_counts heed__tokenizer_pair_counts(const heed__tokenizer *tokenizer, int32_t first,
                                              int32_t second);
/* The text of an id ("<unk>", "<cls>", "word"). Owns: the tokenizer. */
heed_text heed__tokenizer_token(const heed__tokenizer *tokenizer, int64_t id);

/* The whole tokenizer as bytes (a U8 tensor of the model file) and back. Loading trusts nothing:
 * HEED_E_FORMAT for whatever save would not have written. The caller frees *bytes with free(). */
heed_status heed__tokenizer_save(const heed__tokenizer *tokenizer, unsigned char **bytes,
                                 size_t *size);
heed_status heed__tokenizer_load(const unsigned char *bytes, size_t size, heed__tokenizer **out);

#endif
