/* SPDX-License-Identifier: MIT */
#include "attention/tile.h"

#include <string.h>

int heed__prepares(const heed_attention_plan *plan, heed__side side)
{
    return plan->score->prepare[side] || plan->position->turn;
}

size_t heed__prepared_size(const heed_attention_plan *plan, heed__side side, size_t rows)
{
    return heed__prepares(plan, side) ? rows * (size_t)plan->width : 0;
}

/* Are queries no more than multiplied by a number? */
static int only_scales(const heed_attention_plan *plan)
{
    return plan->score->query_factor && !plan->position->turn;
}

/* Where a row stands. */
static int64_t position_of(const heed__place *place, heed__side side, int64_t row)
{
    return side == HEED_SIDE_QUERY ? row + place->offset : row;
}

void heed__prepare_row(const heed__run *run, heed__side side, const heed__place *place,
                       int64_t head, int64_t row, const heed_real *x, heed_real *out)
{
    const heed_attention_plan *plan = run->plan;
    if (plan->score->prepare[side])
        plan->score->prepare[side](&run->score, head, x, out);
    else
        memcpy(out, x, (size_t)plan->width * sizeof *x);
    if (plan->position->turn)
        plan->position->turn(&run->position, position_of(place, side, row), 1, out);
}

static int met_something(int64_t n, const heed_real *d)
{
    int any = 0;
    for (int64_t e = 0; e < n; e++) any |= d[e] != 0;
    return any;
}

void heed__finish_row(const heed__run *run, const heed__partials *partials, heed__side side,
                      const heed__place *place, int64_t head, int64_t row, const heed_real *x,
                      heed_real *d, heed_real *gradient)
{
    const heed_attention_plan *plan = run->plan;
    heed_real *dp[HEED_SELF_SLOTS];
    if (!met_something(plan->width, d)) return; /* x may be a hidden NaN */
    if (plan->position->turn)
        plan->position->turn(&run->position, position_of(place, side, row), -1, d);
    if (plan->score->finish[side]) {
        heed__finish_sums(partials, run, side, place->sequence, head, row, dp);
        plan->score->finish[side](&run->score, head, x, d, gradient, dp);
    } else if (gradient) {
        plan->kernels->add(plan->width, d, gradient);
    }
}

heed__queries heed__tile_queries(const heed__run *run, const heed__place *place, int64_t first,
                                 int64_t count, heed_real *room)
{
    int64_t width = run->plan->width, stride = run->q.row_stride;
    heed__queries q = {.first = first, .count = count, .data = room, .stride = width};
    const heed_real *x = heed__read_at(&run->q, &run->batch->queries, place->sequence, place->head);
    if (!heed__prepares(run->plan, HEED_SIDE_QUERY)) {
        q.data = x + first * stride;
        q.stride = stride;
        return q;
    }
    if (only_scales(run->plan)) {
        heed_real factor[HEED_QUERY_BLOCK], by = run->plan->score->query_factor(&run->score);
        for (int64_t r = 0; r < count; r++) factor[r] = by;
        run->plan->kernels->scale_rows(count, width, factor, x + first * stride, stride, room,
                                       width);
        return q;
    }
    for (int64_t r = 0; r < count; r++)
        heed__prepare_row(run, HEED_SIDE_QUERY, place, place->head, first + r,
                          x + (first + r) * stride, room + r * width);
    return q;
}

void heed__finish_queries(const heed__run *run, const heed__partials *partials,
                          const heed__place *place, int64_t first, int64_t count, heed_real *d)
{
    const heed_attention_rows *side = &run->batch->queries;
    int64_t width = run->plan->width, scales = only_scales(run->plan) && run->dq.data;
    heed_real factor = scales ? run->plan->score->query_factor(&run->score) : 0;
    const heed_real *q = heed__read_at(&run->q, side, place->sequence, place->head);
    heed_real *dq = heed__write_at(&run->dq, side, place->sequence, place->head);
    for (int64_t i = first; i < first + count; i++, d += width) {
        heed_real *to = dq ? dq + i * run->dq.row_stride : NULL;
        if (!scales)
            heed__finish_row(run, partials, HEED_SIDE_QUERY, place, place->head, i,
                             q + i * run->q.row_stride, d, to);
        else if (met_something(width, d))
            run->plan->kernels->axpy(width, factor, d, to);
    }
}

heed__key_tile heed__tile_keys(const heed__run *run, const heed__place *place, int64_t first,
                               heed_real *room, heed_real *turned, int fill)
{
    const heed_attention_plan *plan = run->plan;
    int64_t head = heed__key_head(plan, place->head), stride = run->k.row_stride;
    int64_t width = plan->width, count = heed__least(HEED_KEY_BLOCK, place->keys - first);
    const heed_real *x =
        heed__read_at(&run->k, &run->batch->keys, place->sequence, head) + first * stride;
    heed__key_tile k = {.first = first, .keys = {count, x, stride}, .turned = turned};
    if (heed__prepares(plan, HEED_SIDE_KEY)) {
        k.keys = (heed__keys){count, room, width};
        for (int64_t t = 0; fill && t < count; t++)
            heed__prepare_row(run, HEED_SIDE_KEY, place, head, first + t, x + t * stride,
                              room + t * width);
    }
    if (fill && turned && plan->score->product)
        plan->kernels->transpose(count, width, k.keys.data, k.keys.stride, turned, HEED_KEY_BLOCK);
    return k;
}

heed__cover heed__tile_look(const heed__stage *stage, const heed__queries *queries,
                            const heed__key_tile *keys, unsigned char *visible)
{
    heed__block block = {queries->first, queries->count, keys->first, keys->keys.count};
    heed__cover cover = heed__cover_of(stage, &block);
    if (cover != HEED_PARTIAL) return cover;
    for (int64_t r = 0; r < queries->count; r++)
        heed__visible(stage, queries->first + r, keys->first, keys->keys.count,
                      visible + r * HEED_KEY_BLOCK);
    return cover;
}

void heed__tile_scores(const heed__stage *stage, const heed__queries *queries,
                       const heed__key_tile *keys, heed_real *s, int64_t s_row, heed_real *room)
{
    const heed__run *run = stage->run;
    const heed_attention_plan *plan = run->plan;
    if (plan->score->product) {
        plan->kernels->gemm_tile(&(heed__tile){.rows = queries->count,
                                               .cols = keys->keys.count,
                                               .k = plan->width,
                                               .a = queries->data,
                                               .a_row = queries->stride,
                                               .a_col = 1,
                                               .b = keys->turned,
                                               .b_row = HEED_KEY_BLOCK,
                                               .c = s,
                                               .c_row = s_row});
        return;
    }
    for (int64_t r = 0; r < queries->count; r++)
        plan->score->row(&run->score, stage->place.head, queries->data + r * queries->stride,
                         &keys->keys, s + r * s_row, room);
}

static void product_of_visible(const heed__kernels *kernels, const heed__tile *p,
                               const unsigned char *visible)
{
    int turned = p->a_col != 1;
    for (int64_t r = 0; r < p->rows; r++) {
        if (!p->start) memset(p->c + r * p->c_row, 0, (size_t)p->cols * sizeof *p->c);
        for (int64_t t = 0; t < p->k; t++) {
            heed_real a = p->a[r * p->a_row + t * p->a_col];
            if (visible[turned ? t * HEED_KEY_BLOCK + r : r * HEED_KEY_BLOCK + t])
                kernels->axpy(p->cols, a, p->b + t * p->b_row, p->c + r * p->c_row);
        }
    }
}

/* A masked pair has a = 0, which keeps its row of b out of the sum as long as it is finite. */
void heed__tile_product(const heed__kernels *kernels, const heed__tile *product,
                        const unsigned char *visible)
{
    if (visible && kernels->zero_times(product->k, product->cols, product->b, product->b_row) != 0)
        product_of_visible(kernels, product, visible);
    else
        kernels->gemm_tile(product);
}
