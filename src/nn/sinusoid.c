/* SPDX-License-Identifier: MIT */
/*
 * PE(pos, 2i) = sin(pos / 10000^(2i/C)), PE(pos, 2i+1) = cos(same). Parameters depend on the table,
 * so it is made without libm: each frequency's sine and cosine come from Taylor series at one small
 * angle, and positions by turning the pair by that angle, in double; ten thousand turns keep 12
 * digits.
 */
#include "nn/layers.h"

#include <math.h> /* sqrt only */

/* x^(1/2^k) by repeated square roots gives 10000^(-2i/C) = product over the bits of i/(C/2). */
static double frequency(int64_t pair, int64_t pairs)
{
    double result = 1, root = 10000, share = (double)pair / (double)pairs;
    for (int bit = 0; bit < 52 && share > 0; bit++) {
        root = sqrt(root);
        share *= 2;
        if (share >= 1) {
            result /= root;
            share -= 1;
        }
    }
    return result;
}

/* Angles are at most 1. */
static void sine_cosine(double x, double *sine, double *cosine)
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

void heed__sinusoid_fill(int64_t rows, int64_t size, heed_real *table)
{
    for (int64_t column = 0; column < size; column += 2) {
        double step_sine, step_cosine, sine = 0, cosine = 1;
        sine_cosine(frequency(column / 2, (size + 1) / 2), &step_sine, &step_cosine);
        for (int64_t row = 0; row < rows; row++) {
            table[row * size + column] = (heed_real)sine;
            if (column + 1 < size) table[row * size + column + 1] = (heed_real)cosine;
            double turned = sine * step_cosine + cosine * step_sine;
            cosine = cosine * step_cosine - sine * step_sine;
            sine = turned;
        }
    }
}
