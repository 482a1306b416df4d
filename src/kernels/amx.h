/* SPDX-License-Identifier: MIT */
/*
 * Blocks of a product on AMX: BLOCK x BLOCK sums in four tiles of float32, operands in bfloat16,
 * 32 steps of k at once. A product of `parts` 2 has every operand as a sum of two bfloat16 (16 bits
 * of its 24), and adds low x high, high x high and high x low; of 1, each operand rounded.
 *
 * A unit is what a block needs of one operand for CHUNK of k: 1 KiB for each part and half of the
 * rows (or columns), the parts of the first half before those of the second. Numbers too large for
 * bfloat16 are cut, not rounded, so what is finite stays finite; denormal ones count as zero.
 */
#ifndef HEED_KERNELS_AMX_H
#define HEED_KERNELS_AMX_H

#include "base/real.h"

#include <stddef.h>
#include <stdint.h>

enum { HEED_AMX_BLOCK = 32, HEED_AMX_CHUNK = 32 };

/* The reals that a unit takes. */
#define HEED_AMX_UNIT(parts) ((int64_t)(parts)*HEED_AMX_BLOCK * HEED_AMX_CHUNK / 2)

/* Rows of a, or columns of b: element (i, k) is at data[i * row + k * col]. */
typedef struct heed__amx_strip {
    const heed_real *data;
    int64_t row, col, rows, k;
    int by_columns; /* b's layout (pairs of k down, columns across), not a's */
} heed__amx_strip;

/* Rows of a that are laid out while blocks are multiplied, which costs next to nothing there: BLOCK
 * rows of k neighbours each, k a multiple of CHUNK. A block takes an errand for each of its chunks:
 * four rows of one chunk. */
typedef struct heed__amx_ahead {
    const heed_real *from;
    int64_t row, chunks;
    heed_real *to; /* units, as pack leaves them */
    int *odd;      /* is set where these rows are to be packed again, with care */
} heed__amx_ahead;

#define HEED_AMX_ERRANDS(chunks) ((chunks)*HEED_AMX_BLOCK / 4)

/* One block: c = start + a b over `chunks` units. */
typedef struct heed__amx_block {
    int64_t rows, cols, chunks;
    const heed_real *a, *b; /* units, one after another */
    int careful;            /* infinities or NaNs may be among them */
    const heed_real *start; /* NULL = zeros */
    int64_t start_row;      /* 0 repeats one row */
    heed_real *c;
    int64_t c_row;
    int streams;                  /* c is too large to stay in any cache; its rows begin at lines */
    const heed__amx_ahead *ahead; /* NULL = none; only where all four tiles are worth the work */
    int64_t errand;               /* of it, the first to do */
    const heed_real *fetch;       /* what is wanted later: */
    int64_t lines;                /* so many lines of it for each chunk */
} heed__amx_block;

typedef struct heed__amx {
    /* Units of `parts` for BLOCK rows or fewer, one after another; returns whether any number is
     * infinite or NaN. */
    int (*pack)(int parts, const heed__amx_strip *strip, heed_real *units);
    /* For any number of rows: each BLOCK of them begins `apart` reals on. */
    int (*pack_strips)(int parts, const heed__amx_strip *strips, int64_t apart, heed_real *units);
    /* On the calling thread, between begin and end. */
    void (*block)(int parts, const heed__amx_block *block);
    /* The errands from this one on. */
    void (*finish)(int parts, const heed__amx_ahead *ahead, int64_t errand);
    /* What the multiplier gives at most, likewise: `rounds` times the products of one part and
     * CHUNK for a block, in registers alone. */
    void (*peak)(int64_t rounds);
    void (*begin)(void);
    void (*end)(void);
} heed__amx;

/* NULL where the processor has no AMX, or HEED_CPU forbids it. */
const heed__amx *heed__amx_best(void);

#endif
