/* SPDX-License-Identifier: MIT */
#include "attention/plan.h"

#include "attention/engine.h"
#include "attention/narrow.h"
#include "base/fail.h"

#include <string.h>

enum { MASK_DEPTH = 16 };

static const int64_t most = INT64_C(1) << 40; /* rows; sizes below stay far from overflow */

static heed_status check_size(const char *name, int64_t value, int64_t low, int64_t high)
{
    if (value < low || value > high)
        return heed__fail(HEED_E_INVALID, "%s = %lld; it must be %lld to %lld", name,
                          (long long)value, (long long)low, (long long)high);
    return HEED_OK;
}

static heed_status take_options(heed_attention_plan *plan, const heed_attention_options *given)
{
    heed_attention_options *o = &plan->options;
    *o = *given;
    if (!o->key_heads) o->key_heads = o->heads;
    if (!o->value_size) o->value_size = o->head_size;
    HEED_TRY(check_size("heads", o->heads, 1, 65536));
    HEED_TRY(check_size("key_heads", o->key_heads, 1, o->heads));
    HEED_TRY(check_size("head_size", o->head_size, 1, 65536));
    HEED_TRY(check_size("value_size", o->value_size, 1, 65536));
    if (o->heads % o->key_heads)
        return heed__fail(HEED_E_INVALID,
                          "heads = %lld is not a multiple of key_heads = %lld; each key head must "
                          "serve the same number of heads",
                          (long long)o->heads, (long long)o->key_heads);
    if (!(o->dropout >= 0 && o->dropout < 1))
        return heed__fail(HEED_E_INVALID, "dropout = %g; it must be 0 or more and less than 1",
                          o->dropout);
    plan->drop_below = (uint32_t)(o->dropout * 65536 + 0.5);
    if (plan->drop_below > 65535) plan->drop_below = 65535;
    plan->keep_factor = HEED_REAL(65536) / (heed_real)(65536 - plan->drop_below);
    return HEED_OK;
}

static heed_status take_capacity(heed_attention_plan *plan, const heed_attention_capacity *given)
{
    heed_attention_capacity *c = &plan->capacity;
    *c = *given;
    HEED_TRY(check_size("capacity.sequences", c->sequences, 0, INT64_C(1) << 31));
    HEED_TRY(check_size("capacity.longest_query", c->longest_query, 0, INT64_C(1) << 31));
    HEED_TRY(check_size("capacity.longest_key", c->longest_key, 0, INT64_C(1) << 31));
    HEED_TRY(check_size("capacity.query_rows", c->query_rows, 0, most));
    HEED_TRY(check_size("capacity.key_rows", c->key_rows, 0, most));
    if (!c->query_rows) c->query_rows = c->sequences * c->longest_query;
    if (!c->key_rows) c->key_rows = c->sequences * c->longest_key;
    HEED_TRY(check_size("sequences x longest_query", c->query_rows, 0, most));
    return check_size("sequences x longest_key", c->key_rows, 0, most);
}

/* The lists of a copied record become copies themselves. */
static heed_status keep_lists(heed_attention_plan *plan, const heed__entry *entry, char *record)
{
    for (const heed__field *f = entry->fields; f && f->name; f++) {
        int reals = f->kind == HEED_ATTENTION_REALS;
        heed_attention_integers *list = (void *)(record + f->offset); /* both are alike */
        size_t size = reals ? sizeof(heed_real) : sizeof(int64_t);
        void *copy = NULL;
        if (!reals && f->kind != HEED_ATTENTION_INTEGERS) continue;
        if (list->count && !list->data)
            return heed__fail(HEED_E_INVALID, "\"%s\": %s has %zu items and no data", entry->name,
                              f->name, list->count);
        if (!list->count) continue;
        HEED_TRY(heed__arena_take(&plan->records, list->count, size, "an attention plan", &copy));
        memcpy(copy, list->data, list->count * size);
        list->data = copy;
    }
    return HEED_OK;
}

static heed_status add_parameters(heed_attention_plan *plan, heed__fitted *fit)
{
    const heed_attention_options *o = &plan->options;
    for (int s = 0; fit->entry->slots[s].name; s++) {
        const heed__slot *slot = &fit->entry->slots[s];
        int64_t columns = slot->columns(o, fit->record);
        fit->slot[s] = -1;
        if (!columns) continue;
        if (plan->parameters == HEED_SLOTS)
            return heed__fail(HEED_E_UNSUPPORTED, "the mechanisms have more than %d learned arrays",
                              HEED_SLOTS);
        fit->slot[s] = plan->parameters;
        heed__parameter *p = &plan->parameter[plan->parameters++];
        *p = (heed__parameter){.slot = slot, .record = fit->record, .columns = columns, .at = -1};
        p->decays = fit->entry->decays;
        p->begin = fit->entry->begin[s];
        p->heads = slot->side == HEED_SIDE_KEY ? o->key_heads : o->heads;
        HEED_TRY(check_size(slot->name, p->columns, 1, most));
        if (slot->from_finish) continue;
        p->at = plan->row_columns;
        plan->row_columns += p->columns;
    }
    return HEED_OK;
}

static heed_status add_extras(heed_attention_plan *plan, heed__fitted *fit)
{
    fit->extra = plan->extras;
    for (const heed__extra *e = fit->entry->extras; e->name; e++) {
        if (plan->extras == HEED_EXTRAS)
            return heed__fail(HEED_E_UNSUPPORTED, "the mechanisms read more than %d arrays",
                              HEED_EXTRAS);
        plan->extra[plan->extras++] = (heed_attention_extra_info){
            e->name, e->kind, fit->entry->late_extras, fit->entry->ranges[e - fit->entry->extras]};
    }
    return HEED_OK;
}

/* Checks the record, copies it, builds what it needs and notes its arrays. */
static heed_status take_part(heed_attention_plan *plan, const heed_attention_part *part,
                             const heed__entry *entry, heed__fitted *fit)
{
    *fit = (heed__fitted){.entry = entry};
    if (part && entry->record) {
        void *copy = NULL;
        HEED_TRY(heed__arena_take(&plan->records, 1, part->size, "an attention plan", &copy));
        memcpy(copy, part, part->size);
        HEED_TRY(keep_lists(plan, entry, copy));
        fit->record = copy;
    }
    if (entry->check) HEED_TRY(entry->check(fit->record, &plan->options));
    if (entry->build)
        HEED_TRY(entry->build(&plan->records, fit->record, &plan->options, &fit->built));
    plan->uses_positions |= entry->uses_positions;
    if (entry->by_position) plan->uses_positions |= entry->by_position(fit->record);
    if (entry->uses_lengths) plan->uses_lengths = entry->name;
    HEED_TRY(add_parameters(plan, fit));
    return add_extras(plan, fit);
}

static heed_status find_part(heed_attention_plan *plan, heed__table table,
                             const heed_attention_part *part, heed__fitted *fit)
{
    const heed__entry *entry = NULL;
    HEED_TRY(heed__table_row(table, part, &entry));
    return take_part(plan, part, entry, fit);
}

static heed_status build_mask(heed_attention_plan *plan, const heed_attention_part *part, int depth,
                              heed__mask_node *node)
{
    heed__fitted fit;
    if (depth > MASK_DEPTH)
        return heed__fail(HEED_E_INVALID, "the mask's parts are nested deeper than %d; flatten it",
                          MASK_DEPTH);
    HEED_TRY(find_part(plan, HEED_TABLE_MASK, part, &fit));
    *node = (heed__mask_node){.mask = (const heed__mask *)fit.entry,
                              .record = fit.record,
                              .built = fit.built,
                              .extra = fit.extra};
    if (!node->mask->combines) return HEED_OK;
    const heed_attention_masks *masks = node->record;
    heed__mask_node *children = NULL;
    if (!masks->count || masks->count > 1024 || !masks->parts)
        return heed__fail(HEED_E_INVALID, "mask \"%s\" has %zu parts; it must have 1 to 1024",
                          node->mask->entry.name, masks->parts ? masks->count : 0);
    HEED_TRY(heed__arena_take(&plan->records, masks->count, sizeof *children, "a mask", &children));
    node->children = children;
    node->count = masks->count;
    for (size_t c = 0; c < masks->count; c++) {
        if (!masks->parts[c])
            return heed__fail(HEED_E_INVALID, "mask \"%s\": parts[%zu] is NULL; give a mask",
                              node->mask->entry.name, c);
        HEED_TRY(build_mask(plan, masks->parts[c], depth + 1, &children[c]));
    }
    return HEED_OK;
}

static void add_stage(heed_attention_plan *plan, const heed__shaper *stage, heed__fitted fit)
{
    plan->stage[plan->stages] = stage;
    plan->stage_fit[plan->stages++] = fit;
    plan->hides |= stage->cover != NULL;
    plan->sums_pairs |= stage->pairs;
    plan->reads_values |= stage->values != NULL;
    plan->weighs |= stage->weigh != NULL;
}

static heed_status take_stages(heed_attention_plan *plan)
{
    const heed_attention_options *o = &plan->options;
    if (o->stage_count > HEED_STAGES || (o->stage_count && !o->stages))
        return heed__fail(HEED_E_INVALID, "stage_count = %zu with stages %s; there may be %d",
                          o->stage_count, o->stages ? "given" : "NULL", HEED_STAGES);
    for (size_t s = 0; s < o->stage_count; s++) {
        heed__fitted fit;
        if (!o->stages[s])
            return heed__fail(HEED_E_INVALID, "stages[%zu] is NULL; give a stage", s);
        HEED_TRY(find_part(plan, HEED_TABLE_STAGE, o->stages[s], &fit));
        add_stage(plan, (const heed__shaper *)fit.entry, fit);
    }
    if (plan->normaliser->shaper) add_stage(plan, plan->normaliser->shaper, plan->normaliser_fit);
    return HEED_OK;
}

/* Which mechanisms cannot be together. */
static heed_status check_together(const heed_attention_plan *plan)
{
    int wide = plan->width != plan->options.head_size;
    if (wide && plan->position->turn)
        return heed__fail(HEED_E_UNSUPPORTED,
                          "position \"%s\" turns rows of head_size = %lld; score \"%s\" makes rows "
                          "of %lld, take a bias by distance instead",
                          plan->position->entry.name, (long long)plan->options.head_size,
                          plan->score_fit.entry->name, (long long)plan->width);
    for (int s = 0; s < plan->stages; s++) {
        if (!plan->stage[s]->reads_query || (!wide && !plan->position->turn)) continue;
        return heed__fail(
            HEED_E_UNSUPPORTED,
            "stage \"%s\" multiplies the query itself; %s \"%s\" has made another row "
            "of it, leave one of the two out",
            plan->stage_fit[s].entry->name, wide ? "score" : "position",
            wide ? plan->score_fit.entry->name : plan->position->entry.name);
    }
    return HEED_OK;
}

static heed_status take_mechanisms(heed_attention_plan *plan)
{
    const heed_attention_options *o = &plan->options;
    HEED_TRY(find_part(plan, HEED_TABLE_SCORE, o->score, &plan->score_fit));
    plan->score = (const heed__score *)plan->score_fit.entry;
    if (plan->score->like) plan->score = plan->score->like;
    plan->width = plan->score->width ? plan->score->width(o, plan->score_fit.record) : o->head_size;
    HEED_TRY(find_part(plan, HEED_TABLE_NORMALISER, o->normaliser, &plan->normaliser_fit));
    plan->normaliser = (const heed__normaliser *)plan->normaliser_fit.entry;
    if (plan->normaliser->choose)
        plan->normaliser = plan->normaliser->choose(plan->normaliser_fit.record);
    HEED_TRY(find_part(plan, HEED_TABLE_POSITION, o->position, &plan->position_fit));
    plan->position = (const heed__position *)plan->position_fit.entry;
    HEED_TRY(take_stages(plan));
    HEED_TRY(check_together(plan));
    if (!o->mask ||
        (o->mask->name && strcmp(o->mask->name, "none") == 0 && o->mask->size == sizeof *o->mask))
        return HEED_OK; /* blocks need no look then */
    plan->mask = &plan->mask_root;
    plan->hides = 1;
    return build_mask(plan, o->mask, 1, &plan->mask_root);
}

static heed_status check_strict(const heed_attention_plan *plan)
{
    if (!plan->options.strict) return HEED_OK;
    if (plan->engine->slow)
        return heed__fail(HEED_E_UNSUPPORTED,
                          "strict, and the engine would be \"%s\" (%s); leave engine NULL, or "
                          "strict 0",
                          plan->engine->name, plan->engine->help);
    if (plan->kernels->level == HEED_LEVEL_SCALAR)
        return heed__fail(HEED_E_UNSUPPORTED,
                          "strict, and the kernels of this processor are %s, without vectors; "
                          "leave strict 0",
                          heed__level_name(HEED_LEVEL_SCALAR));
    return HEED_OK;
}

static heed_status choose_engine(heed_attention_plan *plan)
{
    const char *wanted = plan->options.engine;
    char why[256] = "";
    const heed__engine *engine;
    for (size_t e = 0; (engine = heed__engine_at(e)); e++) {
        if (wanted && strcmp(wanted, engine->name) != 0) continue;
        if (engine->supports(plan, why, sizeof why)) {
            plan->engine = engine;
            return check_strict(plan);
        }
        if (wanted)
            return heed__fail(HEED_E_UNSUPPORTED,
                              "engine \"%s\" cannot: %s; leave engine NULL for one that can",
                              wanted, why);
    }
    if (wanted)
        return heed__fail(HEED_E_INVALID,
                          "there is no engine \"%s\"; leave engine NULL for the best", wanted);
    return heed__fail(HEED_E_UNSUPPORTED, "no engine can: %s", why);
}

static heed_status fill(heed_attention_plan *plan, const heed_attention_options *options,
                        const heed_attention_capacity *capacity)
{
    HEED_TRY(take_options(plan, options));
    HEED_TRY(take_capacity(plan, capacity));
    HEED_TRY(take_mechanisms(plan));
    HEED_TRY(choose_engine(plan));
    char why[64];
    plan->parts = heed__narrow_parts(plan, why, sizeof why);
    plan->options.score = plan->options.normaliser = NULL; /* the caller's: not kept */
    plan->options.mask = plan->options.position = NULL;
    plan->options.stages = NULL;
    plan->options.engine = NULL;
    return HEED_OK;
}

heed_status heed__attention_plan_create_on(heed_context *context, const heed__kernels *kernels,
                                           const heed_attention_options *options,
                                           const heed_attention_capacity *capacity,
                                           heed_attention_plan **out)
{
    heed_attention_plan *plan = NULL;
    *out = NULL;
    if (!options || !capacity)
        return heed__fail(HEED_E_INVALID, "%s is NULL; it must be given",
                          options ? "capacity" : "options");
    HEED_TRY(heed__check_struct("options", options->size, sizeof *options));
    HEED_TRY(heed__check_struct("capacity", capacity->size, sizeof *capacity));
    HEED_TRY(heed__alloc(1, sizeof *plan, "an attention plan", &plan));
    plan->context = context;
    plan->kernels = kernels;
    plan->threads = heed_context_threads(context);
    plan->thresholds = heed__thresholds_found;
    heed_status status = fill(plan, options, capacity);
    if (status != HEED_OK) heed_attention_plan_destroy(&plan);
    *out = plan;
    return status;
}

heed_status heed_attention_plan_create(heed_context *context, const heed_attention_options *options,
                                       const heed_attention_capacity *capacity,
                                       heed_attention_plan **out)
{
    return heed__attention_plan_create_on(context, heed__kernels_best(), options, capacity, out);
}

void heed_attention_plan_destroy(heed_attention_plan **plan)
{
    if (!plan || !*plan) return;
    heed__arena_free(&(*plan)->records);
    heed__free(*plan);
    *plan = NULL;
}
