/* SPDX-License-Identifier: MIT */
#include "attention/narrow_back.h"

#include "attention/softmax.h"

#include <string.h>

enum { CHUNK = HEED_AMX_CHUNK, KEY_STRIPS = HEED_KEY_BLOCK / HEED_STRIP };

static int64_t unit(const heed__narrow_back *n)
{
    return HEED_AMX_UNIT(n->parts);
}

static int fuses(const heed_attention_plan *plan)
{
    for (int s = 0; s < plan->stages; s++)
        if (plan->stage[s]->backward) return 0;
    return plan->normaliser->weights_and_backward == heed__softmax_weights_and_backward &&
           !plan->weighs && !plan->reads_values && !plan->drop_below;
}

static heed__narrow_rows rows_at(const heed__narrow_back *n, heed__carver *carver)
{
    int64_t depth = heed__blocks(n->width, CHUNK), value_depth = heed__blocks(n->value_size, CHUNK);
    heed__narrow_rows r = {.count = 0};
    r.q = heed__carve(carver, (size_t)(HEED_STRIPS * depth * unit(n)));
    r.d_o = heed__carve(carver, (size_t)(HEED_STRIPS * value_depth * unit(n)));
    r.q_turned = heed__carve(carver, (size_t)(HEED_STRIPS * depth * unit(n)));
    r.d_o_turned = heed__carve(carver, (size_t)(HEED_STRIPS * value_depth * unit(n)));
    r.lse = heed__carve(carver, HEED_QUERY_BLOCK);
    r.delta = heed__carve(carver, HEED_QUERY_BLOCK);
    return r;
}

static heed__narrow_columns columns_at(const heed__narrow_back *n, heed__carver *carver)
{
    int64_t depth = heed__blocks(n->width, CHUNK), value_depth = heed__blocks(n->value_size, CHUNK);
    heed__narrow_columns c = {.count = 0};
    c.k = heed__carve(carver, (size_t)(KEY_STRIPS * depth * unit(n)));
    c.v = heed__carve(carver, (size_t)(KEY_STRIPS * value_depth * unit(n)));
    c.k_down = heed__carve(carver, (size_t)(KEY_STRIPS * depth * unit(n)));
    c.dk = heed__carve(carver, (size_t)(depth * CHUNK * HEED_KEY_BLOCK));
    c.dv = heed__carve(carver, (size_t)(value_depth * CHUNK * HEED_KEY_BLOCK));
    c.odd = (int *)(void *)heed__carve(carver, 1);
    return c;
}

heed__narrow_back heed__narrow_back_of(heed__carver *carver, const heed_attention_plan *plan,
                                       int64_t query_blocks, int64_t key_blocks)
{
    heed__narrow_back n = {
        .parts = plan->parts, .width = plan->width, .value_size = plan->options.value_size};
    heed__carver one = {NULL, 0}, other = {NULL, 0};
    if (!n.parts) return n;
    int64_t tile = HEED_STRIPS * KEY_STRIPS * unit(&n);
    n.amx = heed__amx_best();
    n.softmax = heed__amx_softmax_best();
    n.fuses = fuses(plan);
    rows_at(&n, &one);
    columns_at(&n, &other);
    n.rows_size = (int64_t)one.used;
    n.columns_size = (int64_t)other.used;
    n.rows = heed__carve(carver, (size_t)(query_blocks * n.rows_size));
    n.columns = heed__carve(carver, (size_t)(key_blocks * n.columns_size));
    n.weights = heed__carve(carver, (size_t)tile);
    n.d_by_query = heed__carve(carver, (size_t)tile);
    n.d_by_key = heed__carve(carver, (size_t)tile);
    n.turned = heed__carve(carver, HEED_KEY_BLOCK *
                                       (size_t)(n.width > n.value_size ? n.width : n.value_size));
    n.one_k = heed__carve(carver, HEED_KEY_BLOCK * (size_t)n.width);
    n.one_v = heed__carve(carver, HEED_KEY_BLOCK * (size_t)n.value_size);
    return n;
}

/* Strips of rows of x [rows, k], operand a or b. */
static int lay_out(const heed__narrow_back *n, const heed__amx_strip *all, heed_real *units)
{
    int odd = 0;
    for (int64_t i = 0; i < all->rows; i += HEED_STRIP) {
        heed__amx_strip strip = *all;
        strip.data += i * all->row;
        strip.rows = heed__least(HEED_STRIP, all->rows - i);
        odd |= n->amx->pack(n->parts, &strip, units);
        units += heed__blocks(all->k, CHUNK) * unit(n);
    }
    return odd;
}

heed__narrow_rows heed__narrow_rows_start(const heed__narrow_back *n, int64_t at,
                                          const heed__queries *q, const heed_real *d_o,
                                          int64_t d_o_row, const heed__row_state *states)
{
    heed__carver carver = {n->rows + at * n->rows_size, 0};
    heed__narrow_rows r = rows_at(n, &carver);
    heed__amx_strip queries = {q->data, q->stride, 1, q->count, n->width, 0};
    heed__amx_strip outputs = {d_o, d_o_row, 1, q->count, n->value_size, 0};
    heed__amx_strip queries_turned = {q->data, 1, q->stride, n->width, q->count, 0};
    heed__amx_strip outputs_turned = {d_o, 1, d_o_row, n->value_size, q->count, 0};
    r.count = q->count;
    r.odd = lay_out(n, &queries, r.q);
    r.odd |= lay_out(n, &outputs, r.d_o);
    lay_out(n, &queries_turned, r.q_turned);
    lay_out(n, &outputs_turned, r.d_o_turned);
    for (int64_t i = 0; i < q->count; i++) {
        r.lse[i] = states[i].stats[0];
        r.delta[i] = states[i].delta;
    }
    return r;
}

heed__narrow_columns heed__narrow_columns_start(const heed__narrow_back *n, int64_t at,
                                                const heed__keys *k, const heed_real *v,
                                                int64_t v_row, int fill)
{
    heed__carver carver = {n->columns + at * n->columns_size, 0};
    heed__narrow_columns c = columns_at(n, &carver);
    heed__amx_strip keys = {k->data, k->stride, 1, k->count, n->width, 1};
    heed__amx_strip values = {v, v_row, 1, k->count, n->value_size, 1};
    heed__amx_strip down = {k->data, 1, k->stride, n->width, k->count, 1};
    c.count = k->count;
    if (!fill) return c;
    *c.odd = lay_out(n, &keys, c.k);
    *c.odd |= lay_out(n, &values, c.v);
    lay_out(n, &down, c.k_down);
    memset(c.dk, 0, (size_t)((char *)c.odd - (char *)c.dk));
    return c;
}

/* c [strips of rows, row] = or += a b; operands' strips lie one after another. */
typedef struct product {
    const heed_real *a, *b;
    int64_t a_strip, b_strip; /* units from one strip to the next */
    int64_t rows, cols, chunks;
    heed_real *c;
    int64_t c_row;
    int adds;
} product;

static void multiply(const heed__narrow_back *n, const product *p)
{
    for (int64_t i = 0; i < p->rows; i += HEED_STRIP)
        for (int64_t j = 0; j < p->cols; j += HEED_STRIP) {
            heed_real *c = p->c + i * p->c_row + j;
            heed__amx_block block = {.rows = heed__least(HEED_STRIP, p->rows - i),
                                     .cols = heed__least(HEED_STRIP, p->cols - j),
                                     .chunks = p->chunks,
                                     .a = p->a + i / HEED_STRIP * p->a_strip * unit(n),
                                     .b = p->b + j / HEED_STRIP * p->b_strip * unit(n),
                                     .start = p->adds ? c : NULL,
                                     .start_row = p->c_row,
                                     .c = c,
                                     .c_row = p->c_row};
            n->amx->block(n->parts, &block);
        }
}

/* Whole strips: what is laid out beyond the last row or column is 0, and a tile has room. */
static int64_t whole(int64_t count)
{
    return heed__blocks(count, HEED_STRIP) * HEED_STRIP;
}

int heed__narrow_back_scores(const heed__narrow_back *n, const heed__narrow_rows *rows,
                             const heed__narrow_columns *columns, heed_real *s, heed_real *d)
{
    int64_t depth = heed__blocks(n->width, CHUNK), value_depth = heed__blocks(n->value_size, CHUNK);
    product scores = {.a = rows->q,
                      .b = columns->k,
                      .a_strip = depth,
                      .b_strip = depth,
                      .rows = whole(rows->count),
                      .cols = whole(columns->count),
                      .chunks = depth,
                      .c = s,
                      .c_row = HEED_KEY_BLOCK};
    product gradient = scores;
    if (rows->odd || *columns->odd) return 0;
    gradient.a = rows->d_o, gradient.b = columns->v, gradient.c = d;
    gradient.a_strip = gradient.b_strip = gradient.chunks = value_depth;
    multiply(n, &scores);
    multiply(n, &gradient);
    return 1;
}

int heed__narrow_back_weights(const heed__narrow_back *n, const heed__narrow_rows *rows,
                              int64_t keys, const heed_real *s, const heed_real *d, int given)
{
    int odd = 0;
    heed__amx_back back = {.weights = n->weights,
                           .d_by_query = n->d_by_query,
                           .chunks = heed__blocks(rows->count, CHUNK)};
    for (int64_t i = 0; i < rows->count; i += HEED_STRIP, back.chunk++) {
        int64_t at = i * HEED_KEY_BLOCK;
        back.scores = (heed__amx_scores){heed__least(HEED_STRIP, rows->count - i), keys, s + at,
                                         HEED_KEY_BLOCK};
        back.d = d + at;
        back.lse = given ? NULL : rows->lse + i;
        back.delta = rows->delta + i;
        back.d_by_key = n->d_by_key + back.chunk * KEY_STRIPS * unit(n);
        odd |= n->softmax->back(n->parts, &back);
    }
    return !odd;
}

void heed__narrow_back_sums(const heed__narrow_back *n, const heed__narrow_rows *rows,
                            const heed__narrow_columns *columns, heed_real *dq, int64_t dq_row,
                            int makes_dk, int makes_dv)
{
    int64_t chunks = heed__blocks(rows->count, CHUNK),
            key_chunks = heed__blocks(columns->count, CHUNK);
    product dk = {.a = rows->q_turned,
                  .b = n->d_by_query,
                  .a_strip = chunks,
                  .b_strip = chunks,
                  .rows = whole(n->width),
                  .cols = whole(columns->count),
                  .chunks = chunks,
                  .c = columns->dk,
                  .c_row = HEED_KEY_BLOCK,
                  .adds = 1};
    product dv = dk;
    dv.a = rows->d_o_turned, dv.b = n->weights, dv.c = columns->dv;
    dv.rows = whole(n->value_size);
    if (makes_dv) multiply(n, &dv);
    if (dq)
        multiply(n, &(product){.a = n->d_by_key,
                               .b = columns->k_down,
                               .a_strip = KEY_STRIPS,
                               .b_strip = key_chunks,
                               .rows = rows->count,
                               .cols = n->width,
                               .chunks = key_chunks,
                               .c = dq,
                               .c_row = dq_row,
                               .adds = 1});
    if (makes_dk) multiply(n, &dk);
}

static void add_turned(const heed__narrow_back *n, const heed__kernels *kernels, int64_t size,
                       int64_t keys, const heed_real *sums, heed_real *to, int64_t row)
{
    kernels->transpose(size, HEED_KEY_BLOCK, sums, HEED_KEY_BLOCK, n->turned, size);
    for (int64_t column = 0; to && column < whole(keys); column++) {
        int64_t key = heed__amx_key(column);
        if (key < keys) kernels->add(size, n->turned + column * size, to + key * row);
    }
}

void heed__narrow_back_finish(const heed__narrow_back *n, const heed__narrow_columns *columns,
                              const heed__kernels *kernels, heed_real *dk, int64_t dk_row,
                              heed_real *dv, int64_t dv_row)
{
    if (dk) add_turned(n, kernels, n->width, columns->count, columns->dk, dk, dk_row);
    if (dv) add_turned(n, kernels, n->value_size, columns->count, columns->dv, dv, dv_row);
}
