/* SPDX-License-Identifier: MIT */
/* Numbers of 16 bits: IEEE binary16 and bfloat16. Computation knows only heed_real; these live in
 * files. To 16 bits: the nearest, halves to even; too large becomes infinity; NaN stays NaN. */
#ifndef HEED_TENSOR_HALF_H
#define HEED_TENSOR_HALF_H

#include <stdint.h>

double heed__half_to(uint16_t bits);
uint16_t heed__half_from(double x);

double heed__bfloat_to(uint16_t bits);
uint16_t heed__bfloat_from(double x);

#endif
