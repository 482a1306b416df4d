/* SPDX-License-Identifier: MIT */
/* No position on queries and keys: the default. */
#include "attention/tables.h"

const heed__position heed__position_none = {
    .entry = {.name = "none", .help = "queries and keys are taken as they are"},
};
