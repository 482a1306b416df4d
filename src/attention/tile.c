/* SPDX-License-Identifier: MIT */
#include "attention/tile.h"

size_t heed__prepared_size(const heed_attention_plan *plan, heed__side side, size_t rows)
{
    return plan->score->prepare[side] ? rows * (size_t)plan->options.head_size : 0;
}

const heed_real *heed__prepare_rows(const heed__run *run, heed__side side, int64_t head,
                                    int64_t count, const heed_real *x, int64_t stride,
                                    heed_real *room, int64_t *out_stride)
{
    const heed__score *score = run->plan->score;
    int64_t n = run->plan->options.head_size;
    *out_stride = stride;
    if (!score->prepare[side]) return x;
    for (int64_t r = 0; r < count; r++)
        score->prepare[side](&run->score, run->plan->kernels, head, n, x + r * stride,
                             room + r * n);
    *out_stride = n;
    return room;
}

heed__queries heed__tile_queries(const heed__run *run, const heed__place *place, int64_t first,
                                 int64_t count, heed_real *room)
{
    heed__queries q = {.first = first, .count = count};
    const heed_real *x =
        heed__read_at(&run->q, &run->batch->queries, place->sequence, place->head) +
        first * run->q.row_stride;
    q.data = heed__prepare_rows(run, HEED_SIDE_QUERY, place->head, count, x, run->q.row_stride,
                                room, &q.stride);
    return q;
}

heed__key_tile heed__tile_keys(const heed__run *run, int64_t sequence, int64_t key_head,
                               int64_t first, heed_real *room, heed_real *turned, int fill)
{
    const heed_attention_plan *plan = run->plan;
    int64_t left = heed__length(&run->batch->keys, sequence) - first;
    heed__key_tile k = {.first = first, .keys = {.count = heed__least(HEED_KEY_BLOCK, left)}};
    const heed_real *x =
        heed__read_at(&run->k, &run->batch->keys, sequence, key_head) + first * run->k.row_stride;
    int prepares = plan->score->prepare[HEED_SIDE_KEY] != NULL;
    k.keys.data = prepares ? room : x;
    k.keys.stride = prepares ? plan->options.head_size : run->k.row_stride;
    k.turned = turned;
    if (!fill) return k;
    heed__prepare_rows(run, HEED_SIDE_KEY, key_head, k.keys.count, x, run->k.row_stride, room,
                       &k.keys.stride);
    if (plan->score->product)
        plan->kernels->transpose(k.keys.count, plan->options.head_size, k.keys.data, k.keys.stride,
                                 turned, HEED_KEY_BLOCK);
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
                       const heed__key_tile *keys, heed_real *s, heed_real *room)
{
    const heed__run *run = stage->run;
    const heed_attention_plan *plan = run->plan;
    int64_t n = plan->options.head_size;
    if (plan->score->product) {
        plan->kernels->gemm_tile(&(heed__tile){.rows = queries->count,
                                               .cols = keys->keys.count,
                                               .k = n,
                                               .a = queries->data,
                                               .a_row = queries->stride,
                                               .a_col = 1,
                                               .b = keys->turned,
                                               .b_row = HEED_KEY_BLOCK,
                                               .c = s,
                                               .c_row = HEED_KEY_BLOCK});
        return;
    }
    for (int64_t r = 0; r < queries->count; r++)
        plan->score->row(&run->score, plan->kernels, stage->place.head, n,
                         queries->data + r * queries->stride, &keys->keys, s + r * HEED_KEY_BLOCK,
                         room);
}

static void product_of_visible(const heed__kernels *kernels, const heed__tile *p,
                               const unsigned char *visible)
{
    for (int64_t r = 0; r < p->rows; r++)
        for (int64_t t = 0; t < p->k; t++) {
            int64_t at = r * p->a_row + t * p->a_col;
            if (visible[at])
                kernels->axpy(p->cols, p->a[at], p->b + t * p->b_row, p->c + r * p->c_row);
        }
}

/* A masked pair has a = 0, which keeps its row of b out of the sum as long as it is finite. */
void heed__tile_product(const heed__kernels *kernels, const heed__tile *product,
                        const unsigned char *visible)
{
    heed__tile p = *product;
    p.start = p.c;
    p.start_row = p.c_row;
    if (visible && !heed__all_finite(p.k, p.cols, p.b, p.b_row))
        product_of_visible(kernels, &p, visible);
    else
        kernels->gemm_tile(&p);
}
