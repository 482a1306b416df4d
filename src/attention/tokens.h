/* SPDX-License-Identifier: MIT */
/* Tokens that attend everywhere and are attended by all: a list of key positions, each once,
 * ascending. */
#ifndef HEED_ATTENTION_TOKENS_H
#define HEED_ATTENTION_TOKENS_H

#include "attention/mechanism.h"

typedef struct heed__tokens {
    const int64_t *data;
    int64_t count;
} heed__tokens;

/* An empty list stands for token 0. */
heed_status heed__tokens_check(const char *mask, const heed_attention_integers *list);
heed_status heed__tokens_make(heed__arena *arena, const heed_attention_integers *list,
                              heed__tokens *out);

/* How many of positions first to last are listed. */
int64_t heed__tokens_within(const heed__tokens *tokens, int64_t first, int64_t last);
int heed__tokens_has(const heed__tokens *tokens, int64_t at);

/* The first position at or after `at` that is not listed, and the last at or before it. */
int64_t heed__tokens_skip(const heed__tokens *tokens, int64_t at);
int64_t heed__tokens_skip_back(const heed__tokens *tokens, int64_t at);

/* A mask's row and seek. */
void heed__tokens_row(const heed__tokens *tokens, const heed__place *place, int64_t i, int64_t j,
                      int64_t n, unsigned char *visible);
int64_t heed__tokens_seek(const heed__tokens *tokens, const heed__place *place,
                          const heed__block *block, heed__side side);

#endif
