/* SPDX-License-Identifier: MIT */
/*
 * What products choose by shape: how much is cut, laid out and held at a time, and from where on.
 * None changes a bit of a result. ./dev bench tune gemm times each around the number in force and
 * says what it would put there instead.
 */
#ifndef HEED_KERNELS_GEMM_THRESHOLDS_H
#define HEED_KERNELS_GEMM_THRESHOLDS_H

#include <stdint.h>

typedef struct heed__gemm_thresholds {
    /* float32. Rows of a block of c, at most; columns, where b is laid out piece by piece. */
    int64_t block_rows, block_cols;
    /* Reals of b where a thread lays out all of k before its blocks of those columns; and columns,
     * at most and, unless there are fewer, at least: with less b is laid out piece by piece. */
    int64_t held, held_cols, held_least;
    /* From so many steps of k on b is read as it lies, where its rows are contiguous; and for so
     * few tiles of rows. */
    int64_t deep, few_tiles;
    /* Rows are spread evenly over blocks of fewer tiles: tiles of few rows wait for their sums. */
    int64_t even_tiles;
    /* Multiply-adds that a task has at least; and tasks for each thread from which they need not
     * be even. */
    int64_t task_work, many_tasks;

    /* AMX. Numbers of b that are laid out at a time: of so many steps of k as that allows, or of so
     * many columns with all of k where c has more numbers than `large`, to pass by once only. */
    int64_t slab, whole, large;
    /* The same where a is laid out before (dy^T x): of b, of steps of k at least, of a. */
    int64_t turned, turned_deep, turned_rows;
    /* Numbers of b that a task's rows go by: what stays in the second cache. */
    int64_t near;
    /* Strips of 32 rows of a task at most; tasks, below which they are made smaller; and panels of
     * 32 columns of one at least, when columns are cut too. */
    int64_t task_strips, enough_tasks, least_panels;
    /* dy^T x: numbers of a c that is cut into blocks of a thread's own, of rows and columns at
     * most. */
    int64_t own, own_rows, own_cols;
    /* A c of so many numbers stays in no cache: fetching its lines is in vain. */
    int64_t stream;
} heed__gemm_thresholds;

extern const heed__gemm_thresholds heed__gemm_found;
/* In force: those, unless a benchmark has it point elsewhere while nothing is multiplied. */
extern const heed__gemm_thresholds *heed__gemm_now;

#endif
