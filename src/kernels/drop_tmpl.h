/* SPDX-License-Identifier: MIT */
/*
 * Dropout of a row: Philox 4x32-10 (base/random.h) on 16 counters side by side gives 64 elements
 * their 32 bits. Element j takes word (j / 16) mod 4 of counter (j / 64) * 16 + j mod 16, so that a
 * word of all lanes is 16 neighbours.
 */
#ifndef HEED_KERNELS_DROP_TMPL_H
#define HEED_KERNELS_DROP_TMPL_H

#include <string.h>

enum { DROP_ROUNDS = 10, DROP_WORDS = 4 };

typedef uint32_t drop_words __attribute__((vector_size(LANES * sizeof(uint32_t))));

HEED_INLINE void drop_philox(const heed__drop_row *d, uint32_t group, drop_words c[DROP_WORDS])
{
    uint32_t k0 = d->key[0], k1 = d->key[1], lanes[LANES];
    for (int lane = 0; lane < LANES; lane++) lanes[lane] = group + (uint32_t)lane;
    memcpy(&c[0], lanes, sizeof lanes);
    for (int i = 1; i < DROP_WORDS; i++) c[i] = (drop_words){0} + d->counter[i - 1];
    for (int round = 0; round < DROP_ROUNDS; round++) {
        drop_words upper0, upper1, lower0 = c[0] * 0xD2511F53u, lower1 = c[2] * 0xCD9E8D57u;
        words_upper((const uint32_t *)&c[0], 0xD2511F53u, (uint32_t *)&upper0);
        words_upper((const uint32_t *)&c[2], 0xCD9E8D57u, (uint32_t *)&upper1);
        c[0] = upper1 ^ c[1] ^ k0;
        c[2] = upper0 ^ c[3] ^ k1;
        c[1] = lower1;
        c[3] = lower0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}

/* kept[i] = from[i] * scale where word[i] >= below, else 0. */
#ifdef HEED_REAL_DOUBLE
HEED_INLINE void drop_keep(const heed__drop_row *d, const drop_words *word, const double *from,
                           double *kept)
{
    for (int i = 0; i < LANES; i++) kept[i] = (*word)[i] >= d->below ? from[i] * d->scale : 0;
}
#else
typedef float drop_reals __attribute__((vector_size(LANES * sizeof(float))));

HEED_INLINE void drop_keep(const heed__drop_row *d, const drop_words *word, const float *from,
                           float *kept)
{
    drop_reals scaled;
    drop_words bits;
    memcpy(&scaled, from, sizeof scaled);
    scaled *= d->scale;
    memcpy(&bits, &scaled, sizeof bits);
    bits &= (drop_words)(*word >= d->below);
    memcpy(kept, &bits, sizeof bits);
}
#endif

/* Up to 16 elements by one word. */
HEED_INLINE void drop_lanes(const heed__drop_row *d, const drop_words *word, int64_t n,
                            const heed_real *x, heed_real *y)
{
    heed_real from[LANES] = {0}, kept[LANES], to[LANES] = {0};
    memcpy(from, x, (size_t)n * sizeof *x);
    drop_keep(d, word, from, kept);
    if (d->add) {
        memcpy(to, y, (size_t)n * sizeof *y);
        vec_store(kept, vec_add(vec_load(to), vec_load(kept)));
    }
    memcpy(y, kept, (size_t)n * sizeof *y);
}

static void drop_row(int64_t n, const heed__drop_row *d, const heed_real *x, heed_real *y)
{
    drop_words c[DROP_WORDS];
    for (int64_t j = 0; j < n; j += LANES) {
        int word = (int)(j / LANES % DROP_WORDS);
        if (word == 0) drop_philox(d, (uint32_t)(j / DROP_WORDS), c);
        if (n - j >= LANES)
            drop_lanes(d, &c[word], LANES, x + j, y + j);
        else
            drop_lanes(d, &c[word], n - j, x + j, y + j);
    }
}

#endif
