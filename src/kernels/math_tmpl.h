/* SPDX-License-Identifier: MIT */
/*
 * exp, log, tanh, the logistic sigmoid and erf, on the vector of a level, of IEEE operations only.
 * Errors stay below 1 unit in the last place, tanh and sigmoid below 2.5 (a test holds them;
 * vec_exp_weight's are its own). The constants come from tools/fit_polynomials.py.
 */
#ifndef HEED_KERNELS_MATH_TMPL_H
#define HEED_KERNELS_MATH_TMPL_H

/* Adding it rounds to a whole number, for sizes below 2^22. */
#define ROUNDER 0x1.8p23f

HEED_INLINE vec polynomial(const float *c, const int degree, vec x)
{
    vec sum = vec_set(c[degree]);
    HEED_UNROLL
    for (int i = degree - 1; i >= 0; i--) sum = vec_fma(sum, x, vec_set(c[i]));
    return sum;
}

/* exp(x) = (1 + m) 2^n with n = round(x / ln 2), r = x - n ln 2, m = r + r^2 q(r). Returns r, and
 * q(r) in q. ln 2 is in two parts, so that n times the first is exact. */
HEED_INLINE vec exp_parts(vec x, vec *n, vec *q)
{
    static const float c[] = {0x1.fffffcp-2f, 0x1.555492p-3f, 0x1.5558aap-5f, 0x1.12396ep-7f,
                              0x1.6a525p-10f};
    *n = vec_sub(vec_fma(x, vec_set(0x1.715476p+0f), vec_set(ROUNDER)), vec_set(ROUNDER));
    vec r = vec_fma(*n, vec_set(-0x1.62e4p-1f), x);
    r = vec_fma(*n, vec_set(-0x1.7f7d1cp-20f), r);
    *q = polynomial(c, 4, r);
    return r;
}

/* m 2^n = exp(x) - 2^n. */
HEED_INLINE vec exp_rest(vec x, vec *n)
{
    vec q, r = exp_parts(x, n, &q);
    return vec_fma(vec_mul(r, r), q, r);
}

/* Above 89 the result is infinite anyway, below -104 it is 0: masked scores are -inf, and a scaling
 * that underflows costs as much as ten that do not. A NaN passes, being second in min and no less
 * than anything. */
HEED_INLINE vec vec_exp(vec x)
{
    vec n, q, one = vec_set(1.0f), r = exp_parts(vec_min(vec_set(89.0f), x), &n, &q);
    vec_mask counts = vec_not_less(x, vec_set(-104.0f));
    return vec_scale_where(counts, vec_fma(vec_fma(q, r, one), r, one), n);
}

/* Of a score, under its row's largest or lse (up to 89). What is below e^-60 of it is 0: in a
 * float32 sum with 1 it would be lost, and a product with it could be a denormal number, which
 * costs as much as 100 others.
 *
 * 2^n p(y - n) with y = x log2 e and n = round(y). y is rounded, as if x had been rounded once more
 * than by the subtraction that made it: 1.5 units in the last place, and one more for each 1 of
 * |x|. Next to the largest weight that is nothing, since |x| e^x < 0.37; a test holds both. */
HEED_INLINE vec vec_exp_weight(vec x)
{
    static const float c[] = {1.0f,           0x1.62e430p-1f,  0x1.ebfbdcp-3f, 0x1.c6af7cp-5f,
                              0x1.3b2de0p-7f, 0x1.5f082ep-10f, 0x1.416b52p-13f};
    vec n, rest = vec_rest(vec_mul(x, vec_set(0x1.715476p+0f)), &n);
    return vec_scale_where(vec_not_less(x, vec_set(-60.0f)), polynomial(c, 6, rest), n);
}

/* x = (1 + f) 2^e with 1 + f in [2/3, 4/3); log(1 + f) = f + f^2 q(f). */
HEED_INLINE vec vec_log(vec x)
{
    static const float q[] = {-0x1p-1f,        0x1.555506p-2f,  -0x1.fffefcp-3f,
                              0x1.99d044p-3f,  -0x1.559c44p-3f, 0x1.1ed662p-3f,
                              -0x1.f332fep-4f, 0x1.1e678cp-3f,  -0x1.07c878p-3f};
    vec infinity = vec_set(INFINITY), zero = vec_set(0.0f);
    vec_mask tiny = vec_less(x, vec_set(0x1p-126f)); /* denormals are brought up first */
    vec e, f, r;
    f = vec_split(vec_select(tiny, vec_mul(x, vec_set(0x1p23f)), x), vec_set(0x1.555556p-1f), &e);
    e = vec_add(e, vec_select(tiny, vec_set(-23.0f), zero));
    f = vec_sub(f, vec_set(1.0f));
    r = vec_fma(vec_mul(f, f), polynomial(q, 8, f), f);
    r = vec_fma(e, vec_set(0x1.62e43p-1f), r);
    r = vec_select(vec_less(x, infinity), r, x); /* infinity and NaN */
    r = vec_select(vec_equal(x, zero), vec_set(-INFINITY), r);
    return vec_select(vec_less(x, zero), vec_set(NAN), r);
}

/* tanh |x| = g / (g + 2) with g = exp(2 |x|) - 1 = m 2^n + (2^n - 1); from 10 on it rounds to 1. */
HEED_INLINE vec vec_tanh(vec x)
{
    vec n, size = vec_min(vec_set(10.0f), vec_abs(x));
    vec m = exp_rest(vec_add(size, size), &n), power = vec_power(n);
    vec g = vec_fma(m, power, vec_sub(power, vec_set(1.0f)));
    return vec_copysign(vec_div(g, vec_add(g, vec_set(2.0f))), x);
}

/* With e = exp(-|x|): 1 / (1 + e) for x >= 0, e / (1 + e) for x < 0: no overflow, no cancellation.
 */
HEED_INLINE vec vec_sigmoid(vec x)
{
    vec one = vec_set(1.0f), zero = vec_set(0.0f);
    vec e = vec_exp(vec_sub(zero, vec_abs(x)));
    return vec_div(vec_select(vec_less(x, zero), e, one), vec_add(e, one));
}

/* Below 0.95, x + x p(x^2); above, 1 - exp(x q(x)) where x q(x) fits log(erfc x); from 4 on it
 * rounds to 1. */
HEED_INLINE vec vec_erf(vec x)
{
    static const float p[] = {0x1.06eba8p-3f, -0x1.812740p-2f,  0x1.ce2d62p-4f, -0x1.b800dcp-6f,
                              0x1.5447c4p-8f, -0x1.a5f9d8p-11f, 0x1.4f48c4p-14f};
    static const float q[] = {-0x1.20f03cp+0f, -0x1.45297ap-1f, -0x1.b39c98p-4f, 0x1.86e8dcp-6f,
                              -0x1.e367c6p-9f, 0x1.5e2dcep-12f, -0x1.9e08c6p-17f};
    vec n, size = vec_abs(x), bounded = vec_min(vec_set(4.0f), size);
    vec small = vec_fma(size, polynomial(p, 6, vec_mul(size, size)), size);
    vec m = exp_rest(vec_mul(bounded, polynomial(q, 6, bounded)), &n), power = vec_power(n);
    /* 1 - (1 + m) 2^n */
    vec large = vec_sub(vec_sub(vec_set(1.0f), power), vec_mul(m, power));
    return vec_copysign(vec_select(vec_less(size, vec_set(0.95f)), small, large), x);
}

#endif
