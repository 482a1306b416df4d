/* SPDX-License-Identifier: MIT */
/* The sequence mask, and softmax over the valid columns of each row. */
#include "attention/textbook.h"
#include "kernels/kernels.h"

heed_status heed_textbook_mask(const int64_t *lengths, int64_t sequences, int64_t width,
                               unsigned char *visible)
{
    HEED_TRY(heed__textbook_size("sequences", sequences, 0));
    HEED_TRY(heed__textbook_size("width", width, 0));
    HEED_TRY(heed__textbook_given("lengths", lengths, sequences));
    HEED_TRY(heed__textbook_lengths("lengths", lengths, sequences, width));
    HEED_TRY(heed__textbook_given("visible", visible, sequences * width));
    for (int64_t i = 0; i < sequences; i++)
        for (int64_t j = 0; j < width; j++) visible[i * width + j] = j < lengths[i];
    return HEED_OK;
}

heed_status heed_textbook_mask_values(const int64_t *lengths, int64_t sequences, int64_t width,
                                      int64_t columns, heed_real value, heed_real *x)
{
    HEED_TRY(heed__textbook_size("sequences", sequences, 0));
    HEED_TRY(heed__textbook_size("width", width, 0));
    HEED_TRY(heed__textbook_size("columns", columns, 0));
    HEED_TRY(heed__textbook_volume("x", sequences, width, columns));
    HEED_TRY(heed__textbook_given("lengths", lengths, sequences));
    HEED_TRY(heed__textbook_lengths("lengths", lengths, sequences, width));
    HEED_TRY(heed__textbook_given("x", x, sequences * width * columns));
    for (int64_t i = 0; i < sequences; i++)
        for (int64_t t = lengths[i] * columns; t < width * columns; t++)
            x[i * width * columns + t] = value;
    return HEED_OK;
}

typedef struct softmax_job {
    const heed_textbook_softmax *s;
    const heed__kernels *kernels;
    const heed_real *d_y;
    heed_real *d_x;
} softmax_job;

static int64_t length_of(const heed_textbook_softmax *s, int64_t row)
{
    if (!s->lengths) return s->columns;
    return s->lengths[s->row_lengths ? row : row / s->rows];
}

static void forward_row(const softmax_job *job, int64_t row)
{
    const heed_textbook_softmax *s = job->s;
    int64_t n = length_of(s, row);
    const heed_real *x = s->x + row * s->columns;
    heed_real *y = s->y + row * s->columns, top = job->kernels->max(n, x);
    if (top == -HEED_REAL(INFINITY)) n = 0; /* no key, or all of them hidden by the caller */
    if (n) job->kernels->scale(n, 1 / job->kernels->exp_sum(n, x, top, y), y, y);
    for (int64_t j = n; j < s->columns; j++) y[j] = 0;
}

static void backward_row(const softmax_job *job, int64_t row)
{
    const heed_textbook_softmax *s = job->s;
    int64_t n = length_of(s, row);
    const heed_real *y = s->y + row * s->columns, *d_y = job->d_y + row * s->columns;
    heed_real *d_x = job->d_x + row * s->columns, mean = job->kernels->dot(n, y, d_y);
    for (int64_t j = 0; j < n; j++) d_x[j] += y[j] * (d_y[j] - mean);
}

static void batch_task(void *arg, int64_t task, int thread)
{
    const softmax_job *job = arg;
    (void)thread;
    for (int64_t row = task * job->s->rows; row < (task + 1) * job->s->rows; row++) {
        if (job->d_y)
            backward_row(job, row);
        else
            forward_row(job, row);
    }
}

static heed_status check(const heed_textbook_softmax *s)
{
    HEED_TRY(heed__check_struct("softmax", s->size, sizeof *s));
    HEED_TRY(heed__textbook_size("batch", s->batch, 0));
    HEED_TRY(heed__textbook_size("rows", s->rows, 0));
    HEED_TRY(heed__textbook_size("columns", s->columns, 0));
    HEED_TRY(heed__textbook_volume("x", s->batch, s->rows, s->columns));
    HEED_TRY(heed__textbook_lengths("lengths", s->lengths,
                                    s->batch * (s->row_lengths ? s->rows : 1), s->columns));
    return heed__textbook_given("y", s->y, s->batch * s->rows * s->columns);
}

heed_status heed_textbook_softmax_forward(heed_context *context, const heed_textbook_softmax *s)
{
    softmax_job job = {.s = s, .kernels = heed__kernels_best()};
    HEED_TRY(check(s));
    HEED_TRY(heed__textbook_given("x", s->x, s->batch * s->rows * s->columns));
    heed__parallel(context, s->batch, batch_task, &job);
    return HEED_OK;
}

heed_status heed_textbook_softmax_backward(heed_context *context, const heed_textbook_softmax *s,
                                           const heed_real *d_y, heed_real *d_x)
{
    softmax_job job = {.s = s, .kernels = heed__kernels_best(), .d_y = d_y, .d_x = d_x};
    HEED_TRY(check(s));
    int64_t any = s->batch * s->rows * s->columns;
    HEED_TRY(heed__textbook_given("d_y", d_y, any));
    HEED_TRY(heed__textbook_given("d_x", d_x, any));
    if (any) heed__parallel(context, s->batch, batch_task, &job);
    return HEED_OK;
}
