/* SPDX-License-Identifier: MIT */
/* The page about a run that `heed train` keeps up to date. */
#ifndef HEED_CLI_RUN_REPORT_H
#define HEED_CLI_RUN_REPORT_H

#include "cli/options.h"

#include "heed/train.h"

typedef struct run_report {
    const char *model_path; /* NULL: no page is wanted */
    char path[4096], metrics_path[4096];
    heed_context *context;
    double drawn, cost; /* when the page was drawn last, and how long it took, in seconds */
    int finished, failed;
} run_report;

/* By --report: a name, "none", or MODEL.html. Errors HEED_E_INVALID (a name too long, or one that
 * is read). */
heed_status run_report_start(run_report *report, const options *given, heed_context *context);
/* Draws after a validation, as far as that takes about a hundredth of the time; all at the end. A
 * page that cannot be written is a warning: the model matters more. */
void run_report_follow(run_report *report, const heed_progress *progress);
/* After the training: a page of a run that was stopped no longer says that it goes on. */
void run_report_end(run_report *report, heed_status status);

#endif
