/* SPDX-License-Identifier: MIT */
#include "optim/setting.h"

#include "base/fail.h"

#include <string.h>

int heed__setting_find(const heed__setting *settings, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(settings[i].name, name) == 0) return i;
    return -1;
}

heed_status heed__settings_fill(const char *owner, const heed__setting *settings, int count,
                                const double *given, double *out)
{
    for (int i = 0; i < count; i++) {
        out[i] = given ? given[i] : settings[i].initial;
        if (!(out[i] >= settings[i].least && out[i] <= settings[i].most))
            return heed__fail(HEED_E_INVALID, "%s: %s = %g is not between %g and %g", owner,
                              settings[i].name, out[i], settings[i].least, settings[i].most);
    }
    return HEED_OK;
}
