/* SPDX-License-Identifier: MIT */
/* Where each buffer of a run lies in one block, so that buffers alive together do not overlap. */
#ifndef HEED_AUTOGRAD_PLAN_H
#define HEED_AUTOGRAD_PLAN_H

#include "heed/status.h"

#include <stddef.h>
#include <stdint.h>

enum { HEED_OWN_PLACE = -1 };

/* A buffer alive from step `first` to step `last`, both included. size in bytes. */
typedef struct heed__buffer {
    size_t size;
    size_t offset; /* the answer, a multiple of 64 */
    int32_t first, last;
    int32_t shares; /* HEED_OWN_PLACE, or the buffer whose place it takes, which is as large, has a
                       place of its own, and is alive for both */
} heed__buffer;

/* Bytes of scratch for that many buffers over that many steps. */
size_t heed__plan_scratch(size_t count, int32_t steps);

/* Places `count` buffers and returns the block's size. Those alive at the step that needs most are
 * stacked, the longest-lived lowest; the others, the largest first, each go as low as they fit
 * beside those. Time is near count log count for the lifetimes of a forward and backward pass.
 * room: the bytes there are already (0 = none). Should that need more, gaps between what is stacked
 * are used too. */
size_t heed__plan_buffers(heed__buffer *buffers, size_t count, int32_t steps, size_t room,
                          void *scratch);

#endif
