/* SPDX-License-Identifier: MIT */
#include "cli/tasks.h"

#include "cli/report.h"

#include <stdio.h>

static const struct {
    const char *is, *verbs;
} tasks_of[] = {
    [HEED_TASK_CLASSIFY] = {"labels texts", "heed predict, eval or explain"},
    [HEED_TASK_TRANSLATE] = {"translates", "heed translate, sample, score, align or explain"},
    [HEED_TASK_LANGUAGE] = {"is a language model", "heed sample, score or eval"},
};

heed_status tasks_check(const options *given, const heed_model *model, unsigned tasks)
{
    heed_task task = heed_model_task(model);
    if (tasks & (1u << task)) return HEED_OK;
    return report(HEED_E_INVALID, "%s: the model %s; ask it with %s", given->arguments[0],
                  tasks_of[task].is, tasks_of[task].verbs);
}

heed_status tasks_load(const options *given, heed_context *context, unsigned tasks,
                       heed_model **out)
{
    heed_status status = heed_model_load(context, given->arguments[0], out);
    return status == HEED_OK ? tasks_check(given, *out, tasks) : status;
}
