/* SPDX-License-Identifier: MIT */
/* The kernels that walk arrays, on the vector of a level: maps, sums, transposition. */
#ifndef HEED_KERNELS_LOOPS_TMPL_H
#define HEED_KERNELS_LOOPS_TMPL_H

/* y = f(x). */
HEED_INLINE void map(int64_t n, const heed_real *x, heed_real *y, vec (*f)(vec))
{
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) vec_store(y + i, f(vec_load(x + i)));
    if (i < n) vec_store_part(y + i, n - i, f(vec_load_part(x + i, n - i, 0)));
}

static void map_exp(int64_t n, const heed_real *x, heed_real *y)
{
    map(n, x, y, vec_exp);
}

static void map_log(int64_t n, const heed_real *x, heed_real *y)
{
    map(n, x, y, vec_log);
}

static void map_tanh(int64_t n, const heed_real *x, heed_real *y)
{
    map(n, x, y, vec_tanh);
}

static void map_sigmoid(int64_t n, const heed_real *x, heed_real *y)
{
    map(n, x, y, vec_sigmoid);
}

static void map_erf(int64_t n, const heed_real *x, heed_real *y)
{
    map(n, x, y, vec_erf);
}

/* z = f(a, x, y), where y may be z. */
HEED_INLINE void combine(int64_t n, vec a, const heed_real *x, const heed_real *y, heed_real *z,
                         vec (*f)(vec, vec, vec))
{
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) vec_store(z + i, f(a, vec_load(x + i), vec_load(y + i)));
    if (i < n)
        vec_store_part(z + i, n - i,
                       f(a, vec_load_part(x + i, n - i, 0), vec_load_part(y + i, n - i, 0)));
}

HEED_INLINE vec first_product(vec a, vec x, vec y)
{
    (void)y;
    return vec_mul(a, x);
}

HEED_INLINE vec last_sum(vec a, vec x, vec y)
{
    (void)a;
    return vec_add(y, x);
}

HEED_INLINE vec last_product(vec a, vec x, vec y)
{
    (void)a;
    return vec_mul(x, y);
}

static void loop_axpy(int64_t n, heed_real a, const heed_real *x, heed_real *y)
{
    combine(n, vec_set(a), x, y, y, vec_fma);
}

static void loop_scale(int64_t n, heed_real a, const heed_real *x, heed_real *y)
{
    combine(n, vec_set(a), x, x, y, first_product);
}

static void loop_affine(int64_t n, heed_real a, heed_real c, const heed_real *x, heed_real *y)
{
    int64_t i = 0;
    vec by = vec_set(a), more = vec_set(c);
    for (; i + LANES <= n; i += LANES)
        vec_store(y + i, vec_add(vec_mul(by, vec_load(x + i)), more));
    if (i < n)
        vec_store_part(y + i, n - i, vec_add(vec_mul(by, vec_load_part(x + i, n - i, 0)), more));
}

/* Of pairs, each turned by its angle: the x and, in place of sine, its opposite gives the y. */
HEED_INLINE vec turned(vec cosine, vec sine, vec x, vec y)
{
    return vec_fma(x, cosine, vec_mul(y, sine));
}

static void loop_turn(int64_t n, const heed_real *cosine, const heed_real *sine, heed_real sign,
                      heed_real *x, heed_real *y)
{
    int64_t i = 0;
    vec forth = vec_set(sign), back = vec_set(-sign);
    for (; i + LANES <= n; i += LANES) {
        vec c = vec_load(cosine + i), s = vec_load(sine + i);
        vec a = vec_load(x + i), b = vec_load(y + i);
        vec_store(x + i, turned(c, vec_mul(back, s), a, b));
        vec_store(y + i, turned(c, vec_mul(forth, s), b, a));
    }
    if (i < n) {
        vec c = vec_load_part(cosine + i, n - i, 0), s = vec_load_part(sine + i, n - i, 0);
        vec a = vec_load_part(x + i, n - i, 0), b = vec_load_part(y + i, n - i, 0);
        vec_store_part(x + i, n - i, turned(c, vec_mul(back, s), a, b));
        vec_store_part(y + i, n - i, turned(c, vec_mul(forth, s), b, a));
    }
}

static void loop_scale_rows(int64_t rows, int64_t n, const heed_real *a, const heed_real *x,
                            int64_t x_row, heed_real *y, int64_t y_row)
{
    for (int64_t r = 0; r < rows; r++)
        if (a[r] != 1 || x != y) loop_scale(n, a[r], x + r * x_row, y + r * y_row);
}

static void loop_add(int64_t n, const heed_real *x, heed_real *y)
{
    combine(n, vec_set(0), x, y, y, last_sum);
}

static void loop_multiply(int64_t n, const heed_real *x, const heed_real *y, heed_real *z)
{
    combine(n, vec_set(0), x, y, z, last_product);
}

static void loop_multiply_add(int64_t n, const heed_real *x, const heed_real *y, heed_real *z)
{
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        vec_store(z + i, vec_fma(vec_load(x + i), vec_load(y + i), vec_load(z + i)));
    int64_t rest = n - i;
    if (rest)
        vec_store_part(z + i, rest,
                       vec_fma(vec_load_part(x + i, rest, 0), vec_load_part(y + i, rest, 0),
                               vec_load_part(z + i, rest, 0)));
}

/* A lane that meets no element of the tail adds +0, which changes no sum: none is -0, for they
 * start from +0. */
static heed_real loop_sum(int64_t n, const heed_real *x)
{
    int64_t i = 0;
    vec sum = vec_set(0);
    for (; i + LANES <= n; i += LANES) sum = vec_add(sum, vec_load(x + i));
    if (i < n) sum = vec_add(sum, vec_load_part(x + i, n - i, 0));
    return vec_tree_sum(sum);
}

static heed_real loop_dot(int64_t n, const heed_real *x, const heed_real *y)
{
    int64_t i = 0;
    vec sum = vec_set(0);
    for (; i + LANES <= n; i += LANES) sum = vec_fma(vec_load(x + i), vec_load(y + i), sum);
    if (i < n) sum = vec_fma(vec_load_part(x + i, n - i, 0), vec_load_part(y + i, n - i, 0), sum);
    return vec_tree_sum(sum);
}

static heed_real loop_zero_times(int64_t rows, int64_t n, const heed_real *x, int64_t x_row)
{
    vec sum = vec_set(0), zero = vec_set(0);
    for (int64_t r = 0; r < rows; r++, x += x_row) {
        int64_t i = 0;
        for (; i + LANES <= n; i += LANES) sum = vec_fma(vec_load(x + i), zero, sum);
        if (i < n) sum = vec_fma(vec_load_part(x + i, n - i, 0), zero, sum);
    }
    return vec_tree_sum(sum);
}

static heed_real loop_exp_sum(int64_t n, const heed_real *x, heed_real shift, heed_real *y)
{
    int64_t i = 0;
    vec sum = vec_set(0), s = vec_set(shift), high = vec_set(89), e;
    for (; i + LANES <= n; i += LANES) {
        e = vec_exp_weight(vec_min(high, vec_sub(vec_load(x + i), s)));
        vec_store(y + i, e);
        sum = vec_add(sum, e);
    }
    if (i < n) {
        e = vec_exp_weight(vec_min(high, vec_sub(vec_load_part(x + i, n - i, 0), s)));
        vec_store_part(y + i, n - i, e);
        sum = vec_add(sum, vec_select(vec_below(n - i), e, vec_set(0)));
    }
    return vec_tree_sum(sum);
}

/* The maximum of the tree drops NaNs, so `ordered` remembers whether there was one. */
static heed_real loop_max(int64_t n, const heed_real *x)
{
    int64_t i = 0;
    vec most = vec_set(-HEED_REAL(INFINITY)), v;
    vec_mask ordered = vec_equal(most, most);
    for (; i + LANES <= n; i += LANES) {
        v = vec_load(x + i);
        ordered = vec_both(ordered, vec_equal(v, v));
        most = vec_max(v, most);
    }
    if (i < n) {
        v = vec_load_part(x + i, n - i, -HEED_REAL(INFINITY));
        ordered = vec_both(ordered, vec_equal(v, v));
        most = vec_max(v, most);
    }
    return vec_all(ordered) ? vec_tree_max(most) : HEED_REAL(NAN);
}

static void loop_fetch(int64_t n, const heed_real *x)
{
    for (int64_t i = 0; i < n; i += LANES) vec_prefetch(x + i);
}

static void loop_copy(int64_t rows, int64_t cols, const heed_real *x, int64_t x_row, heed_real *y,
                      int64_t y_row)
{
    for (; rows > 0; rows--, x += x_row, y += y_row) {
        int64_t j = 0;
        for (; j + LANES <= cols; j += LANES) vec_store(y + j, vec_load(x + j));
        if (j < cols) vec_store_part(y + j, cols - j, vec_load_part(x + j, cols - j, 0));
    }
}

/* One block of at most 16 x 16; `full` (a constant in every use) = of 16 columns. */
HEED_INLINE void transpose_block(const int full, int64_t rows, int64_t cols, const heed_real *x,
                                 int64_t x_row, heed_real *y, int64_t y_row)
{
    vec r[LANES];
    HEED_UNROLL
    for (int i = 0; i < LANES; i++) {
        r[i] = vec_set(0);
        if (i < rows) r[i] = full ? vec_load(x + i * x_row) : vec_load_part(x + i * x_row, cols, 0);
    }
    vec_transpose(r);
    HEED_UNROLL
    for (int j = 0; j < LANES; j++)
        if (full || j < cols) vec_store_part(y + j * y_row, rows, r[j]);
}

HEED_INLINE void transpose_full_block(const heed_real *x, int64_t x_row, heed_real *y,
                                      int64_t y_row)
{
    vec r[LANES];
    vec_load_turned(x, x_row, r);
    HEED_UNROLL
    for (int j = 0; j < LANES; j++) vec_store(y + j * y_row, r[j]);
}

/* 16 whole rows. */
static void transpose_rows(int64_t cols, const heed_real *x, int64_t x_row, heed_real *y,
                           int64_t y_row)
{
    int64_t j = 0;
    for (; j + LANES <= cols; j += LANES) transpose_full_block(x + j, x_row, y + j * y_row, y_row);
    if (j < cols) transpose_block(0, LANES, cols - j, x + j, x_row, y + j * y_row, y_row);
}

/* Fewer; one or two are less work than blocks that are mostly empty. */
static void transpose_last(int64_t rows, int64_t cols, const heed_real *x, int64_t x_row,
                           heed_real *y, int64_t y_row)
{
    int64_t j = 0;
    if (rows < 3) {
        for (; j < cols; j++)
            for (int64_t i = 0; i < rows; i++) y[j * y_row + i] = x[i * x_row + j];
        return;
    }
    for (; j + LANES <= cols; j += LANES)
        transpose_block(1, rows, LANES, x + j, x_row, y + j * y_row, y_row);
    if (j < cols) transpose_block(0, rows, cols - j, x + j, x_row, y + j * y_row, y_row);
}

static void loop_transpose(int64_t rows, int64_t cols, const heed_real *x, int64_t x_row,
                           heed_real *y, int64_t y_row)
{
    int64_t i = 0;
    for (; i + LANES <= rows; i += LANES) transpose_rows(cols, x + i * x_row, x_row, y + i, y_row);
    if (i < rows) transpose_last(rows - i, cols, x + i * x_row, x_row, y + i, y_row);
}

#endif
