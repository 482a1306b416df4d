/* SPDX-License-Identifier: MIT */
#include "cli/nearest.h"

#include <string.h>

enum { LONGEST = 63 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours that lead from a to b. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST + 2] = {{0}};
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST || m > LONGEST) return LONGEST;
    for (size_t j = 0; j <= m; j++) rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = rows[i % 3], *before = rows[(i + 2) % 3], *two_before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            now[j] =
                least(before[j - 1] + (a[i - 1] != b[j - 1]), least(before[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], two_before[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

const char *nearest(const char *word, name_at names, const void *table)
{
    size_t length = strlen(word), fewest = length < 4 ? 2 : length < 8 ? 3 : 4;
    const char *best = NULL, *name;
    for (size_t i = 0; (name = names(i, table)); i++) {
        size_t edits = distance(word, name);
        if (length >= 3 && strncmp(word, name, length) == 0) edits = 1; /* cut short */
        if (edits < fewest && edits < strlen(name)) {
            fewest = edits;
            best = name;
        }
    }
    return best;
}
