/* SPDX-License-Identifier: MIT */
#include "data/guess.h"

#include "base/fail.h"
#include "base/number.h"
#include "data/json_lists.h"
#include "data/tags.h"
#include "data/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What columns of text and labels are mostly called, in English and Chinese. */
static const char *const text_names[] = {"text",     "sentence", "review",    "body",     "content",
                                         "message",  "comment",  "tweet",     "document", "email",
                                         "question", "query",    "utterance", "文本",     "内容",
                                         "正文",     "评论",     "句子"};
static const char *const label_names[] = {
    "label",  "labels",   "class",    "category", "sentiment", "target", "topic",
    "intent", "polarity", "rating",   "score",    "stars",     "tag",    "tags",
    "slots",  "ner_tags", "pos_tags", "标签",     "类别",      "分类",   "情感"};
static const char *const word_names[] = {"words", "tokens"}; /* of texts that are lists */
enum {
    WORD_NAMES = sizeof word_names / sizeof *word_names,
    TEXT_NAMES = sizeof text_names / sizeof *text_names,
    LABEL_NAMES = sizeof label_names / sizeof *label_names,
    LONGEST_NAME = 64,  /* bytes of a header's field */
    LONGEST_LABEL = 64, /* mean bytes of a label column */
    MOST_LABELS = 1000
};

int heed__guess_is_name(heed_text name, const char *const *names, int n)
{
    for (int i = 0; i < n; i++) {
        size_t at = 0, size = strlen(names[i]);
        if (size != name.size) continue;
        while (at < size && (name.bytes[at] |
                             (name.bytes[at] < 'a' && name.bytes[at] >= 'A' && name.bytes[at] <= 'Z'
                                  ? 0x20
                                  : 0)) == names[i][at])
            at++;
        if (at == size) return 1;
    }
    return 0;
}

int heed__guess_column_number(heed_text text)
{
    int number = 0;
    if (!text.size || text.size > 6) return 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9') return 0;
        number = number * 10 + (text.bytes[i] - '0');
    }
    return number;
}

int heed__guess_list_length(const char *list)
{
    int n = list ? 1 : 0;
    for (; list && *list; list++) n += *list == ',';
    return n;
}

const heed__sample_row *heed__guess_first(const heed__sample *sample)
{
    for (int64_t i = 0; i < sample->n; i++)
        if (sample->rows[i].kind == HEED_ROW_GOOD) return &sample->rows[i];
    return NULL;
}

int heed__guess_width(const heed__sample *sample)
{
    enum { MOST = 1024 };
    int64_t with[MOST] = {0};
    const heed__sample_row *first = heed__guess_first(sample);
    int best = first && first->n < MOST ? first->n : 1;
    for (int64_t i = 0; i < sample->n; i++)
        if (sample->rows[i].kind == HEED_ROW_GOOD)
            with[sample->rows[i].n < MOST ? sample->rows[i].n : MOST - 1]++;
    for (int i = 1; i < MOST; i++)
        if (with[i] > with[best]) best = i;
    return best;
}

/* What the values of a column look like. */
typedef struct column_stats {
    int64_t rows, blank, bytes, distinct, once; /* once: values that stand in one row only */
    int64_t numbers, fractions;
    int first_recurs; /* the first row's value stands in a later row too */
} column_stats;

typedef struct counted {
    heed__strings values;
    int64_t *counts;
    size_t room;
} counted;

static heed_status count_value(counted *c, column_stats *s, heed_text value)
{
    int64_t at, before = c->values.n;
    HEED_TRY(heed__strings_add(&c->values, value.bytes, value.size, &at));
    HEED_TRY(heed__grow(&c->counts, &c->room, (size_t)at + 1, sizeof *c->counts, "counts"));
    if (at == before) c->counts[at] = 0;
    s->once += c->counts[at] == 0 ? 1 : c->counts[at] == 1 ? -1 : 0;
    c->counts[at]++;
    s->distinct = c->values.n;
    double number;
    if (heed__number_parse(value.bytes, value.size, &number)) {
        s->numbers++;
        s->fractions += number != trunc(number);
    }
    return HEED_OK;
}

/* Over all good rows, but for the first when it is (or might be) a header. */
static heed_status look_at(const heed__sample *sample, const heed__columns *columns, int column,
                           int skip_first, column_stats *s)
{
    *s = (column_stats){0};
    counted c = {0};
    heed_status status = HEED_OK;
    const heed__sample_row *first = heed__guess_first(sample);
    for (int64_t i = 0; i < sample->n && status == HEED_OK; i++) {
        const heed__sample_row *row = &sample->rows[i];
        if (row->kind != HEED_ROW_GOOD || (skip_first && row == first)) continue;
        const heed_field *f =
            heed__columns_field(columns, sample->format, row->fields, row->n, column);
        s->rows++;
        if (!f || heed__utf8_blank(f->value.bytes, f->value.size)) {
            s->blank++;
            continue;
        }
        s->bytes += (int64_t)f->value.size;
        status = count_value(&c, s, f->value);
    }
    if (status == HEED_OK && skip_first && first && column < first->n) {
        heed_text value = first->fields[column].value;
        s->first_recurs = heed__strings_find(&c.values, value.bytes, value.size) >= 0;
    }
    heed__strings_free(&c.values);
    free(c.counts);
    return status;
}

static int may_name_columns(const heed__sample_row *first, int width)
{
    double number;
    if (!first || first->n != width) return 0;
    for (int i = 0; i < width; i++) {
        heed_text name = first->fields[i].value;
        if (name.size > LONGEST_NAME || heed__utf8_blank(name.bytes, name.size)) return 0;
        if (heed__number_parse(name.bytes, name.size, &number)) return 0;
        for (int j = 0; j < i; j++)
            if (heed__text_compare(first->fields[j].value, name) == 0) return 0;
    }
    return 1;
}

/* Nonzero when a name of the list that is no number stands in the row. */
static int names_stand_in(const heed__sample_row *row, const char *list)
{
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        heed_text wanted = {at, strcspn(at, ",")};
        if (heed__guess_column_number(wanted)) continue;
        for (int i = 0; i < row->n; i++)
            if (heed__text_compare(row->fields[i].value, wanted) == 0) return 1;
    }
    return 0;
}

/* Nonzero when a column with these values below says that `name` is a heading. */
static int is_heading(heed_text name, const column_stats *s)
{
    int64_t filled = s->rows - s->blank;
    if (s->first_recurs) return 0;
    if (heed__guess_is_name(name, text_names, TEXT_NAMES) ||
        heed__guess_is_name(name, label_names, LABEL_NAMES))
        return 1;
    if (filled >= 2 && s->numbers == filled) return 1;            /* a word above numbers */
    return filled >= 20 && s->distinct * 5 <= filled && !s->once; /* above labels */
}

heed_status heed__guess_header(const heed__sample *sample, int width,
                               const heed_read_options *options, int *out)
{
    const heed__sample_row *first = heed__guess_first(sample);
    *out = 0;
    if (!may_name_columns(first, width)) return HEED_OK;
    *out = names_stand_in(first, options->text) || names_stand_in(first, options->label);
    if (options->kind == HEED_READ_PAIRS) { /* what pairs hold says nothing about labels */
        *out |= heed__guess_pairs_header(first);
        return HEED_OK;
    }
    heed__columns plain = {.n = width};
    for (int i = 0; i < width && !*out; i++) {
        column_stats s;
        HEED_TRY(look_at(sample, &plain, i, 1, &s));
        *out = is_heading(first->fields[i].value, &s);
    }
    return HEED_OK;
}

/* The first value of a column; NULL = none. */
static const heed_field *first_value(const heed__sample *sample, const heed__columns *columns,
                                     int column)
{
    for (int64_t i = 0; i < sample->n; i++) {
        const heed_field *f = heed__columns_field(columns, sample->format, sample->rows[i].fields,
                                                  sample->rows[i].n, column);
        if (f) return f;
    }
    return NULL;
}

/* May a column be the text? A string may, and a list of words that is called so. */
static int may_be_text(const heed__sample *sample, const heed__columns *columns, int column)
{
    if (!sample->format->named || sample->format->fixed) return 1;
    const heed_field *f = first_value(sample, columns, column);
    return f &&
           (!f->is_json || (heed__guess_is_name(columns->names[column], word_names, WORD_NAMES) &&
                            heed__json_list_is_words(f)));
}

static int64_t words_of(const heed_field *f)
{
    return f->is_json ? heed__json_list_is_words(f) ? heed__json_list_length(f) : -1
                      : heed__count_words(f->value);
}

int heed__guess_are_tags(const heed__sample *sample, const heed__columns *columns, int column)
{
    enum { FEW = 10 /* one in so many may be wrong */ };
    int64_t lists = 0, fit = 0, several = 0;
    if (!sample->format->named || columns->n_text != 1) return 0;
    for (int64_t i = 0; i < sample->n; i++) {
        const heed__sample_row *row = &sample->rows[i];
        const heed_field *f =
            heed__columns_field(columns, sample->format, row->fields, row->n, column);
        const heed_field *text =
            heed__columns_field(columns, sample->format, row->fields, row->n, columns->text[0]);
        int64_t n = f && text ? heed__json_list_length(f) : -1;
        if (n < 0) continue;
        lists++;
        fit += n == words_of(text);
        several += n > 1;
    }
    return several && (lists - fit) * FEW <= lists;
}

static int holds(const int *columns, int n, int column)
{
    for (int i = 0; i < n; i++)
        if (columns[i] == column) return 1;
    return 0;
}

heed_status heed__guess_text(const heed__sample *sample, const heed__columns *columns, int *out,
                             const char **why)
{
    double best = -1;
    int best_known = 0;
    *out = -1;
    for (int i = 0; i < columns->n; i++) {
        column_stats s;
        if (holds(columns->label, columns->n_label, i) || !may_be_text(sample, columns, i))
            continue;
        HEED_TRY(look_at(sample, columns, i, columns->has_header, &s));
        int is_known = heed__guess_is_name(columns->names[i], text_names, TEXT_NAMES) ? 2
                       : sample->format->named && !sample->format->fixed
                           ? heed__guess_is_name(columns->names[i], word_names, WORD_NAMES)
                           : 0;
        if (sample->format->fixed && !is_known) continue;
        double mean = s.rows ? (double)s.bytes / (double)s.rows : 0;
        if (is_known < best_known || (is_known == best_known && mean <= best)) continue;
        best = mean;
        best_known = is_known;
        *out = i;
    }
    if (*out < 0)
        return heed__fail(HEED_E_DATA,
                          "%s: no column holds text (a string, or a list called words or tokens); "
                          "name it with --text",
                          sample->name);
    *why = best_known ? "by its name" : "the longest values";
    return HEED_OK;
}

/* Higher is likelier, 0 is not at all. Ids have a different value in every row, texts are long;
 * of two columns the other one is taken, and what is wrong with it is said later. */
static double label_score(const heed__columns *columns, int column, const column_stats *s)
{
    int64_t filled = s->rows - s->blank;
    int is_known = heed__guess_is_name(columns->names[column], label_names, LABEL_NAMES);
    int fraction = s->numbers == filled && s->fractions > 0;
    if (!filled) return 0;
    int few = s->distinct <= MOST_LABELS && (s->distinct * 2 <= filled || filled < 10);
    int brief = s->bytes <= LONGEST_LABEL * filled;
    if (!is_known && columns->n > 2 && !(brief && (few || fraction))) return 0;
    return (is_known ? 4 : 0) + (brief ? 2 : 0) + (few || fraction ? 1 : 0) +
           1 / (1 + (double)s->distinct);
}

heed_status heed__guess_label(const heed__sample *sample, const heed__columns *columns, int *out,
                              char *why, size_t why_size)
{
    enum { TAGS_FIRST = 8 }; /* where words are a list */
    double best = 0;
    const heed_field *text =
        columns->n_text ? first_value(sample, columns, columns->text[0]) : NULL;
    int is_words = text && text->is_json, object = -1;
    *out = -1;
    for (int i = 0; i < columns->n; i++) {
        column_stats s;
        if (holds(columns->text, columns->n_text, i)) continue;
        if (sample->format->fixed) { /* the other one is the label */
            *out = i;
            snprintf(why, why_size, "by the format");
            return HEED_OK;
        }
        const heed_field *f = first_value(sample, columns, i);
        if (f && f->is_json && f->value.bytes[0] == '{') { /* no label, whatever it holds */
            object = i;
            continue;
        }
        HEED_TRY(look_at(sample, columns, i, columns->has_header, &s));
        double score = label_score(columns, i, &s);
        if (is_words && heed__guess_are_tags(sample, columns, i)) score += TAGS_FIRST;
        if (score <= best) continue;
        best = score;
        *out = i;
        snprintf(why, why_size, "%lld different value%s in the first %lld rows",
                 (long long)s.distinct, s.distinct == 1 ? "" : "s", (long long)s.rows);
    }
    if (*out >= 0) return HEED_OK;
    if (columns->n < 2)
        return heed__fail(HEED_E_DATA,
                          "%s: there is no label, only one column; put the label beside the text, "
                          "with a tab between",
                          sample->name);
    if (object >= 0)
        return heed__fail(HEED_E_DATA,
                          "%s: no column looks like a label, and '%.60s' is an object; write the "
                          "label as a field of its own (\"label\": \"...\"), or name it with "
                          "--label",
                          sample->name, columns->names[object].bytes);
    return heed__fail(HEED_E_DATA,
                      "%s: no column looks like a label (few different short values); name it "
                      "with --label",
                      sample->name);
}
