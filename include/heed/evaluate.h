/* SPDX-License-Identifier: MIT */
/** How good a model is on labelled data. */
#ifndef HEED_EVALUATE_H
#define HEED_EVALUATE_H

#include "heed/data.h"
#include "heed/metrics.h"
#include "heed/model.h"
#include "heed/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Predicts all rows of a dataset and holds them against their labels, for one output.
 * @param column which of the dataset's outputs holds this output's labels; negative: the one of the
 * output's name, or the output's own place where the names differ.
 * @param out receives the figures; the caller frees them with heed_metrics_destroy. NULL on error.
 * A label that the model does not know counts as wrong, and a warning names it.
 * Errors HEED_E_INVALID (no such output or column), HEED_E_DATA (no rows, a value that is no
 * number), HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_evaluate(heed_model *model, const heed_dataset *dataset,
                                                   int output, int column, heed_metrics **out);

#ifdef __cplusplus
}
#endif
#endif
