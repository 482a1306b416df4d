/* SPDX-License-Identifier: MIT */
#include "attention/say.h"

#include <stdarg.h>
#include <stdio.h>

void heed__say(heed__writer *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t left = w->used < w->size ? w->size - w->used : 0;
    int n = vsnprintf(left ? w->text + w->used : NULL, left, format, arguments);
    va_end(arguments);
    if (n > 0) w->used += (size_t)n;
}
