/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include "base/memory.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `more` bytes and the NUL after them. */
static int make_room(heed__buffer *buffer, size_t more)
{
    if (buffer->status != HEED_OK) return 0;
    size_t wanted = more < SIZE_MAX - buffer->size ? buffer->size + more + 1 : SIZE_MAX;
    buffer->status = heed__grow(&buffer->bytes, &buffer->room, wanted, 1, "text");
    return buffer->status == HEED_OK;
}

void heed__buffer_add(heed__buffer *buffer, const void *bytes, size_t size)
{
    if (!make_room(buffer, size)) return;
    if (size) memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size += size;
    buffer->bytes[buffer->size] = 0;
}

void heed__buffer_text(heed__buffer *buffer, const char *text)
{
    heed__buffer_add(buffer, text, strlen(text));
}

void heed__buffer_format(heed__buffer *buffer, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    if (length >= 0 && make_room(buffer, (size_t)length)) {
        vsnprintf(buffer->bytes + buffer->size, (size_t)length + 1, format, again);
        buffer->size += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

void heed__buffer_number(heed__buffer *buffer, double value, int decimals)
{
    long long unit = 1;
    for (int i = 0; i < decimals; i++) unit *= 10;
    if (isnan(value)) {
        heed__buffer_text(buffer, "?");
    } else if (fabs(value) * (double)unit >= 9e18) {
        heed__buffer_text(buffer, isinf(value) ? value < 0 ? "-inf" : "inf" : "huge");
    } else {
        long long scaled = llround(fabs(value) * (double)unit);
        const char *sign = value < 0 && scaled ? "-" : ""; /* never "-0.00" */
        heed__buffer_format(buffer, "%s%lld", sign, scaled / unit);
        if (decimals > 0) heed__buffer_format(buffer, ".%0*lld", decimals, scaled % unit);
    }
}

void heed__buffer_free(heed__buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (heed__buffer){0};
}
