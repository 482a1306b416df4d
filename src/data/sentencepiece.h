/* SPDX-License-Identifier: MIT */
/* SentencePiece behind C: the only file that sees C++ is sentencepiece.cc. */
#ifndef HEED_DATA_SENTENCEPIECE_H
#define HEED_DATA_SENTENCEPIECE_H

#include "heed/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct heed__subwords heed__subwords;

/* One text for the trainer: *bytes and *size of text i; they live until the next call. */
typedef heed_status (*heed__subwords_text)(void *user, int64_t i, const char **bytes, size_t *size);
/* One piece that was learned, in order of its id, from 2 on. */
typedef heed_status (*heed__subwords_piece)(void *user, const char *bytes, size_t size,
                                            float score);

/* Trains on one thread. model is "bpe" or "unigram"; all_characters: each in the texts becomes a
 * piece; else those that make up 0.9995 of them. Errors HEED_E_DATA (SentencePiece's reason),
 * HEED_E_NOMEM, and those of the callbacks. */
heed_status heed__subwords_train(const char *model, int64_t max_vocabulary, int all_characters,
                                 int64_t n, heed__subwords_text text, heed__subwords_piece piece,
                                 void *user);

/* From all pieces, those of ids 0 (unknown) and 1 (start) included; NUL-terminated, scores finite.
 * Errors HEED_E_FORMAT, HEED_E_NOMEM. */
heed_status heed__subwords_create(const char *model, int64_t n, const char *const *pieces,
                                  const float *scores, heed__subwords **out);
void heed__subwords_destroy(heed__subwords *subwords);

/* Calls token for each, with its bytes in the text, until *stop is set. */
typedef heed_status (*heed__subwords_token)(void *user, int64_t id, size_t begin, size_t end,
                                            int *stop);
heed_status heed__subwords_encode(const heed__subwords *subwords, const char *text, size_t size,
                                  heed__subwords_token token, void *user);

#ifdef __cplusplus
}
#endif
#endif
