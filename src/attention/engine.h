/* SPDX-License-Identifier: MIT */
/* The table of engines, best first; the last one can do everything. */
#ifndef HEED_ATTENTION_ENGINE_H
#define HEED_ATTENTION_ENGINE_H

#include "attention/run.h"
#include "attention/say.h"

struct heed__engine {
    const char *name, *help;
    /* 1, or 0 with the reason in why. */
    int (*supports)(const heed_attention_plan *plan, char *why, size_t size);
    /* In heed_reals, for the largest batch. */
    size_t (*workspace)(const heed_attention_plan *plan, int backward);
    /* What it holds at a time of the scores of one head. */
    void (*tile)(const heed_attention_plan *plan, int64_t *queries, int64_t *keys);
    /* Lines about how it cuts the work of the largest batch, and why; NULL = none. */
    void (*say)(const heed_attention_plan *plan, heed__writer *writer);
    int slow; /* 1: strict plans do without */
    /* The batch has been checked. Both must give the same bits as the reference. */
    void (*forward)(const heed__run *run, heed_real *workspace);
    void (*backward)(const heed__run *run, heed_real *workspace);
};

extern const heed__engine heed__engine_tiled, heed__engine_rows, heed__engine_reference;

/* Row `index` of the table; NULL past the end. */
const heed__engine *heed__engine_at(size_t index);

#endif
