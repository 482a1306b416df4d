/* SPDX-License-Identifier: MIT */
/* Text that is longer than its room: written as far as it goes, counted whole, like snprintf. */
#ifndef HEED_ATTENTION_SAY_H
#define HEED_ATTENTION_SAY_H

#include "base/fail.h"

#include <stddef.h>

typedef struct heed__writer {
    char *text;
    size_t size, used;
} heed__writer;

void heed__say(heed__writer *w, const char *format, ...) HEED_PRINTF(2, 3);

#endif
