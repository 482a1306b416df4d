/* SPDX-License-Identifier: MIT */
/*
 * The output layer over a vocabulary and its cross-entropy as one operation. A chunk of rows at a
 * time: logits, softmax and the logits' gradient in place, and what that gives x, w and b, so that
 * logits of the whole batch never exist:
 *
 *      x  ---> z (chunk) ---> dz over z ---> dw += dz^T x, db += dz
 *     all rows     |                    `--> dx = dz w   of the chunk, over x where it may
 *                  `--> losses
 *
 * Gradients are so made going forward: where this is the tape's loss, right in their places. A part
 * of a loss cannot know yet what it counts: it saves gradients for a loss that counts once, which
 * going back are multiplied by what it counts and added. That costs as much memory as w and x, so a
 * batch whose logits are less than that keeps their gradient instead (`keeps`) and makes the
 * products going back. Every way every number is that of linear and cross_entropy one after the
 * other, for a loss that counts once: chunks are whole pieces of the products' sums over rows.
 */
#include "autograd/gradcheck.h"
#include "kernels/gemm.h"
#include "ops/class_loss.h"
#include "ops/rows.h"

#include <string.h>

/* Reals, up to a cache line. */
static int64_t lines(int64_t n)
{
    return (n + 15) / 16 * 16;
}

/* With more columns of x chunks have so many rows that laying w out with each costs little, and w
 * is large. */
enum { LAID_COLUMNS = 512 };

/* Where things are. t rows, k columns of x, n classes. */
typedef struct layout {
    int64_t t, k, n, chunk;
    int keeps, lays;                    /* lays: w out once for all chunks */
    int64_t saved;                      /* dz, if it keeps that; else dw, db and dx: */
    int64_t db, dx;                     /* places in what is saved */
    int64_t right, z, w, back, scratch; /* places in the workspace, losses first */
    int64_t room;                       /* of products */
} layout;

static int64_t room_of(heed_context *context, const layout *l)
{
    int64_t rows = l->keeps ? l->t : l->chunk; /* of the products of dz */
    size_t room = heed__gemm_workspace_any(context, l->chunk, l->n, l->k);
    size_t back = heed__gemm_workspace_any(context, rows, l->k, l->n);
    size_t learns = heed__gemm_workspace_any(context, l->n, l->k, rows);
    size_t laid = l->lays ? heed__gemm_workspace_packed(context) : 0;
    if (back > room) room = back;
    if (learns > room) room = learns;
    return (int64_t)(laid > room ? laid : room);
}

/* Half the rows that chunks of other operations have, since z has more columns than anything. */
static layout layout_of(heed_context *context, int keeps, int64_t t, int64_t k, int64_t n)
{
    layout l = {.t = t, .k = k, .n = n, .chunk = heed__chunk_rows(t, k / 2), .keeps = keeps};
    l.lays = t > l.chunk && k <= LAID_COLUMNS;
    l.db = lines(n * k);
    l.dx = l.db + lines(n);
    l.saved = keeps ? t * n : l.dx + t * k;
    l.right = lines(t);
    l.z = 2 * l.right;
    l.w = l.z + lines(l.chunk * n);
    l.back = l.w + (l.lays ? (int64_t)heed__gemm_packed_any(n, k) : 0);
    l.scratch = l.back + (l.lays && !keeps ? (int64_t)heed__gemm_packed_any(k, n) : 0);
    l.room = room_of(context, &l);
    return l;
}

/* What a call has saved, or will: whether it keeps dz is a matter of which is less. */
static layout layout_at(const heed__call *call)
{
    int64_t t = call->in[0].rows, k = call->in[0].cols, n = call->in[1].rows;
    layout l = layout_of(call->context, 0, t, k, n);
    return !call->at_once && t * n <= l.saved ? layout_of(call->context, 1, t, k, n) : l;
}

static heed_status shape(const heed__shapes *s, heed__size *size)
{
    int64_t t = s->in[0].rows, k = s->in[0].cols, n = s->in[1].rows;
    HEED_TRY(heed__class_loss_check(s->attributes, "linear_cross_entropy"));
    HEED_TRY(heed__want_shape(s, "linear_cross_entropy", 1, "w", -1, k));
    if (s->inputs > 2) HEED_TRY(heed__want_shape(s, "linear_cross_entropy", 2, "b", 1, n));
    layout made = layout_of(s->context, 0, t, k, n), kept = layout_of(s->context, 1, t, k, n);
    size->rows = size->cols = 1;
    size->saved = heed__lesser(made.saved, kept.saved);
    size->forward_workspace = made.scratch + made.room;
    size->backward_workspace = kept.saved <= made.saved ? kept.room : 0;
    return HEED_OK;
}

/* ---- products: rows first .. first + rows - 1 ---- */

/* z = x w^T + b */
static heed__gemm logits_of(const heed__call *call)
{
    const heed__matrix *x = &call->in[0], *w = &call->in[1];
    heed__gemm g = {.n = w->rows, .k = x->cols, .a_row = x->cols, .a_col = 1, .b = w->data};
    g.b_row = 1, g.b_col = w->cols, g.c_row = w->rows, g.packed = w->packed;
    g.bias = call->inputs > 2 ? call->in[2].data : NULL;
    g.precision = heed_context_precision(call->context);
    return g;
}

/* dx = dz w */
static heed__gemm back_of(const heed__call *call)
{
    const heed__matrix *w = &call->in[1];
    heed__gemm g = {.n = w->cols, .k = w->rows, .a_row = w->rows, .a_col = 1, .b = w->data};
    g.b_row = w->cols, g.b_col = 1, g.c_row = w->cols;
    g.precision = heed_context_precision(call->context);
    return g;
}

/* dw = dz^T x, added or stored, and db += sum over rows of dz. */
static void learn(const heed__call *call, int64_t rows, const heed_real *x, const heed_real *dz,
                  int accumulate, heed_real *dw, heed_real *db, heed_real *scratch)
{
    int64_t k = call->in[0].cols, n = call->in[1].rows;
    heed__gemm g = {.m = n, .n = k, .k = rows, .accumulate = accumulate};
    g.a = dz, g.a_row = 1, g.a_col = n;
    g.b = x, g.b_row = k, g.b_col = 1;
    g.c = dw, g.c_row = k;
    g.precision = heed_context_precision(call->context);
    if (dw) heed__gemm_run(call->context, &g, scratch);
    if (db) heed__column_sums(call, dz, rows, n, db);
}

/* ---- rows ---- */

typedef struct rows {
    int64_t first;     /* of the chunk */
    heed_real *z;      /* its logits, then their gradient */
    heed_real *losses; /* of all rows */
    heed_real *right;
    heed_real weight; /* of all rows */
    int back;         /* the gradient is wanted */
} rows;

/* Loss and gradient of one row, whose logits z are overwritten. */
static void do_row(const heed__call *call, const rows *r, int64_t i, heed_real *z)
{
    const heed__class_loss *loss = call->attributes;
    const heed__kernels *kernels = call->kernels;
    int64_t classes = call->in[1].rows;
    int32_t label = loss->labels[i];
    heed_real e = (heed_real)loss->smoothing, greatest = kernels->max(classes, z), log_sum;
    heed_real target = heed__class_loss_target(kernels, loss, classes, z, i);
    r->right[i] = z[label] >= greatest ? 1 : 0;
    heed_real sum = kernels->exp_sum(classes, z, greatest, z);
    kernels->log(1, &sum, &log_sum);
    r->losses[i] = heed__class_loss_weight(loss, i) * (greatest + log_sum - target);
    if (!r->back) return;
    heed_real scale = heed__class_loss_weight(loss, i) / r->weight;
    kernels->affine(classes, scale * (1 / sum), -(scale * (e / (heed_real)classes)), z, z);
    z[label] -= scale * (1 - e);
}

static void do_rows(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    const rows *r = extra;
    const heed__class_loss *loss = call->attributes;
    int64_t classes = call->in[1].rows;
    for (int64_t i = begin; i < end; i++) {
        heed_real *z = r->z + i * classes;
        r->losses[r->first + i] = r->right[r->first + i] = 0;
        if (loss->labels[r->first + i] >= 0 && (r->weight > 0 || !r->back))
            do_row(call, r, r->first + i, z);
        else if (r->back)
            memset(z, 0, (size_t)classes * sizeof *z);
    }
}

/* ---- forward ---- */

/* Lays w out once for the products of all chunks. */
static void pack(const heed__call *call, const layout *l, heed__gemm *logits, heed__gemm *back)
{
    if (!l->lays) return;
    if (!logits->packed) {
        heed__gemm_pack(call->context, logits, call->workspace + l->w);
        logits->packed = call->workspace + l->w;
    }
    if (!back) return;
    heed__gemm_pack(call->context, back, call->workspace + l->back);
    back->packed = call->workspace + l->back;
}

/* Where gradients that are made going forward go: to their places, or into what is saved. */
typedef struct made {
    heed_real *dx, *dw, *db; /* NULL = not wanted */
    int adds_x, adds_w;
} made;

static made made_of(const heed__call *call, const layout *l)
{
    const heed__matrix *x = &call->in[0], *w = &call->in[1];
    heed_real *saved = call->saved, *db = call->inputs > 2 ? call->in[2].grad : NULL;
    if (call->at_once) return (made){x->grad, w->grad, db, !x->fresh, !w->fresh};
    if (!saved || l->keeps) return (made){0};
    memset(saved + l->db, 0, (size_t)l->n * sizeof *saved);
    return (made){x->grad ? saved + l->dx : NULL, w->grad ? saved : NULL, db ? saved + l->db : NULL,
                  0, 0};
}

static heed_status forward(const heed__call *call)
{
    const heed__matrix *x = &call->in[0];
    layout l = layout_at(call);
    heed_real *scratch = call->workspace + l.scratch;
    made to = made_of(call, &l);
    heed__gemm logits = logits_of(call), back = back_of(call);
    rows r = {.losses = call->workspace, .right = call->workspace + l.right};
    r.back = call->at_once || call->saved;
    r.weight = heed__class_loss_total(call->attributes, l.t);
    back.accumulate = to.adds_x;
    pack(call, &l, &logits, to.dx ? &back : NULL);
    if (l.t == 0 && call->at_once) heed__zero_fresh(&call->in[1]);
    for (; r.first < l.t; r.first += l.chunk) {
        int64_t count = heed__lesser(l.chunk, l.t - r.first);
        const heed_real *from = x->data + r.first * l.k;
        r.z = call->saved && l.keeps ? call->saved + r.first * l.n : call->workspace + l.z;
        logits.m = back.m = count;
        logits.a = from, logits.c = r.z;
        heed__gemm_run(call->context, &logits, scratch);
        heed__for_rows(call, count, 4 * l.n, do_rows, &r);
        learn(call, count, from, r.z, to.adds_w || r.first > 0, to.dw, to.db, scratch);
        back.a = r.z, back.c = to.dx + r.first * l.k;
        if (to.dx) heed__gemm_run(call->context, &back, scratch);
    }
    heed__class_loss_finish(call, l.t, call->workspace, call->workspace + l.right);
    return HEED_OK;
}

/* ---- backward ---- */

typedef struct handed {
    const heed_real *from;
    heed_real *to;
    int64_t cols;
    int stores;
} handed;

/* What forward made, times what the loss counts. */
static void hand_rows(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    const handed *h = extra;
    int64_t first = begin * h->cols, n = (end - begin) * h->cols;
    if (h->stores)
        call->kernels->scale(n, *call->out.grad, h->from + first, h->to + first);
    else
        call->kernels->axpy(n, *call->out.grad, h->from + first, h->to + first);
}

static void hand_over(const heed__call *call, int i, const heed_real *from)
{
    const heed__matrix *in = &call->in[i];
    handed h = {from, in->grad, in->cols, in->fresh};
    if (i < call->inputs && in->grad) heed__for_rows(call, in->rows, in->cols, hand_rows, &h);
}

static heed_status backward(const heed__call *call)
{
    const heed__matrix *x = &call->in[0], *w = &call->in[1];
    layout l = layout_at(call);
    heed_real *saved = call->saved;
    if (l.t == 0) heed__zero_fresh(w);
    if (l.t == 0) return HEED_OK;
    if (!l.keeps) {
        hand_over(call, 0, saved + l.dx);
        hand_over(call, 1, saved);
        hand_over(call, 2, saved + l.db);
        return HEED_OK;
    }
    handed dz = {saved, saved, l.n, 1};
    heed__for_rows(call, l.t, l.n, hand_rows, &dz);
    learn(call, l.t, x->data, saved, !w->fresh, w->grad, call->inputs > 2 ? call->in[2].grad : NULL,
          call->workspace);
    heed__gemm back = back_of(call);
    back.m = l.t, back.a = saved, back.c = x->grad, back.accumulate = !x->fresh;
    if (x->grad) heed__gemm_run(call->context, &back, call->workspace);
    return HEED_OK;
}

static double flops(const heed__shapes *s)
{
    return 2.0 * (double)s->in[0].rows * (double)s->in[0].cols * (double)s->in[1].rows;
}

/* Fewer classes than columns keep dz; 515 rows make two chunks. */
static heed_status check(heed__gradcheck *check)
{
    static const int64_t sizes[][3] = {{5, 3, 4}, {5, 1, 4}, {9, 2, 20}, {515, 1, 3}};
    static const float weights[] = {1, 2, 0.5f, 1};
    static int32_t labels[515];
    for (int i = 0; i < 515; i++) labels[i] = i % 5 == 1 ? -1 : i % 2;
    for (size_t i = 0; i < HEED_COUNT(sizes); i++) {
        heed__class_loss loss = {labels, i == 1 ? weights : NULL, i == 2 ? 0 : 0.2f, NULL, NULL};
        int64_t t = sizes[i][0], k = sizes[i][1], n = sizes[i][2];
        heed__var in[3] = {heed__gradcheck_input(check, t, k), heed__gradcheck_input(check, n, k),
                           i == 1 ? HEED_NO_VAR : heed__gradcheck_input(check, 1, n)};
        HEED_TRY(heed__gradcheck_apply(check, &heed__op_linear_cross_entropy, in, 3, &loss,
                                       sizeof loss));
    }
    return HEED_OK;
}

const heed__op heed__op_linear_cross_entropy = {.name = "linear_cross_entropy",
                                                .summary = "cross-entropy of x w^T + b, in chunks",
                                                .least_inputs = 2,
                                                .most_inputs = 3,
                                                .reads = HEED_READS(0) | HEED_READS(1),
                                                .stores = HEED_READS(0) | HEED_READS(1),
                                                .grad_over_value = HEED_READS(0),
                                                .at_once = 1,
                                                .shape = shape,
                                                .forward = forward,
                                                .backward = backward,
                                                .flops = flops,
                                                .check = check};
