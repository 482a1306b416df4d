/* SPDX-License-Identifier: MIT */
#include "attention/gumbel.h"

#include "attention/dropout.h"
#include "base/random.h"

/* Numbers from one Philox block: four of 32 bits. */
enum { DRAWS = 4 };

/* Uniform in (0, 1), finest near 0. */
static heed_real uniform(uint32_t bits)
{
    heed_real most = 1 - HEED_REAL(0x1p-24),
              u = ((heed_real)bits + HEED_REAL(0.5)) * HEED_REAL(0x1p-32);
    return u < most ? u : most;
}

static void draw(const heed__self *self, const heed__line *line, int64_t key, int64_t n,
                 heed_real *u)
{
    uint32_t place[2], bits[DRAWS];
    uint64_t row = (uint64_t)line->query;
    heed__draw_key(self->batch, line->place->sequence, line->place->head, HEED_RANDOM_GUMBEL,
                   place);
    for (int64_t t = 0; t < n; t += DRAWS) {
        uint64_t block = (uint64_t)(key + t) / DRAWS;
        uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)row,
                               (uint32_t)(row >> 32)};
        heed__philox(place, counter, bits);
        for (int64_t i = 0; i < DRAWS && t + i < n; i++) u[t + i] = uniform(bits[i]);
    }
}

/* An exponential number -ln(1 - u) is exact to the last bits where u is small: there the noise is
 * large, and decides. (ln w) u / (1 - w), w = 1 - u rounded, mends what the rounding took. */
void heed__gumbel(const heed__self *self, const heed__line *line, int64_t key, int64_t n,
                  heed_real *noise)
{
    heed_real u[HEED_KEY_BLOCK], rest[HEED_KEY_BLOCK], logs[HEED_KEY_BLOCK];
    if (self->batch->keep_all) {
        for (int64_t t = 0; t < n; t++) noise[t] = 0;
        return;
    }
    draw(self, line, key, n, u);
    for (int64_t t = 0; t < n; t++) rest[t] = 1 - u[t];
    self->kernels->log(n, rest, logs);
    for (int64_t t = 0; t < n; t++) u[t] = rest[t] == 1 ? u[t] : -logs[t] * (u[t] / (1 - rest[t]));
    self->kernels->log(n, u, noise);
    for (int64_t t = 0; t < n; t++) noise[t] = -noise[t];
}
