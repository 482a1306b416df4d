/* SPDX-License-Identifier: MIT */
#include "ops/class_loss.h"

#include "base/fail.h"

heed_status heed__class_loss_check(const heed__class_loss *loss, const char *op)
{
    if (loss->smoothing >= 0 && loss->smoothing < 1) return HEED_OK;
    return heed__fail(HEED_E_INVALID, "%s: smoothing = %g; it must be in [0, 1)", op,
                      (double)loss->smoothing);
}

heed_real heed__class_loss_weight(const heed__class_loss *loss, int64_t i)
{
    int32_t label = loss->labels[i];
    if (label < 0) return 0;
    return loss->weights ? (heed_real)loss->weights[label] : 1;
}

heed_real heed__class_loss_total(const heed__class_loss *loss, int64_t rows)
{
    heed_real total = 0;
    for (int64_t i = 0; i < rows; i++) total += heed__class_loss_weight(loss, i);
    return total;
}

heed_real heed__class_loss_target(const heed__kernels *kernels, const heed__class_loss *loss,
                                  int64_t classes, const heed_real *z, int64_t i)
{
    heed_real e = (heed_real)loss->smoothing, target = (1 - e) * z[loss->labels[i]];
    if (e > 0) target += e * (kernels->sum(classes, z) / (heed_real)classes);
    return target;
}

void heed__class_loss_finish(const heed__call *call, int64_t rows, const heed_real *losses,
                             const heed_real *right)
{
    const heed__class_loss *loss = call->attributes;
    heed_real total = 0, weight = heed__class_loss_total(loss, rows);
    int64_t count = 0;
    for (int64_t i = 0; i < rows; i++) {
        total += losses[i];
        count += right[i] > 0;
    }
    if (loss->right) *loss->right = count;
    for (int64_t i = 0; loss->each && i < rows; i++)
        (*loss->each)[i] = weight > 0 ? losses[i] / weight : 0;
    *call->out.data = weight > 0 ? total / weight : 0;
}
