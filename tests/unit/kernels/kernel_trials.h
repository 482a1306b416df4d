/* SPDX-License-Identifier: MIT */
/*
 * Every kernel of the table as one row: which slot it fills, which arrays it reads and writes, and
 * a call of it. A new kernel is a new row (kernels of one signature share their call);
 * test_kernels.c does the rest: every level against the scalar one, on guarded arrays, and their
 * speeds.
 */
#ifndef HEED_TESTS_KERNEL_TRIALS_H
#define HEED_TESTS_KERNEL_TRIALS_H

#include "kernels/kernels.h"

#include <stddef.h>
#include <string.h>

enum { TRIAL_ARRAYS = 6 };

/* What a kernel does with an array. IN: it is the same afterwards. OUT: written whole, whatever was
 * there. */
enum { IN = 1, OUT = 2, CHANGED = IN | OUT, POSITIVE = 4 };

/* Of a row. MOVES: bits arrive as they were, those of a NaN too. VARIANT: of a row above, not
 * timed. */
enum { MOVES = 1, VARIANT = 2 };

/* Rows and columns of arrays; 0 to DEPTH are the sizes of a case. */
typedef enum trial_extent {
    N,
    ROWS,
    DEPTH,
    ONE,
    MESSAGES,
    BLOCKS,
    STATE,
    PAIR,
    BYTES
} trial_extent;

typedef struct trial_array {
    int role;
    trial_extent rows, columns; /* where there are several rows, `gap` reals lie between two */
} trial_array;

/* One case, and where its arrays are. */
typedef struct trial {
    int64_t n, rows, depth, gap;
    heed_real a; /* what a kernel takes beside arrays and sizes */
    heed_real *x[TRIAL_ARRAYS];
    heed_real value; /* what it returns */
} trial;

typedef struct kernel_row {
    const char *name;
    size_t slot; /* the kernel's place in heed__kernels */
    void (*call)(const struct kernel_row *row, const heed__kernels *k, trial *t);
    int flags;
    trial_array arrays[TRIAL_ARRAYS];
} kernel_row;

static inline int64_t extent_of(const trial *t, trial_extent extent)
{
    const int64_t extents[] = {t->n, t->rows, t->depth, 1, 16, 16 * t->depth, 128, 2, 8 * t->depth};
    return extents[extent];
}

/* From one row of an array to the next. */
static inline int64_t stride_of(const trial *t, const trial_array *a)
{
    return extent_of(t, a->columns) + t->gap;
}

/* From its first real to its last. */
static inline int64_t span_of(const trial *t, const trial_array *a)
{
    int64_t rows = extent_of(t, a->rows), columns = extent_of(t, a->columns);
    return rows && columns ? (rows - 1) * stride_of(t, a) + columns : 0;
}

/* An output that the row does not have is written over the first array. */
static inline heed_real *output(const trial *t, int which)
{
    return t->x[which] ? t->x[which] : t->x[0];
}

/* The kernel of a row, whose signature its call knows. */
static inline void kernel_of(const kernel_row *row, const heed__kernels *k, void *function)
{
    memcpy(function, (const char *)k + row->slot, sizeof(void (*)(void)));
}

/* ---- calls */

static void call_map(const kernel_row *row, const heed__kernels *k, trial *t)
{
    void (*map)(int64_t, const heed_real *, heed_real *);
    kernel_of(row, k, &map);
    map(t->n, t->x[0], output(t, 1));
}

static void call_fold(const kernel_row *row, const heed__kernels *k, trial *t)
{
    heed_real (*fold)(int64_t, const heed_real *);
    kernel_of(row, k, &fold);
    t->value = fold(t->n, t->x[0]);
}

static void call_scaled(const kernel_row *row, const heed__kernels *k, trial *t)
{
    void (*scaled)(int64_t, heed_real, const heed_real *, heed_real *);
    kernel_of(row, k, &scaled);
    scaled(t->n, t->a, t->x[0], output(t, 1));
}

static void call_zero_times(const kernel_row *row, const heed__kernels *k, trial *t)
{
    t->value = k->zero_times(t->rows, t->n, t->x[0], stride_of(t, row->arrays));
}

static void call_affine(const kernel_row *row, const heed__kernels *k, trial *t)
{
    (void)row;
    k->affine(t->n, t->a, t->x[1][0], t->x[0], output(t, 2));
}

static void call_turn(const kernel_row *row, const heed__kernels *k, trial *t)
{
    heed_real *x = output(t, 2), *y = output(t, 3);
    (void)row;
    k->turn(t->n, t->x[0], t->x[1], t->a < 0 ? -1 : 1, x, y);
}

static void call_scale_rows(const kernel_row *row, const heed__kernels *k, trial *t)
{
    int64_t stride = stride_of(t, row->arrays);
    k->scale_rows(t->rows, t->n, t->x[1], t->x[0], stride, output(t, 2), stride);
}

static void call_two(const kernel_row *row, const heed__kernels *k, trial *t)
{
    void (*two)(int64_t, const heed_real *, const heed_real *, heed_real *);
    kernel_of(row, k, &two);
    two(t->n, t->x[0], t->x[1], output(t, 2));
}

static void call_exp_sum(const kernel_row *row, const heed__kernels *k, trial *t)
{
    (void)row;
    t->value = k->exp_sum(t->n, t->x[0], t->a, output(t, 1));
}

static void call_softmax_online(const kernel_row *row, const heed__kernels *k, trial *t)
{
    k->softmax_online(t->rows, t->n, t->x[0], stride_of(t, row->arrays), t->x[1], t->x[2], t->x[3]);
}

static void call_softmax_back(const kernel_row *row, const heed__kernels *k, trial *t)
{
    (void)row;
    k->softmax_back(t->n, t->x[0], t->x[1], t->a, t->x[2][0]);
}

static void call_dot(const kernel_row *row, const heed__kernels *k, trial *t)
{
    (void)row;
    t->value = k->dot(t->n, t->x[0], t->x[1]);
}

static void call_norm(const kernel_row *row, const heed__kernels *k, trial *t)
{
    (void)row;
    k->norm(t->n, 1e-5f, t->x[0], t->x[1], t->x[2], t->x[3], t->x[4]);
}

static void call_norm_learn(const kernel_row *row, const heed__kernels *k, trial *t)
{
    const heed_real kept[2] = {t->a, 1.5f};
    (void)row;
    k->norm_learn(t->n, kept, t->x[0], t->x[1], t->x[2], t->x[3]);
}

/* On what is there, or over dy. */
static void call_norm_back(const kernel_row *row, const heed__kernels *k, trial *t)
{
    const heed_real kept[2] = {t->a, 1.5f};
    (void)row;
    k->norm_back(t->n, kept, t->x[0], t->x[1], t->x[2], t->x[3], t->x[3] ? t->x[3] : t->x[2]);
}

static void call_adamw(const kernel_row *row, const heed__kernels *k, trial *t)
{
    const heed__adamw step = {t->a, 0.99f, 0.01f, 0.9f, 0.1f, 0.999f, 0.001f, 1.3f, 1e-8f};
    (void)row;
    k->adamw(t->n, &step, t->x[0], t->x[1], t->x[2], t->x[3]);
}

static void call_sgd(const kernel_row *row, const heed__kernels *k, trial *t)
{
    const heed__sgd step = {t->a, 0.01f, 0.9f, 0.05f, (int)(t->rows % 2)};
    (void)row;
    k->sgd(t->n, &step, t->x[0], t->x[1], t->x[2]);
}

static void call_drop(const kernel_row *row, const heed__kernels *k, trial *t)
{
    uint32_t words[4];
    memcpy(words, &t->a, sizeof t->a);
    words[1] = words[0] * 2654435761u, words[2] = ~words[0], words[3] = words[0] >> 7;
    heed__drop_row drop = {{words[0], words[1]}, {words[2], words[3], 9}, words[1], 1.6f};
    int adds = row->arrays[1].role == CHANGED;
    k->drop(t->n, &drop, t->x[0], adds ? t->x[1] : NULL, output(t, 1));
}

static void call_drop_tile(const kernel_row *row, const heed__kernels *k, trial *t)
{
    const heed__drop_tile drop = {{77, 1u << 31}, 6554, t->a, 1000, 8};
    k->drop_tile(t->rows, t->n, &drop, t->x[0], stride_of(t, row->arrays));
}

static void call_fetch(const kernel_row *row, const heed__kernels *k, trial *t)
{
    (void)row;
    k->fetch(t->n, t->x[0]);
}

static void call_copy(const kernel_row *row, const heed__kernels *k, trial *t)
{
    k->copy(t->rows, t->n, t->x[0], stride_of(t, &row->arrays[0]), t->x[1],
            stride_of(t, &row->arrays[1]));
}

static void call_transpose(const kernel_row *row, const heed__kernels *k, trial *t)
{
    k->transpose(t->rows, t->n, t->x[0], stride_of(t, &row->arrays[0]), t->x[1],
                 stride_of(t, &row->arrays[1]));
}

/* Arrays of reals stand for bytes, pairs of 16 bits, and words. */
static void call_byte_sums(const kernel_row *row, const heed__kernels *k, trial *t)
{
    (void)row;
    k->byte_sums(t->depth, (const int8_t *)t->x[0], (const int16_t *)(const void *)t->x[1],
                 (int32_t *)(void *)t->x[2]);
}

static void call_sha256(const kernel_row *row, const heed__kernels *k, trial *t)
{
    const unsigned char *bytes[16];
    uint32_t state[8][16];
    for (int i = 0; i < 16; i++)
        bytes[i] = (const unsigned char *)(t->x[0] + i * stride_of(t, row->arrays));
    memcpy(state, t->x[1], sizeof state);
    k->sha256(t->depth, bytes, state);
    memcpy(t->x[1], state, sizeof state);
}

/* a by rows or by columns; from zero, from c or from a bias, as the row's arrays are. */
static void call_tile(const kernel_row *row, const heed__kernels *k, trial *t)
{
    const trial_array *a = row->arrays;
    int across = a[0].rows == DEPTH, more = a[2].role == CHANGED;
    const heed__tile tile = {.rows = t->rows,
                             .cols = t->n,
                             .k = t->depth,
                             .a = t->x[0],
                             .a_row = across ? 1 : stride_of(t, &a[0]),
                             .a_col = across ? stride_of(t, &a[0]) : 1,
                             .b = t->x[1],
                             .b_row = stride_of(t, &a[1]),
                             .start = more ? t->x[2] : t->x[3],
                             .start_row = more ? stride_of(t, &a[2]) : 0,
                             .c = t->x[2],
                             .c_row = stride_of(t, &a[2])};
    k->gemm_tile(&tile);
}

/* ---- the table */

#define SLOT(name) offsetof(heed__kernels, name)

static const kernel_row kernel_rows[] = {
    {"exp", SLOT(exp), call_map, 0, {{IN, ONE, N}, {OUT, ONE, N}}},
    {"exp in place", SLOT(exp), call_map, VARIANT, {{CHANGED, ONE, N}}},
    {"log", SLOT(log), call_map, 0, {{IN, ONE, N}, {OUT, ONE, N}}},
    {"log in place", SLOT(log), call_map, VARIANT, {{CHANGED, ONE, N}}},
    {"tanh", SLOT(tanh), call_map, 0, {{IN, ONE, N}, {OUT, ONE, N}}},
    {"tanh in place", SLOT(tanh), call_map, VARIANT, {{CHANGED, ONE, N}}},
    {"sigmoid", SLOT(sigmoid), call_map, 0, {{IN, ONE, N}, {OUT, ONE, N}}},
    {"sigmoid in place", SLOT(sigmoid), call_map, VARIANT, {{CHANGED, ONE, N}}},
    {"erf", SLOT(erf), call_map, 0, {{IN, ONE, N}, {OUT, ONE, N}}},
    {"erf in place", SLOT(erf), call_map, VARIANT, {{CHANGED, ONE, N}}},
    {"exp_sum", SLOT(exp_sum), call_exp_sum, 0, {{IN, ONE, N}, {OUT, ONE, N}}},
    {"exp_sum in place", SLOT(exp_sum), call_exp_sum, VARIANT, {{CHANGED, ONE, N}}},
    {"softmax_online",
     SLOT(softmax_online),
     call_softmax_online,
     0,
     {{CHANGED, ROWS, N}, {CHANGED, ONE, ROWS}, {CHANGED | POSITIVE, ONE, ROWS}, {OUT, ONE, ROWS}}},
    {"softmax_back",
     SLOT(softmax_back),
     call_softmax_back,
     0,
     {{CHANGED, ONE, N}, {CHANGED, ONE, N}, {IN, ONE, ONE}}},
    {"sum", SLOT(sum), call_fold, 0, {{IN, ONE, N}}},
    {"dot", SLOT(dot), call_dot, 0, {{IN, ONE, N}, {IN, ONE, N}}},
    {"max", SLOT(max), call_fold, 0, {{IN, ONE, N}}},
    {"zero_times", SLOT(zero_times), call_zero_times, 0, {{IN, ROWS, N}}},
    {"axpy", SLOT(axpy), call_scaled, 0, {{IN, ONE, N}, {CHANGED, ONE, N}}},
    {"scale", SLOT(scale), call_scaled, 0, {{IN, ONE, N}, {OUT, ONE, N}}},
    {"scale in place", SLOT(scale), call_scaled, VARIANT, {{CHANGED, ONE, N}}},
    {"affine", SLOT(affine), call_affine, 0, {{IN, ONE, N}, {IN, ONE, ONE}, {OUT, ONE, N}}},
    {"affine in place", SLOT(affine), call_affine, VARIANT, {{CHANGED, ONE, N}, {IN, ONE, ONE}}},
    {"turn",
     SLOT(turn),
     call_turn,
     0,
     {{IN, ONE, N}, {IN, ONE, N}, {CHANGED, ONE, N}, {CHANGED, ONE, N}}},
    {"scale_rows",
     SLOT(scale_rows),
     call_scale_rows,
     0,
     {{IN, ROWS, N}, {IN, ONE, ROWS}, {OUT, ROWS, N}}},
    {"scale_rows in place",
     SLOT(scale_rows),
     call_scale_rows,
     VARIANT,
     {{CHANGED, ROWS, N}, {IN, ONE, ROWS}}},
    {"add", SLOT(add), call_map, 0, {{IN, ONE, N}, {CHANGED, ONE, N}}},
    {"multiply", SLOT(multiply), call_two, 0, {{IN, ONE, N}, {IN, ONE, N}, {OUT, ONE, N}}},
    {"multiply in place", SLOT(multiply), call_two, VARIANT, {{CHANGED, ONE, N}, {IN, ONE, N}}},
    {"multiply_add",
     SLOT(multiply_add),
     call_two,
     0,
     {{IN, ONE, N}, {IN, ONE, N}, {CHANGED, ONE, N}}},
    {"norm",
     SLOT(norm),
     call_norm,
     0,
     {{IN, ONE, N}, {IN, ONE, N}, {IN, ONE, N}, {OUT, ONE, N}, {OUT, ONE, PAIR}}},
    {"norm_learn",
     SLOT(norm_learn),
     call_norm_learn,
     0,
     {{IN, ONE, N}, {IN, ONE, N}, {CHANGED, ONE, N}, {CHANGED, ONE, N}}},
    {"norm_back",
     SLOT(norm_back),
     call_norm_back,
     0,
     {{IN, ONE, N}, {IN, ONE, N}, {IN, ONE, N}, {CHANGED, ONE, N}}},
    {"norm_back in place",
     SLOT(norm_back),
     call_norm_back,
     VARIANT,
     {{IN, ONE, N}, {IN, ONE, N}, {CHANGED, ONE, N}}},
    {"adamw",
     SLOT(adamw),
     call_adamw,
     0,
     {{IN, ONE, N}, {CHANGED, ONE, N}, {CHANGED, ONE, N}, {CHANGED | POSITIVE, ONE, N}}},
    {"sgd", SLOT(sgd), call_sgd, 0, {{IN, ONE, N}, {CHANGED, ONE, N}, {CHANGED, ONE, N}}},
    {"drop", SLOT(drop), call_drop, 0, {{IN, ONE, N}, {OUT, ONE, N}}},
    {"drop in place", SLOT(drop), call_drop, VARIANT, {{CHANGED, ONE, N}}},
    {"drop and add", SLOT(drop), call_drop, VARIANT, {{IN, ONE, N}, {CHANGED, ONE, N}}},
    {"drop_tile", SLOT(drop_tile), call_drop_tile, 0, {{OUT, ROWS, N}}},
    {"fetch", SLOT(fetch), call_fetch, VARIANT, {{IN, ONE, N}}},
    {"copy", SLOT(copy), call_copy, MOVES, {{IN, ROWS, N}, {OUT, ROWS, N}}},
    {"transpose", SLOT(transpose), call_transpose, MOVES, {{IN, ROWS, N}, {OUT, N, ROWS}}},
    {"byte_sums",
     SLOT(byte_sums),
     call_byte_sums,
     MOVES,
     {{IN, ONE, BYTES}, {IN, ONE, DEPTH}, {OUT, ONE, MESSAGES}}},
    {"sha256", SLOT(sha256), call_sha256, MOVES, {{IN, MESSAGES, BLOCKS}, {CHANGED, ONE, STATE}}},
    {"gemm_tile",
     SLOT(gemm_tile),
     call_tile,
     0,
     {{IN, ROWS, DEPTH}, {IN, DEPTH, N}, {OUT, ROWS, N}}},
    {"gemm_tile by columns, on c",
     SLOT(gemm_tile),
     call_tile,
     VARIANT,
     {{IN, DEPTH, ROWS}, {IN, DEPTH, N}, {CHANGED, ROWS, N}}},
    {"gemm_tile on a bias",
     SLOT(gemm_tile),
     call_tile,
     VARIANT,
     {{IN, ROWS, DEPTH}, {IN, DEPTH, N}, {OUT, ROWS, N}, {IN, ONE, N}}},
};
enum { KERNEL_ROWS = sizeof kernel_rows / sizeof *kernel_rows };

#endif
