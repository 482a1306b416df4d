/* SPDX-License-Identifier: MIT */
/* The options of COMMON_ALIGNING (--layer, --head, --rule, --threshold, --boundary): which weights
 * an alignment is made of, and how. */
#ifndef HEED_CLI_ALIGNING_H
#define HEED_CLI_ALIGNING_H

#include "cli/options.h"

#include "heed/translate.h"

/* What was given. Errors HEED_E_INVALID: a head without a layer, or none that the model has. */
heed_status aligning_choice(const options *given, const heed_model *model, heed_align_choice *out);
/* Where no links are shown, nothing may be said of how they are made. Errors HEED_E_INVALID. */
heed_status aligning_check_links(const options *given, int shown);
/* Whether any of them was given. */
int aligning_given(const options *given);

#endif
