/* SPDX-License-Identifier: MIT */
#include "tensor/half.h"

#include <string.h>

/* A format: its bits are sign, exponent, fraction. */
typedef struct format {
    int fraction; /* bits */
    int bias;     /* of the exponent, which has its top value for infinity and NaN */
} format;

static const format half = {10, 15}, bfloat = {7, 127};

enum { DOUBLE_FRACTION = 52, DOUBLE_BIAS = 1023 };
static const uint64_t double_infinity = UINT64_C(2047) << DOUBLE_FRACTION;

static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double widen(format f, uint16_t bits)
{
    uint64_t sign = (uint64_t)(bits >> 15) << 63;
    uint64_t fraction = bits & ((1u << f.fraction) - 1);
    int exponent = (bits & 0x7fff) >> f.fraction, shift = DOUBLE_FRACTION - f.fraction;
    if (exponent == 2 * f.bias + 1) return from_bits(sign | double_infinity | fraction << shift);
    if (exponent == 0) { /* a multiple of the smallest number: exact */
        uint64_t unit = (uint64_t)(DOUBLE_BIAS + 1 - f.bias - f.fraction) << DOUBLE_FRACTION;
        double x = (double)fraction * from_bits(unit);
        return sign ? -x : x;
    }
    uint64_t moved = (uint64_t)(exponent - f.bias + DOUBLE_BIAS);
    return from_bits(sign | moved << DOUBLE_FRACTION | fraction << shift);
}

/* A NaN's payload keeps its upper bits; one must be set, or it would be infinity. */
static unsigned narrow_nan(format f, uint64_t fraction)
{
    unsigned infinity = (2u * (unsigned)f.bias + 1) << f.fraction;
    unsigned kept = (unsigned)(fraction >> (DOUBLE_FRACTION - f.fraction));
    return infinity | (kept ? kept : 1u << (f.fraction - 1));
}

static uint16_t narrow(format f, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    unsigned sign = (unsigned)(bits >> 63) << 15, infinity = (2u * (unsigned)f.bias + 1)
                                                             << f.fraction;
    uint64_t fraction = bits & ((UINT64_C(1) << DOUBLE_FRACTION) - 1);
    int exponent = (int)(bits >> DOUBLE_FRACTION & 2047) - DOUBLE_BIAS;
    if (exponent > DOUBLE_BIAS && fraction) return (uint16_t)(sign | narrow_nan(f, fraction));
    if (exponent > f.bias) return (uint16_t)(sign | infinity);
    /* Below the smallest normal number the last bit stays where it is, and more are shifted out. */
    int shift = DOUBLE_FRACTION - f.fraction, short_of = 1 - f.bias - exponent;
    unsigned base = (unsigned)(exponent + f.bias - 1) << f.fraction;
    if (short_of > 0) shift += short_of, base = 0;
    if (shift > DOUBLE_FRACTION + 1) return (uint16_t)sign; /* less than half the smallest */
    uint64_t whole = fraction | UINT64_C(1) << DOUBLE_FRACTION;
    uint64_t kept = whole >> shift, lost = whole & ((UINT64_C(1) << shift) - 1);
    uint64_t middle = UINT64_C(1) << (shift - 1);
    kept += lost > middle || (lost == middle && kept & 1); /* may carry up to infinity: right */
    return (uint16_t)(sign | (base + (unsigned)kept));
}

double heed__half_to(uint16_t bits)
{
    return widen(half, bits);
}

uint16_t heed__half_from(double x)
{
    return narrow(half, x);
}

double heed__bfloat_to(uint16_t bits)
{
    return widen(bfloat, bits);
}

uint16_t heed__bfloat_from(double x)
{
    return narrow(bfloat, x);
}
