/* SPDX-License-Identifier: MIT */
/*
 * y = f(x w1^T + b1) w2^T + b2 as one operation, a chunk of rows at a time, so that what is inside
 * is made, changed and read while it is in cache:
 *
 *      x ---> z ---> h = f(z) ---> y                       z or h of all rows is kept, whichever
 *      dx <-- dz <-- dh <--------- dy                      f' is made of; dh and dz are never
 *               `-> dw1, db1    h `-> dw2, db2             larger than a chunk
 *
 * Every number is that of linear, activation and linear one after the other: chunks are whole
 * pieces of the products' sums over rows.
 */
#include "autograd/gradcheck.h"
#include "kernels/gemm.h"
#include "ops/activation.h"
#include "ops/rows.h"

enum { X, W1, B1, W2, B2 };

/* t rows; x has k columns, h has f, y has n. */
typedef struct layout {
    int64_t t, k, f, n, chunk;
    int64_t inside, other, packed[2], scratch; /* places in the workspace */
    int64_t room;                              /* reals of all */
} layout;

static int64_t products_room(const heed_context *context, const layout *l, int back)
{
    int64_t rows = l->chunk, room = (int64_t)heed__gemm_workspace_packed(context);
    const int64_t sizes[][3] = {{rows, l->f, l->k}, {rows, l->n, l->f}, {rows, l->f, l->n},
                                {rows, l->k, l->f}, {l->n, l->f, rows}, {l->f, l->k, rows}};
    for (int i = back ? 2 : 0; i < (back ? 6 : 2); i++)
        room = heed__greater(room, (int64_t)heed__gemm_workspace_any(context, sizes[i][0],
                                                                     sizes[i][1], sizes[i][2]));
    return room;
}

/* Forward: what is inside, where it is not kept. Backward: its gradient; h, where z is kept. Where
 * there is more than one chunk, both matrices are laid out first. */
static layout layout_of(const heed_context *context, int64_t t, int64_t k, int64_t f, int64_t n,
                        int back)
{
    layout l = {.t = t, .k = k, .f = f, .n = n, .chunk = heed__chunk_rows(t, k)};
    int64_t inside = (l.chunk * f + 15) / 16 * 16;
    l.other = inside;
    l.packed[0] = l.other + inside;
    l.packed[1] = l.packed[0] +
                  (t > l.chunk ? (int64_t)heed__gemm_packed_any(back ? k : f, back ? f : k) : 0);
    l.scratch = l.packed[1] +
                (t > l.chunk ? (int64_t)heed__gemm_packed_any(back ? f : n, back ? n : f) : 0);
    l.room = l.scratch + products_room(context, &l, back);
    return l;
}

static heed_status feed_shape(const heed__shapes *s, heed__size *size)
{
    int64_t t = s->in[X].rows, k = s->in[X].cols, f = s->in[W1].rows, n = s->in[W2].rows;
    HEED_TRY(heed__want_shape(s, "feed_forward", W1, "w1", -1, k));
    HEED_TRY(heed__want_shape(s, "feed_forward", B1, "b1", 1, f));
    HEED_TRY(heed__want_shape(s, "feed_forward", W2, "w2", -1, f));
    HEED_TRY(heed__want_shape(s, "feed_forward", B2, "b2", 1, n));
    size->rows = t;
    size->cols = n;
    size->saved = t * f;
    size->forward_workspace = layout_of(s->context, t, k, f, n, 0).room;
    size->backward_workspace = layout_of(s->context, t, k, f, n, 1).room;
    return HEED_OK;
}

static layout layout_of_call(const heed__call *call, int back)
{
    return layout_of(call->context, call->in[X].rows, call->in[X].cols, call->in[W1].rows,
                     call->in[W2].rows, back);
}

/* ---- products of some rows ---- */

/* x w^T + b, or where `back` x w. */
static heed__gemm product_of(const heed__call *call, const heed__matrix *w, const heed_real *bias,
                             int back)
{
    heed__gemm g = {.n = back ? w->cols : w->rows, .k = back ? w->rows : w->cols, .b = w->data};
    g.b_row = back ? w->cols : 1;
    g.b_col = back ? 1 : w->cols;
    g.a_row = g.k, g.a_col = 1, g.c_row = g.n;
    g.packed = back ? NULL : w->packed;
    g.bias = bias;
    g.precision = heed_context_precision(call->context);
    return g;
}

static void pack(const heed__call *call, const layout *l, int which, heed__gemm *g)
{
    if (l->t <= l->chunk || g->packed) return;
    heed__gemm_pack(call->context, g, call->workspace + l->packed[which]);
    g->packed = call->workspace + l->packed[which];
}

static void multiply(const heed__call *call, const layout *l, heed__gemm *g, int64_t rows,
                     const heed_real *a, heed_real *c)
{
    g->m = rows;
    g->a = a;
    g->c = c;
    heed__gemm_run(call->context, g, call->workspace + l->scratch);
}

/* dw = dy^T x, added or stored, db += sum over rows of dy. */
static void learn(const heed__call *call, const layout *l, int64_t rows, const heed_real *dy,
                  const heed_real *x, int accumulate, const heed__matrix *w, const heed__matrix *b)
{
    heed__gemm g = {.m = w->rows, .n = w->cols, .k = rows, .accumulate = accumulate};
    g.a = dy, g.a_row = 1, g.a_col = w->rows;
    g.b = x, g.b_row = w->cols, g.b_col = 1;
    g.c = w->grad, g.c_row = w->cols;
    g.precision = heed_context_precision(call->context);
    if (w->grad) heed__gemm_run(call->context, &g, call->workspace + l->scratch);
    if (b->grad) heed__column_sums(call, dy, rows, w->rows, b->grad);
}

/* ---- what is between them ---- */

typedef struct between {
    heed__activation_kind kind;
    const heed_real *kept; /* z or h of the chunk */
    heed_real *h;          /* NULL: not wanted */
    heed_real *dh;         /* becomes dz; NULL going forward */
} between;

static void do_rows(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    const between *b = extra;
    int64_t stop = end * call->in[W1].rows;
    for (int64_t at = begin * call->in[W1].rows; at < stop; at += HEED_ACTIVATION_CHUNK) {
        int64_t n = heed__lesser(stop - at, HEED_ACTIVATION_CHUNK);
        if (b->h) heed__activation_apply(b->kind, call->kernels, n, b->kept + at, b->h + at);
        if (b->dh)
            heed__activation_derive_over(b->kind, call->kernels, n, b->kept + at, b->kept + at,
                                         b->dh + at, b->dh + at);
    }
}

static void between_products(const heed__call *call, int64_t rows, between b)
{
    b.kind = ((const heed__activation *)call->attributes)->kind;
    heed__for_rows(call, rows, 4 * call->in[W1].rows, do_rows, &b);
}

/* ---- forward and backward ---- */

static int keeps_z(const heed__call *call)
{
    return heed__activation_reads_input(((const heed__activation *)call->attributes)->kind);
}

static heed_status feed_forward(const heed__call *call)
{
    layout l = layout_of_call(call, 0);
    heed__gemm up = product_of(call, &call->in[W1], call->in[B1].data, 0);
    heed__gemm down = product_of(call, &call->in[W2], call->in[B2].data, 0);
    int apart = call->saved && keeps_z(call);
    pack(call, &l, 0, &up);
    pack(call, &l, 1, &down);
    for (int64_t i = 0; i < l.t; i += l.chunk) {
        int64_t rows = heed__lesser(l.chunk, l.t - i);
        heed_real *z = call->saved ? call->saved + i * l.f : call->workspace + l.inside;
        heed_real *h = apart ? call->workspace + l.other : z;
        multiply(call, &l, &up, rows, call->in[X].data + i * l.k, z);
        between_products(call, rows, (between){.kept = z, .h = h});
        multiply(call, &l, &down, rows, h, call->out.data + i * l.n);
    }
    return HEED_OK;
}

static heed_status feed_backward(const heed__call *call)
{
    layout l = layout_of_call(call, 1);
    const heed__matrix *x = &call->in[X], *w1 = &call->in[W1], *w2 = &call->in[W2];
    heed__gemm up = product_of(call, w1, NULL, 1), down = product_of(call, w2, NULL, 1);
    up.accumulate = !x->fresh;
    if (x->grad) pack(call, &l, 0, &up);
    pack(call, &l, 1, &down);
    if (l.t == 0) heed__zero_fresh(w1), heed__zero_fresh(w2);
    for (int64_t i = 0; i < l.t; i += l.chunk) {
        int64_t rows = heed__lesser(l.chunk, l.t - i);
        const heed_real *dy = call->out.grad + i * l.n, *kept = call->saved + i * l.f;
        heed_real *dh = call->workspace + l.inside;
        heed_real *h = keeps_z(call) ? call->workspace + l.other : NULL;
        multiply(call, &l, &down, rows, dy, dh);
        between_products(call, rows, (between){.kept = kept, .h = h, .dh = dh});
        learn(call, &l, rows, dy, h ? h : kept, i > 0 || !w2->fresh, w2, &call->in[B2]);
        learn(call, &l, rows, dh, x->data + i * l.k, i > 0 || !w1->fresh, w1, &call->in[B1]);
        if (x->grad) multiply(call, &l, &up, rows, dh, x->grad + i * l.k);
    }
    return HEED_OK;
}

static double feed_flops(const heed__shapes *s)
{
    double inside = (double)s->in[X].rows * (double)s->in[W1].rows;
    return 2.0 * inside * (double)(s->in[X].cols + s->in[W2].rows);
}

static heed_status feed_check(heed__gradcheck *check)
{
    static const int64_t sizes[][4] = {{3, 2, 5, 4}, {515, 1, 2, 1}, {0, 2, 3, 2}};
    for (size_t i = 0; i < HEED_COUNT(sizes) + HEED_ACTIVATIONS; i++) {
        const int64_t *s = sizes[i < HEED_COUNT(sizes) ? i : 0];
        heed__activation a = {(heed__activation_kind)(i % HEED_ACTIVATIONS)};
        heed__var in[] = {
            heed__gradcheck_input(check, s[0], s[1]), heed__gradcheck_input(check, s[2], s[1]),
            heed__gradcheck_input(check, 1, s[2]), heed__gradcheck_input(check, s[3], s[2]),
            heed__gradcheck_input(check, 1, s[3])};
        HEED_TRY(heed__gradcheck_apply(check, &heed__op_feed_forward, in, 5, &a, sizeof a));
    }
    return HEED_OK;
}

const heed__op heed__op_feed_forward = {.name = "feed_forward",
                                        .summary = "y = f(x w1^T + b1) w2^T + b2, in chunks",
                                        .least_inputs = 5,
                                        .most_inputs = 5,
                                        .reads = HEED_READS(X) | HEED_READS(W1) | HEED_READS(W2),
                                        .stores = HEED_READS(X) | HEED_READS(W1) | HEED_READS(W2),
                                        .shape = feed_shape,
                                        .forward = feed_forward,
                                        .backward = feed_backward,
                                        .flops = feed_flops,
                                        .check = feed_check};
