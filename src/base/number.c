/* SPDX-License-Identifier: MIT */
#include "base/number.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
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

/* What the program's locale writes between units and tenths, where that is one byte. */
static char decimal_point(void)
{
    const char *point = localeconv()->decimal_point;
    return point && strlen(point) == 1 ? *point : '.';
}

int heed__number_parse(const char *bytes, size_t size, double *out)
{
    char text[LONGEST + 8];
    if (size > LONGEST || !plain(bytes, size)) return 0;
    memcpy(text, bytes, size);
    text[size] = 0;
    char *dot = strchr(text, '.');
    if (dot) *dot = decimal_point(); /* what strtod wants to see */
    *out = strtod(text, NULL);
    return isfinite(*out);
}

void heed__number_text(double value, int digits, char *out, size_t room)
{
    snprintf(out, room, "%.*g", digits, value + 0.0); /* no -0 */
    char *point = strchr(out, decimal_point());
    if (point) *point = '.';
}
