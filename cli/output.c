/* SPDX-License-Identifier: MIT */
#include "cli/output.h"

#include "cli/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int failure; /* errno of the first failed write */

static void note(int failed)
{
    if (failed && !failure) failure = errno ? errno : EIO;
}

void output_bytes(const char *bytes, size_t size)
{
    if (failure || !size) return;
    errno = 0;
    note(fwrite(bytes, 1, size, stdout) != size);
}

void output_text(const char *text)
{
    output_bytes(text, strlen(text));
}

void output_format(const char *format, ...)
{
    if (failure) return;
    va_list arguments;
    va_start(arguments, format);
    errno = 0;
    note(vfprintf(stdout, format, arguments) < 0);
    va_end(arguments);
}

static int add_json(const char *bytes, size_t size, void *unused)
{
    (void)unused;
    output_bytes(bytes, size);
    return failure ? -1 : 0;
}

heed_status output_json(json_t *document)
{
    int failed = !document || json_dump_callback(document, add_json, NULL,
                                                 JSON_INDENT(2) | JSON_REAL_PRECISION(9)) != 0;
    json_decref(document);
    if (failed && !failure) return report(HEED_E_NOMEM, "no memory to write JSON");
    output_text("\n");
    return output_status();
}

heed_status output_status(void)
{
    if (!failure) return HEED_OK;
    if (failure == EPIPE) return HEED_E_STOPPED;
    return report(HEED_E_IO, "standard output cannot be written: %s", strerror(failure));
}

heed_status output_flush(void)
{
    errno = 0;
    if (!failure) note(fflush(stdout) != 0);
    return output_status();
}
