/* SPDX-License-Identifier: MIT */
/*
 * Records from text: NAME, or NAME:SETTING=VALUE,SETTING=VALUE with lists joined by "/", or for
 * masks all(MASK,MASK) and any(MASK,MASK). The fields of each row say where a value goes.
 */
#include "attention/tables.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/number.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH = 16, NAME_LENGTH = 64 };

struct heed_attention_spec {
    heed__arena arena; /* all of it */
    heed_attention_part *part;
};

typedef struct text {
    const char *at;    /* what is left */
    const char *whole; /* for messages */
    heed__table table;
    heed__arena *arena;
} text;

static heed_status wrong(const text *x, const char *what)
{
    return heed__fail(HEED_E_INVALID,
                      "\"%s\": %s at \"%s\"; write name or name:setting=value,setting=value, lists "
                      "as 1/2/3%s",
                      x->whole, what, x->at,
                      x->table == HEED_TABLE_MASK ? ", masks also as all(...) and any(...)" : "");
}

static heed_status take_name(text *x, const char *ends, char name[NAME_LENGTH])
{
    size_t n = strcspn(x->at, ends);
    if (!n || n >= NAME_LENGTH) return wrong(x, "a name is missing");
    memcpy(name, x->at, n);
    name[n] = '\0';
    x->at += n;
    return HEED_OK;
}

static heed_status unknown_field(const text *x, const heed__entry *row, const char *name)
{
    char names[512] = "none";
    size_t used = 0;
    for (const heed__field *f = row->fields; f && f->name && used < sizeof names; f++)
        used +=
            (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", f->name);
    return heed__fail(HEED_E_INVALID, "\"%s\": %s \"%s\" has no setting \"%s\"; it has: %s",
                      x->whole, heed__table_name(x->table), row->name, name, names);
}

static heed_status take_number(text *x, const heed__field *field, double *real, int64_t *integer)
{
    static const double far = 9007199254740992.0; /* whole numbers are exact up to there */
    int whole = field->kind == HEED_ATTENTION_INTEGER || field->kind == HEED_ATTENTION_INTEGERS;
    size_t n = strcspn(x->at, ",/()");
    int good = heed__number_parse(x->at, n, real);
    if (good && whole) good = *real >= -far && *real <= far && (double)(int64_t)*real == *real;
    if (!good)
        return heed__fail(HEED_E_INVALID, "\"%s\": %s = %.*s; it must be a %s (%s)", x->whole,
                          field->name, (int)(n < 64 ? n : 64), x->at,
                          whole ? "whole number" : "number", field->help);
    if (whole) *integer = (int64_t)*real;
    x->at += n;
    return HEED_OK;
}

static size_t items_ahead(const text *x)
{
    size_t count = 1;
    for (const char *c = x->at; *c && !strchr(",()", *c); c++) count += *c == '/';
    return count;
}

static heed_status take_list(text *x, const heed__field *field, char *place)
{
    int reals = field->kind == HEED_ATTENTION_REALS;
    size_t count = items_ahead(x);
    void *data = NULL;
    HEED_TRY(heed__arena_take(x->arena, count, reals ? sizeof(heed_real) : sizeof(int64_t),
                              "a list of settings", &data));
    for (size_t i = 0; i < count; i++) {
        double real = 0;
        int64_t integer = 0;
        x->at += i > 0; /* the "/" */
        HEED_TRY(take_number(x, field, &real, &integer));
        if (reals)
            ((heed_real *)data)[i] = (heed_real)real;
        else
            ((int64_t *)data)[i] = integer;
    }
    if (reals)
        memcpy(place, &(heed_attention_reals){data, count}, sizeof(heed_attention_reals));
    else
        memcpy(place, &(heed_attention_integers){data, count}, sizeof(heed_attention_integers));
    return HEED_OK;
}

static heed_status take_value(text *x, const heed__field *field, char *record)
{
    double real = 0;
    int64_t integer = 0;
    char *place = record + field->offset;
    if (field->kind == HEED_ATTENTION_REALS || field->kind == HEED_ATTENTION_INTEGERS)
        return take_list(x, field, place);
    HEED_TRY(take_number(x, field, &real, &integer));
    if (field->kind == HEED_ATTENTION_REAL)
        memcpy(place, &(heed_real){(heed_real)real}, sizeof(heed_real));
    else
        memcpy(place, &integer, sizeof integer);
    return HEED_OK;
}

/* Behind a comma: one more setting of a record, or the next of several records? */
static int is_setting(const char *at)
{
    return at[strcspn(at, ":=,()")] == '=';
}

static heed_status take_fields(text *x, const heed__entry *row, char *record)
{
    do {
        char name[NAME_LENGTH];
        const heed__field *field = row->fields;
        x->at++; /* ":" or "," */
        HEED_TRY(take_name(x, "=,()", name));
        while (field && field->name && strcmp(field->name, name) != 0) field++;
        if (!field || !field->name) return unknown_field(x, row, name);
        if (*x->at != '=') return wrong(x, "a value is missing");
        x->at++;
        HEED_TRY(take_value(x, field, record));
    } while (*x->at == ',' && is_setting(x->at + 1));
    return HEED_OK;
}

static heed_status take_part(text *x, int depth, heed_attention_part **out);

static heed_status take_parts(text *x, int depth, heed_attention_masks *masks)
{
    const heed_attention_part **parts = NULL;
    size_t commas = 0;
    for (const char *c = x->at; *c; c++) commas += *c == ',';
    HEED_TRY(heed__arena_take(x->arena, commas + 1, sizeof *parts, "a mask", &parts));
    masks->parts = parts;
    do {
        heed_attention_part *part = NULL;
        x->at++; /* "(" or "," */
        HEED_TRY(take_part(x, depth + 1, &part));
        parts[masks->count++] = part;
    } while (*x->at == ',');
    if (*x->at != ')') return wrong(x, "\")\" is missing");
    x->at++;
    return HEED_OK;
}

static heed_status take_part(text *x, int depth, heed_attention_part **out)
{
    char name[NAME_LENGTH];
    const heed__entry *row = NULL;
    if (depth > DEPTH) return wrong(x, "nested too deep");
    HEED_TRY(take_name(x, ":,()", name));
    HEED_TRY(heed__table_find(x->table, name, &row));
    size_t size = row->record ? row->record : sizeof **out;
    HEED_TRY(heed__arena_take(x->arena, 1, size, "a mechanism's settings", out));
    **out = (heed_attention_part){size, row->name};
    if (*x->at == ':') HEED_TRY(take_fields(x, row, (char *)*out));
    if (*x->at != '(') return HEED_OK;
    if (x->table != HEED_TABLE_MASK || !((const heed__mask *)row)->combines)
        return wrong(x, "only the masks all and any have parts");
    return take_parts(x, depth, (heed_attention_masks *)*out);
}

size_t heed__spec_length(const char *list)
{
    int depth = 0;
    size_t n = 0;
    for (; list[n]; n++) {
        depth += (list[n] == '(') - (list[n] == ')');
        if (list[n] == ',' && depth <= 0 && !is_setting(list + n + 1)) break;
    }
    return n;
}

static heed_status find_table(const char *name, heed__table *out)
{
    for (*out = 0; *out < HEED_TABLES; (*out)++)
        if (strcmp(heed__table_name(*out), name) == 0) return HEED_OK;
    return heed__fail(
        HEED_E_INVALID,
        "there is no table \"%s\"; there are score, normaliser, mask, position, stage", name);
}

heed_status heed_attention_spec_parse(const char *table, const char *string,
                                      heed_attention_spec **out)
{
    heed_attention_spec *spec = NULL;
    text x = {.at = string, .whole = string};
    *out = NULL;
    HEED_TRY(find_table(table, &x.table));
    HEED_TRY(heed__alloc(1, sizeof *spec, "a mechanism's settings", &spec));
    x.arena = &spec->arena;
    heed_status status = take_part(&x, 0, &spec->part);
    if (status == HEED_OK && *x.at) status = wrong(&x, "something is left");
    if (status != HEED_OK) heed_attention_spec_destroy(&spec);
    *out = spec;
    return status;
}

const heed_attention_part *heed_attention_spec_part(const heed_attention_spec *spec)
{
    return spec ? spec->part : NULL;
}

void heed_attention_spec_destroy(heed_attention_spec **spec)
{
    if (!spec || !*spec) return;
    heed__arena_free(&(*spec)->arena);
    heed__free(*spec);
    *spec = NULL;
}
