/* SPDX-License-Identifier: MIT */
/* Sixteen messages side by side have the digests that each has alone, on every level. */
#include "check.h"

#include "base/random.h"
#include "base/sha256.h"
#include "kernels/kernels.h"

#include <string.h>

enum { LANES = 16, BLOCK = 64, MOST = 5 };

static void check_level(const heed__kernels *k, int blocks, unsigned char messages[][MOST * BLOCK])
{
    uint32_t state[8][LANES];
    const unsigned char *bytes[LANES];
    for (int lane = 0; lane < LANES; lane++) {
        bytes[lane] = messages[lane];
        for (int word = 0; word < 8; word++) state[word][lane] = heed__sha256_initial[word];
    }
    k->sha256(1, bytes, state); /* in two calls, the second from where the first ended */
    for (int lane = 0; lane < LANES; lane++) bytes[lane] += BLOCK;
    k->sha256(blocks - 1, bytes, state);
    for (int lane = 0; lane < LANES; lane++) {
        heed__sha256 alone;
        heed__sha256_start(&alone);
        heed__sha256_add(&alone, messages[lane], (size_t)blocks * BLOCK);
        for (int word = 0; word < 8; word++)
            if (state[word][lane] != alone.state[word])
                fail_msg("%s, %d blocks, lane %d, word %d", heed__level_name(k->level), blocks,
                         lane, word);
    }
}

static void test_every_lane_is_one_message(void **state)
{
    (void)state;
    static unsigned char messages[LANES][MOST * BLOCK];
    heed__random random;
    heed__random_start(&random, 5, HEED_RANDOM_CHECK);
    for (int level = 0; level < HEED_LEVELS; level++) {
        const heed__kernels *k = heed__kernels_at((heed__level)level);
        for (int blocks = 1; k && blocks <= MOST; blocks++) {
            for (int lane = 0; lane < LANES; lane++)
                for (int i = 0; i < MOST * BLOCK; i++)
                    messages[lane][i] = (unsigned char)heed__random_bits(&random);
            check_level(k, blocks, messages);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_lane_is_one_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
