/* SPDX-License-Identifier: MIT */
#include "cli/session.h"

#include "heed/info.h"

#include <stdio.h>
#include <string.h>

static void log_line(void *quiet, heed_log_level level, const char *line)
{
    if (level == HEED_LOG_WARNING)
        fprintf(stderr, "heed: warning: %s\n", line);
    else if (!quiet)
        fprintf(stderr, "heed: %s\n", line);
}

/* Of the verbs that have the option. */
static heed_status set_precision(const options *given, heed_context *context)
{
    const char *wanted = options_text(given, "precision");
    heed_info_precision row;
    for (size_t i = 0; wanted && heed_info_precision_at(i, &row); i++)
        if (strcmp(row.name, wanted) == 0)
            return heed_context_set_precision(context, (heed_precision)i);
    return HEED_OK;
}

heed_status session_start(const options *given, heed_context **out)
{
    static int quiet_mark;
    heed_context_options wanted = {.threads = (int)options_integer(given, "threads"),
                                   .log = log_line,
                                   .log_user = options_flag(given, "quiet") ? &quiet_mark : NULL};
    heed_status status = heed_context_create(&wanted, out);
    return status == HEED_OK ? set_precision(given, *out) : status;
}
