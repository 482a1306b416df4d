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

#include "base/buffer.h"
#include "data/bags.h"

#include <stddef.h>
#include <stdint.h>

/* The boundary begins a sequence and ends it. */
enum { HEED_TOKEN_UNKNOWN = 0, HEED_TOKEN_START = 1, HEED_TOKEN_END = 1, HEED_TOKEN_FIRST = 2 };

/* How much of the white space between tokens comes back when they are decoded. */
enum {
    HEED_SPACING_NONE = 0,   /* for reading only: it parts tokens */
    HEED_SPACING_LINE = 1,   /* characters: all white space is tokens as it is; words: where blanks
                                go is learned; subwords: always as SentencePiece does it */
    HEED_SPACING_RUNNING = 2 /* and every newline is a token, in all kinds */
};

/* How a tokenizer is trained and used; saved with it. heed__tokenizer_defaults fills it. */
typedef struct heed__tokenizer_settings {
    int64_t lower;                /* 1 = lower-case first (words, characters); default 1 */
    int64_t min_count;            /* rarer words or characters become unknown; default 2 */
    int64_t max_vocabulary;       /* most ids, the special ones included; default 50000 (words,
                                     characters), 8000 (bpe, unigram) */
    int64_t ngrams;               /* 1 = none, 2 = ids for pairs of neighbours too, 3 = for triples
                                     too, and so on up to 5; default 1 */
    int64_t ngram_min_count;      /* rarer n-grams (of characters too) have no id; default 2 */
    int64_t ngram_max_vocabulary; /* most n-grams + 1, and the same for those of characters; default
                                     500000 */
    int64_t start;                /* 1 = a start token before each text; default 0 */
    int64_t max_length;           /* tokens kept of a text, from its head; default 512 */
    int64_t spacing;              /* HEED_SPACING_*; default NONE */
    int64_t characters;           /* longest n-grams of characters within a token that have ids, the
                                     marks < and > of its ends counted; 0 = none, the default */
    int64_t characters_from;      /* shortest ones; default 3 */
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
    heed__bags bags[HEED_BAGS]; /* ids of n-grams, from 1; without n-grams offsets are NULL */
    heed__span *spans;
    unsigned char *begins; /* 1 where a sentence begins; NULL unless the tokenizer splits */
    int64_t cut;           /* 1 = tokens beyond max_length were left out */
    size_t capacity, span_capacity, begin_capacity;
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

/* A side of pairs: the text of a row, its label 0, or both. */
typedef enum heed__side {
    HEED_SIDE_SOURCE = 1,
    HEED_SIDE_TARGET = 2,
    HEED_SIDE_BOTH = 3
} heed__side;
/* The text of a row on one side; of both, the targets are counted on after the sources. */
heed_text heed__side_text(const heed_dataset *dataset, heed__side side, int64_t row);
/* The same over one side of pairs, or one tokenizer for both (what is frequent on either side). */
heed_status heed__tokenizer_train_side(heed_context *context, const char *kind,
                                       const heed__tokenizer_settings *settings,
                                       const heed_dataset *dataset, heed__side side,
                                       heed__tokenizer **out);

/* How much there was before a tokenizer learned more; what is new stands behind it. */
typedef struct heed__growth {
    int64_t tokens;            /* the special ones included */
    int64_t ngrams[HEED_BAGS]; /* ids of them */
    int full;                  /* the vocabulary has no more room */
} heed__growth;
/* Nonzero where tokens may be added: those of words, spaces and characters that only read. Subwords
 * were chosen together, and what is written with has learned where blanks go. */
int heed__tokenizer_can_grow(const heed__tokenizer *tokenizer);
/* Tokens and n-grams that stand often enough in further texts get ids behind the old ones, which
 * keep theirs. The four settings that limit both (min_count, max_vocabulary and those of n-grams)
 * are taken from `limits`. Only of a tokenizer that can grow. After an error it is not to be used.
 * Errors HEED_E_INVALID (limits), HEED_E_NOMEM. */
heed_status heed__tokenizer_grow(heed__tokenizer *tokenizer, const heed__tokenizer_settings *limits,
                                 int64_t n, heed__text_function text, const void *user,
                                 heed__growth *out);
/* The same over the rows of a dataset. */
heed_status heed__tokenizer_grow_dataset(heed__tokenizer *tokenizer,
                                         const heed__tokenizer_settings *limits,
                                         const heed_dataset *dataset, heed__growth *out);

void heed__tokenizer_destroy(heed__tokenizer **tokenizer);

/* Valid UTF-8 of at most 4 GiB - 1 bytes. A tokenizer may encode on many threads at once. */
heed_status heed__tokenizer_encode(const heed__tokenizer *tokenizer, const char *text, size_t size,
                                   heed__encoding *out);

/*
 * Ids to text, added to `out`. The boundary is nothing. unknown [n] says what stands for each id 0
 * (NULL bytes: "<unk>"); NULL = "<unk>" everywhere. spans [n] or NULL receives the bytes of `out`
 * that each token became, blanks between tokens not counted (empty for the boundary).
 * Characters and subwords give back the text that was encoded (its case and unknown parts aside;
 * subwords have one blank where there were more); words are put together as was usual in the
 * training text. A tokenizer of HEED_SPACING_NONE puts a blank between words. Errors HEED_E_INVALID
 * (an id that is none), HEED_E_NOMEM.
 */
heed_status heed__tokenizer_decode(const heed__tokenizer *tokenizer, const int32_t *ids, int64_t n,
                                   const heed_text *unknown, heed__buffer *out, heed__span *spans);

/* From here on encodings say where sentences begin (data/sentences.h), of at most so many tokens; 0
 * = not. Not saved: a model says it. */
void heed__tokenizer_split(heed__tokenizer *tokenizer, int64_t most);
int64_t heed__tokenizer_splits(const heed__tokenizer *tokenizer);

const char *heed__tokenizer_kind(const heed__tokenizer *tokenizer);
const heed__tokenizer_settings *heed__tokenizer_settings_of(const heed__tokenizer *tokenizer);
/* Number of ids: all that encode gives are below. */
int64_t heed__tokenizer_vocabulary(const heed__tokenizer *tokenizer);
/* Number of ids of HEED_BAGS_TOKENS or HEED_BAGS_CHARACTERS, id 0 counted, which stands in no bag;
 * 0 without such n-grams. */
int64_t heed__tokenizer_ngrams(const heed__tokenizer *tokenizer, int bag);
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
