/* SPDX-License-Identifier: MIT */
/* The format of text to be predicted: seen from one line, since more may not have been written. */
#include "data/columns.h"
#include "data/guess.h"

#include <string.h>

/* Nonzero when the line, cut at the delimiter, holds a field of this name (quotes aside). */
static int line_names(const char *line, size_t size, char delimiter, heed_text wanted)
{
    for (size_t at = 0; at <= size;) {
        const char *stop = memchr(line + at, delimiter, size - at);
        size_t begin = at, end = stop ? (size_t)(stop - line) : size;
        at = end + 1;
        if (end - begin >= 2 && line[begin] == '"' && line[end - 1] == '"') begin++, end--;
        if (heed__text_compare((heed_text){line + begin, end - begin}, wanted) == 0) return 1;
    }
    return 0;
}

static int count_fields(const char *line, size_t size, char delimiter)
{
    int n = 1;
    for (size_t i = 0; i < size; i++) n += line[i] == delimiter;
    return n;
}

/* Nonzero when all wanted columns are plainly there: names in a header, numbers within the row. */
static int has_columns(const char *line, size_t size, char delimiter, const char *wanted,
                       int numbers_do)
{
    int fields = count_fields(line, size, delimiter), listed = heed__guess_list_length(wanted);
    int in_order = listed >= 2 && fields == listed && numbers_do;
    if (fields < 2) return 0;
    for (const char *at = wanted; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        heed_text name = {at, strcspn(at, ",")};
        int number = heed__guess_column_number(name);
        int there =
            number ? numbers_do && number <= fields : line_names(line, size, delimiter, name);
        if (!there) return in_order;
    }
    return wanted != NULL;
}

static int ends_in(const char *path, const char *ending)
{
    size_t size = strlen(path), tail = strlen(ending);
    return size >= tail && strcmp(path + size - tail, ending) == 0;
}

const heed__format *heed__columns_unlabelled(const char *line, size_t size, const char *path,
                                             const char *wanted, char *delimiter)
{
    const char *newline = memchr(line, '\n', size);
    if (newline) size = (size_t)(newline - line);
    if (size && line[size - 1] == '\r') size--;
    if (heed__format_jsonl.fits(line, size, delimiter)) return &heed__format_jsonl;
    if (heed__format_fasttext.fits(line, size, delimiter)) return &heed__format_fasttext;
    if (has_columns(line, size, '\t', wanted, 1)) return &heed__format_tsv;
    /* Prose is full of commas: only a header, or the file's name, makes it CSV. */
    int named_csv = ends_in(path, ".csv") || ends_in(path, ".csv.gz");
    static const char delimiters[] = {',', ';'};
    for (size_t i = 0; i < sizeof delimiters; i++)
        if (has_columns(line, size, delimiters[i], wanted, named_csv)) {
            *delimiter = delimiters[i];
            return &heed__format_csv;
        }
    return &heed__format_lines;
}
