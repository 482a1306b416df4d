/* SPDX-License-Identifier: MIT */
/* A batch of matrix products, on heed's own product: many small ones a thread each, few large ones
 * on all threads. The bits are the same either way. */
#include "attention/textbook.h"
#include "kernels/gemm.h"

typedef struct product_job {
    const heed_textbook_product *p;
    heed_real *workspace;
    size_t a_thread;
} product_job;

static heed__gemm product_at(const heed_textbook_product *p, int64_t b)
{
    int64_t in_a = p->share_a ? 0 : b, in_b = p->share_b ? 0 : b;
    return (heed__gemm){.m = p->rows,
                        .n = p->columns,
                        .k = p->inner,
                        .a = p->a + in_a * p->rows * p->inner,
                        .a_row = p->turn_a ? 1 : p->inner,
                        .a_col = p->turn_a ? p->rows : 1,
                        .b = p->b + in_b * p->inner * p->columns,
                        .b_row = p->turn_b ? 1 : p->columns,
                        .b_col = p->turn_b ? p->inner : 1,
                        .c = p->c + b * p->rows * p->columns,
                        .c_row = p->columns,
                        .accumulate = p->add};
}

static void product_task(void *arg, int64_t task, int thread)
{
    const product_job *job = arg;
    heed__gemm product = product_at(job->p, task);
    heed__gemm_run(NULL, &product, job->workspace + (size_t)thread * job->a_thread);
}

static heed_status check(const heed_textbook_product *p)
{
    HEED_TRY(heed__check_struct("product", p->size, sizeof *p));
    HEED_TRY(heed__textbook_size("batch", p->batch, 0));
    HEED_TRY(heed__textbook_size("rows", p->rows, 0));
    HEED_TRY(heed__textbook_size("inner", p->inner, 0));
    HEED_TRY(heed__textbook_size("columns", p->columns, 0));
    HEED_TRY(heed__textbook_volume("a", p->batch, p->rows, p->inner));
    HEED_TRY(heed__textbook_volume("b", p->batch, p->inner, p->columns));
    HEED_TRY(heed__textbook_volume("c", p->batch, p->rows, p->columns));
    int64_t any = p->batch && p->rows && p->columns;
    HEED_TRY(heed__textbook_given("a", p->a, any * p->inner));
    HEED_TRY(heed__textbook_given("b", p->b, any * p->inner));
    return heed__textbook_given("c", p->c, any);
}

/* A sum of nothing. */
static void clear(const heed_textbook_product *p)
{
    for (int64_t i = 0; !p->add && i < p->batch * p->rows * p->columns; i++) p->c[i] = 0;
}

heed_status heed_textbook_multiply(heed_context *context, const heed_textbook_product *p)
{
    HEED_TRY(check(p));
    if (!p->batch || !p->rows || !p->columns) return HEED_OK;
    if (!p->inner) {
        clear(p);
        return HEED_OK;
    }
    int threads = heed_context_threads(context), many = p->batch >= threads;
    heed_context *inside = many ? NULL : context;
    product_job job = {.p = p,
                       .a_thread = heed__gemm_workspace(inside, p->rows, p->columns, p->inner)};
    job.a_thread = (job.a_thread + HEED_ALIGNMENT - 1) / HEED_ALIGNMENT * HEED_ALIGNMENT;
    HEED_TRY(heed__alloc(job.a_thread * (size_t)(many ? threads : 1), sizeof(heed_real),
                         "a product's workspace", &job.workspace));
    if (many)
        heed__parallel(context, p->batch, product_task, &job);
    else
        for (int64_t b = 0; b < p->batch; b++) {
            heed__gemm product = product_at(p, b);
            heed__gemm_run(context, &product, job.workspace);
        }
    heed__free(job.workspace);
    return HEED_OK;
}
