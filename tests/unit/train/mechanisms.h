/* SPDX-License-Identifier: MIT */
/* Every row of the attention tables, as a model's settings spell it. */
#ifndef HEED_TESTS_TRAIN_MECHANISMS_H
#define HEED_TESTS_TRAIN_MECHANISMS_H

#include "heed/attention.h"

#include <string.h>

/* Settings that rows need, or that make them matter in short texts; others go by their name. */
static const struct spelling {
    const char *table, *name, *text;
} spellings[] = {
    {"mask", "all", "all(causal,none)"},
    {"mask", "any", "any(causal,none)"},
    {"mask", "window", "window:left=2,right=3"},
    {"mask", "windows", "windows:left=1/2/3/4,right=0"},
    {"mask", "local_m", "local_m:width=2"},
    {"mask", "local_p", "local_p:width=2"},
    {"mask", "strided", "strided:stride=3"},
    {"mask", "fixed", "fixed:stride=4,summary=1"},
    {"mask", "longformer", "longformer:window=2"},
    {"mask", "bigbird", "bigbird:size=4"},
    {"mask", "blocks", "blocks:size=16,pairs=0/0/1/1"},
    {"mask", "prefix", "prefix:count=2"},
};

/* What a model cannot give, and why. */
static const struct refusal {
    const char *table, *name, *why;
    int writing; /* 1: only where a decoder looks at what it writes token by token */
} refusals[] = {
    {"stage", "user", "which text cannot", 0},
    {"stage", "bias", "comes with each batch", 0},
    {"mask", "documents", "comes with each batch", 0},
    {"mask", "dense", "comes with each batch", 0},
    {"mask", "prefixes", "comes with each batch", 0},
    {"normaliser", "sampled", "comes with each batch", 0},
    {"mask", "bigbird", "how long the text becomes", 1},
    {"mask", "local_p", "how long the text becomes", 1},
    {"stage", "gaussian", "how long the text becomes", 1},
};

static inline const char *mechanism_text(const heed_attention_entry *row)
{
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        if (strcmp(spellings[i].table, row->table) == 0 &&
            strcmp(spellings[i].name, row->name) == 0)
            return spellings[i].text;
    return row->name;
}

/* Why a model cannot have it; writes: where a decoder looks at what it writes. NULL where it can.
 */
static inline const char *mechanism_refusal(const heed_attention_entry *row, int writes)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (strcmp(refusals[i].table, row->table) == 0 &&
            strcmp(refusals[i].name, row->name) == 0 && refusals[i].writing <= writes)
            return refusals[i].why;
    return NULL;
}

/* A row of a table of mechanisms (engines are none). */
static inline int mechanism_is(const heed_attention_entry *row)
{
    return strcmp(row->table, "engine") != 0;
}

#endif
