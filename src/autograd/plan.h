/* SPDX-License-Identifier: MIT */
/* Where each buffer of a run lies in one block, so that buffers alive together do not overlap. */
#ifndef HEED_AUTOGRAD_PLAN_H
#define HEED_AUTOGRAD_PLAN_H

#include "heed/status.h"

#include <stddef.h>
#include <stdint.h>

/* A buffer alive from step `first` to step `last`, both included. size in bytes. */
typedef struct heed__buffer {
    size_t size;
    size_t offset; /* the answer, a multiple of 64 */
    int32_t first, last;
} heed__buffer;

/* Places `count` buffers and returns the block's size: the largest first, each as low as it fits
 * beside those placed before it. order and placed are scratch of count items each. */
size_t heed__plan_buffers(heed__buffer *buffers, size_t count, int32_t *order, int32_t *placed);

#endif
