/* SPDX-License-Identifier: MIT */
#include "data/number.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 64 };

/* Leaves only what a number may be made of; strtod alone takes hexadecimal, inf, nan and blanks. */
static int plain(const char *bytes, size_t size)
{
    size_t at = size && (*bytes == '-' || *bytes == '+'), digits = 0;
    for (; at < size && bytes[at] >= '0' && bytes[at] <= '9'; at++) digits++;
    if (at < size && bytes[at] == '.')
        for (at++; at < size && bytes[at] >= '0' && bytes[at] <= '9'; at++) digits++;
    if (!digits) return 0;
    if (at < size && (bytes[at] == 'e' || bytes[at] == 'E')) {
        at++;
        if (at < size && (bytes[at] == '-' || bytes[at] == '+')) at++;
        size_t first = at;
        while (at < size && bytes[at] >= '0' && bytes[at] <= '9') at++;
        if (at == first) return 0;
    }
    return at == size;
}

int heed__number_parse(const char *bytes, size_t size, double *out)
{
    char text[LONGEST + 8];
    if (size > LONGEST || !plain(bytes, size)) return 0;
    memcpy(text, bytes, size);
    text[size] = 0;
    const char *point = localeconv()->decimal_point; /* the program's; what strtod wants to see */
    char *dot = strchr(text, '.');
    if (dot && point && strlen(point) == 1) *dot = *point;
    *out = strtod(text, NULL);
    return isfinite(*out);
}
