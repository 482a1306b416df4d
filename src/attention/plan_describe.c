/* SPDX-License-Identifier: MIT */
/* What a plan costs and why it is as it is. */
#include "attention/engine.h"
#include "attention/inspect.h"
#include "attention/narrow.h"
#include "attention/say.h"
#include "attention/share.h"

#include <stdio.h>
#include <string.h>

int heed_attention_plan_parameter(const heed_attention_plan *plan, size_t index,
                                  heed_attention_parameter *out)
{
    if (index >= (size_t)plan->parameters) return 0;
    const heed__parameter *p = &plan->parameter[index];
    const heed__slot *slot = p->slot;
    heed_real price = slot->price ? slot->price(&plan->options, p->record) : 0;
    *out = (heed_attention_parameter){slot->name, p->heads, p->columns, slot->range, price};
    return 1;
}

const char *heed__plan_reading(const heed_attention_plan *plan, size_t index, heed_real number,
                               heed_real *out)
{
    const heed__parameter *p = &plan->parameter[index];
    *out = p->slot->reading ? p->slot->reading(p->record, number) : number;
    return p->slot->reads ? p->slot->reads : p->slot->name;
}

int heed_attention_plan_extra(const heed_attention_plan *plan, size_t index,
                              heed_attention_extra_info *out)
{
    if (index >= (size_t)plan->extras) return 0;
    *out = plan->extra[index];
    return 1;
}

heed_status heed_attention_plan_sizes(const heed_attention_plan *plan, heed_attention_sizes *sizes)
{
    HEED_TRY(heed__check_struct("sizes", sizes->size, sizeof *sizes));
    sizes->forward = plan->engine->workspace(plan, 0);
    sizes->backward = plan->engine->workspace(plan, 1);
    sizes->inspect = heed__inspect_workspace(plan);
    sizes->parameters = (size_t)plan->parameters;
    sizes->extras = (size_t)plan->extras;
    sizes->width = (size_t)plan->width;
    return HEED_OK;
}

/* At most so many items of a list. */
enum { MOST_ITEMS = 16 };

static void say_list(heed__writer *w, const heed__field *field, const char *place)
{
    const heed_attention_integers *integers = (const void *)place;
    const heed_attention_reals *reals = (const void *)place;
    int real = field->kind == HEED_ATTENTION_REALS;
    size_t count = real ? reals->count : integers->count;
    for (size_t i = 0; i < count && i < MOST_ITEMS; i++) {
        if (i) heed__say(w, "/");
        if (real)
            heed__say(w, "%g", (double)reals->data[i]);
        else
            heed__say(w, "%lld", (long long)integers->data[i]);
    }
    if (count > MOST_ITEMS) heed__say(w, "/... (%zu)", count);
}

/* Is the setting other than its default? */
static int is_set(const heed__field *field, const char *place)
{
    heed_real real;
    int64_t integer;
    switch (field->kind) {
    case HEED_ATTENTION_REAL:
        memcpy(&real, place, sizeof real);
        return real != 0;
    case HEED_ATTENTION_INTEGER:
        memcpy(&integer, place, sizeof integer);
        return integer != 0;
    case HEED_ATTENTION_REALS:
        return ((const heed_attention_reals *)(const void *)place)->count > 0;
    default:
        return ((const heed_attention_integers *)(const void *)place)->count > 0;
    }
}

/* "name:setting=value,setting=value" with the settings that are not left at their defaults. */
static void say_part(heed__writer *w, const heed__entry *entry, const void *record)
{
    int said = 0;
    heed__say(w, "%s", entry->name);
    for (const heed__field *f = entry->fields; record && f && f->name; f++) {
        const char *place = (const char *)record + f->offset;
        if (!is_set(f, place)) continue;
        heed__say(w, "%s%s=", said++ ? "," : ":", f->name);
        if (f->kind == HEED_ATTENTION_REAL)
            heed__say(w, "%g", (double)*(const heed_real *)(const void *)place);
        else if (f->kind == HEED_ATTENTION_INTEGER)
            heed__say(w, "%lld", (long long)*(const int64_t *)(const void *)place);
        else
            say_list(w, f, place);
    }
}

static void say_mask(heed__writer *w, const heed__mask_node *node)
{
    if (!node) {
        heed__say(w, "none");
        return;
    }
    say_part(w, &node->mask->entry, node->record);
    if (!node->count) return;
    for (size_t c = 0; c < node->count; c++) {
        heed__say(w, c ? ", " : "(");
        say_mask(w, &node->children[c]);
    }
    heed__say(w, ")");
}

static void say_mechanisms(heed__writer *w, const heed_attention_plan *plan)
{
    heed__say(w, "attention: score ");
    say_part(w, plan->score_fit.entry, plan->score_fit.record);
    heed__say(w, ", normaliser ");
    say_part(w, plan->normaliser_fit.entry, plan->normaliser_fit.record);
    heed__say(w, ", mask ");
    say_mask(w, plan->mask);
    heed__say(w, ", position ");
    say_part(w, plan->position_fit.entry, plan->position_fit.record);
    for (int s = 0; s < plan->stages; s++) {
        heed__say(w, s ? " > " : ", stages ");
        say_part(w, plan->stage_fit[s].entry, plan->stage_fit[s].record);
    }
    heed__say(w, ", dropout %g\n", plan->drop_below / 65536.0);
    for (int p = 0; p < plan->parameters; p++)
        heed__say(w, "  learned: %s [%lld, %lld]\n", plan->parameter[p].slot->name,
                  (long long)plan->parameter[p].heads, (long long)plan->parameter[p].columns);
    for (int e = 0; e < plan->extras; e++)
        heed__say(w, "  comes with the batch: %s\n", plan->extra[e].name);
}

static void say_sizes(heed__writer *w, const heed_attention_plan *plan)
{
    const heed_attention_options *o = &plan->options;
    const heed_attention_capacity *c = &plan->capacity;
    heed__say(w, "  heads %lld over %lld, sizes %lld and %lld\n", (long long)o->heads,
              (long long)o->key_heads, (long long)o->head_size, (long long)o->value_size);
    heed__say(
        w, "  up to %lld sequences, %lld query rows (longest %lld), %lld key rows (longest %lld)\n",
        (long long)c->sequences, (long long)c->query_rows, (long long)c->longest_query,
        (long long)c->key_rows, (long long)c->longest_key);
}

static void say_engine(heed__writer *w, const heed_attention_plan *plan)
{
    int64_t queries, keys;
    plan->engine->tile(plan, &queries, &keys);
    heed__say(w, "  engine %s on %s, %d threads: %s\n", plan->engine->name,
              heed__level_name(plan->kernels->level), plan->threads, plan->engine->help);
    heed__say(w, "  holds scores of %lld queries x %lld keys at a time a thread\n",
              (long long)queries, (long long)keys);
    if (plan->engine->say) plan->engine->say(plan, w);
    char why[64];
    int parts = heed__narrow_now(plan);
    if (!parts && heed__narrow_parts(plan, why, sizeof why))
        snprintf(why, sizeof why, "the plan was made at another precision");
    if (parts)
        heed__say(w, "  products of %s on AMX for sequences of %d queries and more\n",
                  parts > 1 ? "two bfloat16 to a number" : "bfloat16",
                  (int)plan->thresholds.narrow_queries);
    else if (heed_context_precision(plan->context) != HEED_PRECISION_HIGHEST)
        heed__say(w, "  products in float32: %s\n", why);
    heed__say(w, "  workspace %zu bytes forward, %zu backward, %zu to look inside\n",
              plan->engine->workspace(plan, 0) * sizeof(heed_real),
              plan->engine->workspace(plan, 1) * sizeof(heed_real),
              heed__inspect_workspace(plan) * sizeof(heed_real));
}

static heed_attention_coverage blocks_of(const heed_attention_plan *plan)
{
    heed__share share = heed__share_of(plan);
    int64_t all = share.empty + share.partial + share.full + share.unknown;
    double one = all ? 1.0 / (double)all : 0;
    return (heed_attention_coverage){.size = sizeof(heed_attention_coverage),
                                     .skipped = one * (double)share.empty,
                                     .partial = one * (double)share.partial,
                                     .full = one * (double)share.full,
                                     .unknown = one * (double)share.unknown,
                                     .sampled = share.sampled};
}

heed_status heed_attention_plan_coverage(const heed_attention_plan *plan,
                                         heed_attention_coverage *out)
{
    HEED_TRY(heed__check_struct("coverage", out->size, sizeof *out));
    *out = blocks_of(plan);
    return HEED_OK;
}

static void say_blocks(heed__writer *w, const heed_attention_plan *plan)
{
    heed_attention_coverage b = blocks_of(plan);
    if (b.skipped + b.partial + b.full + b.unknown == 0) return;
    heed__say(w,
              "  blocks at the longest lengths%s: %.1f%% empty (skipped), %.1f%% partial, "
              "%.1f%% full",
              b.sampled ? ", about" : "", 100 * b.skipped, 100 * b.partial, 100 * b.full);
    if (b.unknown > 0) heed__say(w, ", %.1f%% known only with a batch", 100 * b.unknown);
    heed__say(w, "\n");
}

size_t heed_attention_plan_describe(const heed_attention_plan *plan, char *text, size_t size)
{
    heed__writer w = {text, size, 0};
    say_mechanisms(&w, plan);
    say_sizes(&w, plan);
    say_engine(&w, plan);
    say_blocks(&w, plan);
    const heed__engine *better;
    for (size_t e = 0; (better = heed__engine_at(e)) && better != plan->engine; e++) {
        char why[256] = "";
        int can = better->supports(plan, why, sizeof why);
        heed__say(&w, "  passed over %s: %s\n", better->name, can ? "another was asked for" : why);
    }
    return w.used;
}
