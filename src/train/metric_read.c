/* SPDX-License-Identifier: MIT */
/* Files of hypotheses and references, line beside line. */
#include "train/metric.h"

#include "base/fail.h"
#include "base/memory.h"
#include "data/lines.h"
#include "data/source.h"
#include "data/utf8.h"

#include <stdlib.h>
#include <string.h>

/* Input 0 holds the hypotheses, the others references. */
typedef struct reading {
    const heed_text_metric_files *files;
    heed_text_metric *const *metrics;
    int n_metrics, n_inputs;
    heed__lines *inputs;   /* [n_inputs] */
    heed__line *lines;     /* [n_inputs] */
    heed_text *references; /* of the line at hand */
    size_t n_references, room;
    double *scores; /* [n_metrics] */
    int64_t line;
} reading;

static heed_status check(const heed_text_metric_files *files, int n)
{
    int standard = strcmp(files->hypotheses, "-") == 0;
    if (n < 1) return heed__fail(HEED_E_INVALID, "n = %d; there must be a metric", n);
    if (files->n_references < 1)
        return heed__fail(HEED_E_INVALID, "n_references = %d; there must be a file of them",
                          files->n_references);
    if (files->tabs && files->n_references > 1)
        return heed__fail(HEED_E_INVALID,
                          "with tabs one file holds all references, not %d; give one, or no tabs",
                          files->n_references);
    for (int i = 0; i < files->n_references; i++)
        standard += strcmp(files->references[i], "-") == 0;
    if (standard > 1)
        return heed__fail(HEED_E_INVALID, "'-': standard input can be read once only");
    return HEED_OK;
}

static heed_status open_all(reading *r)
{
    const heed_text_metric_files *files = r->files;
    size_t inputs = (size_t)files->n_references + 1;
    HEED_TRY(heed__alloc(inputs, sizeof *r->inputs, "files of text", &r->inputs));
    HEED_TRY(heed__alloc(inputs, sizeof *r->lines, "files of text", &r->lines));
    HEED_TRY(heed__alloc((size_t)r->n_metrics, sizeof *r->scores, "scores", &r->scores));
    for (; r->n_inputs < (int)inputs; r->n_inputs++) {
        const char *path = r->n_inputs ? files->references[r->n_inputs - 1] : files->hypotheses;
        HEED_TRY(heed__lines_open(&r->inputs[r->n_inputs], path, HEED_TEXT_METRIC_LONGEST));
    }
    return HEED_OK;
}

static void close_all(reading *r)
{
    for (int i = 0; i < r->n_inputs; i++) heed__lines_close(&r->inputs[i]);
    heed__free(r->inputs);
    heed__free(r->lines);
    heed__free(r->scores);
    free(r->references);
}

static const char *name_of(const reading *r, int input)
{
    return heed__source_name(r->inputs[input].path);
}

static heed_status check_line(const reading *r, int input)
{
    const heed__line *line = &r->lines[input];
    if (line->end) return HEED_OK;
    if (line->too_long)
        return heed__fail(HEED_E_DATA, "%s:%lld: more than %d bytes; is it text, a segment a line?",
                          name_of(r, input), (long long)r->line, HEED_TEXT_METRIC_LONGEST);
    size_t valid = heed__utf8_valid(line->bytes, line->size);
    if (valid == line->size) return HEED_OK;
    return heed__fail(HEED_E_DATA, "%s:%lld: byte %zu is not UTF-8; convert the file with iconv",
                      name_of(r, input), (long long)r->line, valid + 1);
}

/* *ended: no input has a further line. */
static heed_status next_lines(reading *r, int *ended)
{
    int n_ended = 0;
    r->line++;
    for (int i = 0; i < r->n_inputs; i++) {
        HEED_TRY(heed__lines_next(&r->inputs[i], &r->lines[i]));
        HEED_TRY(check_line(r, i));
        n_ended += r->lines[i].end;
    }
    *ended = n_ended == r->n_inputs;
    return HEED_OK;
}

/* How many lines an input has, now that another one has ended. */
static heed_status count_lines(reading *r, int input, int64_t *out)
{
    while (!r->lines[input].end) HEED_TRY(heed__lines_next(&r->inputs[input], &r->lines[input]));
    *out = r->inputs[input].line;
    return HEED_OK;
}

static heed_status refuse_counts(reading *r, int input)
{
    int64_t first, other;
    HEED_TRY(count_lines(r, 0, &first));
    HEED_TRY(count_lines(r, input, &other));
    return heed__fail(HEED_E_DATA,
                      "%s has %lld lines and %s has %lld; line by line they must belong together",
                      name_of(r, 0), (long long)first, name_of(r, input), (long long)other);
}

static heed_status add_reference(reading *r, const char *bytes, size_t size)
{
    HEED_TRY(heed__grow(&r->references, &r->room, r->n_references + 1, sizeof *r->references,
                        "references"));
    r->references[r->n_references++] = (heed_text){bytes, size};
    return HEED_OK;
}

/* References separated by tabs; empty ones are none. */
static heed_status split_references(reading *r)
{
    const char *at = r->lines[1].bytes, *end = at + r->lines[1].size;
    for (const char *stop; at <= end; at = stop + 1) {
        const char *tab = at < end ? memchr(at, '\t', (size_t)(end - at)) : NULL;
        stop = tab ? tab : end;
        if (stop > at) HEED_TRY(add_reference(r, at, (size_t)(stop - at)));
    }
    return r->n_references ? HEED_OK : add_reference(r, end, 0);
}

static heed_status add_segment(reading *r)
{
    heed_text hypothesis = {r->lines[0].bytes, r->lines[0].size};
    r->n_references = 0;
    if (r->files->tabs) HEED_TRY(split_references(r));
    for (int i = 1; i < r->n_inputs && !r->files->tabs; i++)
        HEED_TRY(add_reference(r, r->lines[i].bytes, r->lines[i].size));
    for (int i = 0; i < r->n_metrics; i++) {
        heed_status status = heed_text_metric_add(r->metrics[i], hypothesis, r->references,
                                                  (int)r->n_references, &r->scores[i]);
        if (status != HEED_OK)
            return heed__fail_prefix(status, "%s:%lld: ", name_of(r, 0), (long long)r->line);
    }
    return r->files->each ? r->files->each(r->files->user, r->line, r->scores) : HEED_OK;
}

static heed_status read_all(reading *r)
{
    int ended = 0;
    HEED_TRY(open_all(r));
    for (;;) {
        HEED_TRY(next_lines(r, &ended));
        if (ended) break;
        for (int i = 1; i < r->n_inputs; i++)
            if (r->lines[i].end != r->lines[0].end) return refuse_counts(r, i);
        HEED_TRY(add_segment(r));
    }
    if (r->line > 1) return HEED_OK;
    return heed__fail(HEED_E_DATA, "%s: has no lines, so there is nothing to measure",
                      name_of(r, 0));
}

heed_status heed_text_metric_read(heed_text_metric *const *metrics, int n,
                                  const heed_text_metric_files *files)
{
    reading r = {.files = files, .metrics = metrics, .n_metrics = n};
    HEED_TRY(check(files, n));
    heed_status status = read_all(&r);
    close_all(&r);
    return status;
}
