/* SPDX-License-Identifier: MIT */
/* How far a method's scores can be trusted: what happens without the words that it names. */
#ifndef HEED_EXPLAIN_FAITHFULNESS_H
#define HEED_EXPLAIN_FAITHFULNESS_H

#include "explain/reading.h"

/* Removes the `words` highest-scored words at once, and as many random ones several times (the seed
 * and the text's length pick them). A text of no more than `words` words is not measured (words = 0
 * in *out). */
heed_status heed__faithfulness_measure(heed__reading *reading, int output, const float *scores,
                                       int words, uint64_t seed, heed__faithfulness *out);

#endif
