/* SPDX-License-Identifier: MIT */
#include "cli/rows.h"

#include "cli/report.h"

#include <errno.h>
#include <stdlib.h>

/* "5" or "5-9"; returns what follows it, NULL where it is neither. */
static const char *read_range(const char *at, long long *first, long long *last)
{
    char *end;
    errno = 0;
    if (*at < '0' || *at > '9') return NULL;
    *first = *last = strtoll(at, &end, 10);
    if (*end == '-') {
        at = end + 1;
        if (*at < '0' || *at > '9') return NULL;
        *last = strtoll(at, &end, 10);
    }
    if (errno || *first < 1 || *last < *first || (*end && *end != ',')) return NULL;
    return *end ? end + 1 : end;
}

int rows_hold(const char *list, long long number)
{
    long long first, last;
    for (const char *at = list; at && *at;) {
        at = read_range(at, &first, &last);
        if (at && number >= first && number <= last) return 1;
    }
    return 0;
}

heed_status rows_check(const char *list, long long *highest)
{
    long long first, last;
    const char *at = list;
    *highest = 0;
    do {
        at = read_range(at, &first, &last);
        if (at && last > *highest) *highest = last;
    } while (at && *at);
    if (at && at[-1] != ',') return HEED_OK;
    return report(HEED_E_INVALID, "--rows %s: it must be row numbers from 1 such as 1,5-9", list);
}
