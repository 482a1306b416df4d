#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the constants of src/kernels/math_tmpl.h and amx_softmax.c (needs numpy and mpmath).

Each polynomial is a weighted minimax fit, found by Lawson's reweighted least squares. Its
coefficients are rounded to float32 one after the other, from the lowest power, and the rest is
fitted again to what the rounding left.
"""
import numpy as np
from mpmath import mp, mpf, cos, pi, exp, log, log1p, sqrt, erf, erfc

mp.dps = 40


def minimax(points, values, weights, powers):
    basis = np.array([[x**p for p in powers] for x in points])
    scale = np.abs(basis).max(axis=0)
    mass = np.ones(len(points)) / len(points)
    best, least = None, np.inf
    for _ in range(400):
        rows = weights * np.sqrt(mass)
        c = np.linalg.lstsq(basis / scale * rows[:, None], values * rows, rcond=None)[0]
        error = np.abs(weights * (values - basis / scale @ c))
        if error.max() < least:
            best, least = c / scale, error.max()
        mass = mass * error / (mass * error).sum() + 1e-9
    return best, least


def fit(name, f, weight, degree, low, high):
    """f ~ sum c_i x^i on [low, high], minimising the largest |weight (f - p)|."""
    low, high = mpf(low), mpf(high)
    nodes = [(low + high) / 2 - (high - low) / 2 * cos(pi * (i + mpf(1) / 2) / 600) for i in range(600)]
    points = np.array([float(x) for x in nodes])
    weights = np.array([float(weight(x)) for x in nodes])
    rest, fixed, error = [f(x) for x in nodes], [], 0
    for power in range(degree + 1):
        values = np.array([float(v) for v in rest])
        c, error = minimax(points, values, weights, range(power, degree + 1))
        fixed.append(float(np.float32(c[0])))
        rest = [v - mpf(fixed[-1]) * x**power for v, x in zip(rest, nodes)]
    print(f"{name}: weighted error 2^{np.log2(max(abs(weights * np.array([float(v) for v in rest])))):.1f}")
    for power, a in enumerate(fixed):
        print(f"    {a.hex()}f x^{power}")


def split(name, x, bits):
    """x = high + low: high has few bits, so that n * high is exact for small n."""
    high = float(mp.nint(x * 2**bits) / 2**bits)
    print(f"{name}: {high.hex()}f + {float(np.float32(float(x - mpf(high)))).hex()}f")


split("ln 2", log(mpf(2)), 15)
print("ln 2:", float(np.float32(np.log(2))).hex())
print("log2 e:", float(np.float32(1 / np.log(2))).hex())
half = log(mpf(2)) / 2 * mpf("1.0001")
fit("(exp x - 1 - x) / x^2", lambda x: (exp(x) - 1 - x) / x**2, lambda x: x**2 / exp(x), 4, -half, half)
fit("(log1p x - x) / x^2", lambda x: (log1p(x) - x) / x**2, lambda x: x**2 / abs(log1p(x)), 8, -mpf(1) / 3, mpf(1) / 3)
edge = mpf("0.95")
fit("erf(sqrt s) / sqrt s - 1", lambda s: erf(sqrt(s)) / sqrt(s) - 1, lambda s: 1, 6, 0, edge**2)
fit("(log erfc x) / x", lambda x: log(erfc(x)) / x, lambda x: x * erfc(x) / erf(x), 6, edge, 4)
for degree in (2, 3):
    fit(f"(2^x - 1) / x, degree {degree}", lambda x: (2**x - 1) / x, lambda x: x / 2**x, degree,
        mpf("1e-9"), 1)
fit("(2^x - 1) / x", lambda x: (2**x - 1) / x, lambda x: x / 2**x, 5, -mpf("0.5"), mpf("0.5"))
