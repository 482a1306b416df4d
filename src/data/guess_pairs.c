/* SPDX-License-Identifier: MIT */
/* Which two columns are a text and its translation. */
#include "base/fail.h"
#include "base/number.h"
#include "data/guess.h"
#include "data/utf8.h"

#include <string.h>

/* What the two columns are mostly called. Of those there are, the first is taken. */
static const char *const source_names[] = {"source",   "src",      "source_text", "input",
                                           "question", "document", "article",     "text",
                                           "sentence", "原文",     "源文"};
static const char *const target_names[] = {"target",      "tgt",        "trg",    "target_text",
                                           "translation", "reference",  "output", "answer",
                                           "summary",     "highlights", "label",  "译文"};
static const char *const languages[] = {
    "ar",      "cmn",    "cs",         "da",       "de",      "deu",       "el",      "en",
    "eng",     "es",     "et",         "fa",       "fi",      "fr",        "fra",     "hi",
    "hu",      "id",     "it",         "ja",       "jpn",     "ko",        "lt",      "lv",
    "nl",      "pl",     "pt",         "ro",       "ru",      "sv",        "tr",      "uk",
    "vi",      "zh",     "arabic",     "chinese",  "czech",   "danish",    "dutch",   "english",
    "finnish", "french", "german",     "greek",    "hindi",   "hungarian", "italian", "japanese",
    "korean",  "polish", "portuguese", "romanian", "russian", "spanish",   "swedish", "turkish",
    "中文",    "英文",   "法文",       "德文",     "英语",    "法语",      "德语"};
enum {
    SOURCE_NAMES = sizeof source_names / sizeof *source_names,
    TARGET_NAMES = sizeof target_names / sizeof *target_names,
    LANGUAGES = sizeof languages / sizeof *languages
};

/* The first of the names that a column has; -1 when there is none. */
static int column_named(const heed_text *names, int n, const char *const *known, int n_known,
                        int other)
{
    for (int k = 0; k < n_known; k++)
        for (int i = 0; i < n; i++)
            if (i != other && heed__guess_is_name(names[i], &known[k], 1)) return i;
    return -1;
}

static int find_by_names(const heed_text *names, int n, int *source, int *target)
{
    *source = column_named(names, n, source_names, SOURCE_NAMES, -1);
    *target = column_named(names, n, target_names, TARGET_NAMES, *source);
    if (*source >= 0 && *target >= 0) return 1;
    int found[2], count = 0;
    for (int i = 0; i < n && count < 2; i++)
        if (heed__guess_is_name(names[i], languages, LANGUAGES)) found[count++] = i;
    if (count < 2) return 0;
    *source = found[0];
    *target = found[1];
    return 1;
}

int heed__guess_pairs_header(const heed__sample_row *first)
{
    enum { MOST = 64 };
    heed_text names[MOST];
    int source, target;
    if (!first || first->n > MOST) return 0;
    for (int i = 0; i < first->n; i++) names[i] = first->fields[i].value;
    return find_by_names(names, first->n, &source, &target);
}

/* Nonzero when a column holds text in a row of the sample: neither numbers nor JSON values only. */
static int holds_text(const heed__sample *sample, const heed__columns *columns, int column)
{
    const heed__sample_row *header = columns->has_header ? heed__guess_first(sample) : NULL;
    double number;
    for (int64_t i = 0; i < sample->n; i++) {
        const heed__sample_row *row = &sample->rows[i];
        if (row->kind != HEED_ROW_GOOD || row == header) continue;
        const heed_field *f =
            heed__columns_field(columns, sample->format, row->fields, row->n, column);
        if (f && !f->is_json && !heed__utf8_blank(f->value.bytes, f->value.size) &&
            !heed__number_parse(f->value.bytes, f->value.size, &number))
            return 1;
    }
    return 0;
}

heed_status heed__guess_pairs(const heed__sample *sample, heed__columns *columns, const char **why)
{
    int source = columns->n_text ? columns->text[0] : -1;
    int target = columns->n_label ? columns->label[0] : -1;
    int by_names[2];
    if (sample->format->fixed)
        return heed__fail(HEED_E_DATA,
                          "%s: is read as %s, which has no two columns of text; give two columns "
                          "with a tab between, or two files of lines (in training --source and "
                          "--target)",
                          sample->name, sample->format->name);
    *why = "the first columns of text";
    if (find_by_names(columns->names, columns->n, &by_names[0], &by_names[1]) &&
        (source < 0 || source != by_names[1]) && (target < 0 || target != by_names[0])) {
        if (source < 0) source = by_names[0];
        if (target < 0) target = by_names[1];
        *why = "by the columns' names";
    }
    for (int text_only = 1; text_only >= 0; text_only--)
        for (int i = 0; i < columns->n && (source < 0 || target < 0); i++) {
            if (i == source || i == target) continue;
            if (text_only && !holds_text(sample, columns, i)) continue;
            if (source < 0)
                source = i;
            else
                target = i;
        }
    if ((source < 0 || target < 0) && sample->format->named)
        return heed__fail(HEED_E_DATA,
                          "%s: the objects have one key; write both texts as strings, {\"source\": "
                          "\"...\", \"target\": \"...\"}",
                          sample->name);
    if (source < 0 || target < 0)
        return heed__fail(HEED_E_DATA,
                          "%s: has one column; pairs need two, with a tab between, or a second "
                          "file of lines (--target)",
                          sample->name);
    if (!columns->n_text) columns->text[columns->n_text++] = source;
    if (!columns->n_label) columns->label[columns->n_label++] = target;
    return HEED_OK;
}
