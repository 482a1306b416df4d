/* SPDX-License-Identifier: MIT */
/* One line a mechanism. The first row of each table is the default. */
#include "attention/tables.h"

#include "attention/engine.h"
#include "base/fail.h"

#include <stdio.h>
#include <string.h>

static const heed__entry *const scores[] = {
    &heed__score_scaled_dot.entry, &heed__score_dot.entry,
    &heed__score_additive.entry,   &heed__score_general.entry,
    &heed__score_cosine.entry,     &heed__score_gaussian.entry,
    &heed__score_distance.entry,   &heed__score_additive_projected.entry,
    &heed__score_concat.entry,     &heed__score_concat_tanh_sum.entry,
    &heed__score_query_bias.entry,
};

static const heed__entry *const normalisers[] = {
    &heed__normaliser_softmax.entry,
    &heed__normaliser_sink.entry,
    &heed__normaliser_softmax1.entry,
    &heed__normaliser_sparsemax.entry,
    &heed__normaliser_entmax15.entry,
    &heed__normaliser_entmax.entry,
    &heed__normaliser_sigmoid.entry,
    &heed__normaliser_relu2.entry,
    &heed__normaliser_topk.entry,
    &heed__normaliser_hard.entry,
    &heed__normaliser_straight_through.entry,
    &heed__normaliser_gumbel.entry,
    &heed__normaliser_sampled.entry,
};

static const heed__entry *const masks[] = {
    &heed__mask_none.entry,       &heed__mask_causal.entry,    &heed__mask_all.entry,
    &heed__mask_any.entry,        &heed__mask_window.entry,    &heed__mask_windows.entry,
    &heed__mask_local_m.entry,    &heed__mask_local_p.entry,   &heed__mask_prefix.entry,
    &heed__mask_prefixes.entry,   &heed__mask_documents.entry, &heed__mask_global.entry,
    &heed__mask_longformer.entry, &heed__mask_strided.entry,   &heed__mask_fixed.entry,
    &heed__mask_bigbird.entry,    &heed__mask_blocks.entry,    &heed__mask_dense.entry,
};

static const heed__entry *const positions[] = {
    &heed__position_none.entry,
    &heed__position_rotary.entry,
};

static const heed__entry *const stages[] = {
    &heed__stage_softcap.entry,       &heed__stage_bias.entry,     &heed__stage_scale.entry,
    &heed__stage_gate.entry,          &heed__stage_user.entry,     &heed__stage_alibi.entry,
    &heed__stage_alibi_learned.entry, &heed__stage_t5.entry,       &heed__stage_shaw.entry,
    &heed__stage_shaw_keys.entry,     &heed__stage_xl.entry,       &heed__stage_span.entry,
    &heed__stage_dynamic_span.entry,  &heed__stage_gaussian.entry,
};

static const struct table {
    const char *name;
    const heed__entry *const *rows;
    size_t count;
} tables[HEED_TABLES] = {
    [HEED_TABLE_SCORE] = {"score", scores, sizeof scores / sizeof scores[0]},
    [HEED_TABLE_NORMALISER] = {"normaliser", normalisers,
                               sizeof normalisers / sizeof normalisers[0]},
    [HEED_TABLE_MASK] = {"mask", masks, sizeof masks / sizeof masks[0]},
    [HEED_TABLE_POSITION] = {"position", positions, sizeof positions / sizeof positions[0]},
    [HEED_TABLE_STAGE] = {"stage", stages, sizeof stages / sizeof stages[0]},
};

const char *heed__table_name(heed__table table)
{
    return tables[table].name;
}

const heed__entry *heed__table_at(heed__table table, size_t index)
{
    return index < tables[table].count ? tables[table].rows[index] : NULL;
}

static heed_status unknown(heed__table table, const char *name)
{
    char names[1024] = "";
    size_t used = 0;
    const heed__entry *row;
    for (size_t r = 0; (row = heed__table_at(table, r)) && used < sizeof names; r++)
        used +=
            (size_t)snprintf(names + used, sizeof names - used, "%s%s", r ? ", " : "", row->name);
    return heed__fail(HEED_E_INVALID, "there is no %s \"%s\"; there are: %s", tables[table].name,
                      name ? name : "(no name)", names);
}

heed_status heed__table_find(heed__table table, const char *name, const heed__entry **out)
{
    for (size_t r = 0; name && (*out = heed__table_at(table, r)); r++)
        if (strcmp((*out)->name, name) == 0) return HEED_OK;
    *out = NULL;
    return unknown(table, name);
}

heed_status heed__table_row(heed__table table, const heed_attention_part *part,
                            const heed__entry **out)
{
    *out = tables[table].rows[0];
    if (!part) return HEED_OK;
    HEED_TRY(heed__table_find(table, part->name, out));
    size_t record = (*out)->record ? (*out)->record : sizeof *part;
    if (part->size == record) return HEED_OK;
    return heed__fail(HEED_E_INVALID,
                      "%s \"%s\": its record says size = %zu; this heed's has %zu bytes, set size "
                      "with sizeof",
                      tables[table].name, part->name, part->size, record);
}

static unsigned acts_on(heed__table table, const heed__entry *entry)
{
    if (table != HEED_TABLE_STAGE) return 0;
    const heed__shaper *stage = (const heed__shaper *)entry; /* its first member */
    return (stage->forward ? (unsigned)HEED_ATTENTION_ON_SCORES : 0) |
           (stage->weigh ? (unsigned)HEED_ATTENTION_ON_WEIGHTS : 0) |
           (stage->values ? (unsigned)HEED_ATTENTION_ON_VALUES : 0);
}

int heed_attention_list(size_t index, heed_attention_entry *out)
{
    for (size_t t = 0; t < HEED_TABLES; t++) {
        if (index < tables[t].count) {
            const heed__entry *entry = tables[t].rows[index];
            *out = (heed_attention_entry){tables[t].name, entry->name, entry->help,
                                          acts_on((heed__table)t, entry)};
            return 1;
        }
        index -= tables[t].count;
    }
    const heed__engine *engine = heed__engine_at(index);
    if (!engine) return 0;
    *out = (heed_attention_entry){"engine", engine->name, engine->help, 0};
    return 1;
}

int heed_attention_field_at(const char *table, const char *name, size_t index,
                            heed_attention_field *out)
{
    for (heed__table t = 0; table && name && t < HEED_TABLES; t++) {
        const heed__entry *row;
        if (strcmp(tables[t].name, table) != 0) continue;
        for (size_t r = 0; (row = heed__table_at(t, r)); r++) {
            const heed__field *field = row->fields;
            if (strcmp(row->name, name) != 0 || !field) continue;
            for (size_t i = 0; i < index && field->name; i++) field++;
            if (!field->name) return 0;
            *out = (heed_attention_field){field->name, field->help, field->kind, field->offset};
            return 1;
        }
    }
    return 0;
}
