/* SPDX-License-Identifier: MIT */
/*
 * Dropout: Philox 4x32-10 (base/random.h) on 16 counters side by side, a word of all of them in one
 * vector.
 *
 * Of a row: element j takes word (j / 16) mod 4 of counter (j / 64) * 16 + j mod 16, so that a word
 * is 16 neighbours. Of attention's weights: element t of a row takes half t mod 2 of word
 * t / 2 mod 4 of counter t / 8, so that a counter is 8 neighbours; 16 counters, of as many rows as
 * that makes, are drawn together and turned:
 *
 *     half 0:  c0 c1 .. c15             c0:  halves 0 .. 7
 *     ...                    turned     ...
 *     half 7:  c0 c1 .. c15  ----->     c15: halves 0 .. 7
 */
#ifndef HEED_KERNELS_DROP_TMPL_H
#define HEED_KERNELS_DROP_TMPL_H

#include <string.h>

enum { DROP_ROUNDS = 10, DROP_WORDS = 4, DROP_HALVES = 8 };

typedef uint32_t drop_words __attribute__((vector_size(LANES * sizeof(uint32_t))));

/* The counters c become their numbers. */
HEED_INLINE void drop_philox(const uint32_t key[2], drop_words c[DROP_WORDS])
{
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < DROP_ROUNDS; round++) {
        drop_words upper0, upper1, lower0, lower1;
        words_product((const uint32_t *)&c[0], 0xD2511F53u, (uint32_t *)&lower0,
                      (uint32_t *)&upper0);
        words_product((const uint32_t *)&c[2], 0xCD9E8D57u, (uint32_t *)&lower1,
                      (uint32_t *)&upper1);
        c[0] = upper1 ^ c[1] ^ k0;
        c[2] = upper0 ^ c[3] ^ k1;
        c[1] = lower1;
        c[3] = lower0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}

/* x where word >= below, else 0. */
HEED_INLINE vec drop_keep(const drop_words *word, uint32_t below, vec x)
{
    heed_real from[LANES];
    vec_store(from, x);
#ifdef HEED_REAL_DOUBLE
    for (int i = 0; i < LANES; i++) from[i] = (*word)[i] >= below ? from[i] : 0;
#else
    drop_words bits;
    memcpy(&bits, from, sizeof bits);
    bits &= (drop_words)(*word >= below);
    memcpy(from, &bits, sizeof bits);
#endif
    return vec_load(from);
}

/* Of 16 elements, or of n < 16. */
HEED_INLINE void drop_lanes(const heed__drop_row *d, const drop_words *word, int64_t n,
                            const heed_real *x, const heed_real *base, heed_real *y)
{
    int whole = n >= LANES;
    vec from = whole ? vec_load(x) : vec_load_part(x, n, 0);
    vec kept = drop_keep(word, d->below, vec_mul(from, vec_set(d->scale)));
    if (base) kept = vec_add(whole ? vec_load(base) : vec_load_part(base, n, 0), kept);
    if (whole)
        vec_store(y, kept);
    else
        vec_store_part(y, n, kept);
}

static void drop_row(int64_t n, const heed__drop_row *d, const heed_real *x, const heed_real *base,
                     heed_real *y)
{
    static const drop_words lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    enum { GROUP = DROP_WORDS * LANES };
    for (int64_t j = 0; j < n; j += GROUP) {
        drop_words c[DROP_WORDS] = {lanes + (uint32_t)(j / DROP_WORDS)};
        for (int i = 1; i < DROP_WORDS; i++) c[i] = (drop_words){0} + d->counter[i - 1];
        drop_philox(d->key, c);
        for (int64_t i = 0, at = j; i < DROP_WORDS && at < n; i++, at += LANES)
            drop_lanes(d, &c[i], n - at, x + at, base ? base + at : NULL, y + at);
    }
}

/* What 16 counters give: vectors 0 .. 15 are counters, their first 8 lanes the halves. */
HEED_INLINE void drop_halves(const heed__drop_tile *d, const drop_words c[DROP_WORDS], vec r[LANES])
{
    vec kept = vec_set(d->scale);
    HEED_UNROLL
    for (int i = 0; i < DROP_WORDS; i++) {
        drop_words low = c[i] & 0xffffu, high = c[i] >> 16;
        r[2 * i] = drop_keep(&low, d->below, kept);
        r[2 * i + 1] = drop_keep(&high, d->below, kept);
        r[DROP_HALVES + 2 * i] = r[DROP_HALVES + 2 * i + 1] = vec_set(0);
    }
    vec_transpose(r);
}

static void drop_tile(int64_t rows, int64_t n, const heed__drop_tile *d, heed_real *keep,
                      int64_t keep_row)
{
    int64_t i = 0, t = 0;
    while (i < rows && n > 0) {
        uint32_t counters[DROP_WORDS][LANES] = {{0}};
        heed_real *to[LANES];
        int64_t room[LANES], used = 0;
        drop_words c[DROP_WORDS];
        vec r[LANES];
        for (; used < LANES && i < rows; used++) {
            uint64_t row = d->row + (uint64_t)i, block = d->block + (uint64_t)(t / DROP_HALVES);
            counters[0][used] = (uint32_t)block, counters[1][used] = (uint32_t)(block >> 32);
            counters[2][used] = (uint32_t)row, counters[3][used] = (uint32_t)(row >> 32);
            to[used] = keep + i * keep_row + t;
            room[used] = n - t < DROP_HALVES ? n - t : DROP_HALVES;
            t += DROP_HALVES;
            if (t >= n) i++, t = 0;
        }
        memcpy(c, counters, sizeof c);
        drop_philox(d->key, c);
        drop_halves(d, c, r);
        for (int64_t l = 0; l < used; l++) vec_store_part(to[l], room[l], r[l]);
    }
}

#endif
