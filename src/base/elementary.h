/* SPDX-License-Identifier: MIT */
/*
 * Elementary functions in double for tables that parameters depend on: of IEEE operations alone, so
 * that every machine has the same bits. For tens of values, not for arrays (kernels.h has those).
 */
#ifndef HEED_BASE_ELEMENTARY_H
#define HEED_BASE_ELEMENTARY_H

/* base^exponent, base >= 1, exponent from -64 to 64; relative error below 1e-14. */
double heed__power(double base, double exponent);

/* The natural logarithm of a normal x > 0; error below 1e-15 relative to 1 + |ln x|. */
double heed__natural_log(double x);

/* For |x| <= 1, to the last bits. */
void heed__sine_cosine(double x, double *sine, double *cosine);

#endif
