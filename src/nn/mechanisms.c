/* SPDX-License-Identifier: MIT */
#include "nn/mechanisms.h"

#include "attention/plan.h"
#include "base/fail.h"
#include "nn/layers.h"

#include <stdio.h>
#include <string.h>

enum { ITEM = 256 };
_Static_assert((int)HEED_LAYER_STAGES == (int)HEED_STAGES, "as many as the operator takes");

/* The first record of a list, as text of its own; *list goes on to the comma or to the end. */
static heed_status take_item(const char **list, char item[ITEM])
{
    size_t n = heed__spec_length(*list);
    if (n >= ITEM)
        return heed__fail(HEED_E_INVALID, "\"%.40s...\": longer than %d bytes", *list, ITEM - 1);
    memcpy(item, *list, n);
    item[n] = '\0';
    *list += n;
    return HEED_OK;
}

static int is_none(const char *list)
{
    return !list || strcmp(list, "none") == 0;
}

/* specs [HEED_LAYER_STAGES] are set from the first on. */
static heed_status parse_stages(const char *list, heed_attention_spec **specs, size_t *count)
{
    char item[ITEM];
    const char *at = list;
    *count = 0;
    if (is_none(list)) return HEED_OK;
    for (;; at++) {
        if (*count == HEED_LAYER_STAGES)
            return heed__fail(HEED_E_INVALID, "\"%s\": more than %d stages", list,
                              HEED_LAYER_STAGES);
        HEED_TRY(take_item(&at, item));
        HEED_TRY(heed_attention_spec_parse("stage", item, &specs[*count]));
        ++*count;
        if (*at != ',') return HEED_OK;
    }
}

heed_status heed__mechanism_check(const char *table, const char *text)
{
    heed_attention_spec *specs[HEED_LAYER_STAGES] = {NULL};
    size_t count = 0;
    heed_status status = strcmp(table, "stage") == 0
                             ? parse_stages(text, specs, &count)
                             : heed_attention_spec_parse(table, text, &specs[0]);
    for (int i = 0; i < HEED_LAYER_STAGES; i++) heed_attention_spec_destroy(&specs[i]);
    return status;
}

void heed__mechanisms_clear(heed__mechanisms *m)
{
    heed__attender_clear(&m->attender);
    for (int i = 0; i < HEED_LAYER_SPECS; i++) heed_attention_spec_destroy(&m->specs[i]);
}

static heed_status parse(const char *table, const char *text, heed_attention_spec **spec,
                         const heed_attention_part **part)
{
    if (text) HEED_TRY(heed_attention_spec_parse(table, text, spec));
    *part = heed_attention_spec_part(*spec);
    return HEED_OK;
}

/* A causal layer's own mask and the one that was named: both must let a key be seen. */
static void add_causal(heed__mechanisms *m, heed_attention_options *o)
{
    m->causal = (heed_attention_part){sizeof m->causal, "causal"};
    m->parts[0] = &m->causal;
    m->parts[1] = o->mask;
    m->both = (heed_attention_masks){{sizeof m->both, "all"}, m->parts, 2};
    int alone = !o->mask || strcmp(o->mask->name, "none") == 0;
    o->mask = alone ? &m->causal : &m->both.part;
}

static heed_status describe(const heed__mechanism_texts *t, const heed__mechanism_use *use,
                            heed__mechanisms *m)
{
    heed_attention_options *o = &m->attender.options;
    *o = (heed_attention_options){.size = sizeof *o,
                                  .heads = use->heads,
                                  .key_heads = use->key_heads ? use->key_heads : use->heads,
                                  .head_size = use->head_size,
                                  .value_size = use->value_size,
                                  .stages = m->stages,
                                  .dropout = (double)use->dropout};
    HEED_TRY(parse("score", t->score, &m->specs[0], &o->score));
    HEED_TRY(parse("normaliser", t->normaliser, &m->specs[1], &o->normaliser));
    HEED_TRY(parse("mask", t->mask, &m->specs[2], &o->mask));
    HEED_TRY(parse("position", t->position, &m->specs[3], &o->position));
    HEED_TRY(parse_stages(t->stages, m->specs + 4, &o->stage_count));
    for (size_t s = 0; s < o->stage_count; s++)
        m->stages[s] = heed_attention_spec_part(m->specs[4 + s]);
    if (use->causal) add_causal(m, o);
    return HEED_OK;
}

/* A learned array of a plan, while its parameter is filled. */
typedef struct array {
    const heed_attention_plan *plan;
    size_t index;
} array;

static void begin(const void *user, heed__random *random, heed_real *data)
{
    const array *a = user;
    heed__plan_begin(a->plan, a->index, random, data);
}

/* Two stages of one kind have arrays of one name: the second's is numbered. */
static int earlier(const heed_attention_plan *plan, size_t index, const char *name)
{
    heed_attention_parameter p;
    int count = 0;
    for (size_t i = 0; i < index && heed_attention_plan_parameter(plan, i, &p); i++)
        count += strcmp(p.name, name) == 0;
    return count;
}

static heed_status declare_learned(heed__params *params, const char *name,
                                   const heed_attention_plan *plan, heed__mechanisms *m)
{
    heed_attention_parameter p;
    for (size_t i = 0; heed_attention_plan_parameter(plan, i, &p); i++) {
        char number[16] = "";
        array a = {plan, i};
        int before = earlier(plan, i, p.name);
        heed__param_options options = {.decay = plan->parameter[i].decays,
                                       .begin = begin,
                                       .begin_user = &a,
                                       .share = p.range == HEED_ATTENTION_SHARES,
                                       .price = p.price};
        if (before) snprintf(number, sizeof number, ".%d", before + 1);
        HEED_TRY(heed__params_add(params, p.rows, p.columns, options,
                                  &m->learned[m->learned_count++], "%s.%s%s", name, p.name,
                                  number));
    }
    return HEED_OK;
}

/* An array before it that is the same: a place among the keys is one place, so that the mask of
 * local-p goes where its Gaussian learns to go. -1 = none. */
static int twin_of(const heed__mechanisms *m, int extra)
{
    for (int i = 0; i < extra && m->range[extra] == HEED_ATTENTION_KEY_PLACES; i++)
        if (m->range[i] == HEED_ATTENTION_KEY_PLACES) return i;
    return -1;
}

/* What each query brings of its own is projected from the layer's input. */
static heed_status declare_extras(heed__params *params, const char *name, int64_t input,
                                  const heed_attention_plan *plan, heed__mechanisms *m)
{
    heed_attention_extra_info e;
    for (size_t i = 0; heed_attention_plan_extra(plan, i, &e); i++) {
        heed__param_options weight = {.init = HEED_INIT_XAVIER, .decay = 1};
        heed__param_options bias = {.init = HEED_INIT_ZERO, .vector = 1};
        int64_t heads = plan->options.heads;
        m->wants_costs |= e.backward_only;
        if (e.backward_only) continue;
        int x = m->extra_count++;
        m->range[x] = e.range;
        if (twin_of(m, x) >= 0) continue;
        HEED_TRY(heed__params_add(params, heads, input, weight, &m->weight[x], "%s.%s.weight", name,
                                  e.name));
        HEED_TRY(heed__params_add(params, 1, heads, bias, &m->bias[x], "%s.%s.bias", name, e.name));
    }
    return HEED_OK;
}

/* What a layer cannot do, by name. */
static heed_status check_use(const heed_attention_plan *plan, const char *name,
                             const heed__mechanism_use *use)
{
    heed_attention_extra_info e;
    int more = plan->parameters + plan->extras;
    if (more > HEED_ATTEND_MORE)
        return heed__fail(HEED_E_UNSUPPORTED,
                          "%s: its mechanisms have %d arrays; a model's layer takes %d, name fewer",
                          name, more, HEED_ATTEND_MORE);
    for (size_t i = 0; heed_attention_plan_extra(plan, i, &e); i++)
        if (e.kind != HEED_ATTENTION_QUERY_REALS ||
            !(e.backward_only ? use->costs : use->input != 0))
            return heed__fail(HEED_E_UNSUPPORTED,
                              "%s: \"%s\" is an array that comes with each batch, which a model "
                              "does not have; leave that mechanism to heed attend and the C API",
                              name, e.name);
    if (plan->uses_lengths && use->grows)
        return heed__fail(HEED_E_UNSUPPORTED,
                          "%s: with \"%s\" what a token sees depends on how long the text becomes, "
                          "and a decoder writes it token by token; take it in an encoder",
                          name, plan->uses_lengths);
    if (plan->uses_positions && !use->placed)
        return heed__fail(HEED_E_UNSUPPORTED,
                          "%s: \"%s\" goes by positions, and its one query has none; take another "
                          "score or normaliser",
                          name,
                          plan->score_fit.entry->uses_positions ? plan->score_fit.entry->name
                                                                : plan->normaliser->entry.name);
    return HEED_OK;
}

heed_status heed__mechanisms_create(heed__params *params, const char *name,
                                    const heed__mechanism_texts *texts,
                                    const heed__mechanism_use *use, heed__mechanisms *m)
{
    heed_attention_plan *plan = NULL;
    heed_attention_capacity one = {
        .size = sizeof one, .sequences = 1, .longest_query = 1, .longest_key = 1};
    HEED_TRY(describe(texts, use, m));
    HEED_TRY(heed_attention_plan_create(NULL, &m->attender.options, &one, &plan));
    m->uses_positions = plan->uses_positions;
    heed_status status = check_use(plan, name, use);
    if (status == HEED_OK) status = declare_learned(params, name, plan, m);
    if (status == HEED_OK) status = declare_extras(params, name, use->input, plan, m);
    heed_attention_plan_destroy(&plan);
    return status;
}

/* Held within the range that the mechanism names. */
static heed__var project(const heed__mechanisms *m, int i, const heed__pass *pass, heed__var x,
                         const heed__attend *attend)
{
    heed__linear linear = {m->weight[i], m->bias[i]};
    heed__centre centre = {attend->queries, attend->keys, attend->slots};
    heed__var y = heed__linear_apply(&linear, pass, x);
    if (m->range[i] == HEED_ATTENTION_SHARES) return heed__activate(pass, HEED_SIGMOID, y);
    if (m->range[i] == HEED_ATTENTION_ANY_NUMBERS) return y;
    return heed__tape_apply(pass->tape, &heed__op_centre, &y, 1, &centre, sizeof centre);
}

heed__var heed__mechanisms_apply(heed__mechanisms *m, const heed__pass *pass, heed__var x,
                                 const heed__var qkv[3], heed__attend attend,
                                 heed__attention_site *site)
{
    heed__var in[HEED_OP_INPUTS] = {qkv[0], qkv[1], qkv[2]};
    int count = 3;
    attend.attender = &m->attender;
    for (int i = 0; i < m->learned_count; i++)
        in[count++] = heed__tape_param(pass->tape, m->learned[i]);
    for (int i = 0; i < m->extra_count; i++) {
        int twin = twin_of(m, i);
        in[count++] = twin >= 0 ? in[3 + m->learned_count + twin] : project(m, i, pass, x, &attend);
    }
    heed__var y = heed__tape_apply(pass->tape, &heed__op_attend, in, count, &attend, sizeof attend);
    if (!site) return y;
    *site = (heed__attention_site){.attend = attend, .q = in[0], .k = in[1], .out = y};
    site->more_count = count - 3;
    for (int i = 3; i < count; i++) site->more[i - 3] = in[i];
    return y;
}
