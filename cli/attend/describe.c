/* SPDX-License-Identifier: MIT */
/* From options to a descriptor: mechanisms by their text form, and the shortcuts, which are text
 * forms of mechanisms in the tables too. */
#include "cli/attend/attend.h"

#include "cli/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static heed_status take_spec(attend *a, const char *table, const char *text,
                             const heed_attention_part **out)
{
    if (a->n_specs == MOST_SPECS)
        return report(HEED_E_INVALID, "more than %d mechanisms", MOST_SPECS);
    heed_status status = heed_attention_spec_parse(table, text, &a->specs[a->n_specs]);
    if (status == HEED_OK) *out = heed_attention_spec_part(a->specs[a->n_specs++]);
    return status;
}

static int there_is(const char *table, const char *name)
{
    heed_attention_entry row;
    for (size_t i = 0; heed_attention_list(i, &row); i++)
        if (strcmp(row.table, table) == 0 && strcmp(row.name, name) == 0) return 1;
    return 0;
}

/* A shortcut's mechanism must be a row of its table. */
heed_status attend_check_row(const char *flag, const char *table, const char *name)
{
    if (there_is(table, name)) return HEED_OK;
    return report(HEED_E_UNSUPPORTED,
                  "--%s: this heed has no %s \"%s\"; heed list attention shows "
                  "what there is",
                  flag, table, name);
}

/* ---- score, normaliser, position */

/* --scale into the score's own setting of that name. */
static heed_status take_score(attend *a)
{
    const char *score = options_text(a->given, "score"), *scale = options_text(a->given, "scale");
    char text[TEXT_ROOM], name[64];
    heed_attention_field field = {0};
    if (!score && !scale) return HEED_OK;
    if (!score) score = "scaled_dot";
    if (!scale) return take_spec(a, "score", score, &a->options.score);
    if (options_number(a->given, "scale") == 0)
        return report(HEED_E_INVALID, "--scale 0: scores would all be equal; give another number");
    snprintf(name, sizeof name, "%.*s", (int)strcspn(score, ":"), score);
    for (size_t i = 0; heed_attention_field_at("score", name, i, &field); i++)
        if (strcmp(field.name, "scale") == 0) break;
    if (!field.name || strcmp(field.name, "scale") != 0)
        return report(HEED_E_INVALID, "--scale: score \"%s\" has no scale", name);
    snprintf(text, sizeof text, "%s%cscale=%s", score, strchr(score, ':') ? ',' : ':', scale);
    return take_spec(a, "score", text, &a->options.score);
}

static heed_status take_normaliser(attend *a)
{
    const char *text = options_text(a->given, "normalizer");
    if (options_given(a->given, "sink")) {
        if (text && strcmp(text, "sink") != 0)
            return report(HEED_E_INVALID, "--sink is softmax with a sink; --normalizer %s has none",
                          text);
        text = "sink";
    }
    return text ? take_spec(a, "normaliser", text, &a->options.normaliser) : HEED_OK;
}

/* "10000" or "10000,interleaved". */
static heed_status take_position(attend *a)
{
    const char *text = options_text(a->given, "position"), *rope = options_text(a->given, "rope");
    char spelled[TEXT_ROOM], *end;
    if (text && rope)
        return report(HEED_E_INVALID, "--rope %s is --position rotary:base=...; give one", rope);
    if (text) return take_spec(a, "position", text, &a->options.position);
    if (!rope) return HEED_OK;
    heed_status status = attend_check_row("rope", "position", "rotary");
    if (status != HEED_OK) return status;
    double base = strtod(rope, &end);
    int interleaved = strcmp(end, ",interleaved") == 0;
    if (end == rope || (*end && !interleaved))
        return report(HEED_E_INVALID, "--rope %s: it must be BASE or BASE,interleaved", rope);
    snprintf(spelled, sizeof spelled, "rotary:base=%.17g%s", base,
             interleaved ? ",interleaved=1" : "");
    return take_spec(a, "position", spelled, &a->options.position);
}

/* ---- stages, in this order: softcap, those of --stage, bias, alibi, a floating mask */

heed_status attend_take_stage(attend *a, const char *text)
{
    if (a->options.stage_count == MOST_STAGES)
        return report(HEED_E_INVALID, "more than %d stages", MOST_STAGES);
    heed_status status = take_spec(a, "stage", text, &a->stages[a->options.stage_count]);
    if (status == HEED_OK) a->options.stage_count++;
    return status;
}

static heed_status take_stages(attend *a)
{
    const options *given = a->given;
    heed_status status = HEED_OK;
    char text[TEXT_ROOM];
    if (options_given(given, "softcap")) {
        snprintf(text, sizeof text, "softcap:cap=%s", options_text(given, "softcap"));
        status = attend_take_stage(a, text);
    }
    for (int i = 0; i < options_count(given, "stage") && status == HEED_OK; i++)
        status = attend_take_stage(a, options_nth(given, "stage", i));
    if (status == HEED_OK && options_given(given, "bias")) {
        status = attend_take_stage(a, "bias");
        if (status == HEED_OK)
            status = attend_add_extra(a, "bias.pairs", "bias", options_text(given, "bias"), NULL);
    }
    if (status == HEED_OK && options_flag(given, "alibi")) {
        status = attend_check_row("alibi", "stage", "alibi");
        if (status == HEED_OK) status = attend_take_stage(a, "alibi");
    }
    return status;
}

/* ---- the mask: all that is asked for must hold */

void attend_add_mask(attend *a, const char *text)
{
    if (a->n_mask_parts < MOST_NAMED) a->mask_parts[a->n_mask_parts++] = text;
}

static heed_status take_window(attend *a, char text[TEXT_ROOM])
{
    const char *window = options_text(a->given, "window");
    long long left, right;
    char more;
    if (!window) return HEED_OK;
    heed_status status = attend_check_row("window", "mask", "window");
    if (status != HEED_OK) return status;
    if (sscanf(window, "%lld,%lld%c", &left, &right, &more) != 2 || left < -1 || right < -1)
        return report(HEED_E_INVALID,
                      "--window %s: it must be LEFT,RIGHT, each 0 or more, or -1 for open", window);
    snprintf(text, TEXT_ROOM, "window:left=%lld,right=%lld", left, right);
    attend_add_mask(a, text);
    return HEED_OK;
}

/* The same numbers for both sides where they have as many rows; else those of the keys. */
static heed_status take_documents(attend *a)
{
    const char *path = options_text(a->given, "documents");
    heed_array *ids;
    if (!path) return HEED_OK;
    heed_status status = attend_check_row("documents", "mask", "documents");
    if (status == HEED_OK) status = attend_read(a, path, HEED_ARRAY_INT64, &ids);
    if (status != HEED_OK) return status;
    attend_add_mask(a, "documents");
    if (a->queries == a->keys)
        status = attend_add_extra(a, "documents.query_ids", "documents", path, ids);
    return status == HEED_OK ? attend_add_extra(a, "documents.key_ids", "documents", path, ids)
                             : status;
}

static heed_status take_mask(attend *a)
{
    char window[TEXT_ROOM], all[TEXT_ROOM] = "all(";
    if (options_flag(a->given, "causal")) attend_add_mask(a, "causal");
    heed_status status = take_window(a, window);
    if (status == HEED_OK) status = take_documents(a);
    if (status != HEED_OK) return status;
    for (int i = 0; i < options_count(a->given, "mask-pattern"); i++)
        attend_add_mask(a, options_nth(a->given, "mask-pattern", i));
    status = attend_take_mask(a);
    if (status != HEED_OK || !a->n_mask_parts) return status;
    if (a->n_mask_parts == 1) return take_spec(a, "mask", a->mask_parts[0], &a->options.mask);
    for (int i = 0; i < a->n_mask_parts; i++) {
        size_t used = strlen(all);
        if (used + strlen(a->mask_parts[i]) + 3 > sizeof all)
            return report(HEED_E_INVALID, "--mask-pattern: the masks together are too long");
        snprintf(all + used, sizeof all - used, "%s%s", i ? "," : "", a->mask_parts[i]);
    }
    strcat(all, ")");
    return take_spec(a, "mask", all, &a->options.mask);
}

heed_status attend_describe(attend *a)
{
    heed_attention_options *o = &a->options;
    *o = (heed_attention_options){.size = sizeof *o,
                                  .heads = a->heads,
                                  .key_heads = a->key_heads,
                                  .head_size = a->head_size,
                                  .value_size = a->value_size,
                                  .stages = a->stages,
                                  .dropout = options_number(a->given, "dropout"),
                                  .engine = options_text(a->given, "engine"),
                                  .strict = options_flag(a->given, "strict")};
    heed_status status = take_score(a);
    if (status == HEED_OK) status = take_normaliser(a);
    if (status == HEED_OK) status = take_position(a);
    if (status == HEED_OK) status = take_stages(a);
    if (status == HEED_OK) status = take_mask(a); /* may add a stage: a floating mask */
    return status;
}
