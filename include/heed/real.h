/* SPDX-License-Identifier: MIT */
/** The number type of every array that goes in and out of heed: float. */
#ifndef HEED_REAL_H
#define HEED_REAL_H

#ifdef HEED_REAL_DOUBLE
typedef double heed_real; /**< only in the build that heed's own gradient checks link */
#else
typedef float heed_real;
#endif

#endif
