/* SPDX-License-Identifier: MIT */
/*
 * PE(pos, 2i) = sin(pos / 10000^(2i/C)), PE(pos, 2i+1) = cos(same). Parameters depend on the table,
 * so it is made without libm: each frequency's sine and cosine come from Taylor series at one small
 * angle, and positions by turning the pair by that angle, in double; ten thousand turns keep 12
 * digits.
 */
#include "nn/layers.h"

#include "base/elementary.h"

void heed__sinusoid_fill(int64_t rows, int64_t size, heed_real *table)
{
    for (int64_t column = 0; column < size; column += 2) {
        double step_sine, step_cosine, sine = 0, cosine = 1;
        double share = (double)(column / 2) / (double)((size + 1) / 2);
        heed__sine_cosine(heed__power(10000, -share), &step_sine, &step_cosine);
        for (int64_t row = 0; row < rows; row++) {
            table[row * size + column] = (heed_real)sine;
            if (column + 1 < size) table[row * size + column + 1] = (heed_real)cosine;
            double turned = sine * step_cosine + cosine * step_sine;
            cosine = cosine * step_cosine - sine * step_sine;
            sine = turned;
        }
    }
}
