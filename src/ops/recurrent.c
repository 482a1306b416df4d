/* SPDX-License-Identifier: MIT */
#include "ops/recurrent.h"

#include "autograd/gradcheck.h"
#include "kernels/gemm.h"
#include "ops/rows.h"

#include <string.h>

/* Sequences of a group, in whole tiles: each step of a group reads all of the weight, but groups
 * are what threads share, so each has two, or four and so on. */
enum { TILE_ROWS = 16, MOST_GROUP = 64, GROUPS = 2 };

/* One walk over all groups, forward or backward. */
typedef struct walk {
    const heed__cell *cell;
    const heed__call *call;
    const heed__ragged *ragged;
    int reverse;
    int64_t group;               /* sequences of one */
    int64_t C, width;            /* of a row of the output */
    const heed_real *bias;       /* b_hh [gates C], NULL = none */
    const heed__matrix *initial; /* [S, states C], NULL = zeros */
    const heed_real *weight;     /* forward: w^T [C, gates C]; backward: w [gates C, C] */
    const heed_real *packed;     /* the same, for a product below highest; else NULL */
    heed_precision precision;
    heed_real *keep;    /* [rows, saved C] */
    heed_real *dhidden; /* backward: [rows, gates C], */
    heed_real *before;  /* and [rows, C] */
    heed_real *scratch; /* per thread */
} walk;

/* Of a thread: a group's rows, after the workspace of a product. */
static int64_t product_reals(void)
{
    return (int64_t)heed__gemm_workspace_packed(NULL);
}

static int64_t group_of(const heed_context *context, const heed__ragged *ragged)
{
    int64_t fair = GROUPS * heed_context_threads(context), n = ragged->n;
    int64_t groups = fair * ((n + fair * MOST_GROUP - 1) / (fair * MOST_GROUP));
    return heed__greater(1, (n + groups * TILE_ROWS - 1) / (groups * TILE_ROWS)) * TILE_ROWS;
}

static int64_t scratch_reals(const heed__cell *cell, int64_t group, int64_t C, int backward)
{
    int64_t per_row = 2 * C + cell->gates * C + (backward ? C : 0) + cell->saved * C;
    return product_reals() + (group * per_row + 15) / 16 * 16;
}

/* The weight as the steps' products want it, at any precision. */
static int64_t weight_reals(int64_t n, int64_t k)
{
    size_t room = (size_t)(n * k);
    for (int p = HEED_PRECISION_HIGHEST; p <= HEED_PRECISION_MEDIUM; p++) {
        size_t packed = heed__gemm_packed((heed_precision)p, n, k);
        if (packed > room) room = packed;
    }
    return ((int64_t)room + 15) / 16 * 16;
}

/* b of the steps' products: w^T forward, w backward. */
static heed__gemm product_of(const heed__call *call, int backward)
{
    int64_t gates = call->in[1].rows, C = call->in[1].cols;
    heed__gemm g = {.n = backward ? C : gates, .k = backward ? gates : C, .b = call->in[1].data};
    g.b_row = backward ? C : 1;
    g.b_col = backward ? 1 : C;
    g.precision = heed_context_precision(call->context);
    return g;
}

heed_status heed__recurrent_shape(const heed__cell *cell, const heed__shapes *s, heed__size *size)
{
    const heed__recurrent *r = s->attributes;
    int64_t C = s->in[1].cols, gates = cell->gates * C, rows = r->ragged->rows;
    HEED_TRY(heed__want_shape(s, cell->name, 0, "x", rows, gates));
    HEED_TRY(heed__want_shape(s, cell->name, 1, "w_hh", gates, C));
    if (cell->bias) HEED_TRY(heed__want_shape(s, cell->name, 2, "b_hh", 1, gates));
    int initial = 2 + cell->bias;
    if (s->inputs > initial)
        HEED_TRY(heed__want_shape(s, cell->name, initial, "the initial state", r->ragged->n,
                                  cell->states * C));
    if (r->with_state && cell->states == 1)
        return heed__fail(HEED_E_INVALID, "%s: it has no state beside h", cell->name);
    int64_t threads = heed_context_threads(s->context);
    int64_t group =
        heed__lesser(MOST_GROUP, (r->ragged->n + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS);
    size->rows = rows;
    size->cols = r->with_state ? 2 * C : C;
    size->saved = rows * cell->saved * C;
    size->forward_workspace = weight_reals(gates, C) + threads * scratch_reals(cell, group, C, 0);
    int64_t product = (int64_t)heed__gemm_workspace_any(s->context, gates, C, rows);
    int64_t steps = weight_reals(C, gates) + threads * scratch_reals(cell, group, C, 1);
    size->backward_workspace =
        (rows * gates + rows * C + 15) / 16 * 16 + heed__greater(product, steps);
    return HEED_OK;
}

static int64_t row_at(const walk *w, int64_t sequence, int64_t step)
{
    const heed__ragged *ragged = w->ragged;
    return w->reverse ? ragged->offsets[sequence + 1] - 1 - step : ragged->offsets[sequence] + step;
}

/* How many of the group's sequences, which stand longest first, are longer than step. */
static int64_t alive(const walk *w, const int64_t *sequences, int64_t count, int64_t step)
{
    while (count > 0 && heed__ragged_length(w->ragged, sequences[count - 1]) <= step) count--;
    return count;
}

/* c = start + a w; `spare` is the thread's workspace. start_row 0: one row for all. */
static void multiply(const walk *w, int64_t rows, int64_t cols, int64_t k, const heed_real *a,
                     const heed_real *start, int64_t start_row, heed_real *c, heed_real *spare)
{
    if (w->packed) {
        heed__gemm g = {.m = rows, .n = cols, .k = k, .a = a, .a_row = k, .a_col = 1};
        g.c = c, g.c_row = cols;
        g.packed = w->packed, g.precision = w->precision;
        g.accumulate = start_row > 0;
        if (g.accumulate)
            memcpy(c, start, (size_t)(rows * cols) * sizeof *c);
        else
            g.bias = start;
        heed__gemm_run(NULL, &g, spare);
        return;
    }
    heed__tile tile = {.rows = rows, .cols = cols, .k = k};
    tile.a = a, tile.a_row = k, tile.a_col = 1;
    tile.b = w->weight, tile.b_row = cols;
    tile.start = start, tile.start_row = start_row;
    tile.c = c, tile.c_row = cols;
    w->call->kernels->gemm_tile(&tile);
}

static const heed_real *initial_of(const walk *w, int64_t sequence)
{
    return w->initial ? w->initial->data + sequence * w->initial->cols : NULL;
}

/* The states of a group's sequences before their first step. */
static void start_group(const walk *w, const int64_t *sequences, int64_t count, heed_real *h,
                        heed_real *state)
{
    int64_t C = w->C;
    memset(h, 0, (size_t)(count * C) * sizeof *h);
    memset(state, 0, (size_t)(count * C) * sizeof *state);
    for (int64_t i = 0; w->initial && i < count; i++) {
        const heed_real *from = initial_of(w, sequences[i]);
        memcpy(h + i * C, from, (size_t)C * sizeof *h);
        if (w->cell->states > 1) memcpy(state + i * C, from + C, (size_t)C * sizeof *state);
    }
}

static void forward_group(void *arg, int64_t group, int thread)
{
    const walk *w = arg;
    const heed__call *call = w->call;
    const heed__cell *cell = w->cell;
    int64_t C = w->C, gates = cell->gates * C;
    const int64_t *sequences = w->ragged->order + group * w->group;
    int64_t count = heed__lesser(w->ragged->n - group * w->group, w->group);
    heed_real *product = w->scratch + thread * scratch_reals(cell, w->group, C, 0);
    heed_real *h = product + product_reals(), *state = h + w->group * C;
    heed_real *hidden = state + w->group * C, *spare = hidden + w->group * gates;
    start_group(w, sequences, count, h, state);
    for (int64_t step = 0; (count = alive(w, sequences, count, step)) > 0; step++) {
        multiply(w, count, gates, C, h, w->bias, 0, hidden, product);
        for (int64_t i = 0; i < count; i++) {
            int64_t row = row_at(w, sequences[i], step);
            heed_real *keep = w->keep ? w->keep + row * cell->saved * C : spare;
            cell->forward(call->kernels, C, call->in[0].data + row * gates, hidden + i * gates,
                          h + i * C, state + i * C, keep);
            heed_real *y = call->out.data + row * w->width;
            memcpy(y, h + i * C, (size_t)C * sizeof *h);
            if (w->width > C) memcpy(y + C, state + i * C, (size_t)C * sizeof *h);
        }
    }
}

static walk walk_of(const heed__cell *cell, const heed__call *call)
{
    const heed__recurrent *r = call->attributes;
    int initial = 2 + cell->bias;
    return (walk){.cell = cell,
                  .call = call,
                  .ragged = r->ragged,
                  .reverse = r->reverse,
                  .group = group_of(call->context, r->ragged),
                  .C = call->in[1].cols,
                  .width = call->out.cols,
                  .bias = cell->bias ? call->in[2].data : NULL,
                  .initial = call->inputs > initial ? &call->in[initial] : NULL,
                  .keep = call->saved};
}

static int64_t groups(const walk *w)
{
    return (w->ragged->n + w->group - 1) / w->group;
}

/* Below highest; returns whether it did. */
static int pack_weight(walk *w, int backward, heed_real *room)
{
    heed__gemm product = product_of(w->call, backward);
    if (product.precision == HEED_PRECISION_HIGHEST) return 0;
    heed__gemm_pack(w->call->context, &product, room);
    w->packed = room;
    w->precision = product.precision;
    return 1;
}

void heed__recurrent_forward(const heed__cell *cell, const heed__call *call)
{
    walk w = walk_of(cell, call);
    int64_t gates = cell->gates * w.C;
    if (!pack_weight(&w, 0, call->workspace))
        call->kernels->transpose(gates, w.C, call->in[1].data, w.C, call->workspace, gates);
    w.weight = call->workspace;
    w.scratch = call->workspace + weight_reals(gates, w.C);
    heed__parallel(call->context, groups(&w), forward_group, &w);
}

/* One step back for one sequence of the group. */
static void row_back(const walk *w, int64_t sequence, int64_t step, heed_real *dh,
                     heed_real *dstate, heed_real *dhidden)
{
    const heed__call *call = w->call;
    int64_t C = w->C, gates = w->cell->gates * C, row = row_at(w, sequence, step);
    int64_t kept = w->cell->saved * C;
    const heed_real *h_before = initial_of(w, sequence), *state_before = NULL;
    if (h_before) state_before = h_before + C;
    if (step > 0) {
        int64_t before = row_at(w, sequence, step - 1);
        h_before = call->out.data + before * w->width;
        state_before = w->keep + before * kept + w->cell->state_at * C;
    }
    heed_real *dx = w->dhidden + row * gates; /* borrowed: dhidden is stored there afterwards */
    call->kernels->add(C, call->out.grad + row * w->width, dh);
    if (w->width > C) call->kernels->add(C, call->out.grad + row * w->width + C, dstate);
    w->cell->backward(call->kernels, C, w->keep + row * kept, h_before, state_before, dh, dstate,
                      dx, dhidden);
    if (call->in[0].grad) heed__pass_gradient(call, 0, gates, dx, call->in[0].grad + row * gates);
    memcpy(dx, dhidden, (size_t)gates * sizeof *dx);
}

static void backward_group(void *arg, int64_t group, int thread)
{
    const walk *w = arg;
    int64_t C = w->C, gates = w->cell->gates * C;
    const int64_t *sequences = w->ragged->order + group * w->group;
    int64_t left = heed__lesser(w->ragged->n - group * w->group, w->group);
    int64_t longest = heed__ragged_length(w->ragged, sequences[0]);
    heed_real *product = w->scratch + thread * scratch_reals(w->cell, w->group, C, 1);
    heed_real *dh = product + product_reals();
    heed_real *dstate = dh + w->group * C, *dhidden = dstate + w->group * C;
    heed_real *next = dhidden + w->group * gates;
    memset(dh, 0, (size_t)(2 * w->group * C) * sizeof *dh);
    for (int64_t step = longest - 1; step >= 0; step--) {
        int64_t count = alive(w, sequences, left, step);
        for (int64_t i = 0; i < count; i++)
            row_back(w, sequences[i], step, dh + i * C, dstate + i * C, dhidden + i * gates);
        multiply(w, count, C, gates, dhidden, dh, C, next, product);
        memcpy(dh, next, (size_t)(count * C) * sizeof *dh);
    }
    for (int64_t i = 0; w->initial && w->initial->grad && i < left; i++) {
        heed_real *d = w->initial->grad + sequences[i] * w->initial->cols;
        w->call->kernels->add(C, dh + i * C, d);
        if (w->cell->states > 1) w->call->kernels->add(C, dstate + i * C, d + C);
    }
}

/* The h each row of some sequences was computed from, in the order of rows. */
static void copy_before(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    const walk *w = extra;
    int64_t C = w->C;
    for (int64_t s = begin; s < end; s++)
        for (int64_t step = 0; step < heed__ragged_length(w->ragged, s); step++) {
            heed_real *to = w->before + row_at(w, s, step) * C;
            size_t bytes = (size_t)C * sizeof *to;
            const heed_real *from = initial_of(w, s);
            if (step > 0) from = call->out.data + row_at(w, s, step - 1) * w->width;
            if (from)
                memcpy(to, from, bytes);
            else
                memset(to, 0, bytes);
        }
}

void heed__recurrent_backward(const heed__cell *cell, const heed__call *call)
{
    walk w = walk_of(cell, call);
    int64_t rows = call->out.rows, gates = cell->gates * w.C;
    w.weight = call->in[1].data;
    w.dhidden = call->workspace;
    w.before = call->workspace + rows * gates;
    heed_real *rest = call->workspace + (rows * gates + rows * w.C + 15) / 16 * 16;
    pack_weight(&w, 1, rest);
    w.scratch = rest + weight_reals(w.C, gates);
    heed__parallel(call->context, groups(&w), backward_group, &w);
    if (call->in[1].grad) {
        heed__for_rows(call, w.ragged->n, w.ragged->longest * w.C, copy_before, &w);
        heed__gemm dw = {.m = gates, .n = w.C, .k = rows, .accumulate = !call->in[1].fresh};
        dw.precision = heed_context_precision(call->context);
        dw.a = w.dhidden, dw.a_row = 1, dw.a_col = gates;
        dw.b = w.before, dw.b_row = w.C, dw.b_col = 1;
        dw.c = call->in[1].grad, dw.c_row = w.C;
        heed__gemm_run(call->context, &dw, rest);
    }
    if (cell->bias && call->in[2].grad)
        heed__column_sums(call, w.dhidden, rows, gates, call->in[2].grad);
}

double heed__recurrent_flops(const heed__shapes *s)
{
    return 2.0 * (double)s->in[0].rows * (double)s->in[1].rows * (double)s->in[1].cols;
}

heed_status heed__recurrent_check(heed__gradcheck *check, const heed__op *op,
                                  const heed__cell *cell)
{
    static const int64_t offsets[] = {0, 2, 2, 6, 7}, order[] = {2, 0, 3, 1};
    static const int64_t names[] = {4, 9, 2, 5};
    static const heed__ragged ragged = {4, 7, 4, offsets, order, names};
    for (int i = 0; i < 4; i++) {
        int initial = i > 1;
        heed__recurrent r = {&ragged, i % 2, initial && cell->states > 1};
        int64_t C = 3, gates = cell->gates * C;
        heed__var in[4] = {heed__gradcheck_input(check, 7, gates),
                           heed__gradcheck_input(check, gates, C)};
        int count = 2;
        if (cell->bias) in[count++] = heed__gradcheck_input(check, 1, gates);
        if (initial) in[count++] = heed__gradcheck_input(check, 4, cell->states * C);
        HEED_TRY(heed__gradcheck_apply(check, op, in, count, &r, sizeof r));
    }
    return HEED_OK;
}
