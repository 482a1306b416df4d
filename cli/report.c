/* SPDX-License-Identifier: MIT */
#include "cli/report.h"

#include <stdarg.h>
#include <stdio.h>

static char kept[1024];

heed_status report(heed_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(kept, sizeof kept, format, arguments);
    va_end(arguments);
    return status;
}

void report_forget(void)
{
    kept[0] = 0;
}

const char *report_message(void)
{
    return kept[0] ? kept : heed_status_message();
}
