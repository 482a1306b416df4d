/* SPDX-License-Identifier: MIT */
/* Help, made from the verbs' tables. */
#ifndef HEED_CLI_HELP_H
#define HEED_CLI_HELP_H

#include "cli/options.h"

#include <stdio.h>

/* Receives text piece by piece. */
typedef void (*help_writer)(const char *text);

/* heed --help: the verbs and the exit codes. */
void help_overview(help_writer write);
/* heed VERB --help; `rows` from options_gather. */
void help_verb(const options *rows, help_writer write);
/* heed --markdown VERB: the part of docs/cli/heed-VERB.md that comes from the tables. Without a
 * verb, that of docs/cli/heed.md. */
void help_markdown_overview(help_writer write);
void help_markdown(const options *rows, help_writer write);

#endif
