/* SPDX-License-Identifier: MIT */
#include "cli/help.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 80, HELP_COLUMN = 26, LINE = 2048 };

static const struct {
    heed_status code;
    const char *meaning;
} exit_codes[] = {
    {HEED_OK, "done"},
    {HEED_E_INVALID, "an option, argument or setting breaks a rule"},
    {HEED_E_DATA, "the data cannot be used (labels, text, encoding)"},
    {HEED_E_IO, "a file cannot be opened, read or written, or the disk is full"},
    {HEED_E_FORMAT, "a file is not what it claims to be, or is damaged"},
    {HEED_E_UNSUPPORTED, "valid, but not built in, or not on this machine"},
    {HEED_E_NOMEM, "memory ran out"},
    {HEED_E_NUMERIC, "NaN or infinity where a finite number must be"},
    {HEED_E_STOPPED, "stopped by Ctrl-C, or nobody reads the output any more"},
};

enum { N_EXIT_CODES = sizeof exit_codes / sizeof *exit_codes };

static void HEED_PRINTF(2, 3) put(help_writer write, const char *format, ...)
{
    char line[LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    write(line);
}

/* `text` from `column` on, wrapped at WIDTH with later lines indented. */
static void put_wrapped(help_writer write, const char *text, int column, int indent)
{
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (column > indent && column + 1 + length > WIDTH) {
            put(write, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            write(" ");
            column++;
        }
        put(write, "%.*s", length, text);
        column += length;
        text += length;
        text += strspn(text, " ");
    }
    write("\n");
}

/* A name, two spaces or more, and what it means at `where`. */
static void put_entry(help_writer write, const char *name, const char *meaning, int where)
{
    int length = (int)strlen(name) + 2;
    put(write, "  %s", name);
    if (length + 2 > where)
        put(write, "\n%*s", where, "");
    else
        put(write, "%*s", where - length, "");
    put_wrapped(write, meaning, where, where);
}

void help_overview(help_writer write)
{
    char code[16];
    const verb *v;
    write("heed: attention, end to end: train models on your data, measure them, see what they\n"
          "attend to, and ship them as one file\n\n"
          "usage: heed VERB [OPTION...] [ARGUMENT...]\n\nverbs\n");
    for (size_t i = 0; (v = verb_at(i)); i++) put_entry(write, v->name, v->summary, 14);
    put_entry(write, "help", "say more about a verb: heed help VERB, or heed VERB --help", 14);
    write("\noptions\n");
    put_entry(write, "-h, --help", "show this and stop", 14);
    put_entry(write, "--version", "show the version and stop", 14);
    write("\nexit codes\n");
    for (size_t i = 0; i < N_EXIT_CODES; i++) {
        snprintf(code, sizeof code, "%d", (int)exit_codes[i].code);
        put_entry(write, code, exit_codes[i].meaning, 14);
    }
}

/* ---- one verb ---- */

/* "none, gru, lstm" from "none|gru|lstm". */
static void listed(const char *choices, char *text, size_t size)
{
    size_t used = 0;
    for (const char *at = choices; *at && used + 3 < size; at++) {
        if (*at == '|') text[used++] = ',';
        text[used++] = *at == '|' ? ' ' : *at;
    }
    text[used] = 0;
}

/* What may be given: choices, or a range; empty where anything may. */
static void allowed(const option_row *row, char *text, size_t size)
{
    text[0] = 0;
    if (row->type == OPTION_CHOICE)
        listed(row->choices, text, size);
    else if (row->type == OPTION_TEXT && row->choices) /* a table of mechanisms */
        snprintf(text, size, "`heed list attention`: %s", row->choices);
    else if (row->type == OPTION_BOOLEAN)
        snprintf(text, size, "true, false");
    else if ((row->type == OPTION_INTEGER || row->type == OPTION_NUMBER) &&
             (row->least != 0 || row->most != 0))
        snprintf(text, size, "%.16g to %.16g", row->least, row->most);
}

/* "-t, --threads N" */
static void spelled(const option_row *row, char *text, size_t size)
{
    char brief[8] = "";
    if (row->brief) snprintf(brief, sizeof brief, "-%c, ", row->brief);
    snprintf(text, size, "%s--%s%s%s", brief, row->flag, row->argument ? " " : "",
             row->argument ? row->argument : "");
}

static int has_default(const option_row *row)
{
    return row->initial && *row->initial;
}

static void put_option(help_writer write, const option_row *row)
{
    char name[128], range[512], meaning[LINE];
    spelled(row, name, sizeof name);
    allowed(row, range, sizeof range);
    int brackets = *range || has_default(row);
    snprintf(meaning, sizeof meaning, "%s%s%s%s%s%s%s", row->help, brackets ? " (" : "", range,
             *range && has_default(row) ? "; " : "", has_default(row) ? "default " : "",
             has_default(row) ? row->initial : "", brackets ? ")" : "");
    put_entry(write, name, meaning, HELP_COLUMN);
}

static void put_usage(const verb *v, help_writer write)
{
    put(write, "heed %s [OPTION...]%s%s\n", v->name, *v->arguments ? " " : "", v->arguments);
}

void help_verb(const options *rows, help_writer write)
{
    const verb *v = rows->verb;
    put(write, "heed %s: %s\n\nusage: ", v->name, v->summary);
    put_usage(v, write);
    write("\n");
    put_wrapped(write, v->description, 0, 0);
    for (size_t g = 0; g < sizeof rows->groups / sizeof *rows->groups; g++) {
        const option_group *group = rows->groups + g;
        if (group->begin < group->end) put(write, "\n%s\n", group->heading);
        for (size_t i = group->begin; i < group->end; i++) put_option(write, rows->rows + i);
    }
    if (v->examples) write("\nexamples\n");
    for (const verb_example *e = v->examples; e && e->command; e++)
        put(write, "  %s\n      %s\n", e->command, e->what);
}

/* ---- the same as Markdown ---- */

/* A cell of a table: a bar in it would begin the next one. */
static void put_cell(help_writer write, const char *text)
{
    for (size_t length; *text; text += length + (text[length] == '|')) {
        length = strcspn(text, "|");
        put(write, "%.*s%s", (int)length, text, text[length] ? "\\|" : "");
    }
}

void help_markdown_overview(help_writer write)
{
    const verb *v;
    write("## Synopsis\n\n```text\nheed VERB [OPTION...] [ARGUMENT...]\n```\n\n"
          "## Verbs\n\n| verb | meaning |\n|---|---|\n");
    for (size_t i = 0; (v = verb_at(i)); i++)
        put(write, "| [`%s`](heed-%s.md) | %s |\n", v->name, v->name, v->summary);
    write("\n## Exit codes\n\n| code | meaning |\n|---|---|\n");
    for (size_t i = 0; i < N_EXIT_CODES; i++)
        put(write, "| `%d` | %s |\n", (int)exit_codes[i].code, exit_codes[i].meaning);
}

void help_markdown(const options *rows, help_writer write)
{
    write("## Synopsis\n\n```text\n");
    put_usage(rows->verb, write);
    write("```\n");
    for (size_t g = 0; g < sizeof rows->groups / sizeof *rows->groups; g++) {
        const option_group *group = rows->groups + g;
        if (group->begin == group->end) continue;
        put(write, "\n## %c%s\n\n| option | meaning | values | default |\n|---|---|---|---|\n",
            toupper((unsigned char)group->heading[0]), group->heading + 1);
        for (size_t i = group->begin; i < group->end; i++) {
            const option_row *row = rows->rows + i;
            char name[128], range[512];
            spelled(row, name, sizeof name);
            allowed(row, range, sizeof range);
            write("| `");
            put_cell(write, name);
            write("` | ");
            put_cell(write, row->help);
            put(write, " | %s | %s%s%s |\n", range, has_default(row) ? "`" : "",
                has_default(row) ? row->initial : "", has_default(row) ? "`" : "");
        }
    }
}
