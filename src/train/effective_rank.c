/* SPDX-License-Identifier: MIT */
/* Eigenvalues of a small symmetric matrix by Jacobi's rotations, and what they say of a rank. A
 * figure for people: no parameter depends on it. */
#include "train/effective_rank.h"

#include <math.h>

/* Makes a[p][q] zero by turning rows and columns p and q. */
static void rotate(double *a, int64_t n, int64_t p, int64_t q)
{
    double apq = a[p * n + q];
    if (apq == 0) return;
    double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
    double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
    double c = 1 / sqrt(t * t + 1), s = t * c;
    for (int64_t k = 0; k < n; k++) {
        double x = a[k * n + p], y = a[k * n + q];
        a[k * n + p] = c * x - s * y;
        a[k * n + q] = s * x + c * y;
    }
    for (int64_t k = 0; k < n; k++) {
        double x = a[p * n + k], y = a[q * n + k];
        a[p * n + k] = c * x - s * y;
        a[q * n + k] = s * x + c * y;
    }
}

/* The eigenvalues come to stand on the diagonal. */
static void diagonalise(double *a, int64_t n)
{
    enum { SWEEPS = 30 };
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double off = 0, on = 0;
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < n; j++) *(i == j ? &on : &off) += a[i * n + j] * a[i * n + j];
        if (off <= 1e-20 * on) return;
        for (int64_t p = 0; p < n; p++)
            for (int64_t q = p + 1; q < n; q++) rotate(a, n, p, q);
    }
}

double heed__effective_rank(const float *x, int64_t rows, int64_t columns, int64_t stride,
                            double *gram)
{
    int64_t n = rows < columns ? rows : columns;
    double sum = 0, entropy = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            double dot = 0;
            for (int64_t k = 0; k < (n == rows ? columns : rows); k++)
                dot += n == rows ? (double)x[i * stride + k] * (double)x[j * stride + k]
                                 : (double)x[k * stride + i] * (double)x[k * stride + j];
            gram[i * n + j] = dot;
        }
    diagonalise(gram, n);
    for (int64_t i = 0; i < n; i++) sum += sqrt(fmax(gram[i * n + i], 0));
    if (!(sum > 0)) return 0;
    for (int64_t i = 0; i < n; i++) {
        double share = sqrt(fmax(gram[i * n + i], 0)) / sum;
        if (share > 0) entropy -= share * log(share);
    }
    return exp(entropy);
}
