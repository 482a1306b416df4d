/* SPDX-License-Identifier: MIT */
/* Windows of a language model's text: which inputs of which example a sequence is made of. */
#ifndef HEED_DATA_WINDOWS_H
#define HEED_DATA_WINDOWS_H

#include "base/random.h"
#include "data/batches.h"

/* Rows of an example of n tokens: input k is token at + k, its label the one after. Token -1 and
 * token n are the boundary; so is, in running text, the first input of any window. */
typedef struct heed__window {
    int64_t example, at, rows;
} heed__window;

/* Starts from zero. */
typedef struct heed__windows {
    const heed__examples *texts;
    int64_t block;
    int running;
    heed__window *items; /* [n], room for `most` */
    int64_t n, most, longest;
    int64_t shorter; /* at most so many windows of an epoch are shorter than the block */
} heed__windows;

/* Room for the windows of any epoch. Errors HEED_E_NOMEM. */
heed_status heed__windows_create(const heed__examples *texts, int64_t block, int running,
                                 heed__windows *out);
void heed__windows_free(heed__windows *windows);

/* Lays out an epoch. random NULL: running text is cut from its beginning on. */
void heed__windows_cut(heed__windows *windows, heed__random *random);

#endif
