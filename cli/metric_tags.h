/* SPDX-License-Identifier: MIT */
/* heed metric spans: tags of words against true ones. */
#ifndef HEED_CLI_METRIC_TAGS_H
#define HEED_CLI_METRIC_TAGS_H

#include "cli/options.h"

#include "heed/status.h"

/* Whether the metrics asked for are these. */
int metric_tags_named(const char *name);

heed_status metric_tags(const options *given);

#endif
