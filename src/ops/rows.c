/* SPDX-License-Identifier: MIT */
#include "ops/rows.h"

#include <string.h>

enum { PIECE = 16384 /* elements: below it a thread's wake-up costs more than the work */ };

typedef struct piece {
    const heed__call *call;
    heed__row_task task;
    heed__scratch_task scratch_task; /* instead of task */
    void *extra;
    int64_t rows, each;
} piece;

static void run_piece(void *arg, int64_t task, int thread)
{
    const piece *p = arg;
    int64_t begin = task * p->each, end = begin + p->each;
    if (end > p->rows) end = p->rows;
    if (p->task)
        p->task(p->call, begin, end, p->extra);
    else
        p->scratch_task(p->call, begin, end, thread, p->extra);
}

static void run_pieces(const heed__call *call, piece p, int64_t cost)
{
    if (p.rows <= 0) return;
    p.each = PIECE / (cost > 0 ? cost : 1);
    if (p.each < 1) p.each = 1;
    heed__parallel(call->context, (p.rows + p.each - 1) / p.each, run_piece, &p);
}

void heed__for_rows(const heed__call *call, int64_t rows, int64_t cost, heed__row_task task,
                    void *extra)
{
    run_pieces(call, (piece){.call = call, .task = task, .extra = extra, .rows = rows}, cost);
}

void heed__for_scratch_rows(const heed__call *call, int64_t rows, int64_t cost,
                            heed__scratch_task task, void *extra)
{
    run_pieces(call, (piece){.call = call, .scratch_task = task, .extra = extra, .rows = rows},
               cost);
}

enum { OWNERS = 16 /* each walks through the whole list */ };

void heed__for_owners(const heed__call *call, int64_t rows, int64_t work, heed__row_task task,
                      void *extra)
{
    int64_t owners = work / PIECE + 1;
    if (rows <= 0) return;
    if (owners > OWNERS) owners = OWNERS;
    piece p = {.call = call, .task = task, .extra = extra, .rows = rows};
    p.each = (rows + owners - 1) / owners;
    heed__parallel(call->context, (rows + p.each - 1) / p.each, run_piece, &p);
}

void heed__pass_gradient(const heed__call *call, int i, int64_t n, const heed_real *d,
                         heed_real *dx)
{
    if (!call->in[i].fresh)
        call->kernels->add(n, d, dx);
    else if (d != dx && n > 0)
        memcpy(dx, d, (size_t)n * sizeof *dx);
}

typedef struct columns {
    const heed__call *call;
    const heed_real *x;
    heed_real *sums;
    int64_t rows, cols;
} columns;

enum {
    STRIP = 512,  /* columns a task owns */
    TOGETHER = 16 /* rows whose sum stays in registers: few enough for their pages to be near */
};

/* A sum is a product with ones: fma(1, x, sum) is sum + x. */
static void sum_strip(void *arg, int64_t task, int thread)
{
    const columns *c = arg;
    static const heed_real one = 1;
    int64_t first = task * STRIP;
    heed__tile t = {.rows = 1, .cols = c->cols - first < STRIP ? c->cols - first : STRIP};
    t.a = &one, t.b_row = c->cols;
    t.start = t.c = c->sums + first;
    (void)thread;
    for (int64_t i = 0; i < c->rows; i += TOGETHER) {
        t.k = c->rows - i < TOGETHER ? c->rows - i : TOGETHER;
        t.b = c->x + i * c->cols + first;
        c->call->kernels->gemm_tile(&t);
    }
}

void heed__column_sums(const heed__call *call, const heed_real *x, int64_t rows, int64_t cols,
                       heed_real *sums)
{
    columns c = {call, x, sums, rows, cols};
    heed__parallel(call->context, (cols + STRIP - 1) / STRIP, sum_strip, &c);
}

void heed__zero_fresh(const heed__matrix *value)
{
    size_t count = (size_t)(value->rows * value->cols);
    if (value->fresh && count) memset(value->grad, 0, count * sizeof *value->grad);
}

heed_status heed__want_shape(const heed__shapes *shapes, const char *op, int i, const char *name,
                             int64_t rows, int64_t cols)
{
    const heed__matrix *m = &shapes->in[i];
    if ((rows < 0 || m->rows == rows) && (cols < 0 || m->cols == cols)) return HEED_OK;
    return heed__fail(HEED_E_INVALID, "%s: %s is %lld x %lld; it must be %lld x %lld (-1 = any)",
                      op, name, (long long)m->rows, (long long)m->cols, (long long)rows,
                      (long long)cols);
}
