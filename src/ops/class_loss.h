/* SPDX-License-Identifier: MIT */
/*
 * What the cross-entropies share. With label smoothing e over K classes the target is
 * (1-e) one-hot + e/K:
 *   loss_i = lse(z) - (1-e) z_label - e mean(z),   dz = softmax(z) - target
 * The mean over labelled rows is weighted by weights[label].
 */
#ifndef HEED_OPS_CLASS_LOSS_H
#define HEED_OPS_CLASS_LOSS_H

#include "ops/ops.h"

/* HEED_OK when the smoothing is a share. */
heed_status heed__class_loss_check(const heed__class_loss *loss, const char *op);

/* What row i counts, 0 without a label; and all rows together. */
heed_real heed__class_loss_weight(const heed__class_loss *loss, int64_t i);
heed_real heed__class_loss_total(const heed__class_loss *loss, int64_t rows);

/* What the log-sum-exp of row i is held against: (1-e) z_label + e mean(z). */
heed_real heed__class_loss_target(const heed__kernels *kernels, const heed__class_loss *loss,
                                  int64_t classes, const heed_real *z, int64_t i);

/* The call's value, and what else the loss is to tell, from each row's weighted loss and whether
 * its label has the greatest logit (1 or 0). */
void heed__class_loss_finish(const heed__call *call, int64_t rows, const heed_real *losses,
                             const heed_real *right);

#endif
