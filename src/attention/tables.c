/* SPDX-License-Identifier: MIT */
/* One line a mechanism. The first row of each table is the default. */
#include "attention/tables.h"

#include "attention/engine.h"
#include "base/fail.h"

#include <stdio.h>
#include <string.h>

static const heed__position position_none = {
    .entry = {.name = "none", .help = "scores do not depend on positions"}};

/* Each row begins with its entry, so a pointer to the one is a pointer to the other. */
static const heed__entry *const scores[] = {
    &heed__score_scaled_dot.entry,
    &heed__score_dot.entry,
    &heed__score_additive.entry,
};

static const heed__entry *const normalisers[] = {
    &heed__normaliser_softmax.entry,
};

static const heed__entry *const masks[] = {
    &heed__mask_none.entry,
    &heed__mask_causal.entry,
    &heed__mask_all.entry,
    &heed__mask_any.entry,
};

static const heed__entry *const positions[] = {
    &position_none.entry,
};

enum { SCORE, NORMALISER, MASK, POSITION, TABLES };

typedef struct table {
    const char *name;
    const heed__entry *const *rows;
    size_t count;
} table;

static const table tables[TABLES] = {
    [SCORE] = {"score", scores, sizeof scores / sizeof scores[0]},
    [NORMALISER] = {"normaliser", normalisers, sizeof normalisers / sizeof normalisers[0]},
    [MASK] = {"mask", masks, sizeof masks / sizeof masks[0]},
    [POSITION] = {"position", positions, sizeof positions / sizeof positions[0]},
};

static heed_status unknown(const table *t, const char *name)
{
    char names[512] = "";
    size_t used = 0;
    for (size_t r = 0; r < t->count && used < sizeof names; r++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", r ? ", " : "",
                                 t->rows[r]->name);
    return heed__fail(HEED_E_INVALID, "there is no %s \"%s\"; there are: %s", t->name,
                      name ? name : "(no name)", names);
}

static heed_status find(const table *t, const heed_attention_part *part, const heed__entry **out)
{
    size_t r = 0;
    if (part) {
        while (r < t->count && (!part->name || strcmp(t->rows[r]->name, part->name) != 0)) r++;
        if (r == t->count) return unknown(t, part->name);
        size_t record = t->rows[r]->record ? t->rows[r]->record : sizeof *part;
        if (part->size != record)
            return heed__fail(HEED_E_INVALID,
                              "%s \"%s\": its record says size = %zu; this heed's has %zu bytes, "
                              "set size with sizeof",
                              t->name, part->name, part->size, record);
    }
    *out = t->rows[r];
    return HEED_OK;
}

heed_status heed__find_score(const heed_attention_part *part, const heed__score **out)
{
    const heed__entry *entry = NULL;
    HEED_TRY(find(&tables[SCORE], part, &entry));
    *out = (const heed__score *)entry;
    return HEED_OK;
}

heed_status heed__find_normaliser(const heed_attention_part *part, const heed__normaliser **out)
{
    const heed__entry *entry = NULL;
    HEED_TRY(find(&tables[NORMALISER], part, &entry));
    *out = (const heed__normaliser *)entry;
    return HEED_OK;
}

heed_status heed__find_mask(const heed_attention_part *part, const heed__mask **out)
{
    const heed__entry *entry = NULL;
    HEED_TRY(find(&tables[MASK], part, &entry));
    *out = (const heed__mask *)entry;
    return HEED_OK;
}

heed_status heed__find_position(const heed_attention_part *part, const heed__position **out)
{
    const heed__entry *entry = NULL;
    HEED_TRY(find(&tables[POSITION], part, &entry));
    *out = (const heed__position *)entry;
    return HEED_OK;
}

int heed_attention_list(size_t index, heed_attention_entry *out)
{
    for (size_t t = 0; t < TABLES; t++) {
        if (index < tables[t].count) {
            const heed__entry *entry = tables[t].rows[index];
            *out = (heed_attention_entry){tables[t].name, entry->name, entry->help};
            return 1;
        }
        index -= tables[t].count;
    }
    const heed__engine *engine = heed__engine_at(index);
    if (!engine) return 0;
    *out = (heed_attention_entry){"engine", engine->name, engine->help};
    return 1;
}
