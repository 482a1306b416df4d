/* SPDX-License-Identifier: MIT */
/* Dropout of every level drops what Philox says, element by element. */
#include "check.h"

#include "base/random.h"
#include "guarded.h"
#include "kernels/kernels.h"

#include <math.h>

enum { MOST = 200 };

static const int64_t sizes[] = {0, 1, 15, 16, 17, 63, 64, 65, 100, 200};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* Element j's bits, from the definition in drop_tmpl.h. */
static uint32_t bits_of(const heed__drop_row *d, uint32_t j)
{
    uint32_t counter[4] = {j / 64 * 16 + j % 16, d->counter[0], d->counter[1], d->counter[2]};
    uint32_t out[4];
    heed__philox(d->key, counter, out);
    return out[j / 16 % 4];
}

static void check_level(const heed__kernels *k, const guarded *pages, const heed__drop_row *d,
                        int add)
{
    heed_real x[MOST], y[MOST];
    for (int i = 0; i < MOST; i++) {
        x[i] = (heed_real)(i + 1) / 7;
        y[i] = (heed_real)-i;
    }
    for (int s = 0; s < SIZES; s++)
        for (int at_end = 0; at_end < 2; at_end++) {
            int64_t n = sizes[s];
            heed_real *from = guarded_place(pages[0], n, at_end, x);
            heed_real *to = guarded_place(pages[1], n, at_end, y);
            k->drop(n, d, from, add ? to : NULL, to);
            for (int64_t j = 0; j < n; j++) {
                heed_real kept = bits_of(d, (uint32_t)j) >= d->below ? x[j] * d->scale : 0;
                assert_true(to[j] == (add ? y[j] + kept : kept));
            }
        }
}

static void test_levels_follow_the_definition(void **state)
{
    (void)state;
    guarded pages[2] = {guarded_open(MOST), guarded_open(MOST)};
    for (int level = 0; level < HEED_LEVELS; level++) {
        const heed__kernels *k = heed__kernels_at((heed__level)level);
        heed__drop_row d = {{7, 0xffffffffu}, {3, 0x80000001u, 9}, 0x60000000u, 1.6f};
        if (!k) continue;
        check_level(k, pages, &d, 0);
        check_level(k, pages, &d, 1);
    }
    for (int i = 0; i < 2; i++) guarded_close(pages[i]);
}

/* Of attention's weights: element t of row i likewise, from the definition in kernels.h. */
static heed_real kept_of(const heed__drop_tile *d, uint64_t i, uint64_t t)
{
    uint64_t block = d->block + t / 8, row = d->row + i;
    uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)row,
                           (uint32_t)(row >> 32)};
    uint32_t out[4];
    heed__philox(d->key, counter, out);
    return (out[t / 2 % 4] >> t % 2 * 16 & 0xffffu) >= d->below ? d->scale : 0;
}

static void test_tiles_follow_the_definition(void **state)
{
    enum { ROWS = 20, WIDE = 70 };
    static const int64_t widths[] = {1, 7, 8, 9, 26, 63, 64, WIDE};
    static heed_real keep[ROWS * WIDE];
    (void)state;
    for (int level = 0; level < HEED_LEVELS; level++) {
        const heed__kernels *k = heed__kernels_at((heed__level)level);
        heed__drop_tile d = {{7, 0xffffffffu}, 0x6000u, 1.6f, 0xfffffff8u, 0xfffffffeu};
        for (int w = 0; k && w < 8; w++)
            for (int64_t rows = 0; rows <= ROWS; rows += rows < 4 ? 1 : 8) {
                for (int i = 0; i < ROWS * WIDE; i++) keep[i] = -1;
                k->drop_tile(rows, widths[w], &d, keep, WIDE);
                for (int i = 0; i < ROWS * WIDE; i++) {
                    int inside = i / WIDE < rows && i % WIDE < widths[w];
                    heed_real wanted =
                        inside ? kept_of(&d, (uint64_t)i / WIDE, (uint64_t)i % WIDE) : -1;
                    assert_true(keep[i] == wanted);
                }
            }
    }
}

static void test_share_dropped_is_the_rate(void **state)
{
    (void)state;
    enum { ROWS = 2000 };
    heed_real x[MOST], y[MOST];
    int dropped = 0;
    for (int i = 0; i < MOST; i++) x[i] = 1;
    for (uint32_t row = 0; row < ROWS; row++) {
        heed__drop_row d = {{1, 2}, {row, 0, 0}, 0x40000000u, 1};
        heed__kernels_best()->drop(MOST, &d, x, NULL, y);
        for (int i = 0; i < MOST; i++) dropped += y[i] == 0;
    }
    double share = (double)dropped / (ROWS * MOST);
    assert_true(fabs(share - 0.25) < 5 * sqrt(0.25 * 0.75 / (ROWS * MOST)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels_follow_the_definition),
        cmocka_unit_test(test_tiles_follow_the_definition),
        cmocka_unit_test(test_share_dropped_is_the_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
