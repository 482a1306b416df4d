/* SPDX-License-Identifier: MIT */
/* The spans of a text as outputs to be drawn: each with the words that decided it. */
#ifndef HEED_EXPLAIN_SPANS_H
#define HEED_EXPLAIN_SPANS_H

#include "explain/reading.h"
#include "heed/tags.h"

/* How many outputs an output of tags is shown as: its spans, or one that says that there is none.
 */
size_t heed__spans_shown(const heed_tagged *tagged, int output);

/* Fills so many; `tagged` is of the reading's text. truth: the true tags, NULL = unknown. */
heed_status heed__spans_explain(const heed__reading *reading, const heed_tagged *tagged, int output,
                                const char *truth, heed__arena *arena,
                                heed__explained_output *shown);

#endif
