/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L /* stat */
#include "cli/places.h"

#include "cli/report.h"

#include <string.h>
#include <sys/stat.h>

/* Two names of one file; a device may well be read and written. */
static int same_file(const struct stat *output, const char *input)
{
    struct stat is;
    return input && stat(input, &is) == 0 && is.st_dev == output->st_dev &&
           is.st_ino == output->st_ino;
}

static heed_status refuse(const char *flag, const char *path)
{
    return report(HEED_E_INVALID, "--%s: %s is also read, and would be overwritten; name another",
                  flag, path);
}

/* Options that name files which are read. */
static int is_read(const char *flag)
{
    static const char *const names[] = {"valid",        "config",       "source", "target",
                                        "valid-source", "valid-target", "guide",  "gold",
                                        "prefixes",     "reverse",      "vectors"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(flag, names[i]) == 0) return 1;
    return 0;
}

heed_status places_check(const options *given, const char *flag, const char *path)
{
    struct stat output;
    if (!path || stat(path, &output) != 0 || !S_ISREG(output.st_mode)) return HEED_OK;
    for (int i = 0; i < given->n_arguments; i++)
        if (same_file(&output, given->arguments[i])) return refuse(flag, path);
    for (size_t i = 0; i < given->n_all; i++)
        if (is_read(given->rows[given->all_rows[i]].flag) && same_file(&output, given->all[i]))
            return refuse(flag, path);
    return HEED_OK;
}
