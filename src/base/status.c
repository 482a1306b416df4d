/* SPDX-License-Identifier: MIT */
#include "base/fail.h"

#include "heed/version.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_SIZE = 1024 };

static _Thread_local char message[MESSAGE_SIZE];

const char *heed_version(void)
{
    return HEED_VERSION_STRING;
}

const char *heed_status_name(heed_status status)
{
    switch (status) {
    case HEED_OK:
        return "ok";
    case HEED_E_INVALID:
        return "invalid";
    case HEED_E_DATA:
        return "data";
    case HEED_E_IO:
        return "io";
    case HEED_E_FORMAT:
        return "format";
    case HEED_E_UNSUPPORTED:
        return "unsupported";
    case HEED_E_NOMEM:
        return "no memory";
    case HEED_E_NUMERIC:
        return "numeric";
    case HEED_E_STOPPED:
        return "stopped";
    }
    return "unknown";
}

const char *heed_status_message(void)
{
    return message;
}

heed_status heed__fail(heed_status status, const char *format, ...)
{
    char text[MESSAGE_SIZE]; /* the arguments may point into message */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    memcpy(message, text, sizeof message);
    return status;
}

heed_status heed__fail_prefix(heed_status status, const char *format, ...)
{
    char text[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int used = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (used >= 0 && used < MESSAGE_SIZE) {
        snprintf(text + used, sizeof text - (size_t)used, "%s", message);
        memcpy(message, text, sizeof message);
    }
    return status;
}
