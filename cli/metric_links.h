/* SPDX-License-Identifier: MIT */
/* heed metric aer: word links against known ones. */
#ifndef HEED_CLI_METRIC_LINKS_H
#define HEED_CLI_METRIC_LINKS_H

#include "cli/options.h"

/* Nonzero when the list of metrics names it. */
int metric_links_named(const char *list);
heed_status metric_links(const options *given);

#endif
