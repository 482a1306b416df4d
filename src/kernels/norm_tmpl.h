/* SPDX-License-Identifier: MIT */
/*
 * Layer normalisation of a row, on the vector of a level. A row is read three times, from the first
 * cache after the first: its mean; its variance; and its values. Going back twice: for the two
 * means of the gradient, with what gain and bias get, and for the gradient.
 */
#ifndef HEED_KERNELS_NORM_TMPL_H
#define HEED_KERNELS_NORM_TMPL_H

/* Lanes past the end of x are zero in the sum and must be in what is made of it. */
HEED_INLINE vec norm_load(const heed_real *x, int64_t left)
{
    return left >= LANES ? vec_load(x) : vec_load_part(x, left, 0);
}

HEED_INLINE void norm_store(heed_real *y, int64_t left, vec v)
{
    if (left >= LANES)
        vec_store(y, v);
    else
        vec_store_part(y, left, v);
}

/* 0 in lanes past the end. */
HEED_INLINE vec norm_within(vec v, int64_t left)
{
    return left >= LANES ? v : vec_select(vec_below(left), v, vec_set(0));
}

static void norm_row(int64_t n, heed_real epsilon, const heed_real *x, const heed_real *gain,
                     const heed_real *bias, heed_real *y, heed_real kept[2])
{
    heed_real count = (heed_real)n, mean = loop_sum(n, x) / count;
    vec squares = vec_set(0), m = vec_set(mean);
    for (int64_t i = 0; i < n; i += LANES) {
        vec d = norm_within(vec_sub(norm_load(x + i, n - i), m), n - i);
        squares = vec_fma(d, d, squares);
    }
    heed_real r = 1 / heed__sqrt(vec_tree_sum(squares) / count + epsilon);
    vec by = vec_set(r);
    for (int64_t i = 0; i < n; i += LANES) {
        vec hat = vec_mul(by, vec_sub(norm_load(x + i, n - i), m));
        vec scaled = vec_mul(hat, norm_load(gain + i, n - i));
        norm_store(y + i, n - i, vec_add(scaled, norm_load(bias + i, n - i)));
    }
    kept[0] = mean;
    kept[1] = r;
}

/* xhat of 16 elements, 0 past the end. */
HEED_INLINE vec norm_hat(const heed_real *x, int64_t left, const heed_real kept[2])
{
    vec d = vec_sub(norm_load(x, left), vec_set(kept[0]));
    return norm_within(vec_mul(d, vec_set(kept[1])), left);
}

static void norm_learn(int64_t n, const heed_real kept[2], const heed_real *x, const heed_real *dy,
                       heed_real *dgain, heed_real *dbias)
{
    for (int64_t i = 0; i < n; i += LANES) {
        vec d = norm_load(dy + i, n - i);
        vec product = vec_mul(d, norm_hat(x + i, n - i, kept));
        norm_store(dgain + i, n - i, vec_add(norm_load(dgain + i, n - i), product));
        norm_store(dbias + i, n - i, vec_add(norm_load(dbias + i, n - i), d));
    }
}

static void norm_back(int64_t n, const heed_real kept[2], const heed_real *x, const heed_real *gain,
                      const heed_real *dy, const heed_real *base, heed_real *dx)
{
    heed_real count = (heed_real)n;
    vec sum = vec_set(0), dot = vec_set(0);
    for (int64_t i = 0; i < n; i += LANES) {
        vec g = vec_mul(norm_load(dy + i, n - i), norm_load(gain + i, n - i));
        sum = vec_add(sum, g);
        dot = vec_fma(g, norm_hat(x + i, n - i, kept), dot);
    }
    vec mean_g = vec_set(vec_tree_sum(sum) / count), mean_gx = vec_set(vec_tree_sum(dot) / count);
    for (int64_t i = 0; i < n; i += LANES) {
        vec g = vec_mul(norm_load(dy + i, n - i), norm_load(gain + i, n - i));
        vec hat = norm_hat(x + i, n - i, kept);
        vec d = vec_sub(vec_sub(g, mean_g), vec_mul(hat, mean_gx));
        d = vec_mul(vec_set(kept[1]), d);
        if (base) d = vec_add(norm_load(base + i, n - i), d);
        norm_store(dx + i, n - i, d);
    }
}

#endif
