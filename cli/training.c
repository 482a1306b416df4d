/* SPDX-License-Identifier: MIT */
#include "cli/training.h"

#include "cli/report.h"

#include <stdlib.h>
#include <string.h>

/* ---- what goes together ---- */

static heed_status need_both(const options *given, const char *one, const char *other)
{
    if (options_given(given, one) && !options_given(given, other))
        return report(HEED_E_INVALID, "--%s %s: its other side is missing; name it with --%s", one,
                      options_text(given, one), other);
    return HEED_OK;
}

static heed_status check_lines(const options *given)
{
    static const char *const rows_only[] = {"valid", "text", "label", "format"};
    if (given->n_arguments)
        return report(HEED_E_INVALID,
                      "%s: files of rows and --source do not go together; for several files of "
                      "lines repeat --source and --target",
                      given->arguments[0]);
    for (size_t i = 0; i < sizeof rows_only / sizeof *rows_only; i++)
        if (options_given(given, rows_only[i]))
            return report(HEED_E_INVALID, "--%s %s: it is for files of rows; beside --source %s",
                          rows_only[i], options_text(given, rows_only[i]),
                          i == 0 ? "use --valid-source and --valid-target" : "leave it out");
    int sources = options_count(given, "source"), targets = options_count(given, "target");
    if (sources != targets)
        return report(HEED_E_INVALID,
                      "%d files of --source and %d of --target: each needs one of "
                      "the other, in the same order",
                      sources, targets);
    return HEED_OK;
}

static heed_status check_rows(const options *given)
{
    static const char *const lines_only[] = {"valid-source", "valid-target"};
    for (size_t i = 0; i < sizeof lines_only / sizeof *lines_only; i++)
        if (options_given(given, lines_only[i]))
            return report(HEED_E_INVALID,
                          "--%s %s: it goes with --source and --target; for files of rows use "
                          "--valid",
                          lines_only[i], options_text(given, lines_only[i]));
    if (!given->n_arguments)
        return report(HEED_E_INVALID, "there is nothing to train on; name a file of rows, or two "
                                      "files of lines with --source and --target");
    return HEED_OK;
}

heed_status training_check(const options *given, const heed_config *config)
{
    static const char *const sides[][2] = {{"source", "target"},
                                           {"target", "source"},
                                           {"valid-source", "valid-target"},
                                           {"valid-target", "valid-source"}};
    const char *task = heed_config_get(config, "output.kind");
    int lines = options_given(given, "source"), translates = strcmp(task, "translate") == 0;
    heed_status status = HEED_OK;
    for (size_t i = 0; i < sizeof sides / sizeof *sides && status == HEED_OK; i++)
        status = need_both(given, sides[i][0], sides[i][1]);
    if (status == HEED_OK) status = lines ? check_lines(given) : check_rows(given);
    if (status != HEED_OK) return status;
    if (lines && !translates && strcmp(task, "auto") != 0)
        return report(HEED_E_INVALID,
                      "--task %s: --source and --target are pairs for --task "
                      "translate",
                      task);
    if (!lines && !translates && options_given(given, "guide"))
        return report(HEED_E_INVALID,
                      "--guide %s: links belong to pairs of texts; give --source and --target, or "
                      "rows with --task translate",
                      options_text(given, "guide"));
    return HEED_OK;
}

/* ---- names ---- */

static heed_status take(const options *given, const char *flag, training_names *out)
{
    out->n = options_count(given, flag);
    out->names = out->n ? calloc((size_t)out->n, sizeof *out->names) : NULL;
    if (out->n && !out->names) return report(HEED_E_NOMEM, "no memory for the names of files");
    for (int i = 0; i < out->n; i++) out->names[i] = options_nth(given, flag, i);
    return HEED_OK;
}

heed_status training_data_take(const options *given, training_data *data, heed_train_options *out)
{
    *data = (training_data){0};
    heed_status status = take(given, "source", &data->source);
    if (status == HEED_OK) status = take(given, "target", &data->target);
    if (status == HEED_OK) status = take(given, "valid", &data->valid);
    if (status == HEED_OK) status = take(given, "valid-source", &data->valid_source);
    if (status == HEED_OK) status = take(given, "valid-target", &data->valid_target);
    if (status != HEED_OK) return status;
    const training_names *valid = data->source.n ? &data->valid_source : &data->valid;
    out->paths = data->source.n ? data->source.names : given->arguments;
    out->n_paths = data->source.n ? data->source.n : given->n_arguments;
    out->target_paths = data->target.names;
    out->n_target_paths = data->target.n;
    out->valid_paths = valid->names;
    out->n_valid_paths = valid->n;
    out->valid_target_paths = data->valid_target.names;
    out->n_valid_target_paths = data->valid_target.n;
    out->guide_path = options_text(given, "guide");
    out->vectors_path = options_text(given, "vectors");
    return HEED_OK;
}

void training_data_free(training_data *data)
{
    free(data->source.names);
    free(data->target.names);
    free(data->valid.names);
    free(data->valid_source.names);
    free(data->valid_target.names);
    *data = (training_data){0};
}

/* ---- memory ---- */

heed_status training_memory(const char *text, size_t *bytes)
{
    static const struct {
        const char *name;
        double bytes;
    } units[] = {{"", 1}, {"B", 1}, {"K", 1024.0}, {"M", 1048576.0}, {"G", 1073741824.0}};
    *bytes = 0;
    if (!text) return HEED_OK;
    char *end;
    double value = strtod(text, &end), unit = 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].name) == 0) unit = units[i].bytes;
    if (end == text || !(value * unit >= 1048576.0 && value * unit <= 1e15))
        return report(HEED_E_INVALID,
                      "--memory %s: it must be a size of at least 1M such as 512M or 2G", text);
    *bytes = (size_t)(value * unit);
    return HEED_OK;
}
