/* SPDX-License-Identifier: MIT */
/* What a verb is: one file cli/verb_<name>.c with one of these, and one row in main.c. Its help,
 * its page's options and its parsing all come from here. */
#ifndef HEED_CLI_VERB_H
#define HEED_CLI_VERB_H

#include "heed/status.h"

#include <stddef.h>

typedef struct options options;

typedef enum option_type {
    OPTION_FLAG = 0, /* no value; a row that says no type */
    OPTION_INTEGER,  /* from least to most */
    OPTION_NUMBER,   /* from least to most */
    OPTION_BOOLEAN,  /* "true" or "false" */
    OPTION_CHOICE,   /* one of choices */
    OPTION_TEXT
} option_type;

typedef struct option_row {
    const char *flag;     /* without the dashes */
    char brief;           /* one letter, or 0 */
    const char *argument; /* what the help calls the value; NULL for a flag */
    option_type type;
    const char *initial; /* the default as text; NULL = none */
    const char *choices; /* "a|b|c" */
    double least, most;  /* both included; both 0 = any */
    const char *help;    /* one line, lower case, no full stop */
} option_row;

/* Options that many verbs share; a verb names those it heeds. */
enum {
    COMMON_THREADS = 1,   /* --threads N */
    COMMON_SEED = 2,      /* --seed N */
    COMMON_JSON = 4,      /* --json */
    COMMON_QUIET = 8,     /* --quiet */
    COMMON_READING = 16,  /* --text, --label, --format, --max-bad: see cli/reading.h */
    COMMON_ALIGNING = 32, /* --layer, --head and others: see cli/aligning.h */
    COMMON_PRECISION = 64 /* --precision P */
};

typedef struct verb_example {
    const char *command, *what;
} verb_example;

typedef struct verb {
    const char *name;
    const char *summary;                 /* one line, lower case, no full stop */
    const char *arguments;               /* as in the usage line, such as "FILE..."; "" for none */
    const char *description;             /* a paragraph */
    int least_arguments, most_arguments; /* most -1 = any number */
    const option_row *options;           /* ends with a row whose flag is NULL; NULL = none */
    /* Further rows from a table of the library: fills row `index`, returns 0 past the end. */
    int (*more_options)(size_t index, option_row *out);
    const char *more_heading; /* over them in the help */
    unsigned common;
    const verb_example *examples; /* ends with a NULL command; NULL = none */
    heed_status (*run)(const options *given);
} verb;

/* Row `index` of the table in main.c, NULL past its end. */
const verb *verb_at(size_t index);

extern const verb verb_train;
extern const verb verb_eval;
extern const verb verb_predict;
extern const verb verb_explain;
extern const verb verb_report;
extern const verb verb_attend;
extern const verb verb_bench;
extern const verb verb_metric;
extern const verb verb_translate;
extern const verb verb_sample;
extern const verb verb_score;
extern const verb verb_align;
extern const verb verb_list;
extern const verb verb_info;

#endif
