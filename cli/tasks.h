/* SPDX-License-Identifier: MIT */
/* What a model is for, and which verbs ask it. */
#ifndef HEED_CLI_TASKS_H
#define HEED_CLI_TASKS_H

#include "cli/options.h"

#include "heed/translate.h"

enum { TASK_CLASSIFY = 1, TASK_TRANSLATE = 2, TASK_LANGUAGE = 4 };

/* Fails where the model (the verb's first argument) is for none of the tasks: names what it is for
 * and the verbs that ask it. HEED_E_INVALID. */
heed_status tasks_check(const options *given, const heed_model *model, unsigned tasks);

/* Loads the verb's first argument and checks it. */
heed_status tasks_load(const options *given, heed_context *context, unsigned tasks,
                       heed_model **out);

#endif
