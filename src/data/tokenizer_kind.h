/* SPDX-License-Identifier: MIT */
/* What a kind of tokenizer brings; the rest (vocabulary, n-grams, start, limits, the saved form) is
 * common. A new kind is one file and one row in tokenizer.c. */
#ifndef HEED_DATA_TOKENIZER_KIND_H
#define HEED_DATA_TOKENIZER_KIND_H

#include "data/blob.h"
#include "data/pairs.h"
#include "data/strings.h"
#include "data/tokenizer.h"

/* The texts a tokenizer learns from. */
typedef struct heed__texts {
    int64_t n;
    heed__text_function text;
    const void *user;
} heed__texts;

/* Pieces of text, one after another; lower-cased where the settings say so. */
typedef struct heed__piece {
    size_t begin, end; /* in the text */
    const char *key;   /* what the vocabulary knows it by */
    size_t key_size;
} heed__piece;
enum { HEED_PIECE_KEY = 256 /* longest key: what is longer is cut, and so unknown */ };
/* The piece at or after *at, which moves past it; zero at the end. `room` is for keys that are not
 * in the text as they are. */
typedef int (*heed__piece_function)(const heed__tokenizer_settings *settings, const char *text,
                                    size_t size, size_t *at, char room[HEED_PIECE_KEY],
                                    heed__piece *piece);

typedef struct heed__token_kind {
    const char *name;
    heed__tokenizer_settings defaults;
    /* How text is cut, of kinds whose vocabulary is the pieces that were met; else NULL. */
    heed__piece_function next;
    /* Adds to t->vocabulary, which holds the two special tokens, and makes t->state. With `next`
     * the vocabulary is there already, and NULL says that there is nothing more to learn. */
    heed_status (*train)(heed_context *context, heed__tokenizer *t, const heed__texts *texts);
    /* NULL with `next`. */
    heed_status (*encode)(const heed__tokenizer *t, const char *text, size_t size,
                          heed__encoding *out);
    /* Adds the text of ids: see heed__tokenizer_decode. The ids are below the vocabulary's. */
    heed_status (*decode)(const heed__tokenizer *t, const int32_t *ids, int64_t n,
                          const heed_text *unknown, heed__buffer *out, heed__span *spans);
    /* What the vocabulary does not say; all three NULL where there is nothing more. load is called
     * with the vocabulary in place and trusts nothing. */
    heed_status (*save)(const heed__tokenizer *t, heed__blob *blob);
    heed_status (*load)(heed__tokenizer *t, heed__blob_reader *blob);
    void (*free)(void *state);
} heed__token_kind;

extern const heed__token_kind heed__tokenizer_words, heed__tokenizer_spaces,
    heed__tokenizer_characters, heed__tokenizer_bpe, heed__tokenizer_unigram;

struct heed__tokenizer {
    const heed__token_kind *kind;
    heed__tokenizer_settings settings;
    int64_t sentence;              /* most tokens of a sentence; 0 = texts are not split */
    heed__strings vocabulary;      /* an item's number is its id */
    heed__pairs ngrams[HEED_BAGS]; /* by their keys (heed__ngram_key, heed__characters_key); a
                                      number + 1 is an id */
    /* With ngrams, how often each was met: [vocabulary.n], [ngrams[0].n], and tokens in all. */
    int64_t *token_counts, *ngram_counts, all_count;
    void *state;
};

/* Errors HEED_E_INVALID (unknown; names those there are), HEED_E_UNSUPPORTED. */
heed_status heed__token_kind_find(const char *name, const heed__token_kind **out);
/* Errors HEED_E_INVALID. */
heed_status heed__token_settings_check(heed__tokenizer_settings *settings);

/* N-gram ids: learned over the encoded texts; set beside an encoding's ids. `bag` says of what.
 * Learning again, with other texts, adds to what is there; `tokens` of the vocabulary were there
 * then (0 the first time). */
heed_status heed__ngrams_learn(heed__tokenizer *t, int bag, int64_t tokens,
                               const heed__texts *texts);
heed_status heed__ngrams_add(const heed__tokenizer *t, int bag, const char *text,
                             heed__encoding *encoding);
/* Keys of at least this are hashes, below it a pair of ids. */
#define HEED_NGRAM_HASHED ((uint64_t)1 << 62)
int heed__ngrams_wanted(const heed__tokenizer_settings *settings, int bag);

/* Adds a token; *full is set instead where max_length is reached, and the text is cut. */
heed_status heed__encoding_add(heed__encoding *encoding, const heed__tokenizer *t, int64_t id,
                               size_t begin, size_t end, int *full);

/* Counted strings into the vocabulary, behind those that it has: frequent ones first, equals by
 * bytes, from min_count and up to max_vocabulary. Errors HEED_E_DATA (it stays empty). */
heed_status heed__vocabulary_fill(heed__tokenizer *t, const heed__strings *strings,
                                  const int64_t *counts);

/* Training and encoding where the kind has `next`. */
heed_status heed__pieces_train(heed__tokenizer *t, const heed__texts *texts);
heed_status heed__pieces_encode(const heed__tokenizer *t, const char *text, size_t size,
                                heed__encoding *out);

/* Tokens to text by joining them: a blank before each but the first where touch says 0; NULL =
 * never. Adds nothing for the boundary. */
typedef int (*heed__touch_function)(void *user, int64_t id);
heed_status heed__tokens_join(const heed__tokenizer *t, const int32_t *ids, int64_t n,
                              const heed_text *unknown, heed__touch_function touch, void *user,
                              heed__buffer *out, heed__span *spans);
/* What an id stands for: its text, or of the unknown one what the caller says. */
heed_text heed__token_text(const heed__tokenizer *t, const int32_t *ids, int64_t i,
                           const heed_text *unknown);

/* Nonzero when a token of kind words that begins with this character is no word of a script with
 * blanks: it stands by itself even where no blank is beside it. */
int heed__words_is_mark(uint32_t code);

/* key = the lower-cased bytes of text[begin, end), or those themselves where nothing changes. */
void heed__piece_key(const heed__tokenizer_settings *settings, const char *text,
                     char room[HEED_PIECE_KEY], heed__piece *piece);

#endif
