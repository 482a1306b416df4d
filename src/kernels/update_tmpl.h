/* SPDX-License-Identifier: MIT */
/* The optimisers' element loops, on the vector of a level. They run at the speed of memory. */
#ifndef HEED_KERNELS_UPDATE_TMPL_H
#define HEED_KERNELS_UPDATE_TMPL_H

/* One vector of elements; lanes past the end hold zeros and are not stored. */
typedef struct adamw_lanes {
    vec grad, data, mean, square;
} adamw_lanes;

HEED_INLINE void adamw_lanes_step(const heed__adamw *c, adamw_lanes *l)
{
    vec grad = vec_mul(vec_set(c->grad_scale), l->grad);
    vec share = vec_mul(vec_set(c->rest2), grad);
    l->mean = vec_fma(vec_set(c->beta1), l->mean, vec_mul(vec_set(c->rest1), grad));
    l->square = vec_fma(vec_set(c->beta2), l->square, vec_mul(share, grad));
    vec size = vec_fma(vec_sqrt(l->square), vec_set(c->root), vec_set(c->epsilon));
    vec kept = vec_mul(vec_set(c->keep), l->data);
    l->data = vec_fma(vec_set(-c->rate), vec_div(l->mean, size), kept);
}

static void update_adamw(int64_t n, const heed__adamw *c, const heed_real *grad, heed_real *data,
                         heed_real *mean, heed_real *square)
{
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        adamw_lanes l = {vec_load(grad + i), vec_load(data + i), vec_load(mean + i),
                         vec_load(square + i)};
        adamw_lanes_step(c, &l);
        vec_store(data + i, l.data);
        vec_store(mean + i, l.mean);
        vec_store(square + i, l.square);
    }
    int64_t rest = n - i;
    if (!rest) return;
    adamw_lanes l = {vec_load_part(grad + i, rest, 0), vec_load_part(data + i, rest, 0),
                     vec_load_part(mean + i, rest, 0), vec_load_part(square + i, rest, 0)};
    adamw_lanes_step(c, &l);
    vec_store_part(data + i, rest, l.data);
    vec_store_part(mean + i, rest, l.mean);
    vec_store_part(square + i, rest, l.square);
}

HEED_INLINE void sgd_lanes_step(const heed__sgd *c, vec grad, vec *data, vec *velocity)
{
    vec pull = vec_fma(vec_set(c->decay), *data, vec_mul(vec_set(c->grad_scale), grad));
    *velocity = vec_fma(vec_set(c->momentum), *velocity, pull);
    vec way = c->nesterov ? vec_fma(vec_set(c->momentum), *velocity, pull) : *velocity;
    *data = vec_fma(vec_set(-c->rate), way, *data);
}

static void update_sgd(int64_t n, const heed__sgd *c, const heed_real *grad, heed_real *data,
                       heed_real *velocity)
{
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        vec d = vec_load(data + i), v = vec_load(velocity + i);
        sgd_lanes_step(c, vec_load(grad + i), &d, &v);
        vec_store(data + i, d);
        vec_store(velocity + i, v);
    }
    int64_t rest = n - i;
    if (!rest) return;
    vec d = vec_load_part(data + i, rest, 0), v = vec_load_part(velocity + i, rest, 0);
    sgd_lanes_step(c, vec_load_part(grad + i, rest, 0), &d, &v);
    vec_store_part(data + i, rest, d);
    vec_store_part(velocity + i, rest, v);
}

#endif
