/* SPDX-License-Identifier: MIT */
/*
 * What AMX is given and what it makes of it: packing against its definition, bit by bit; blocks
 * against float64 sums of the packed numbers; nothing beside the arrays is touched. (test_precision
 * holds whole products.) With the argument --speed, how much faster than plain C each is.
 */
#include "check.h"

#include "base/random.h"
#include "fastest.h"
#include "guarded.h"
#include "kernels/amx.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

enum {
    BLOCK = HEED_AMX_BLOCK,
    CHUNK = HEED_AMX_CHUNK,
    HALF = 16,
    CHUNKS = 4, /* of k, at most */
    ROW = CHUNKS * CHUNK + 9,
    MOST = BLOCK * ROW * 2,
    UNITS = CHUNKS * 2 * BLOCK * CHUNK / 2
};

static heed__random source;

static float drawn(int odd)
{
    static const float odds[] = {0.0f,      -0.0f,       INFINITY,    -INFINITY,
                                 NAN,       FLT_MIN,     0x1p-149f,   -0x1p-130f,
                                 FLT_MAX,   -FLT_MAX,    0x1.fep127f, 0x1.ff7fp127f,
                                 0x1.01p0f, 0x1.03p-20f, 0x1.018p60f, -0x1.00ffffp0f};
    if (odd && heed__random_below(&source, 5) == 0) return odds[heed__random_below(&source, 16)];
    float x = heed__random_uniform(&source) - 0.5f;
    return odd ? ldexpf(x, (int)heed__random_below(&source, 200) - 120) : x;
}

/* ---- the definition */

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float real_of(uint16_t half)
{
    uint32_t bits = (uint32_t)half << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* To the nearest, ties to even; denormal numbers to zero; what is too large is cut. */
static uint16_t rounded(float x)
{
    uint32_t bits = bits_of(x), size = bits & 0x7fffffffu;
    if (size < 0x00800000u) return (uint16_t)(bits >> 16 & 0x8000u);
    if (size > 0x7f800000u) return (uint16_t)(bits >> 16 | 0x40u); /* quiet */
    if (size >= 0x7f7f8000u) return (uint16_t)(bits >> 16);
    return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

static uint16_t part_of(float x, int part)
{
    uint16_t high = rounded(x);
    if (!part) return high;
    return x - x == 0 ? rounded(x - real_of(high)) : 0;
}

/* Where element (i, k) is among the bfloat16 of units. */
static int64_t place_of(int parts, int by_columns, int64_t i, int64_t k, int part)
{
    int64_t tile = (k / CHUNK * 2 + i / HALF) * parts + part, row = k % CHUNK;
    int64_t within = by_columns ? row / 2 * CHUNK + i % HALF * 2 + row % 2 : i % HALF * CHUNK + row;
    return tile * HALF * CHUNK + within;
}

static uint16_t half_at(const float *units, int64_t at)
{
    uint16_t half;
    memcpy(&half, (const char *)units + 2 * at, sizeof half);
    return half;
}

static int pack_plainly(int parts, const heed__amx_strip *s, float *units)
{
    int special = 0;
    int64_t depth = (s->k + CHUNK - 1) / CHUNK * CHUNK;
    for (int64_t i = 0; i < BLOCK; i++)
        for (int64_t k = 0; k < depth; k++) {
            float x = i < s->rows && k < s->k ? s->data[i * s->row + k * s->col] : 0;
            special |= !(x - x == 0);
            for (int part = 0; part < parts; part++) {
                uint16_t half = part_of(x, part);
                memcpy((char *)units + 2 * place_of(parts, s->by_columns, i, k, part), &half,
                       sizeof half);
            }
        }
    return special;
}

/* ---- packing */

enum { LAYOUTS = 3 }; /* rows of neighbours, columns of neighbours, neither */

static heed__amx_strip strip_of(int64_t rows, int64_t k, int layout, int by_columns)
{
    int64_t gap = (int64_t)heed__random_below(&source, 9);
    return (heed__amx_strip){.row = layout == 1   ? 1
                                    : layout == 0 ? k + gap
                                                  : 2 * k + 1,
                             .col = layout == 1   ? rows + gap
                                    : layout == 0 ? 1
                                                  : 2,
                             .rows = rows,
                             .k = k,
                             .by_columns = by_columns};
}

static int64_t span_of(const heed__amx_strip *s)
{
    return (s->rows - 1) * s->row + (s->k - 1) * s->col + 1;
}

static int is_nan(uint16_t half)
{
    return (half & 0x7fff) > 0x7f80;
}

static void hold_pack(int parts, heed__amx_strip s, int odd, const guarded pages[2])
{
    static float wanted[UNITS];
    int64_t span = span_of(&s), units = (s.k + CHUNK - 1) / CHUNK * HEED_AMX_UNIT(parts);
    for (int at_end = 0; at_end < 2; at_end++) {
        float *x = guarded_place(pages[0], span, at_end, NULL);
        float *got = guarded_place(pages[1], units, at_end, NULL);
        for (int64_t i = 0; i < span; i++) x[i] = drawn(odd);
        s.data = x;
        memset(got, 0x77, (size_t)units * sizeof *got);
        memset(wanted, 0xdd, sizeof wanted);
        guarded_arm(pages[1], got, units);
        int special = pack_plainly(parts, &s, wanted);
        assert_int_equal(heed__amx_best()->pack(parts, &s, got), special);
        assert_true(guarded_whole(pages[1], got, units));
        for (int64_t i = 0; i < 2 * units; i++) {
            uint16_t a = half_at(got, i), b = half_at(wanted, i);
            if (a != b && !(is_nan(a) && is_nan(b)))
                fail_msg(
                    "%d parts of %d x %d, by columns %d, strides %d %d: [%d] is %04x, not %04x",
                    parts, (int)s.rows, (int)s.k, s.by_columns, (int)s.row, (int)s.col, (int)i, a,
                    b);
        }
    }
}

static void test_packing(void **state)
{
    static const int64_t rows[] = {1, 2, 15, 16, 17, 31, 32},
                         depths[] = {1, 2, 15, 31, 32, 33, 100};
    guarded pages[2] = {guarded_open(MOST), guarded_open(UNITS)};
    (void)state;
    if (!heed__amx_best()) skip();
    heed__random_start(&source, 1, HEED_RANDOM_CHECK);
    for (int i = 0; i < 7; i++)
        for (int j = 0; j < 7; j++)
            for (int c = 0; c < LAYOUTS * 8; c++)
                hold_pack(1 + c % 2, strip_of(rows[i], depths[j], c / 8, c / 2 % 2), c / 4 % 2,
                          pages);
    for (int i = 0; i < 2; i++) guarded_close(pages[i]);
}

/* ---- blocks */

/* One case: units of a and b, start and c, each at a guard. */
typedef struct product {
    int parts;
    heed__amx_block block;
    guarded pages[4];
    int64_t c_span;
    float a[BLOCK * CHUNKS * CHUNK], b[BLOCK * CHUNKS * CHUNK];
} product;

static void pack_side(product *p, float *x, int64_t rows, int by_columns, int odd, float *units)
{
    int64_t k = p->block.chunks * CHUNK;
    heed__amx_strip s = {x, k, 1, rows, k, by_columns};
    for (int64_t i = 0; i < rows * k; i++) x[i] = drawn(odd);
    if (odd) /* sums of finite numbers stay finite, since chunks are added in their own order */
        for (int64_t i = 0; i < rows * k; i++)
            if (isfinite(x[i]) && fabsf(x[i]) > 0x1p50f) x[i] = 3;
    p->block.careful |= pack_plainly(p->parts, &s, units);
}

static float *laid(product *p, int which, int64_t n)
{
    float *x = guarded_place(p->pages[which], n, 1, NULL);
    guarded_arm(p->pages[which], x, n);
    for (int64_t i = 0; i < n; i++) x[i] = drawn(0);
    return x;
}

static void draw_product(product *p, int64_t rows, int64_t cols, int64_t chunks, int start, int odd)
{
    heed__amx_block *b = &p->block;
    *b = (heed__amx_block){.rows = rows, .cols = cols, .chunks = chunks, .c_row = cols + start * 3};
    int64_t units = chunks * HEED_AMX_UNIT(p->parts);
    float *a_units = laid(p, 0, units), *b_units = laid(p, 1, units);
    pack_side(p, p->a, rows, 0, odd, a_units);
    pack_side(p, p->b, cols, 1, odd, b_units);
    b->a = a_units;
    b->b = b_units;
    p->c_span = (rows - 1) * b->c_row + cols;
    b->c = laid(p, 3, p->c_span);
    b->start = start == 1 ? b->c : start == 2 ? laid(p, 2, cols) : NULL;
    b->start_row = start == 1 ? b->c_row : 0;
}

/* A number as its parts have it. */
static double packed(const product *p, float x, int part)
{
    return part < p->parts ? (double)real_of(part_of(x, part)) : 0;
}

/* The sum that a block should make of its packed numbers (low times low is left out), and the sum
 * of its terms' sizes. What is not finite is a product of whole numbers. */
static double exact(const product *p, int64_t i, int64_t j, double start, double *size)
{
    int64_t k = p->block.chunks * CHUNK;
    double sum = start;
    *size = fabs(start);
    for (int64_t t = 0; t < k; t++) {
        float x = p->a[i * k + t], y = p->b[j * k + t];
        double high = packed(p, x, 0) * packed(p, y, 0);
        if (isfinite(x) && isfinite(y))
            high += packed(p, x, 0) * packed(p, y, 1) + packed(p, x, 1) * packed(p, y, 0);
        sum += high;
        *size += fabs(high);
    }
    return sum;
}

static void hold_block(product *p)
{
    heed__amx_block *b = &p->block;
    static float before[BLOCK * BLOCK * 2];
    memcpy(before, b->c, (size_t)p->c_span * sizeof *before);
    double rounding = (double)(b->chunks * CHUNK + 2) * 0x1p-23;
    heed__amx_best()->block(p->parts, b);
    for (int64_t at = 0; at < p->c_span; at++) {
        int64_t i = at / b->c_row, j = at % b->c_row;
        float got = b->c[at];
        if (j >= b->cols) {
            assert_true(bits_of(got) == bits_of(before[at]));
            continue;
        }
        double size, start = !b->start ? 0 : b->start_row ? before[at] : b->start[j];
        double wanted = exact(p, i, j, start, &size);
        int right = isfinite(wanted) ? fabs(got - wanted) <= size * rounding + 0x1p-120
                                     : (isnan(wanted) ? isnan(got) : got == wanted);
        if (!right)
            fail_msg("%d parts, %dx%dx%d: c[%d,%d] is %a, not %a", p->parts, (int)b->rows,
                     (int)b->cols, (int)b->chunks * CHUNK, (int)i, (int)j, (double)got, wanted);
    }
    assert_true(guarded_whole(p->pages[3], b->c, p->c_span));
}

static void test_blocks(void **state)
{
    static product p;
    static const int64_t sides[] = {1, 5, 15, 16, 17, 31, 32};
    (void)state;
    if (!heed__amx_best()) skip();
    heed__random_start(&source, 2, HEED_RANDOM_CHECK);
    for (int i = 0; i < 4; i++) p.pages[i] = guarded_open(i < 2 ? UNITS : BLOCK * BLOCK * 2);
    heed__amx_best()->begin();
    for (int c = 0; c < 7 * 7 * CHUNKS * 3 * 4; c++) {
        p.parts = 1 + c % 2;
        int64_t chunks = 1 + c / 4 % CHUNKS;
        draw_product(&p, sides[c / 48 % 7], sides[c / 336], chunks, c / 16 % 3, c / 2 % 2);
        hold_block(&p);
    }
    heed__amx_best()->end();
    for (int i = 0; i < 4; i++) guarded_close(p.pages[i]);
}

/* ---- speed */

static product timed;
static heed__amx_strip timed_strip;
static float timed_units[UNITS] __attribute__((aligned(64)));

static void time_pack(void *plain)
{
    if (plain)
        pack_plainly(timed.parts, &timed_strip, timed_units);
    else
        heed__amx_best()->pack(timed.parts, &timed_strip, timed_units);
}

static void time_block(void *plain)
{
    const heed__amx_block *b = &timed.block;
    if (!plain) {
        heed__amx_best()->block(timed.parts, b);
        return;
    }
    int64_t k = b->chunks * CHUNK;
    for (int64_t i = 0; i < b->rows; i++)
        for (int64_t j = 0; j < b->cols; j++) {
            float sum = 0;
            for (int64_t t = 0; t < k; t++)
                sum = heed__fma(timed.a[i * k + t], timed.b[j * k + t], sum);
            b->c[i * b->c_row + j] = sum;
        }
}

static void print_speed(const char *name, void (*call)(void *))
{
    double plain = fastest(NULL, call, &timed), amx = fastest(NULL, call, NULL);
    printf("| %-27s | %9.0f | %8.0f | %6.1f |\n", name, 1e9 * plain, 1e9 * amx, plain / amx);
}

static void print_speeds(void)
{
    printf("\nNanoseconds of a call on arrays in cache (32 rows, k = 128), and how many times as "
           "fast as plain C:\n\n| %-27s | %9s | %8s | %6s |\n",
           "kernel", "plain", "amx", "times");
    for (int i = 0; i < 4; i++) timed.pages[i] = guarded_open(i < 2 ? UNITS : BLOCK * BLOCK * 2);
    heed__amx_best()->begin();
    for (timed.parts = 1; timed.parts <= 2; timed.parts++) {
        draw_product(&timed, BLOCK, BLOCK, CHUNKS, 0, 0);
        timed_strip = (heed__amx_strip){timed.a, CHUNKS * CHUNK, 1, BLOCK, CHUNKS * CHUNK, 0};
        print_speed(timed.parts > 1 ? "pack, high" : "pack, medium", time_pack);
        timed_strip.by_columns = 1;
        print_speed(timed.parts > 1 ? "pack, high, turned" : "pack, medium, turned", time_pack);
        print_speed(timed.parts > 1 ? "block, high" : "block, medium", time_block);
    }
    heed__amx_best()->end();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packing),
        cmocka_unit_test(test_blocks),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (argc > 1 && strcmp(argv[1], "--speed") == 0 && heed__amx_best()) print_speeds();
    return failed;
}
