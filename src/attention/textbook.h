/* SPDX-License-Identifier: MIT */
/* What the textbook operators share: checks. */
#ifndef HEED_ATTENTION_TEXTBOOK_INSIDE_H
#define HEED_ATTENTION_TEXTBOOK_INSIDE_H

#include "attention/run.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "heed/attention_textbook.h"

/* 0 to 2^31, so that products of three stay in range. */
heed_status heed__textbook_size(const char *name, int64_t value, int64_t low);

/* Their product is at most 2^48. */
heed_status heed__textbook_volume(const char *name, int64_t a, int64_t b, int64_t c);

/* lengths[0 to n - 1] are 0 to most; NULL is well. */
heed_status heed__textbook_lengths(const char *name, const int64_t *lengths, int64_t n,
                                   int64_t most);

/* Must be given where it has elements. */
heed_status heed__textbook_given(const char *name, const void *array, int64_t elements);

#endif
