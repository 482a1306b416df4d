/* SPDX-License-Identifier: MIT */
/* The command line of one verb: its rows put together, then what was given. */
#ifndef HEED_CLI_OPTIONS_H
#define HEED_CLI_OPTIONS_H

#include "cli/verb.h"

typedef struct option_group {
    const char *heading;
    size_t begin, end; /* rows */
} option_group;

struct options {
    const verb *verb;
    option_row *rows;
    const char **values; /* a row's last, NULL where it was not given */
    size_t n_rows, room;
    const char **all; /* every value with a place in the command line, and the row of each */
    size_t *all_rows, n_all;
    option_group groups[3]; /* the verb's own, the library's, the common ones */
    const char **arguments;
    int n_arguments;
    int help; /* --help was given: nothing else was checked after it */
};

/* The verb's rows, then those of the library, then the common ones; a flag that is there already is
 * left out, so a verb may have its own --seed. Errors HEED_E_NOMEM. */
heed_status options_gather(const verb *v, options *out);
/* argv[0] is the first word after the verb. Values are checked against their rows; strings stay
 * argv's. Given twice, the last counts. Errors HEED_E_INVALID. */
heed_status options_parse(options *given, int argc, char **argv);
void options_free(options *given);

/* What was given, else the default; NULL where there is neither. `flag` must be a row's. */
const char *options_text(const options *given, const char *flag);
long long options_integer(const options *given, const char *flag);
double options_number(const options *given, const char *flag);
/* A flag given, or a boolean that is "true". */
int options_flag(const options *given, const char *flag);
/* Whether it was on the command line at all. */
int options_given(const options *given, const char *flag);
/* Of a flag that may be repeated: how many times it was given, and what the nth time, from 0. */
int options_count(const options *given, const char *flag);
const char *options_nth(const options *given, const char *flag, int nth);

#endif
