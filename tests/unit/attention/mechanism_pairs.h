/* SPDX-License-Identifier: MIT */
/*
 * All pairs of rows of the tables, each as one small use of the operator: rows of two tables, any
 * two stages in either order, any two masks (joined by all, and by any). A row has the settings of
 * the first trial that names it.
 */
#ifndef HEED_TESTS_MECHANISM_PAIRS_H
#define HEED_TESTS_MECHANISM_PAIRS_H

#include "attention/mechanism_trials.h"

typedef struct pair {
    heed_attention_entry row[2];
    char mask[512]; /* of two masks joined */
    trial t;
} pair;

/* Where the trial has the row's text: its place of that table. */
static inline const char **trial_place(trial *t, const char *table)
{
    int stage = 0;
    while (stage < TRIAL_STAGES && t->stages[stage]) stage++;
    if (strcmp(table, "score") == 0) return &t->score;
    if (strcmp(table, "normaliser") == 0) return &t->normaliser;
    if (strcmp(table, "mask") == 0) return &t->mask;
    return strcmp(table, "position") == 0 ? &t->position : &t->stages[stage];
}

static inline int begins(const char *text, const char *name)
{
    size_t n = strlen(name);
    return text && strncmp(text, name, n) == 0 && strchr(":(", text[n]);
}

/* The row as a trial spells it. */
static inline const char *trial_text(const heed_attention_entry *row)
{
    for (int i = 0; i < TRIALS; i++) {
        trial t = trials[i];
        for (int s = 0; s < TRIAL_STAGES && strcmp(row->table, "stage") == 0; s++)
            if (begins(trials[i].stages[s], row->name)) return trials[i].stages[s];
        if (strcmp(row->table, "stage") != 0 && begins(*trial_place(&t, row->table), row->name))
            return *trial_place(&t, row->table);
    }
    return row->name;
}

static inline int is_rough(const char *normaliser)
{
    for (int t = 0; t < TRIALS && normaliser; t++)
        if (trials[t].rough && trials[t].normaliser &&
            strcmp(trials[t].normaliser, normaliser) == 0)
            return 1;
    return 0;
}

/* 0 where two rows of one table cannot be together. */
static inline int pair_make(const heed_attention_entry *a, const heed_attention_entry *b, int swaps,
                            pair *p)
{
    int same = strcmp(a->table, b->table) == 0, masks = strcmp(a->table, "mask") == 0;
    *p = (pair){{*a, *b}, "", {SHORT, .heads = 4, .key_heads = 2, .value_size = 3}};
    p->t.tk[0] = 67; /* a block of keys, and three */
    p->t.offset = trial_offset;
    p->t.dropout = swaps ? 0.25 : 0;
    p->t.low = 0.05, p->t.high = 0.95;
    if (same && masks) {
        snprintf(p->mask, sizeof p->mask, "%s(%s,%s)", swaps ? "any" : "all", trial_text(a),
                 trial_text(b));
        p->t.mask = p->mask;
        return 1;
    }
    if (same ? strcmp(a->table, "stage") != 0 : swaps) return 0;
    *trial_place(&p->t, a->table) = trial_text(a);
    *trial_place(&p->t, b->table) = trial_text(b);
    p->t.rough = is_rough(p->t.normaliser);
    return 1;
}

/* Calls `check` for every pair; returns how many. */
static inline int64_t pairs_each(void (*check)(const pair *p, void *arg), void *arg)
{
    heed_attention_entry a, b;
    int64_t count = 0;
    pair p;
    for (size_t i = 0; heed_attention_list(i, &a); i++)
        for (size_t j = 0; heed_attention_list(j, &b); j++) {
            if (strcmp(a.table, "engine") == 0 || strcmp(b.table, "engine") == 0) continue;
            if (!pair_make(&a, &b, i > j, &p)) continue;
            check(&p, arg);
            count++;
        }
    return count;
}

#endif
