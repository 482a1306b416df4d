/* SPDX-License-Identifier: MIT */
/* What a plan costs and why it is as it is. */
#include "attention/engine.h"
#include "attention/inspect.h"
#include "base/fail.h"

#include <stdarg.h>
#include <stdio.h>

int heed_attention_plan_parameter(const heed_attention_plan *plan, size_t index,
                                  heed_attention_parameter *out)
{
    if (index >= (size_t)plan->parameters) return 0;
    const heed__parameter *p = &plan->parameter[index];
    *out = (heed_attention_parameter){p->slot->name, p->heads, p->columns};
    return 1;
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
    return HEED_OK;
}

typedef struct writer {
    char *text;
    size_t size, used;
} writer;

static void say(writer *w, const char *format, ...) HEED_PRINTF(2, 3);

static void say(writer *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t left = w->used < w->size ? w->size - w->used : 0;
    int n = vsnprintf(left ? w->text + w->used : NULL, left, format, arguments);
    va_end(arguments);
    if (n > 0) w->used += (size_t)n;
}

static void say_mask(writer *w, const heed__mask_node *node)
{
    if (!node) {
        say(w, "none");
        return;
    }
    say(w, "%s", node->mask->entry.name);
    if (!node->count) return;
    for (size_t c = 0; c < node->count; c++) {
        say(w, c ? ", " : "(");
        say_mask(w, &node->children[c]);
    }
    say(w, ")");
}

size_t heed_attention_plan_describe(const heed_attention_plan *plan, char *text, size_t size)
{
    writer w = {text, size, 0};
    const heed_attention_options *o = &plan->options;
    const heed_attention_capacity *c = &plan->capacity;
    say(&w, "attention: score %s, normaliser %s, mask ", plan->score->entry.name,
        plan->normaliser->entry.name);
    say_mask(&w, plan->mask);
    say(&w, ", position %s", plan->position->entry.name);
    for (int s = 0; s < plan->stages; s++)
        say(&w, "%s%s", s ? " > " : ", stages ", plan->stage_fit[s].entry->name);
    say(&w, ", dropout %g\n", plan->drop_below / 65536.0);
    say(&w, "  heads %lld over %lld, sizes %lld and %lld\n", (long long)o->heads,
        (long long)o->key_heads, (long long)o->head_size, (long long)o->value_size);
    say(&w,
        "  up to %lld sequences, %lld query rows (longest %lld), %lld key rows (longest %lld)\n",
        (long long)c->sequences, (long long)c->query_rows, (long long)c->longest_query,
        (long long)c->key_rows, (long long)c->longest_key);
    say(&w, "  engine %s on %s, %d threads: %s\n", plan->engine->name,
        heed__level_name(plan->kernels->level), plan->threads, plan->engine->help);
    say(&w, "  workspace %zu bytes forward, %zu backward\n",
        plan->engine->workspace(plan, 0) * sizeof(heed_real),
        plan->engine->workspace(plan, 1) * sizeof(heed_real));
    const heed__engine *better;
    for (size_t e = 0; (better = heed__engine_at(e)) && better != plan->engine; e++) {
        char why[256] = "";
        int can = better->supports(plan, why, sizeof why);
        say(&w, "  passed over %s: %s\n", better->name, can ? "another was asked for" : why);
    }
    return w.used;
}
