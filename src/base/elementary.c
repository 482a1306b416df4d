/* SPDX-License-Identifier: MIT */
#include "base/elementary.h"

#include <math.h> /* sqrt and frexp, which are exact */

/* x^(1/2^k) by repeated square roots; the result is the product over the bits of the exponent. */
double heed__power(double base, double exponent)
{
    int down = exponent < 0;
    double result = 1, root = base, share = down ? -exponent : exponent;
    for (; share >= 1; share -= 1) result = down ? result / base : result * base;
    for (int bit = 0; bit < 52 && share > 0; bit++) {
        root = sqrt(root);
        share *= 2;
        if (share >= 1) {
            result = down ? result / root : result * root;
            share -= 1;
        }
    }
    return result;
}

/* x = m 2^e with m within sqrt(1/2) and sqrt(2); ln m = 2 atanh z, z = (m - 1) / (m + 1), whose
 * square is at most 0.0295. */
double heed__natural_log(double x)
{
    enum { TERMS = 11 };
    static const double ln_2 = 0.693147180559945309417;
    int e;
    double m = frexp(x, &e);
    if (m < 0.7071067811865476) {
        m *= 2;
        e--;
    }
    double z = (m - 1) / (m + 1), square = z * z, sum = 0;
    for (int n = TERMS; n >= 0; n--) sum = sum * square + 1.0 / (2 * n + 1);
    return e * ln_2 + 2 * z * sum;
}

/* Taylor. */
void heed__sine_cosine(double x, double *sine, double *cosine)
{
    double s = x, c = 1, term_s = x, term_c = 1;
    for (int n = 1; n < 12; n++) {
        term_c *= -x * x / (double)((2 * n - 1) * (2 * n));
        term_s *= -x * x / (double)((2 * n) * (2 * n + 1));
        c += term_c;
        s += term_s;
    }
    *sine = s;
    *cosine = c;
}
