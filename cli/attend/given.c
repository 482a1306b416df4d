/* SPDX-License-Identifier: MIT */
/* Options that do not go together: what is seen before any file is read. */
#include "cli/attend/attend.h"

#include "cli/report.h"

#include <string.h>

/* Is a result asked for, beside the plan? */
int attend_wants_numbers(const options *given)
{
    static const char *const flags[] = {"output",        "lse",     "weights",
                                        "scores",        "rollout", "present-key",
                                        "present-value", "trace",   "lint"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (options_given(given, flags[i])) return 1;
    return attend_wants_gradients(given) || attend_wants_sums(given) || attend_wants_picture(given);
}

/* Options that say how something is done are not passed over where it is not done. */
static heed_status check_idle(const options *given)
{
    static const struct {
        const char *flag, *needs[3];
    } rows[] = {{"scores-at", {"scores"}},
                {"top", {"topk", "topk-weights"}},
                {"groups", {"group-mass"}},
                {"rollout-from", {"rollout"}},
                {"picture-of", {"png", "svg", "html"}},
                {"picture-head", {"png", "svg", "html"}},
                {"picture-sequence", {"png", "svg", "html"}},
                {"picture-scale", {"png", "svg", "html"}},
                {"title", {"png", "svg", "html"}},
                {"width", {"png", "svg"}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int needed = options_given(given, rows[i].flag);
        for (int n = 0; n < 3 && rows[i].needs[n]; n++)
            if (options_given(given, rows[i].needs[n])) needed = 0;
        if (needed)
            return report(HEED_E_INVALID, "--%s does nothing without --%s FILE", rows[i].flag,
                          rows[i].needs[0]);
    }
    return HEED_OK;
}

static heed_status check_gradients(const options *given)
{
    for (int i = 0; i < 2; i++) {
        const char *flag = i ? "grad-lse" : "grad-output";
        if (options_given(given, flag) && !attend_wants_gradients(given) &&
            (i || !options_given(given, "gradient-mass")))
            return report(HEED_E_INVALID,
                          "--%s does nothing where no gradient is asked for, such "
                          "as --grad-q FILE",
                          flag);
    }
    return HEED_OK;
}

/* ---- "-", standard input and output: one each */

/* Options that name files which are read; others name files which are written. */
static int is_read(const char *flag)
{
    static const char *const names[] = {
        "bias",        "sink",     "mask",         "causal-offset", "documents",   "kv-lengths",
        "q-lengths",   "past-key", "past-value",   "parameter",     "array",       "groups",
        "grad-output", "grad-lse", "merge-output", "merge-lse",     "rollout-from"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(flag, names[i]) == 0) return 1;
    return 0;
}

/* The file that an option names, also as NAME=FILE; NULL where it names none. */
static const char *file_of(const option_row *row, const char *value)
{
    if (!row->argument || !strstr(row->argument, "FILE")) return NULL;
    const char *equals = strcmp(row->argument, "NAME=FILE") == 0 ? strchr(value, '=') : NULL;
    return equals ? equals + 1 : value;
}

static int is_standard(const option_row *row, const char *value)
{
    const char *file = file_of(row, value);
    return file && strcmp(file, "-") == 0;
}

static heed_status check_standard(const options *given)
{
    static const char *const printed[] = {"json", "plan", "trace", "lint"};
    int inputs = 0, outputs = 0;
    for (int i = 0; i < given->n_arguments; i++) inputs += strcmp(given->arguments[i], "-") == 0;
    for (size_t i = 0; i < given->n_all; i++) {
        const option_row *row = &given->rows[given->all_rows[i]];
        if (!is_standard(row, given->all[i])) continue;
        if (is_read(row->flag))
            inputs++;
        else
            outputs++;
    }
    if (inputs > 1)
        return report(HEED_E_INVALID,
                      "'-' is given %d times to be read: standard input can be "
                      "read once only; give the others as files",
                      inputs);
    if (outputs > 1)
        return report(HEED_E_INVALID,
                      "'-' is given %d times to be written: standard output takes "
                      "one array; give the others as files",
                      outputs);
    for (size_t i = 0; outputs && i < sizeof printed / sizeof *printed; i++)
        if (options_flag(given, printed[i]))
            return report(HEED_E_INVALID, "--%s is printed where '-' writes; name a file",
                          printed[i]);
    return HEED_OK;
}

/* ---- a file holds one result */

static const char *written_file(const options *given, size_t i)
{
    const option_row *row = &given->rows[given->all_rows[i]];
    return is_read(row->flag) || is_standard(row, given->all[i]) ? NULL
                                                                 : file_of(row, given->all[i]);
}

static heed_status check_written(const options *given)
{
    for (size_t i = 0; i < given->n_all; i++) {
        const char *file = written_file(given, i);
        for (size_t j = 0; file && j < i; j++) {
            const char *other = written_file(given, j);
            const option_row *first = &given->rows[given->all_rows[j]];
            const option_row *second = &given->rows[given->all_rows[i]];
            int again = first == second && strcmp(first->argument, "NAME=FILE") != 0;
            if (other && !again && strcmp(file, other) == 0)
                return report(HEED_E_INVALID,
                              "--%s and --%s would both write %s; give each a file of its own",
                              first->flag, second->flag, file);
        }
    }
    return HEED_OK;
}

heed_status attend_check(const options *given)
{
    if (!attend_wants_numbers(given) && !options_flag(given, "plan"))
        return report(HEED_E_INVALID, "nothing is asked for: give -o FILE.npy, another output, "
                                      "--plan or --trace (see heed attend --help)");
    heed_status status = check_idle(given);
    if (status == HEED_OK) status = check_gradients(given);
    if (status == HEED_OK) status = check_standard(given);
    return status == HEED_OK ? check_written(given) : status;
}
