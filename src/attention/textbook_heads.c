/* SPDX-License-Identifier: MIT */
/* Multi-head attention as one call: projections around the operator. Only valid rows are ever
 * multiplied, so that nothing comes from padding. */
#include "attention/textbook_heads.h"

#include "attention/task.h"

#include <string.h>

static int64_t either(int64_t given, int64_t otherwise)
{
    return given ? given : otherwise;
}

static heed_status take_sizes(heed__heads *x)
{
    const heed_textbook_heads *g = x->given;
    HEED_TRY(heed__textbook_size("batch", g->batch, 0));
    HEED_TRY(heed__textbook_size("queries", g->queries, 0));
    HEED_TRY(heed__textbook_size("keys", g->keys, 0));
    HEED_TRY(heed__textbook_size("heads", g->heads, 1));
    HEED_TRY(heed__textbook_size("key_heads", g->key_heads, 0));
    HEED_TRY(heed__textbook_size("query_width", g->query_width, 1));
    HEED_TRY(heed__textbook_size("key_width", g->key_width, 0));
    HEED_TRY(heed__textbook_size("value_width", g->value_width, 0));
    HEED_TRY(heed__textbook_size("head_size", g->head_size, 0));
    HEED_TRY(heed__textbook_size("value_size", g->value_size, 0));
    HEED_TRY(heed__textbook_size("output_width", g->output_width, 0));
    if (!g->head_size && g->query_width % g->heads)
        return heed__fail(HEED_E_INVALID,
                          "query_width = %lld is not a multiple of heads = %lld; give head_size",
                          (long long)g->query_width, (long long)g->heads);
    x->heads = g->heads;
    x->key_heads = either(g->key_heads, g->heads);
    x->query_width = g->query_width;
    x->key_width = either(g->key_width, g->query_width);
    x->value_width = either(g->value_width, x->key_width);
    x->size = either(g->head_size, g->query_width / g->heads);
    x->value_size = either(g->value_size, x->size);
    x->output_width =
        g->output.w ? either(g->output_width, g->query_width) : x->heads * x->value_size;
    return HEED_OK;
}

static heed_status take_rows(heed__heads *x)
{
    const heed_textbook_heads *g = x->given;
    int self = !g->k;
    x->queries = (heed__padded){g->batch, g->queries, g->query_lengths};
    x->keys = (heed__padded){g->batch, g->keys, g->key_lengths};
    if (self && !g->key_lengths) x->keys.lengths = g->query_lengths;
    x->q = g->q;
    x->k = self ? g->q : g->k;
    x->v = g->v ? g->v : x->k;
    if (self && (g->keys != g->queries || x->key_width != x->query_width))
        return heed__fail(HEED_E_INVALID,
                          "k is NULL, so keys are the queries; keys x key_width is %lld x %lld and "
                          "must be %lld x %lld",
                          (long long)g->keys, (long long)x->key_width, (long long)g->queries,
                          (long long)x->query_width);
    if (!g->v && x->value_width != x->key_width)
        return heed__fail(HEED_E_INVALID,
                          "v is NULL, so values are the keys; value_width = %lld must be %lld",
                          (long long)x->value_width, (long long)x->key_width);
    HEED_TRY(heed__textbook_given("q", x->q, g->batch * g->queries));
    HEED_TRY(heed__textbook_given("k", x->k, g->batch * g->keys));
    HEED_TRY(heed__textbook_lengths("query_lengths", g->query_lengths, g->batch, g->queries));
    return heed__textbook_lengths("key_lengths", x->keys.lengths, g->batch, g->keys);
}

static heed_textbook_linear below(const heed_textbook_linear *fused, int64_t row, int64_t width)
{
    return (heed_textbook_linear){fused->w + row * width, fused->b ? fused->b + row : NULL};
}

static heed_status take_linears(heed__heads *x)
{
    const heed_textbook_heads *g = x->given;
    int64_t to_k = x->heads * x->size, to_v = to_k + x->key_heads * x->size;
    int separate = g->project_q.w || g->project_k.w || g->project_v.w;
    x->project_q = g->project_q, x->project_k = g->project_k, x->project_v = g->project_v;
    if (g->fused.w && separate)
        return heed__fail(HEED_E_INVALID, "fused.w and project_q, project_k or project_v are "
                                          "given; give the one or the other");
    if (g->fused.w && (x->key_width != x->query_width || x->value_width != x->query_width))
        return heed__fail(HEED_E_INVALID,
                          "fused.w with widths %lld, %lld and %lld; fused projections need one "
                          "width, give separate ones",
                          (long long)x->query_width, (long long)x->key_width,
                          (long long)x->value_width);
    if (g->fused.w) {
        x->project_q = g->fused;
        x->project_k = below(&g->fused, to_k, x->query_width);
        x->project_v = below(&g->fused, to_v, x->query_width);
    }
    HEED_TRY(heed__textbook_given("project_q.w", x->project_q.w, 1));
    HEED_TRY(heed__textbook_given("project_k.w", x->project_k.w, 1));
    HEED_TRY(heed__textbook_given("project_v.w", x->project_v.w, 1));
    if (!g->output.w &&
        (g->output.b || either(g->output_width, x->output_width) != x->output_width))
        return heed__fail(HEED_E_INVALID,
                          "output.w is NULL, so y is the heads side by side; leave output.b NULL "
                          "and output_width 0");
    return HEED_OK;
}

static heed_status make_plan(heed__heads *x)
{
    const heed_textbook_heads *g = x->given;
    heed_attention_options options = {.size = sizeof options,
                                      .heads = x->heads,
                                      .key_heads = x->key_heads,
                                      .head_size = x->size,
                                      .value_size = x->value_size,
                                      .mask = g->mask};
    heed_attention_capacity room = {.size = sizeof room,
                                    .sequences = g->batch,
                                    .longest_query = g->queries,
                                    .longest_key = g->keys};
    x->batch = (heed_attention_batch){
        .size = sizeof x->batch,
        .sequences = g->batch,
        .queries = {.lengths = x->queries.lengths, .length = g->queries},
        .keys = {.lengths = x->keys.lengths, .length = g->keys},
        .query_offset = g->query_offset,
        .query_offset_count = g->query_offset ? 1 : 0,
        .extras = g->extras,
        .extra_count = g->extra_count,
    };
    return heed_attention_plan_create(x->context, &options, &room, &x->plan);
}

heed_status heed__heads_start(heed_context *context, const heed_textbook_heads *given,
                              heed__heads *x)
{
    *x = (heed__heads){.given = given, .context = context};
    HEED_TRY(heed__check_struct("heads", given->size, sizeof *given));
    HEED_TRY(take_sizes(x));
    int64_t q_rows = given->batch * given->queries, k_rows = given->batch * given->keys;
    HEED_TRY(heed__textbook_volume("q'", q_rows, x->heads, x->size));
    HEED_TRY(heed__textbook_volume("o", q_rows, x->heads, x->value_size));
    HEED_TRY(heed__textbook_volume("k'", k_rows, x->key_heads, x->size));
    HEED_TRY(heed__textbook_volume("v'", k_rows, x->key_heads, x->value_size));
    HEED_TRY(heed__textbook_volume("q", q_rows, x->query_width, 1));
    HEED_TRY(heed__textbook_volume("k", k_rows, x->key_width, x->value_width));
    HEED_TRY(take_rows(x));
    HEED_TRY(take_linears(x));
    return make_plan(x);
}

void heed__heads_end(heed__heads *x)
{
    heed_attention_plan_destroy(&x->plan);
    heed__free(x->held);
    heed__free(x->workspace);
}

static heed__projected divide(const heed__heads *x, heed__carver *carver)
{
    size_t q_rows = (size_t)(x->queries.batch * x->queries.length);
    size_t k_rows = (size_t)(x->keys.batch * x->keys.length);
    heed__projected p;
    p.q = heed__carve(carver, q_rows * (size_t)(x->heads * x->size));
    p.k = heed__carve(carver, k_rows * (size_t)(x->key_heads * x->size));
    p.v = heed__carve(carver, k_rows * (size_t)(x->key_heads * x->value_size));
    p.o = heed__carve(carver, q_rows * (size_t)(x->heads * x->value_size));
    p.lse = heed__carve(carver, q_rows * (size_t)x->heads);
    return p;
}

heed__projected heed__heads_divide(const heed__heads *x, heed_real *array)
{
    heed__carver carver = {array, 0};
    return divide(x, &carver);
}

size_t heed__heads_room(const heed__heads *x)
{
    heed__carver carver = {NULL, 0};
    divide(x, &carver);
    return carver.used;
}

heed_status heed_textbook_heads_saved(const heed_textbook_heads *given, size_t *count)
{
    heed__heads x;
    *count = 0;
    heed_status status = heed__heads_start(NULL, given, &x);
    if (status == HEED_OK) *count = heed__heads_room(&x);
    heed__heads_end(&x);
    return status;
}

size_t heed__heads_product_room(const heed__heads *x)
{
    int64_t rows[2] = {x->queries.batch * x->queries.length, x->keys.batch * x->keys.length};
    const struct {
        int64_t rows, in, out;
    } layers[] = {{rows[0], x->query_width, x->heads * x->size},
                  {rows[1], x->key_width, x->key_heads * x->size},
                  {rows[1], x->value_width, x->key_heads * x->value_size},
                  {rows[0], x->heads * x->value_size, x->output_width}};
    size_t most = 0;
    for (int l = 0; l < 4; l++) {
        int64_t m = layers[l].rows, in = layers[l].in, out = layers[l].out;
        size_t needs[] = {heed__gemm_workspace(x->context, m, out, in),
                          heed__gemm_workspace(x->context, m, in, out),
                          heed__gemm_workspace(x->context, out, in, m)};
        for (int k = 0; k < 3; k++) most = needs[k] > most ? needs[k] : most;
    }
    return most;
}

heed_attention_input heed__heads_input(const heed__padded *side, const heed_real *x, int64_t heads,
                                       int64_t size)
{
    return (heed_attention_input){x, side->length * heads * size, heads * size, size};
}

heed_attention_output heed__heads_output(const heed__padded *side, heed_real *x, int64_t heads,
                                         int64_t size)
{
    return (heed_attention_output){x, side->length * heads * size, heads * size, size};
}

void heed__heads_products(const heed__heads *x, const heed__padded *side, heed__heads_step step,
                          const void *linear)
{
    int64_t parts = side->lengths ? side->batch : 1;
    for (int64_t b = 0; b < parts; b++) {
        int64_t rows = side->lengths ? side->lengths[b] : side->batch * side->length;
        heed__gemm product = step(linear, b * side->length, rows);
        if (product.m && product.n && product.k) heed__gemm_run(x->context, &product, x->workspace);
    }
}

/* y = W x + b of some rows. */
typedef struct forward_linear {
    const heed_real *x;
    int64_t in, out;
    heed_textbook_linear linear;
    heed_real *y;
} forward_linear;

static heed__gemm forward_step(const void *arg, int64_t first, int64_t rows)
{
    const forward_linear *l = arg;
    return (heed__gemm){.m = rows,
                        .n = l->out,
                        .k = l->in,
                        .a = l->x + first * l->in,
                        .a_row = l->in,
                        .a_col = 1,
                        .b = l->linear.w,
                        .b_row = 1,
                        .b_col = l->in,
                        .c = l->y + first * l->out,
                        .c_row = l->out,
                        .bias = l->linear.b};
}

static void project(const heed__heads *x, const heed__padded *side, const heed_real *from,
                    int64_t in, const heed_textbook_linear *linear, int64_t out, heed_real *to)
{
    forward_linear l = {from, in, out, *linear, to};
    heed__heads_products(x, side, forward_step, &l);
}

static heed_status attend(const heed__heads *x)
{
    const heed__projected *p = &x->saved;
    heed_attention_forward_tensors t = {
        .size = sizeof t,
        .q = heed__heads_input(&x->queries, p->q, x->heads, x->size),
        .k = heed__heads_input(&x->keys, p->k, x->key_heads, x->size),
        .v = heed__heads_input(&x->keys, p->v, x->key_heads, x->value_size),
        .o = heed__heads_output(&x->queries, p->o, x->heads, x->value_size),
        .lse = heed__heads_output(&x->queries, p->lse, x->heads, 1)};
    return heed_attention_forward(x->plan, &x->batch, &t, x->workspace);
}

/* Rows of `keys` numbers become rows of `width`, the rest 0, from the last row on. */
static void widen(heed_real *rows, int64_t queries, int64_t keys, int64_t all, int64_t width)
{
    for (int64_t i = all - 1; i >= 0; i--) {
        int64_t n = i < queries ? keys : 0;
        memmove(rows + i * width, rows + i * keys, (size_t)n * sizeof *rows);
        for (int64_t j = n; j < width; j++) rows[i * width + j] = 0;
    }
}

static heed_status show_weights(const heed__heads *x)
{
    const heed__projected *p = &x->saved;
    heed_attention_inspect_tensors t = {
        .size = sizeof t,
        .q = heed__heads_input(&x->queries, p->q, x->heads, x->size),
        .k = heed__heads_input(&x->keys, p->k, x->key_heads, x->size),
        .lse = heed__heads_input(&x->queries, p->lse, x->heads, 1)};
    int64_t tq = x->queries.length, tk = x->keys.length;
    for (int64_t b = 0; x->given->weights && b < x->queries.batch; b++)
        for (int64_t h = 0; h < x->heads; h++) {
            heed_real *to = x->given->weights + (b * x->heads + h) * tq * tk;
            int64_t queries = heed__length(&x->batch.queries, b);
            HEED_TRY(
                heed_attention_weights(x->plan, &x->batch, &t, b, h, 0, queries, to, x->workspace));
            widen(to, queries, heed__length(&x->batch.keys, b), tq, tk);
        }
    return HEED_OK;
}

void heed__heads_copy(const heed__heads *x, const heed_real *from, heed_real *to)
{
    size_t width = (size_t)(x->heads * x->value_size);
    for (int64_t b = 0; b < x->queries.batch; b++) {
        size_t first = (size_t)(b * x->queries.length) * width;
        size_t count = (size_t)heed__length(&x->batch.queries, b) * width;
        if (count) memcpy(to + first, from + first, count * sizeof *to);
    }
}

static void clear_padding(const heed__heads *x)
{
    int64_t width = x->output_width;
    for (int64_t b = 0; b < x->queries.batch; b++)
        for (int64_t i = heed__length(&x->batch.queries, b); i < x->queries.length; i++)
            for (int64_t c = 0; c < width; c++)
                x->given->y[(b * x->queries.length + i) * width + c] = 0;
}

static heed_status forward(heed__heads *x)
{
    const heed_textbook_heads *g = x->given;
    heed_attention_sizes sizes = {.size = sizeof sizes};
    size_t most = heed__heads_product_room(x);
    HEED_TRY(heed__textbook_given("y", g->y, g->batch * g->queries));
    HEED_TRY(heed_attention_plan_sizes(x->plan, &sizes));
    if (sizes.forward > most) most = sizes.forward;
    if (g->weights && sizes.inspect > most) most = sizes.inspect;
    HEED_TRY(heed__alloc(most, sizeof(heed_real), "multi-head attention", &x->workspace));
    if (!g->saved)
        HEED_TRY(
            heed__alloc(heed__heads_room(x), sizeof(heed_real), "multi-head attention", &x->held));
    x->saved = heed__heads_divide(x, g->saved ? g->saved : x->held);
    project(x, &x->queries, x->q, x->query_width, &x->project_q, x->heads * x->size, x->saved.q);
    project(x, &x->keys, x->k, x->key_width, &x->project_k, x->key_heads * x->size, x->saved.k);
    project(x, &x->keys, x->v, x->value_width, &x->project_v, x->key_heads * x->value_size,
            x->saved.v);
    HEED_TRY(attend(x));
    if (g->output.w)
        project(x, &x->queries, x->saved.o, x->heads * x->value_size, &g->output, x->output_width,
                g->y);
    else
        heed__heads_copy(x, x->saved.o, g->y);
    clear_padding(x);
    return show_weights(x);
}

heed_status heed_textbook_attend(heed_context *context, const heed_textbook_heads *given)
{
    heed__heads x;
    heed_status status = heed__heads_start(context, given, &x);
    if (status == HEED_OK) status = forward(&x);
    heed__heads_end(&x);
    return status;
}
