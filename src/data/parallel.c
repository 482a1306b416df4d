/* SPDX-License-Identifier: MIT */
/* Pairs out of two lists of files, line beside line. */
#include "base/parallel.h"
#include "base/fail.h"
#include "data/dataset.h"
#include "data/format.h"
#include "data/source.h"
#include "data/utf8.h"

#include <stdio.h>
#include <string.h>

enum { DEFAULT_LINE = 1 << 20, ALWAYS_MAY_BE_BAD = 10, SHOWN = 5, PLACE = 400 };

typedef struct lines_of_file {
    const char *path;
    heed__rows rows;
    heed_text text; /* of the line at hand, without blanks at its ends */
    int ended;
} lines_of_file;

typedef struct parallel {
    heed_context *context;
    double max_bad;
    size_t max_line;
    heed_dataset *dataset;
    lines_of_file source, target;
    int64_t seen, empty, bad; /* pairs: all, with an empty side, with a line that cannot be used */
    char first_empty[PLACE], first_bad[PLACE + HEED_PROBLEM_SIZE + 4];
} parallel;

static heed_status open_lines(const parallel *p, const char *path, lines_of_file *out)
{
    *out = (lines_of_file){.path = path, .rows.format = &heed__format_lines};
    out->rows.lines.max_line = p->max_line;
    return heed__lines_open(&out->rows.lines, path, p->max_line);
}

static heed_status next_line(lines_of_file *f)
{
    heed__line line;
    f->rows.kind = HEED_ROW_GOOD;
    f->text = (heed_text){"", 0};
    HEED_TRY(heed__rows_line(&f->rows, 1, &line));
    f->ended = f->rows.kind == HEED_ROW_END;
    if (f->rows.kind != HEED_ROW_GOOD) return HEED_OK;
    char *begin = line.bytes, *end = line.bytes + line.size;
    while (begin < end && (*begin == ' ' || *begin == '\t')) begin++;
    while (begin < end && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) end--;
    *end = 0;
    f->text = (heed_text){begin, (size_t)(end - begin)};
    return HEED_OK;
}

/* How many lines a file has in all, from where it stands. */
static heed_status count_lines(lines_of_file *f, int64_t *out)
{
    while (!f->ended) HEED_TRY(next_line(f));
    *out = f->rows.lines.line;
    return HEED_OK;
}

static heed_status refuse_counts(parallel *p)
{
    int64_t sources, targets;
    HEED_TRY(count_lines(&p->source, &sources));
    HEED_TRY(count_lines(&p->target, &targets));
    return heed__fail(HEED_E_DATA,
                      "%s has %lld lines and %s has %lld; line i of one must be the translation of "
                      "line i of the other: give files of equally many lines",
                      heed__source_name(p->source.path), (long long)sources,
                      heed__source_name(p->target.path), (long long)targets);
}

static void note_place(const lines_of_file *f, char place[PLACE])
{
    snprintf(place, PLACE, "%.360s:%lld", heed__source_name(f->path), (long long)f->rows.line);
}

static heed_status refuse_share(const parallel *p)
{
    return heed__fail(
        HEED_E_DATA,
        "%lld of %lld pairs cannot be used (%lld have an empty side), more than %g %%; "
        "mend them or raise --max-bad; the first is %s",
        (long long)(p->bad + p->empty), (long long)p->seen, (long long)p->empty,
        p->max_bad < 0 ? 0 : p->max_bad * 100, p->bad ? p->first_bad : p->first_empty);
}

/* Counts a pair that is left out, and says so of the first bad ones. */
static heed_status leave_out(parallel *p)
{
    int source_bad = p->source.rows.kind == HEED_ROW_BAD;
    if (source_bad || p->target.rows.kind == HEED_ROW_BAD) {
        const lines_of_file *f = source_bad ? &p->source : &p->target;
        char place[PLACE];
        note_place(f, place);
        if (!p->bad) snprintf(p->first_bad, sizeof p->first_bad, "%s: %s", place, f->rows.problem);
        if (p->bad++ < SHOWN)
            heed__log(p->context, HEED_LOG_WARNING, "%s: %s; the pair is left out", place,
                      f->rows.problem);
    } else if (!p->empty++) {
        note_place(p->source.text.size ? &p->target : &p->source, p->first_empty);
    }
    return p->max_bad < 0 ? refuse_share(p) : HEED_OK;
}

static int is_blank(const lines_of_file *f)
{
    return heed__utf8_blank(f->text.bytes, f->text.size);
}

static heed_status read_pairs(parallel *p)
{
    for (;;) {
        HEED_TRY(next_line(&p->source));
        HEED_TRY(next_line(&p->target));
        if (p->source.ended != p->target.ended) return refuse_counts(p);
        if (p->source.ended) return HEED_OK;
        p->seen++;
        if (is_blank(&p->source) || is_blank(&p->target)) {
            HEED_TRY(leave_out(p));
            continue;
        }
        heed_record record = {.path = p->source.path,
                              .line = p->source.rows.line,
                              .text = p->source.text,
                              .labels = &p->target.text,
                              .n_labels = 1};
        HEED_TRY(heed__dataset_add(p->dataset, &record, NULL));
    }
}

static heed_status read_files(parallel *p, const char *source, const char *target)
{
    heed_status status = open_lines(p, source, &p->source);
    if (status == HEED_OK) {
        status = open_lines(p, target, &p->target);
        if (status == HEED_OK) status = read_pairs(p);
        heed__rows_close(&p->target.rows);
    }
    heed__rows_close(&p->source.rows);
    return status;
}

static heed_status finish(const parallel *p, const char *source)
{
    int64_t out = p->bad + p->empty;
    if (!p->seen)
        return heed__fail(HEED_E_DATA, "%s: holds no lines; give it at least one",
                          heed__source_name(source));
    if (out == p->seen || (out > ALWAYS_MAY_BE_BAD && (double)out > p->max_bad * (double)p->seen))
        return refuse_share(p);
    if (p->empty)
        heed__log(p->context, HEED_LOG_WARNING,
                  "%lld of %lld pairs have an empty side and were left out; the first is %s",
                  (long long)p->empty, (long long)p->seen, p->first_empty);
    if (p->bad)
        heed__log(p->context, HEED_LOG_WARNING,
                  "%lld of %lld pairs have a line that cannot be used and were left out",
                  (long long)p->bad, (long long)p->seen);
    return HEED_OK;
}

static heed_status take_options(parallel *p, const heed_read_options *o)
{
    p->max_bad = o && o->max_bad != 0 ? o->max_bad : 0.01;
    p->max_line = o && o->max_line ? o->max_line : DEFAULT_LINE;
    if (p->max_bad > 1 || p->max_bad != p->max_bad)
        return heed__fail(HEED_E_INVALID, "max_bad = %g: it is a share of pairs, at most 1",
                          p->max_bad);
    if (o && o->format != HEED_FORMAT_GUESS && o->format != HEED_FORMAT_LINES)
        return heed__fail(HEED_E_INVALID,
                          "files side by side are read as lines, not as %s; give one file with two "
                          "columns instead",
                          heed_format_name(o->format));
    if (o && !o->columns_are_hints && ((o->text && *o->text) || (o->label && *o->label)))
        return heed__fail(HEED_E_INVALID,
                          "files side by side have no columns to name: leave --text and --label "
                          "out, or give one file with two columns");
    return HEED_OK;
}

static heed_status check_paths(const char *const *sources, int n_sources,
                               const char *const *targets, int n_targets)
{
    int inputs = 0;
    if (n_sources < 1 || n_sources != n_targets)
        return heed__fail(HEED_E_INVALID,
                          "%d source files and %d target files; each source file needs its target "
                          "file",
                          n_sources, n_targets);
    for (int i = 0; i < n_sources; i++)
        inputs += !strcmp(sources[i], "-") + !strcmp(targets[i], "-");
    if (inputs > 1)
        return heed__fail(HEED_E_INVALID, "standard input is named %d times; it can be one file",
                          inputs);
    return HEED_OK;
}

heed_status heed_dataset_read_parallel(heed_context *context, const char *const *sources,
                                       int n_sources, const char *const *targets, int n_targets,
                                       const heed_read_options *options, heed_dataset **out)
{
    static const char *const outputs[] = {"target"};
    heed_layout layout = {.format = HEED_FORMAT_LINES,
                          .text = "source",
                          .label = "target",
                          .n_outputs = 1,
                          .outputs = outputs,
                          .kind = HEED_READ_PAIRS};
    parallel p = {.context = context};
    *out = NULL;
    HEED_TRY(check_paths(sources, n_sources, targets, n_targets));
    HEED_TRY(take_options(&p, options));
    HEED_TRY(heed__dataset_start(&layout, &p.dataset));
    heed_status status = HEED_OK;
    for (int i = 0; i < n_sources && status == HEED_OK; i++)
        status = read_files(&p, sources[i], targets[i]);
    if (status == HEED_OK) status = finish(&p, sources[0]);
    if (status != HEED_OK) {
        heed_dataset_destroy(&p.dataset);
        return status;
    }
    p.dataset->skipped = p.bad + p.empty;
    *out = p.dataset;
    return HEED_OK;
}
