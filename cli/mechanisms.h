/* SPDX-License-Identifier: MIT */
/* The options that describe the attention operator, and how rows of options are written shorter. */
#ifndef HEED_CLI_MECHANISMS_H
#define HEED_CLI_MECHANISMS_H

#include "cli/verb.h"

#define FILE_ROW(flag, help)                                                                       \
    {                                                                                              \
        flag, 0, "FILE", OPTION_TEXT, NULL, NULL, 0, 0, help                                       \
    }

/* For verb.more_options: what cli/attend reads, whatever its arrays come from. */
int mechanism_option(size_t index, option_row *out);

#endif
