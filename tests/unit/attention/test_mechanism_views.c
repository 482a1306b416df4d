/* SPDX-License-Identifier: MIT */
/*
 * Every array of every trial as a view: odd strides, no alignment, gaps of NaN; rows packed,
 * padded, or found by their starts. All engines give the bits of plain arrays, and leave the gaps
 * alone.
 */
#include "check.h"

#include "attention/mechanism_trials.h"

#include <stdio.h>

typedef enum layout { PACKED, PADDED, STARTS, LAYOUTS } layout;
enum { VIEWS = 2 * TRIAL_ARRAYS + 4 };

/* An array that the trial has packed, elsewhere: pairs (side -1) are [H, Tq, Tk] for all. */
typedef struct view {
    heed_real *packed, *room, *data;
    int side, written;
    int64_t heads, cols, count, sequence, row, head;
} view;

typedef struct views {
    trial_run *r;
    layout how;
    int count;
    view list[VIEWS];
    int64_t starts[2][TRIAL_SEQUENCES], *ids[HEED_EXTRAS];
} views;

static const int64_t *lengths_of(const trial_run *r, int side)
{
    return side == HEED_SIDE_KEY ? r->t.tk : r->t.tq;
}

/* The first row of sequence s, where rows are counted through. */
static int64_t start_of(const views *v, int side, int64_t s)
{
    const trial_run *r = v->r;
    if (v->how == STARTS) return v->starts[side][s];
    return side == HEED_SIDE_KEY ? r->k_offsets[s] : r->q_offsets[s];
}

/* Sequences stand in reverse order, three rows apart. */
static int64_t make_starts(views *v, int side)
{
    int64_t at = 2;
    for (int64_t s = v->r->t.sequences - 1; s >= 0; s--) {
        v->starts[side][s] = at;
        at += lengths_of(v->r, side)[s] + 3;
    }
    return at;
}

/* What the gaps hold: a sum would hide in a NaN. */
static heed_real gap_of(const view *x)
{
    return x->written ? 12345 : (heed_real)NAN;
}

/* Calls `move` with the places of each row and head: packed, and in the view. */
static void each_row(const views *v, const view *x,
                     void (*move)(const view *x, heed_real *packed, heed_real *at))
{
    const trial_run *r = v->r;
    int64_t sequences = x->side < 0 ? 1 : r->t.sequences, done = 0;
    for (int64_t s = 0; s < sequences; s++) {
        int64_t rows =
            x->side < 0 ? trial_longest(r->t.tq, r->t.sequences) : lengths_of(r, x->side)[s];
        int64_t first =
            x->side < 0 || v->how == PADDED ? s * x->sequence : start_of(v, x->side, s) * x->row;
        for (int64_t n = 0; n < rows * x->heads; n++) { /* pairs have their heads outside */
            int64_t i = x->side < 0 ? n % rows : n / x->heads,
                    h = x->side < 0 ? n / rows : n % x->heads;
            move(x, x->packed + done, x->data + first + i * x->row + h * x->head);
            done += x->cols;
        }
    }
}

static void put(const view *x, heed_real *packed, heed_real *at)
{
    memcpy(at, packed, (size_t)x->cols * sizeof *at);
}

/* Back, leaving a gap. */
static void take(const view *x, heed_real *packed, heed_real *at)
{
    memcpy(packed, at, (size_t)x->cols * sizeof *at);
    for (int64_t c = 0; c < x->cols; c++) at[c] = gap_of(x);
}

static view *add_view(views *v, heed_real *packed, int side, int64_t heads, int64_t cols,
                      int written)
{
    const trial *t = &v->r->t;
    view *x = &v->list[v->count++];
    int64_t longest = trial_longest(lengths_of(v->r, side), t->sequences);
    int64_t rows = longest * t->sequences + 5 * t->sequences + 2;
    *x = (view){.packed = packed, .side = side, .written = written, .heads = heads, .cols = cols};
    if (side < 0 || v->how == PADDED) {
        x->row = (cols + 2) | 1;
        x->head = longest * x->row + 1;
        x->sequence = side < 0 ? 0 : heads * x->head + 7;
        x->count = (side < 0 ? 1 : t->sequences) * (heads * x->head + 7);
    } else {
        x->head = (cols + 1) | 1;
        x->row = (heads * x->head + 2) | 1;
        x->count = rows * x->row;
    }
    x->room = trial_reals(x->count + 1);
    x->data = x->room + 1;
    for (int64_t i = 0; i <= x->count; i++) x->room[i] = gap_of(x);
    each_row(v, x, put);
    return x;
}

static heed_attention_input read_at(views *v, heed_real *packed, int side, int64_t heads,
                                    int64_t cols)
{
    const view *x = add_view(v, packed, side, heads, cols, 0);
    return (heed_attention_input){x->data, x->sequence, x->row, x->head};
}

static heed_attention_output write_at(views *v, heed_real *packed, int side, int64_t heads,
                                      int64_t cols)
{
    const view *x = add_view(v, packed, side, heads, cols, 1);
    return (heed_attention_output){x->data, x->sequence, x->row, x->head};
}

/* Ids three apart. */
static void move_ids(views *v, int e, int side)
{
    const trial *t = &v->r->t;
    heed_attention_extra *extra = &v->r->extras[e];
    int64_t longest = trial_longest(lengths_of(v->r, side), t->sequences), done = 0;
    const int64_t *packed = extra->data;
    extra->row_stride = 3;
    extra->sequence_stride = v->how == PADDED ? longest * 3 + 1 : 0;
    v->ids[e] = calloc((size_t)((longest + 6) * 3 * t->sequences) + 9, sizeof *v->ids[e]);
    for (int64_t s = 0; s < t->sequences; s++) {
        int64_t first = v->how == PADDED ? s * extra->sequence_stride : start_of(v, side, s) * 3;
        for (int64_t i = 0; i < lengths_of(v->r, side)[s]; i++)
            v->ids[e][first + i * 3] = packed[done++];
    }
    extra->data = v->ids[e];
}

/* Real arrays of the batch are in the list of arrays after q, k, v and the parameters. */
static void move_extras(views *v)
{
    trial_run *r = v->r;
    heed_attention_extra_info info;
    int a = 3 + (int)r->sizes.parameters;
    for (int e = 0; heed_attention_plan_extra(r->plan, (size_t)e, &info); e++) {
        heed_attention_extra *x = &r->extras[e];
        int by_row = info.kind == HEED_ATTENTION_QUERY_REALS;
        if (info.kind == HEED_ATTENTION_QUERY_IDS || info.kind == HEED_ATTENTION_KEY_IDS)
            move_ids(v, e, info.kind == HEED_ATTENTION_KEY_IDS);
        if (!by_row && info.kind != HEED_ATTENTION_PAIR_REALS) continue;
        int64_t cols = by_row ? 1 : trial_longest(r->t.tk, r->t.sequences);
        int side = by_row ? HEED_SIDE_QUERY : -1;
        heed_attention_input data = read_at(v, r->arrays[a].data, side, r->t.heads, cols);
        if (x->gradient)
            x->gradient = write_at(v, r->arrays[a].gradient, side, r->t.heads, cols).data;
        x->data = data.data;
        x->sequence_stride = data.sequence_stride;
        x->row_stride = data.row_stride;
        x->head_stride = data.head_stride;
        a++;
    }
}

static void move_rows(views *v)
{
    trial_run *r = v->r;
    const trial *t = &r->t;
    heed_attention_rows *sides[] = {&r->batch.queries, &r->batch.keys};
    for (int side = 0; side < 2 && v->how != PACKED; side++) {
        const int64_t *lengths = lengths_of(r, side);
        *sides[side] = (heed_attention_rows){.lengths = lengths,
                                             .length = trial_longest(lengths, t->sequences),
                                             .starts = v->how == STARTS ? v->starts[side] : NULL};
    }
}

static void move_all(views *v)
{
    trial_run *r = v->r;
    const trial *t = &r->t;
    int64_t h = t->heads, g = t->key_heads, d = t->size, dv = t->value_size;
    const int query = HEED_SIDE_QUERY, key = HEED_SIDE_KEY;
    heed_attention_forward_tensors *f = &r->forward;
    heed_attention_backward_tensors *b = &r->backward;
    make_starts(v, query);
    make_starts(v, key);
    move_rows(v);
    move_extras(v);
    f->q = b->q = read_at(v, r->arrays[0].data, query, h, d);
    f->k = b->k = read_at(v, r->arrays[1].data, key, g, d);
    f->v = b->v = read_at(v, r->arrays[2].data, key, g, dv);
    f->o = write_at(v, r->o, query, h, dv);
    f->lse = write_at(v, r->lse, query, h, 1);
    b->o =
        (heed_attention_input){f->o.data, f->o.sequence_stride, f->o.row_stride, f->o.head_stride};
    b->lse = (heed_attention_input){f->lse.data, f->lse.sequence_stride, f->lse.row_stride,
                                    f->lse.head_stride};
    b->d_o = read_at(v, r->d_o, query, h, dv);
    if (b->d_lse.data) b->d_lse = read_at(v, r->d_lse, query, h, 1);
    b->dq = write_at(v, r->arrays[0].gradient, query, h, d);
    b->dk = write_at(v, r->arrays[1].gradient, key, g, d);
    b->dv = write_at(v, r->arrays[2].gradient, key, g, dv);
}

/* Results go back to where the trial has them. */
static void move_back(views *v, const char *who)
{
    for (int k = 0; k < v->count; k++) {
        const view *x = &v->list[k];
        if (x->written) each_row(v, x, take);
        for (int64_t i = 0; x->written && i <= x->count; i++)
            if (x->room[i] != gap_of(x)) trial_say(&v->r->t, who, "it writes between rows", "");
        heed__free(x->room);
    }
    for (int e = 0; e < HEED_EXTRAS; e++) free(v->ids[e]);
}

static void check_views(const trial_run *plain, const char *engine, layout how,
                        heed_context *context)
{
    static const char *const names[] = {"packed", "padded", "starts"};
    trial_run r;
    char who[64];
    snprintf(who, sizeof who, "engine %s, views, %s", engine, names[how]);
    if (trial_make(&r, &plain->t, context, NULL, engine)) {
        views v = {.r = &r, .how = how};
        move_all(&v);
        trial_forward(&r);
        check_ok(heed_attention_backward(r.plan, &r.batch, &r.backward, r.workspace));
        move_back(&v, who);
        trial_compare(&r, plain, who);
    }
    trial_free(&r);
}

static void test_views(void **state)
{
    heed_attention_entry row;
    heed_context *context = NULL;
    (void)state;
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &context));
    for (int t = 0; t < TRIALS; t++) {
        trial_run plain;
        assert_true(trial_make(&plain, &trials[t], NULL, NULL, NULL));
        trial_forward(&plain);
        trial_backward(&plain);
        for (size_t i = 0; heed_attention_list(i, &row); i++)
            for (int how = 0; how < LAYOUTS && strcmp(row.table, "engine") == 0; how++)
                check_views(&plain, row.name, (layout)how, how == PADDED ? context : NULL);
        trial_free(&plain);
    }
    heed_context_destroy(&context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_views)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
