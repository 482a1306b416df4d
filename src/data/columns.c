/* SPDX-License-Identifier: MIT */
#include "data/columns.h"

#include "base/fail.h"
#include "base/parallel.h"
#include "data/guess.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void heed__columns_free(heed__columns *columns)
{
    heed__arena_free(&columns->arena);
    *columns = (heed__columns){0};
}

const heed_field *heed__columns_field(const heed__columns *columns, const heed__format *format,
                                      const heed_field *fields, int n, int column)
{
    if (!format->named) return column < n ? &fields[column] : NULL;
    heed_text name = columns->names[column];
    for (int i = 0; i < n; i++)
        if (fields[i].name.size == name.size &&
            !memcmp(fields[i].name.bytes, name.bytes, name.size))
            return &fields[i];
    return NULL;
}

static heed_status copy_text(heed__arena *arena, heed_text text, heed_text *out)
{
    out->size = text.size;
    return heed__arena_text(arena, text.bytes, text.size, &out->bytes);
}

static heed_status names_fixed(const heed__format *format, heed__columns *out)
{
    while (format->fixed[out->n]) out->n++;
    HEED_TRY(heed__arena_take(&out->arena, (size_t)out->n, sizeof *out->names, "column names",
                              &out->names));
    for (int i = 0; i < out->n; i++)
        out->names[i] = (heed_text){format->fixed[i], strlen(format->fixed[i])};
    return HEED_OK;
}

/* The names of all keys met in the sample. */
static heed_status names_of_keys(const heed__sample *sample, heed__columns *out)
{
    enum { MOST = 1024 };
    HEED_TRY(heed__arena_take(&out->arena, MOST, sizeof *out->names, "column names", &out->names));
    for (int64_t row = 0; row < sample->n; row++)
        for (int i = 0; i < sample->rows[row].n && out->n < MOST; i++) {
            heed_text name = sample->rows[row].fields[i].name;
            int at = 0;
            while (at < out->n && heed__text_compare(out->names[at], name) != 0) at++;
            if (at == out->n) HEED_TRY(copy_text(&out->arena, name, &out->names[out->n++]));
        }
    return HEED_OK;
}

/* The header's names, or numbers from 1. */
static heed_status names_of_columns(const heed__sample *sample, heed__columns *out)
{
    HEED_TRY(heed__arena_take(&out->arena, (size_t)out->n, sizeof *out->names, "column names",
                              &out->names));
    const heed__sample_row *first = heed__guess_first(sample);
    for (int i = 0; i < out->n; i++) {
        char number[16];
        heed_text name = {number, (size_t)snprintf(number, sizeof number, "%d", i + 1)};
        if (out->has_header) name = first->fields[i].value;
        HEED_TRY(copy_text(&out->arena, name, &out->names[i]));
    }
    return HEED_OK;
}

static heed_status fail_no_column(const heed__sample *sample, const heed__columns *c,
                                  heed_text wanted)
{
    char list[512] = "";
    size_t used = 0;
    for (int i = 0; i < c->n && used + 4 < sizeof list; i++) {
        int wrote =
            snprintf(list + used, sizeof list - used, "%s%.60s", i ? ", " : "", c->names[i].bytes);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
    return heed__fail(HEED_E_INVALID, "%s: has no column '%.*s'; its %s: %s", sample->name,
                      (int)wanted.size, wanted.bytes,
                      c->has_header || sample->format->named
                          ? "columns are"
                          : "columns have no names, only numbers",
                      list);
}

static int column_called(const heed__columns *c, heed_text wanted)
{
    for (int i = 0; i < c->n; i++)
        if (heed__text_compare(c->names[i], wanted) == 0) return i;
    int number = heed__guess_column_number(wanted);
    return number >= 1 && number <= c->n ? number - 1 : -1;
}

/* Finds the columns of a list such as "subject,body". *found is their number: none when one is not
 * there and they are hints. */
static heed_status resolve(const heed__sample *sample, const heed__columns *c, const char *list,
                           int hints, int *columns, int *found)
{
    int n = 0;
    *found = 0;
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        heed_text wanted = {at, strcspn(at, ",")};
        int column = column_called(c, wanted);
        if (column < 0 && hints) return HEED_OK;
        if (column < 0) return fail_no_column(sample, c, wanted);
        for (int i = 0; i < n; i++)
            if (columns[i] == column)
                return heed__fail(HEED_E_INVALID, "column '%.*s' is named twice; name it once",
                                  (int)wanted.size, wanted.bytes);
        if (n == HEED_MOST_COLUMNS)
            return heed__fail(HEED_E_INVALID, "more than %d columns are named", HEED_MOST_COLUMNS);
        columns[n++] = column;
    }
    *found = n;
    return HEED_OK;
}

/* Names from a model's metadata, rows without a header, as many columns as names: in that order. */
static int take_in_order(const heed__columns *c, const heed_read_options *options, int *columns)
{
    int wanted = heed__guess_list_length(options->text);
    if (!options->columns_are_hints || options->labelled != HEED_UNLABELLED || c->has_header ||
        wanted < 2 || wanted != c->n)
        return 0;
    for (int i = 0; i < wanted; i++) columns[i] = i;
    return wanted;
}

/* One line on what was guessed, and why. */
static void say_choice(heed_context *context, const heed__sample *sample, const heed__columns *c,
                       const char *text_why, const char *label_why)
{
    char text[160] = "", label[160] = "";
    const char *header = "";
    if (sample->format->columns)
        header = c->has_header ? ", the first line is a header" : ", no header";
    if (sample->format->words && !sample->format->named)
        header = ", the first column the words, the last their tags";
    if (text_why)
        snprintf(text, sizeof text, "; text is column %.60s (%s)", c->names[c->text[0]].bytes,
                 text_why);
    if (label_why)
        snprintf(label, sizeof label, "; label is column %.60s (%s)", c->names[c->label[0]].bytes,
                 label_why);
    heed__log(context, HEED_LOG_INFO, "%s: read as %s%s%s%s%s", sample->name, sample->format->name,
              sample->format->id == HEED_FORMAT_RUNNING ? " text" : "", header, text, label);
}

static heed_status refuse_overlap(const heed__sample *sample, const heed__columns *c)
{
    for (int i = 0; i < c->n_text; i++)
        for (int j = 0; j < c->n_label; j++)
            if (c->text[i] == c->label[j])
                return heed__fail(HEED_E_INVALID,
                                  "%s: column '%s' is both text and label; name another with "
                                  "--text or --label",
                                  sample->name, c->names[c->text[i]].bytes);
    return HEED_OK;
}

/* Words: the first column is the text, the last its tags; where columns have names, all others are
 * outputs. */
static void take_words(const heed__format *format, int labelled, heed__columns *c)
{
    if (!c->n_text) c->text[c->n_text++] = 0;
    if (c->n_label || !labelled) return;
    for (int i = format->named ? 1 : c->n - 1; i < c->n; i++)
        if (i != c->text[0]) c->label[c->n_label++] = i;
}

/* What was not named: texts and labels, or the two sides of pairs. */
static heed_status guess_rest(const heed__sample *sample, const heed_read_options *options,
                              heed__columns *c, const char **text_why, char *label_why,
                              size_t label_size)
{
    int labelled = options->labelled == HEED_LABELLED && options->kind != HEED_READ_LANGUAGE;
    int had_text = c->n_text > 0, had_label = c->n_label > 0;
    if (options->kind == HEED_READ_PAIRS && labelled && !(had_text && had_label)) {
        const char *why;
        HEED_TRY(heed__guess_pairs(sample, c, &why));
        if (!had_text) *text_why = why;
        if (!had_label) snprintf(label_why, label_size, "%s", why);
        return HEED_OK;
    }
    if (sample->format->words) {
        take_words(sample->format, labelled, c);
    } else if (!had_text && sample->format->id == HEED_FORMAT_RUNNING) {
        c->n_text = 1; /* the only one */
    } else if (!had_text) {
        HEED_TRY(heed__guess_text(sample, c, &c->text[0], text_why));
        c->n_text = 1;
    }
    if (!had_label && labelled && !sample->format->words) {
        HEED_TRY(heed__guess_label(sample, c, &c->label[0], label_why, label_size));
        c->n_label = 1;
    }
    return HEED_OK;
}

static heed_status choose(heed_context *context, const heed__sample *sample,
                          const heed_read_options *options, heed__columns *c)
{
    int hints = options->columns_are_hints;
    int labelled = options->labelled == HEED_LABELLED && options->kind != HEED_READ_LANGUAGE;
    const char *text_why = NULL;
    char label_why[80] = "";
    if (options->text) HEED_TRY(resolve(sample, c, options->text, hints, c->text, &c->n_text));
    if (options->label && labelled)
        HEED_TRY(resolve(sample, c, options->label, hints, c->label, &c->n_label));
    if (options->kind == HEED_READ_PAIRS && c->n_label > 1)
        return heed__fail(HEED_E_INVALID, "%s: %d columns are named as target (%s); name one",
                          sample->name, c->n_label, options->label);
    if (!c->n_text) c->n_text = take_in_order(c, options, c->text);
    HEED_TRY(guess_rest(sample, options, c, &text_why, label_why, sizeof label_why));
    HEED_TRY(refuse_overlap(sample, c));
    for (int i = 0; i < c->n_label; i++) c->tags[i] = heed__guess_are_tags(sample, c, c->label[i]);
    if (labelled || sample->format->id != HEED_FORMAT_LINES)
        say_choice(context, sample, c, text_why, *label_why ? label_why : NULL);
    return HEED_OK;
}

heed_status heed__columns_choose(heed_context *context, const heed__sample *sample,
                                 const heed_read_options *options, heed__columns *out)
{
    *out = (heed__columns){0};
    heed_status status = HEED_OK;
    if (sample->format->fixed) {
        status = names_fixed(sample->format, out);
    } else if (sample->format->named) {
        status = names_of_keys(sample, out);
    } else {
        out->n = heed__guess_width(sample);
        if (!sample->format->words)
            status = heed__guess_header(sample, out->n, options, &out->has_header);
        if (status == HEED_OK) status = names_of_columns(sample, out);
    }
    if (status == HEED_OK) status = choose(context, sample, options, out);
    if (status != HEED_OK) heed__columns_free(out);
    return status;
}
