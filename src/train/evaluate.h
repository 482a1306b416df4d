/* SPDX-License-Identifier: MIT */
/* Inside heed/evaluate.h. */
#ifndef HEED_TRAIN_EVALUATE_H
#define HEED_TRAIN_EVALUATE_H

#include "heed/evaluate.h"

/* Which of the dataset's label columns an output's labels are in: *column where it is not negative,
 * else the one of its name, else its own place. Errors HEED_E_INVALID. */
heed_status heed__evaluate_column(const heed_model *model, const heed_dataset *dataset, int output,
                                  int *column);

#endif
