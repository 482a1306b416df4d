/* SPDX-License-Identifier: MIT */
/*
 * What softmax does to a tile of scores, on the vector of a level. A row's 16 lanes are summed by
 * the tree of vec_tree_sum, those of 16 rows together (vec_trees), so that 15 additions do for all.
 */
#ifndef HEED_KERNELS_SOFTMAX_TMPL_H
#define HEED_KERNELS_SOFTMAX_TMPL_H

/* Drops NaNs. */
HEED_INLINE vec row_most(int64_t n, const heed_real *s)
{
    int64_t i = 0;
    vec most = vec_set(-HEED_REAL(INFINITY));
    for (; i + LANES <= n; i += LANES) most = vec_max(vec_load(s + i), most);
    if (i < n) most = vec_max(vec_load_part(s + i, n - i, -HEED_REAL(INFINITY)), most);
    return most;
}

/* s becomes exp(s - shift), which is at most 1; returns its lanes' sums. */
HEED_INLINE vec row_exp(int64_t n, heed_real shift, heed_real *s)
{
    int64_t i = 0;
    vec sum = vec_set(0), by = vec_set(shift), e;
    for (; i + LANES <= n; i += LANES) {
        e = vec_exp_weight(vec_sub(vec_load(s + i), by));
        vec_store(s + i, e);
        sum = vec_add(sum, e);
    }
    if (i < n) {
        e = vec_exp_weight(vec_sub(vec_load_part(s + i, n - i, 0), by));
        vec_store_part(s + i, n - i, e);
        sum = vec_add(sum, vec_select(vec_below(n - i), e, vec_set(0)));
    }
    return sum;
}

/* At most 16 rows. A NaN among the scores is one among the weights and in the sum. */
HEED_INLINE void online_rows(int64_t rows, int64_t n, heed_real *s, int64_t s_row, heed_real *top,
                             heed_real *sum, heed_real *factor)
{
    const vec none = vec_set(-HEED_REAL(INFINITY)), one = vec_set(1);
    vec lanes[LANES];
    heed_real shift[LANES];
    for (int r = 0; r < LANES; r++) lanes[r] = r < rows ? row_most(n, s + r * s_row) : none;
    int64_t part = rows % LANES;
    vec before = part ? vec_load_part(top, part, 0) : vec_load(top);
    vec so_far = part ? vec_load_part(sum, part, 0) : vec_load(sum);
    vec now = vec_max(vec_trees(lanes, vec_max), before);
    vec_store(shift, vec_select(vec_equal(now, none), vec_set(0), now));
    vec by = vec_exp_weight(vec_sub(before, now));
    by = vec_select(vec_equal(before, now), one, vec_select(vec_equal(before, none), one, by));
    for (int r = 0; r < LANES; r++)
        lanes[r] = r < rows ? row_exp(n, shift[r], s + r * s_row) : vec_set(0);
    so_far = vec_fma(so_far, by, vec_trees(lanes, vec_add));
    if (part) {
        vec_store_part(top, part, now);
        vec_store_part(sum, part, so_far);
        vec_store_part(factor, part, by);
    } else {
        vec_store(top, now);
        vec_store(sum, so_far);
        vec_store(factor, by);
    }
}

static void softmax_online(int64_t rows, int64_t n, heed_real *s, int64_t s_row, heed_real *top,
                           heed_real *sum, heed_real *factor)
{
    for (int64_t r = 0; r < rows; r += LANES) {
        int64_t count = rows - r < LANES ? rows - r : LANES;
        if (n == 4 * LANES) /* of known size: no loop in a row */
            online_rows(count, 4 * LANES, s + r * s_row, s_row, top + r, sum + r, factor + r);
        else
            online_rows(count, n, s + r * s_row, s_row, top + r, sum + r, factor + r);
    }
}

/* p = exp(s - lse) and the gradient of s. */
HEED_INLINE void back_part(vec lse, vec delta, vec *s, vec *d)
{
    *s = vec_exp_weight(vec_min(vec_set(89), vec_sub(*s, lse)));
    *d = vec_mul(*s, vec_sub(*d, delta));
}

HEED_INLINE void back_row(int64_t n, heed_real *s, heed_real *d, heed_real lse, heed_real delta)
{
    vec shift = vec_set(lse), less = vec_set(delta), x, y;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        x = vec_load(s + i);
        y = vec_load(d + i);
        back_part(shift, less, &x, &y);
        vec_store(s + i, x);
        vec_store(d + i, y);
    }
    if (i < n) {
        x = vec_load_part(s + i, n - i, 0);
        y = vec_load_part(d + i, n - i, 0);
        back_part(shift, less, &x, &y);
        vec_store_part(s + i, n - i, x);
        vec_store_part(d + i, n - i, y);
    }
}

static void softmax_back(int64_t n, heed_real *s, heed_real *d, heed_real lse, heed_real delta)
{
    if (n == 4 * LANES)
        back_row(4 * LANES, s, d, lse, delta);
    else
        back_row(n, s, d, lse, delta);
}

#endif
