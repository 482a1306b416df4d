/* SPDX-License-Identifier: MIT */
/*
 * The nucleus (top-p; Holtzman, Buys, Du, Forbes and Choi, "The curious case of neural text
 * degeneration", ICLR 2020) without sorting: its least weight is found by partitioning, as
 * quickselect finds a median, which reads the row a few times whatever the nucleus' size.
 */
#include "model/draw.h"

static float middle_of(float a, float b, float c)
{
    if (a < b) return b < c ? b : a < c ? c : a;
    return a < c ? a : b < c ? c : b;
}

/* Puts what is greater than the pivot first, then what is equal; sets where each ends and their
 * sums. */
static void part(float *weights, int64_t n, float pivot, int64_t ends[2], double sums[2])
{
    int64_t greater = 0, less = n;
    sums[0] = sums[1] = 0;
    for (int64_t i = 0; i < less;) {
        float weight = weights[i];
        if (weight > pivot) {
            weights[i++] = weights[greater];
            weights[greater++] = weight;
            sums[0] += (double)weight;
        } else if (weight < pivot) {
            weights[i] = weights[--less];
            weights[less] = weight;
        } else {
            sums[1] += (double)weight;
            i++;
        }
    }
    ends[0] = greater;
    ends[1] = less;
}

/* The fewest, 1 to n, of n equal weights that make up what is missing. */
static int64_t how_many(int64_t n, float weight, double missing)
{
    double few = missing / (double)weight;
    if (!(few < (double)n)) return n;
    int64_t whole = (int64_t)few;
    return (double)whole < few || !whole ? whole + 1 : whole;
}

/* Rounding may leave `wanted` out of reach; then all are kept. */
heed__nucleus heed__nucleus_of(int64_t n, float *weights, double wanted)
{
    heed__nucleus nucleus = {0, 0, 0};
    while (n > 0 && nucleus.total < wanted) {
        int64_t ends[2];
        double sums[2];
        float pivot = middle_of(weights[0], weights[n / 2], weights[n - 1]);
        part(weights, n, pivot, ends, sums);
        if (nucleus.total + sums[0] >= wanted) {
            n = ends[0];
            continue;
        }
        double above = nucleus.total + sums[0];
        nucleus.least = pivot;
        nucleus.of_least = how_many(ends[1] - ends[0], pivot, wanted - above);
        nucleus.total = above + (double)nucleus.of_least * (double)pivot;
        weights += ends[1];
        n -= ends[1];
    }
    return nucleus;
}

int32_t heed__draw_from_nucleus(const heed__nucleus *nucleus, int64_t n, const float *weights,
                                double share)
{
    int64_t token = 0, of_least = nucleus->of_least;
    double sum = 0, target = share * nucleus->total;
    for (int64_t i = 0; i < n && sum <= target; i++) {
        if (weights[i] < nucleus->least || !(weights[i] > 0)) continue;
        if (weights[i] == nucleus->least && of_least-- <= 0) continue;
        token = i;
        sum += (double)weights[i];
    }
    return (int32_t)token;
}
