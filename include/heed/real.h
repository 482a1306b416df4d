/* SPDX-License-Identifier: MIT */
/** The number type of every array that goes in and out of heed: float (attention_double.h: double).
 */
#ifndef HEED_REAL_H
#define HEED_REAL_H

#ifdef HEED_REAL_DOUBLE
typedef double heed_real; /**< see heed/attention_double.h */
#else
typedef float heed_real;
#endif

#endif
