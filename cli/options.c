/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include "cli/nearest.h"
#include "cli/report.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- putting the rows together ---- */

static const struct {
    unsigned bit;
    option_row row;
} common_rows[] = {
    {COMMON_ALIGNING,
     {"layer", 0, "N", OPTION_INTEGER, NULL, NULL, 1, 64,
      "take the alignment from this layer of the decoder; without it the model's choice"}},
    {COMMON_ALIGNING,
     {"head", 0, "N", OPTION_INTEGER, NULL, NULL, 1, 1024,
      "and from this head; without it the mean of the layer's heads"}},
    {COMMON_ALIGNING,
     {"rule", 0, "KIND", OPTION_CHOICE, "default", "default|output|input", 0, 0,
      "which row speaks for a word: that of the step that writes it, or of the one that reads it"}},
    {COMMON_ALIGNING,
     {"threshold", 0, "X", OPTION_NUMBER, "0", NULL, 0, 1,
      "link each source word of at least this weight; 0 = the one that has most"}},
    {COMMON_ALIGNING,
     {"boundary", .help = "leave a word without a link that looks most at the end of the source"}},
    {COMMON_READING,
     {"text", 0, "COLUMNS", OPTION_TEXT, NULL, NULL, 0, 0,
      "columns that hold the text, by name or number from 1, separated by commas"}},
    {COMMON_READING,
     {"label", 0, "COLUMNS", OPTION_TEXT, NULL, NULL, 0, 0,
      "columns that hold the labels, one for each output"}},
    {COMMON_READING,
     {"format", 0, "FORMAT", OPTION_CHOICE, "guess",
      "guess|tsv|csv|jsonl|fasttext|conll|lines|folder", 0, 0,
      "how the data is laid out; guessed where it is not given"}},
    {COMMON_READING,
     {"max-bad", 0, "SHARE", OPTION_NUMBER, "0.01", NULL, -1, 1,
      "share of rows that may be unusable (ten always may); negative = not one"}},
    {COMMON_READING,
     {"max-line", 0, "BYTES", OPTION_INTEGER, "1048576", NULL, 1, 1073741824,
      "longest line, or file of a folder"}},
    {COMMON_THREADS,
     {"threads", 't', "N", OPTION_INTEGER, "0", NULL, 0, 1024,
      "threads to work with, 0 = as many as there are processors; results do not depend on it"}},
    {COMMON_PRECISION,
     {"precision", 0, "KIND", OPTION_CHOICE, "highest", "highest|high|medium", 0, 0,
      "what products are computed in, whatever the model was trained at; "
      "heed info says what each is here"}},
    {COMMON_SEED,
     {"seed", 0, "N", OPTION_INTEGER, "0", NULL, 0, 9007199254740992.0,
      "where random numbers start: the same seed gives the same bytes"}},
    {COMMON_JSON, {"json", .help = "write JSON"}},
    {COMMON_QUIET, {"quiet", 'q', .help = "write results and errors only"}},
    {~0u, {"help", 'h', .help = "show this and stop"}},
};

static long find_row(const options *given, const char *flag, size_t length)
{
    for (size_t i = 0; i < given->n_rows; i++)
        if (strlen(given->rows[i].flag) == length && memcmp(given->rows[i].flag, flag, length) == 0)
            return (long)i;
    return -1;
}

/* The same for a word of the command line, where normaliser and normalizer are one. */
static long find_spelled(const options *given, const char *word, size_t length)
{
    char flag[64];
    long index = find_row(given, word, length);
    if (index >= 0 || length >= sizeof flag) return index;
    memcpy(flag, word, length);
    flag[length] = 0;
    char *other = strstr(flag, "normali");
    if (!other) return -1;
    other += strlen("normali");
    *other = *other == 'z' ? 's' : 'z';
    return find_row(given, flag, length);
}

static long find_brief(const options *given, char brief)
{
    for (size_t i = 0; i < given->n_rows; i++)
        if (given->rows[i].brief == brief) return (long)i;
    return -1;
}

static heed_status add_row(options *given, option_row row)
{
    if (find_row(given, row.flag, strlen(row.flag)) >= 0) return HEED_OK;
    if (row.brief && find_brief(given, row.brief) >= 0) row.brief = 0;
    if (given->n_rows == given->room) {
        size_t room = given->room ? 2 * given->room : 32;
        option_row *rows = realloc(given->rows, room * sizeof *rows);
        if (!rows) return report(HEED_E_NOMEM, "no memory for the options");
        given->rows = rows;
        given->room = room;
    }
    given->rows[given->n_rows++] = row;
    return HEED_OK;
}

heed_status options_gather(const verb *v, options *out)
{
    *out = (options){.verb = v};
    heed_status status = HEED_OK;
    for (const option_row *row = v->options; row && row->flag && status == HEED_OK; row++)
        status = add_row(out, *row);
    out->groups[0] = (option_group){"options", 0, out->n_rows};
    option_row row;
    for (size_t i = 0; v->more_options && status == HEED_OK && v->more_options(i, &row); i++)
        status = add_row(out, row);
    out->groups[1] = (option_group){v->more_heading, out->groups[0].end, out->n_rows};
    for (size_t i = 0; i < sizeof common_rows / sizeof *common_rows && status == HEED_OK; i++)
        if (common_rows[i].bit == ~0u || common_rows[i].bit & v->common)
            status = add_row(out, common_rows[i].row);
    const char *heading = out->groups[1].end ? "common options" : "options";
    out->groups[2] = (option_group){heading, out->groups[1].end, out->n_rows};
    if (status == HEED_OK) {
        out->values = calloc(out->n_rows, sizeof *out->values);
        if (!out->values) status = report(HEED_E_NOMEM, "no memory for the options");
    }
    if (status != HEED_OK) options_free(out);
    return status;
}

void options_free(options *given)
{
    free(given->rows);
    free(given->values);
    free(given->arguments);
    free(given->all);
    free(given->all_rows);
    *given = (options){0};
}

/* ---- checking values ---- */

/* "none, gru or lstm" into text. */
static void choices_text(const char *choices, char *text, size_t size)
{
    size_t used = 0;
    for (const char *at = choices; *at && used + 8 < size;) {
        size_t length = strcspn(at, "|");
        const char *after = at + length + (at[length] == '|');
        const char *link = at == choices ? "" : *after ? ", " : " or ";
        used += (size_t)snprintf(text + used, size - used, "%s%.*s", link, (int)length, at);
        if (used >= size) used = size - 1;
        at = after;
    }
}

static heed_status check_choice(const option_row *row, const char *choices, const char *value)
{
    size_t length = strlen(value);
    for (const char *at = choices; *at; at += strcspn(at, "|"), at += *at == '|')
        if (strcspn(at, "|") == length && strncmp(at, value, length) == 0) return HEED_OK;
    char text[512] = "";
    choices_text(choices, text, sizeof text);
    return report(HEED_E_INVALID, "--%s %s: it must be %s", row->flag, value, text);
}

static int out_of_range(const option_row *row, double value)
{
    int any = row->least == 0 && row->most == 0;
    return !any && !(value >= row->least && value <= row->most);
}

static heed_status refuse_number(const option_row *row, const char *value, const char *kind)
{
    if (row->least == 0 && row->most == 0)
        return report(HEED_E_INVALID, "--%s %s: it must be a %s", row->flag, value, kind);
    return report(HEED_E_INVALID, "--%s %s: it must be a %s from %.16g to %.16g", row->flag, value,
                  kind, row->least, row->most);
}

static heed_status check_value(const option_row *row, const char *value)
{
    char *end = NULL;
    errno = 0;
    if (row->type == OPTION_INTEGER) {
        long long number = strtoll(value, &end, 10);
        if (end == value || *end || errno || out_of_range(row, (double)number))
            return refuse_number(row, value, "whole number");
    } else if (row->type == OPTION_NUMBER) {
        double number = strtod(value, &end);
        if (end == value || *end || !isfinite(number) || out_of_range(row, number))
            return refuse_number(row, value, "number");
    } else if (row->type == OPTION_BOOLEAN) {
        return check_choice(row, "true|false", value);
    } else if (row->type == OPTION_CHOICE) {
        return check_choice(row, row->choices, value);
    }
    return HEED_OK;
}

/* ---- reading the command line ---- */

static const char *flag_name(size_t index, const void *given)
{
    const options *all = given;
    return index < all->n_rows ? all->rows[index].flag : NULL;
}

static heed_status unknown_flag(const options *given, const char *word, size_t length)
{
    char flag[64];
    snprintf(flag, sizeof flag, "%.*s", (int)(length < 60 ? length : 60), word);
    const char *near = nearest(flag, flag_name, given);
    const char *name = given->verb->name;
    if (near)
        return report(HEED_E_INVALID, "there is no --%s; the nearest is --%s (see heed %s --help)",
                      flag, near, name);
    return report(HEED_E_INVALID, "there is no --%s; see heed %s --help", flag, name);
}

/* What follows a flag: "=value", the rest of "-k5", or the next word. *used counts words. */
static heed_status take_value(options *given, size_t index, const char *attached, int argc,
                              char **argv, int *used)
{
    const option_row *row = given->rows + index;
    if (row->type == OPTION_FLAG) {
        if (attached)
            return report(HEED_E_INVALID, "--%s takes no value, and was given %s", row->flag,
                          attached);
        given->values[index] = "true";
        if (strcmp(row->flag, "help") == 0) given->help = 1;
        return HEED_OK;
    }
    const char *value = attached;
    if (!value) {
        if (argc < 2 || strncmp(argv[1], "--", 2) == 0)
            return report(HEED_E_INVALID, "--%s needs a value: --%s %s", row->flag, row->flag,
                          row->argument);
        value = argv[1];
        *used = 2;
    }
    heed_status status = check_value(row, value);
    if (status != HEED_OK) return status;
    given->values[index] = value;
    given->all_rows[given->n_all] = index;
    given->all[given->n_all++] = value;
    return HEED_OK;
}

static heed_status take_long(options *given, int argc, char **argv, int *used)
{
    const char *word = argv[0] + 2, *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    long index = find_spelled(given, word, length);
    if (index < 0) return unknown_flag(given, word, length);
    return take_value(given, (size_t)index, equals ? equals + 1 : NULL, argc, argv, used);
}

static heed_status take_brief(options *given, int argc, char **argv, int *used)
{
    const char *word = argv[0] + 1;
    long index = find_brief(given, *word);
    if (index < 0)
        return report(HEED_E_INVALID, "there is no -%c; see heed %s --help", *word,
                      given->verb->name);
    return take_value(given, (size_t)index, word[1] ? word + 1 : NULL, argc, argv, used);
}

static heed_status check_arguments(const options *given)
{
    const verb *v = given->verb;
    const char *name = v->name, *space = *v->arguments ? " " : "";
    if (given->n_arguments < v->least_arguments)
        return report(HEED_E_INVALID, "something is missing; usage: heed %s [OPTION...]%s%s", name,
                      space, v->arguments);
    if (v->most_arguments >= 0 && given->n_arguments > v->most_arguments)
        return report(HEED_E_INVALID, "'%s' is too much; usage: heed %s [OPTION...]%s%s",
                      given->arguments[v->most_arguments], name, space, v->arguments);
    return HEED_OK;
}

heed_status options_parse(options *given, int argc, char **argv)
{
    given->arguments = calloc((size_t)argc + 1, sizeof *given->arguments);
    given->all = calloc((size_t)argc + 1, sizeof *given->all);
    given->all_rows = calloc((size_t)argc + 1, sizeof *given->all_rows);
    if (!given->arguments || !given->all || !given->all_rows)
        return report(HEED_E_NOMEM, "no memory for the arguments");
    int only_arguments = 0; /* after "--" */
    for (int i = 0, used; i < argc && !given->help; i += used) {
        const char *word = argv[i];
        heed_status status = HEED_OK;
        used = 1;
        if (only_arguments || word[0] != '-' || !word[1])
            given->arguments[given->n_arguments++] = word;
        else if (strcmp(word, "--") == 0)
            only_arguments = 1;
        else if (word[1] == '-')
            status = take_long(given, argc - i, argv + i, &used);
        else
            status = take_brief(given, argc - i, argv + i, &used);
        if (status != HEED_OK) return status;
    }
    return given->help ? HEED_OK : check_arguments(given);
}

/* ---- asking for what was given ---- */

int options_given(const options *given, const char *flag)
{
    long index = find_row(given, flag, strlen(flag));
    return index >= 0 && given->values[index];
}

const char *options_text(const options *given, const char *flag)
{
    long index = find_row(given, flag, strlen(flag));
    if (index < 0) return NULL;
    return given->values[index] ? given->values[index] : given->rows[index].initial;
}

long long options_integer(const options *given, const char *flag)
{
    const char *text = options_text(given, flag);
    return text ? strtoll(text, NULL, 10) : 0;
}

double options_number(const options *given, const char *flag)
{
    const char *text = options_text(given, flag);
    return text ? strtod(text, NULL) : 0;
}

int options_flag(const options *given, const char *flag)
{
    const char *text = options_text(given, flag);
    return text && strcmp(text, "true") == 0;
}

/* The value of the nth time (all of them counted into *count where it is not NULL). */
static const char *repeated(const options *given, const char *flag, int nth, int *count)
{
    const char *found = NULL;
    long index = find_row(given, flag, strlen(flag));
    int n = 0;
    for (size_t i = 0; i < given->n_all; i++) {
        if (index < 0 || given->all_rows[i] != (size_t)index) continue;
        if (n == nth) found = given->all[i];
        n++;
    }
    if (count) *count = n;
    return found;
}

int options_count(const options *given, const char *flag)
{
    int count;
    (void)repeated(given, flag, -1, &count);
    return count;
}

const char *options_nth(const options *given, const char *flag, int nth)
{
    return repeated(given, flag, nth, NULL);
}
