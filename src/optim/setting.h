/* SPDX-License-Identifier: MIT */
/* The numbers that a row of a table brings along: their names in config and on the command line. */
#ifndef HEED_OPTIM_SETTING_H
#define HEED_OPTIM_SETTING_H

#include "heed/status.h"

typedef struct heed__setting {
    const char *name; /* such as "weight_decay" */
    const char *help; /* one line, with the unit */
    double initial, least, most;
} heed__setting;

enum { HEED_SETTINGS = 6 }; /* at most, for a row */

/* The index of a setting, or -1. */
int heed__setting_find(const heed__setting *settings, int count, const char *name);

/* out = given, or each setting's own value where given is NULL; HEED_E_INVALID names the owner and
 * the setting that is out of range. */
heed_status heed__settings_fill(const char *owner, const heed__setting *settings, int count,
                                const double *given, double *out);

#endif
