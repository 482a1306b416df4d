/* SPDX-License-Identifier: MIT */
#include "cli/session.h"

#include <stdio.h>

static void log_line(void *quiet, heed_log_level level, const char *line)
{
    if (level == HEED_LOG_WARNING)
        fprintf(stderr, "heed: warning: %s\n", line);
    else if (!quiet)
        fprintf(stderr, "heed: %s\n", line);
}

heed_status session_start(const options *given, heed_context **out)
{
    static int quiet_mark;
    heed_context_options wanted = {.threads = (int)options_integer(given, "threads"),
                                   .log = log_line,
                                   .log_user = options_flag(given, "quiet") ? &quiet_mark : NULL};
    return heed_context_create(&wanted, out);
}
