/* SPDX-License-Identifier: MIT */
/* The optimisers' kernels of every level give the scalar level's bits, in all arrays they write. */
#include "check.h"

#include "base/random.h"
#include "guarded.h"
#include "kernels/kernels.h"

#include <math.h>

enum { ARRAYS = 4, MOST = 100 };

static const int64_t sizes[] = {0, 1, 7, 15, 16, 17, 31, 32, 33, 48, 100};
enum { SIZES = sizeof sizes / sizeof *sizes };

static const heed_real odd_values[] = {0, -0.0f, INFINITY, NAN, 1e-30f, -3e38f, 0x1p-149f};

static heed_real input[ARRAYS][MOST];

/* grad, data, mean, square; odd values among them on request. A square is never negative. */
static void draw(heed__random *r, int odd)
{
    for (int a = 0; a < ARRAYS; a++)
        for (int i = 0; i < MOST; i++) {
            heed_real x = heed__random_uniform(r) * 2 - 1;
            if (odd && heed__random_below(r, 5) == 0) x = odd_values[heed__random_below(r, 7)];
            input[a][i] = a == 3 ? heed__fma(x, x, 0) : x;
        }
}

static void run(const heed__kernels *k, int which, int64_t n, heed_real *const a[ARRAYS])
{
    const heed__adamw adamw = {0.7f, 0.99f, 0.01f, 0.9f, 0.1f, 0.999f, 0.001f, 1.3f, 1e-8f};
    const heed__sgd sgd = {0.7f, 0.01f, 0.9f, 0.05f, which == 2};
    if (which == 0)
        k->adamw(n, &adamw, a[0], a[1], a[2], a[3]);
    else
        k->sgd(n, &sgd, a[0], a[1], a[2]);
}

static void hold_to_scalar(const heed__kernels *k, int which, int64_t n, const guarded *pages)
{
    static heed_real wanted[ARRAYS][MOST];
    memcpy(wanted, input, sizeof wanted);
    run(heed__kernels_at(HEED_LEVEL_SCALAR), which, n,
        (heed_real *[]){wanted[0], wanted[1], wanted[2], wanted[3]});
    for (int at_end = 0; at_end < 2; at_end++) {
        heed_real *got[ARRAYS];
        for (int a = 0; a < ARRAYS; a++) got[a] = guarded_place(pages[a], n, at_end, input[a]);
        run(k, which, n, got);
        for (int a = 0; a < ARRAYS; a++)
            for (int64_t i = 0; i < n; i++)
                if (memcmp(&got[a][i], &wanted[a][i], sizeof(heed_real)) != 0 &&
                    !(isnan(got[a][i]) && isnan(wanted[a][i])))
                    fail_msg("%s %d, n = %d, array %d [%d]: %a, scalar %a",
                             heed__level_name(k->level), which, (int)n, a, (int)i,
                             (double)got[a][i], (double)wanted[a][i]);
    }
}

static void test_levels_give_the_same_bits(void **state)
{
    (void)state;
    heed__random r;
    heed__random_start(&r, 9, HEED_RANDOM_CHECK);
    guarded pages[ARRAYS];
    for (int a = 0; a < ARRAYS; a++) pages[a] = guarded_open(MOST);
    for (int level = 0; level < HEED_LEVELS; level++) {
        const heed__kernels *k = heed__kernels_at((heed__level)level);
        for (int c = 0; k && c < SIZES * 3 * 2; c++) {
            draw(&r, c % 2);
            hold_to_scalar(k, c / 2 % 3, sizes[c / 6], pages);
        }
    }
    for (int a = 0; a < ARRAYS; a++) guarded_close(pages[a]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels_give_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
