/* SPDX-License-Identifier: MIT */
#include "data/windows.h"

#include "base/fail.h"
#include "base/memory.h"

enum { DEFAULT_BLOCK = 4096 };

/* Rows of an example: each has an input and a label. */
static int64_t rows_of(const heed__windows *w, int64_t example)
{
    int64_t tokens = w->texts->offsets[example + 1] - w->texts->offsets[example];
    return w->running ? tokens : tokens + 1;
}

heed_status heed__windows_create(const heed__examples *texts, int64_t block, int running,
                                 heed__windows *out)
{
    heed__windows w = {.texts = texts, .block = block, .running = running};
    if (!block) w.block = running ? DEFAULT_BLOCK : texts->longest + 1;
    for (int64_t i = 0; i < texts->n; i++) {
        int64_t rows = rows_of(&w, i);
        w.most += (rows + w.block - 1) / w.block + running; /* one more where the first is short */
        w.shorter += running ? 2 : rows % w.block != 0;     /* the first and the last */
        if (rows > w.longest) w.longest = rows;
    }
    if (w.longest > w.block) w.longest = w.block;
    HEED_TRY(heed__alloc((size_t)w.most, sizeof *w.items, "windows of text", &w.items));
    *out = w;
    return HEED_OK;
}

void heed__windows_free(heed__windows *windows)
{
    heed__free(windows->items);
    *windows = (heed__windows){0};
}

void heed__windows_cut(heed__windows *w, heed__random *random)
{
    w->n = 0;
    for (int64_t i = 0; i < w->texts->n; i++) {
        int64_t rows = rows_of(w, i), first = w->block;
        if (w->running && random) {
            first = (int64_t)heed__random_below(random, (uint64_t)w->block);
            if (!first) first = w->block;
        }
        for (int64_t at = 0, size = first; at < rows; at += size, size = w->block) {
            int64_t left = rows - at;
            w->items[w->n++] = (heed__window){i, at - 1, left < size ? left : size};
            if (left <= size) break;
        }
    }
}
