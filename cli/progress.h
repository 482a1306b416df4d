/* SPDX-License-Identifier: MIT */
/* Progress of a training run on standard error: one line that renews itself on a terminal, plain
 * lines in a pipe. */
#ifndef HEED_CLI_PROGRESS_H
#define HEED_CLI_PROGRESS_H

#include "heed/train.h"

typedef struct progress_line {
    int quiet, terminal;
    double shown; /* seconds at which a line was last written */
} progress_line;

progress_line progress_start(int quiet);
/* For heed_train_options.progress, with a progress_line as user. */
void progress_show(void *line, const heed_progress *progress);
/* Ends the line on a terminal. */
void progress_end(const progress_line *line);

#endif
