/* SPDX-License-Identifier: MIT */
/*
 * Parameters that many operations of a recording multiply by, laid out for their products once a
 * run, in one block beside the step's: w^T, then w, of one parameter after another.
 */
#include "autograd/tape_inside.h"

#include "base/fail.h"
#include "base/memory.h"
#include "kernels/gemm.h"

static heed__gemm product_of(const heed__tape *tape, const heed__laid *l, int back)
{
    int64_t rows = l->param->rows, cols = l->param->cols;
    heed__gemm g = {.n = back ? cols : rows, .k = back ? rows : cols, .b = l->param->data};
    g.b_row = back ? cols : 1;
    g.b_col = back ? 1 : cols;
    g.precision = heed_context_precision(tape->context);
    return g;
}

static size_t room_of(const heed__tape *tape, const heed__laid *l, int back)
{
    heed__gemm g = product_of(tape, l, back);
    return (heed__gemm_packed(g.precision, g.n, g.k) + 15) / 16 * 16;
}

void heed__tape_lay_out(heed__tape *tape, const heed__param *param)
{
    if (tape->status != HEED_OK || param->packed || heed__tape_find_laid(tape, param)) return;
    tape->status = heed__grow(&tape->laid, &tape->laid_capacity, tape->laid_count + 1,
                              sizeof *tape->laid, "the tape");
    if (tape->status == HEED_OK) tape->laid[tape->laid_count++] = (heed__laid){param, {0, 0}};
}

int heed__tape_find_laid(const heed__tape *tape, const heed__param *param)
{
    for (size_t i = 0; i < tape->laid_count; i++)
        if (tape->laid[i].param == param) return (int)i + 1;
    return 0;
}

void heed__tape_place_laid(heed__tape *tape, int backward)
{
    tape->laid_used = 0;
    for (size_t i = 0; i < tape->laid_count; i++) {
        heed__laid *l = &tape->laid[i];
        for (int back = 0; back <= backward; back++) {
            l->place[back] = tape->laid_used;
            tape->laid_used += room_of(tape, l, back);
        }
    }
}

heed_status heed__tape_make_laid(heed__tape *tape)
{
    size_t reals = tape->laid_used;
    if (reals <= tape->laid_size) return HEED_OK;
    heed__free(tape->laid_block);
    tape->laid_block = NULL;
    tape->laid_size = 0;
    HEED_TRY(heed__alloc(reals, sizeof *tape->laid_block, "a step's weights", &tape->laid_block));
    tape->laid_size = reals;
    return HEED_OK;
}

void heed__tape_fill_laid(heed__tape *tape, int backward)
{
    for (size_t i = 0; i < tape->laid_count; i++)
        for (int back = 0; back <= backward; back++) {
            heed__gemm g = product_of(tape, &tape->laid[i], back);
            heed__gemm_pack(tape->context, &g, tape->laid_block + tape->laid[i].place[back]);
        }
}
