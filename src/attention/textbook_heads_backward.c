/* SPDX-License-Identifier: MIT */
/* Gradients of multi-head attention, back through the output, the operator and the projections. */
#include "attention/textbook_heads.h"
#include "kernels/kernels.h"

/* Of y = W x + b: each part NULL where it is not wanted. */
typedef struct backward_linear {
    const heed_real *x, *w, *d_y;
    int64_t in, out;
    heed_real *d_x;
    heed_textbook_linear_gradient gradient;
    int fresh; /* d_x is written, not added to */
} backward_linear;

/* dx = dy W */
static heed__gemm input_step(const void *arg, int64_t first, int64_t rows)
{
    const backward_linear *l = arg;
    return (heed__gemm){.m = rows,
                        .n = l->in,
                        .k = l->out,
                        .a = l->d_y + first * l->out,
                        .a_row = l->out,
                        .a_col = 1,
                        .b = l->w,
                        .b_row = l->in,
                        .b_col = 1,
                        .c = l->d_x + first * l->in,
                        .c_row = l->in,
                        .accumulate = !l->fresh};
}

/* dW += dy^T x */
static heed__gemm weight_step(const void *arg, int64_t first, int64_t rows)
{
    const backward_linear *l = arg;
    return (heed__gemm){.m = l->out,
                        .n = l->in,
                        .k = rows,
                        .a = l->d_y + first * l->out,
                        .a_row = 1,
                        .a_col = l->out,
                        .b = l->x + first * l->in,
                        .b_row = l->in,
                        .b_col = 1,
                        .c = l->gradient.w,
                        .c_row = l->in,
                        .accumulate = 1};
}

static void add_bias(const heed__padded *side, const backward_linear *l)
{
    const heed__kernels *kernels = heed__kernels_best();
    for (int64_t b = 0; b < side->batch; b++)
        for (int64_t i = 0; i < (side->lengths ? side->lengths[b] : side->length); i++)
            kernels->add(l->out, l->d_y + (b * side->length + i) * l->out, l->gradient.b);
}

static void linear_backward(const heed__heads *x, const heed__padded *side,
                            const backward_linear *l)
{
    if (l->gradient.w) heed__heads_products(x, side, weight_step, l);
    if (l->gradient.b) add_bias(side, l);
    if (l->d_x) heed__heads_products(x, side, input_step, l);
}

static heed_status attend_backward(const heed__heads *x, const heed__projected *d)
{
    const heed__projected *p = &x->saved;
    const heed__padded *queries = &x->queries, *keys = &x->keys;
    heed_attention_backward_tensors t = {
        .size = sizeof t,
        .q = heed__heads_input(queries, p->q, x->heads, x->size),
        .k = heed__heads_input(keys, p->k, x->key_heads, x->size),
        .v = heed__heads_input(keys, p->v, x->key_heads, x->value_size),
        .o = heed__heads_input(queries, p->o, x->heads, x->value_size),
        .lse = heed__heads_input(queries, p->lse, x->heads, 1),
        .d_o = heed__heads_input(queries, d->o, x->heads, x->value_size),
        .dq = heed__heads_output(queries, d->q, x->heads, x->size),
        .dk = heed__heads_output(keys, d->k, x->key_heads, x->size),
        .dv = heed__heads_output(keys, d->v, x->key_heads, x->value_size)};
    return heed_attention_backward(x->plan, &x->batch, &t, x->workspace);
}

static heed_textbook_linear_gradient below(const heed_textbook_linear_gradient *fused, int64_t row,
                                           int64_t width)
{
    return (heed_textbook_linear_gradient){fused->w ? fused->w + row * width : NULL,
                                           fused->b ? fused->b + row : NULL};
}

/* Back through the three projections. */
static void projections(const heed__heads *x, const heed_textbook_heads_gradient *g,
                        const heed__projected *d)
{
    int64_t q_out = x->heads * x->size, k_out = x->key_heads * x->size;
    int fused = x->given->fused.w != NULL;
    heed_real *d_k = x->given->k ? g->k : g->q, *d_v = x->given->v ? g->v : d_k;
    backward_linear q = {x->q, x->project_q.w, d->q, x->query_width, q_out, g->q, g->project_q, 0};
    backward_linear k = {x->k, x->project_k.w, d->k, x->key_width, k_out, d_k, g->project_k, 0};
    backward_linear v = {x->v, x->project_v.w, d->v, x->value_width, x->key_heads * x->value_size,
                         d_v,  g->project_v,   0};
    if (fused) {
        q.gradient = g->fused;
        k.gradient = below(&g->fused, q_out, x->query_width);
        v.gradient = below(&g->fused, q_out + k_out, x->query_width);
    }
    linear_backward(x, &x->queries, &q);
    linear_backward(x, &x->keys, &k);
    linear_backward(x, &x->keys, &v);
}

static heed_status check(const heed__heads *x, const heed_textbook_heads_gradient *g)
{
    const heed_textbook_heads *given = x->given;
    int separate = g->project_q.w || g->project_k.w || g->project_v.w || g->project_q.b ||
                   g->project_k.b || g->project_v.b;
    HEED_TRY(heed__check_struct("gradient", g->size, sizeof *g));
    HEED_TRY(heed__textbook_given("gradient.d_y", g->d_y, given->batch * given->queries));
    HEED_TRY(heed__textbook_given("heads.saved", given->saved, 1));
    if ((!given->k && g->k) || (!given->v && g->v))
        return heed__fail(HEED_E_INVALID,
                          "gradient.%s is given and heads.%s is NULL; leave it NULL",
                          !given->k && g->k ? "k" : "v", !given->k && g->k ? "k" : "v");
    if (!given->output.w && (g->output.w || g->output.b))
        return heed__fail(HEED_E_INVALID, "gradient.output is given and heads.output.w is NULL; "
                                          "leave it NULL");
    if (given->fused.w ? separate : g->fused.w || g->fused.b)
        return heed__fail(
            HEED_E_INVALID, "gradients of %s projections are wanted and the projections are %s",
            given->fused.w ? "separate" : "fused", given->fused.w ? "fused" : "separate");
    return HEED_OK;
}

static heed_status backward(heed__heads *x, const heed_textbook_heads_gradient *g)
{
    heed_attention_sizes sizes = {.size = sizeof sizes};
    size_t most = heed__heads_product_room(x);
    HEED_TRY(check(x, g));
    HEED_TRY(heed_attention_plan_sizes(x->plan, &sizes));
    if (sizes.backward > most) most = sizes.backward;
    HEED_TRY(heed__alloc(most, sizeof(heed_real), "multi-head attention", &x->workspace));
    /* Zero: attention adds to it. */
    HEED_TRY(heed__alloc(heed__heads_room(x), sizeof(heed_real), "multi-head attention", &x->held));
    heed__projected d = heed__heads_divide(x, x->held);
    x->saved = heed__heads_divide(x, x->given->saved);
    backward_linear output = {.x = x->saved.o,
                              .w = x->given->output.w,
                              .d_y = g->d_y,
                              .in = x->heads * x->value_size,
                              .out = x->output_width,
                              .d_x = d.o,
                              .gradient = g->output,
                              .fresh = 1};
    if (output.w)
        linear_backward(x, &x->queries, &output);
    else
        heed__heads_copy(x, g->d_y, d.o);
    HEED_TRY(attend_backward(x, &d));
    projections(x, g, &d);
    return HEED_OK;
}

heed_status heed_textbook_attend_backward(heed_context *context, const heed_textbook_heads *given,
                                          const heed_textbook_heads_gradient *gradient)
{
    heed__heads x;
    heed_status status = heed__heads_start(context, given, &x);
    if (status == HEED_OK) status = backward(&x, gradient);
    heed__heads_end(&x);
    return status;
}
