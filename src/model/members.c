/* SPDX-License-Identifier: MIT */
#include "model/members.h"

#include "base/fail.h"
#include "base/parallel.h"

#include <string.h>

int heed_model_members(const heed_model *model)
{
    return 1 + model->n_others;
}

heed_status heed_model_ask_member(heed_model *model, int member)
{
    if (member < 0 || member > 1 + model->n_others)
        return heed__fail(HEED_E_INVALID, "member = %d; it must be 0 (all) to %d", member,
                          1 + model->n_others);
    model->asked = model->n_others ? member : 0;
    return HEED_OK;
}

typedef struct mixing {
    int count;
    const float *const *scores;
    int64_t columns;
    float *out, *scratch;
} mixing;

/* One row: the members' probabilities in their order, each a share of the sum. */
static void mix_row(void *arg, int64_t row, int thread)
{
    const mixing *m = arg;
    const heed__kernels *kernels = heed__kernels_best();
    int64_t columns = m->columns, at = row * columns;
    float *sum = m->out + at, *one = m->scratch + thread * columns;
    memset(sum, 0, (size_t)columns * sizeof *sum);
    for (int i = 0; i < m->count; i++) {
        const float *scores = m->scores[i] + at;
        float total = kernels->exp_sum(columns, scores, kernels->max(columns, scores), one);
        kernels->axpy(columns, 1 / (total * (float)m->count), one, sum);
    }
    kernels->log(columns, sum, sum);
}

void heed__members_mix(heed_context *context, int count, const float *const *scores, int64_t rows,
                       int64_t columns, float *scratch, float *out)
{
    mixing m = {count, scores, columns, out, scratch};
    heed__parallel(context, rows, mix_row, &m);
}
