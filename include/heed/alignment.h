/* SPDX-License-Identifier: MIT */
/** Word alignments: which word of a source belongs to which word of a target. */
#ifndef HEED_ALIGNMENT_H
#define HEED_ALIGNMENT_H

#include "heed/status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Words are counted from 0. */
typedef struct heed_link {
    int32_t source, target;
} heed_link;

#ifdef __cplusplus
}
#endif
#endif
