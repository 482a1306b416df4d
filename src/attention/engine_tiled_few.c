/* SPDX-License-Identifier: MIT */
/*
 * The tiled engine where sequences have a few queries, as a decoder's steps do. A tile of one head
 * has so few rows that what surrounds the products would cost more than they do: here a task takes
 * several key heads, turns their keys at once, and does softmax for all their rows together:
 *
 *     for each key block (ascending):
 *         turn k of all heads                 [key heads, D, block]
 *         s = q k^T, a key head at a time     [key heads, group, queries] x block
 *         softmax, all rows at once
 *         o = o * factor + p v
 *
 * The products, their order and softmax are those of engine_tiled.c, and so are the bits.
 */
#include "attention/engine_tiled.h"

#include "attention/softmax.h"

#include <string.h>

enum {
    MOST_ROWS = 64,  /* of a task: queries x heads */
    TURNED = 1 << 14 /* reals of keys turned at a time, or one head's */
};

typedef struct room {
    heed_real *queries; /* [key heads, group, queries, D]: prepared */
    heed_real *s;       /* [MOST_ROWS, KEY_BLOCK] */
    heed_real *keys;    /* [KEY_BLOCK, D]: prepared */
    heed_real *turned;  /* [key heads, D, KEY_BLOCK] */
    heed_real *top, *sum, *factor;
} room;

typedef struct few_job {
    const heed__run *run;
    heed_real *workspace;
    size_t a_thread;
    int64_t key_heads, parts; /* of a task; tasks of a sequence */
} few_job;

/* One task: some key heads of a sequence. */
typedef struct few {
    const heed__run *run;
    room room;
    heed__place place;  /* of its first head */
    int64_t group;      /* query heads to a key head */
    int64_t first, end; /* key heads */
    int64_t shared;     /* rows of a key head: group x queries */
} few;

static int64_t group_of(const heed_attention_plan *plan)
{
    return plan->options.heads / plan->options.key_heads;
}

static int64_t at_least_one(int64_t n)
{
    return n > 1 ? n : 1;
}

/* How many key heads are turned together at most. */
static int64_t heads_turned(const heed_attention_plan *plan)
{
    int64_t heads = at_least_one(TURNED / (HEED_KEY_BLOCK * plan->width));
    return heed__least(heads, plan->options.key_heads);
}

static room room_of(heed__carver *carver, const heed_attention_plan *plan)
{
    size_t width = (size_t)plan->width;
    room r;
    r.queries = heed__carve(carver, MOST_ROWS * width);
    r.s = heed__carve(carver, (size_t)MOST_ROWS * HEED_KEY_BLOCK);
    r.keys = heed__carve(carver, heed__prepared_size(plan, HEED_SIDE_KEY, HEED_KEY_BLOCK));
    r.turned = heed__carve(carver, (size_t)heads_turned(plan) * width * HEED_KEY_BLOCK);
    r.top = heed__carve(carver, MOST_ROWS);
    r.sum = heed__carve(carver, MOST_ROWS);
    r.factor = heed__carve(carver, MOST_ROWS);
    return r;
}

/* Plain softmax of products, which hides nothing but what a causal mask may. */
static int is_plain(const heed_attention_plan *plan)
{
    int mask_is_known = !plan->mask || plan->mask->mask == &heed__mask_causal;
    return plan->score->product && plan->normaliser == &heed__normaliser_softmax && !plan->stages &&
           mask_is_known && group_of(plan) <= MOST_ROWS;
}

size_t heed__few_workspace(const heed_attention_plan *plan)
{
    heed__carver carver = {NULL, 0};
    if (!is_plain(plan)) return 0;
    room_of(&carver, plan);
    return carver.used * (size_t)plan->threads;
}

/* All of a sequence's queries see all of its keys. */
static int sees_all(const heed__run *run, int64_t sequence)
{
    heed__stage stage = {.run = run, .place = heed__place_of(run, sequence, 0)};
    heed__block all = {0, stage.place.queries, 0, stage.place.keys};
    return !all.keys || heed__cover_of(&stage, &all) == HEED_FULL;
}

int heed__few_takes(const heed__run *run)
{
    const heed_attention_plan *plan = run->plan;
    if (!is_plain(plan) || run->drops) return 0;
    for (int64_t s = 0; s < run->batch->sequences; s++) {
        int64_t queries = heed__length(&run->batch->queries, s);
        if (queries > plan->thresholds.few_queries || queries * group_of(plan) > MOST_ROWS)
            return 0;
        if (queries && !sees_all(run, s)) return 0;
    }
    return 1;
}

void heed__few_say(const heed_attention_plan *plan, heed__writer *w)
{
    if (!is_plain(plan)) return;
    long long queries =
        (long long)heed__least(plan->thresholds.few_queries, MOST_ROWS / group_of(plan));
    heed__say(w,
              "  forward of at most %lld queries a sequence that all see its keys: several heads a "
              "task, without dropout\n",
              queries);
}

/* Row 0 of the query head. */
static heed_real *output_at(const few *f, int64_t head)
{
    return heed__write_at(&f->run->out, &f->run->batch->queries, f->place.sequence, head);
}

static int64_t rows_of(const few *f)
{
    return (f->end - f->first) * f->shared;
}

static void start(few *f)
{
    int64_t width = f->run->plan->width, queries = f->place.queries;
    heed_real *to = f->room.queries;
    for (int64_t head = f->first * f->group; head < f->end * f->group; head++) {
        heed__place place = f->place;
        place.head = head;
        const heed_real *x =
            heed__read_at(&f->run->q, &f->run->batch->queries, place.sequence, head);
        for (int64_t i = 0; i < queries; i++, to += width)
            heed__prepare_row(f->run, HEED_SIDE_QUERY, &place, head, i,
                              x + i * f->run->q.row_stride, to);
    }
    for (int64_t r = 0; r < rows_of(f); r++) {
        f->room.top[r] = -HEED_REAL(INFINITY);
        f->room.sum[r] = 0;
    }
}

/* Keys j to j + n - 1 of all heads, as [heads, D, n_row]. */
static void turn(few *f, int64_t j, int64_t n, int64_t n_row)
{
    const heed__run *run = f->run;
    const heed_attention_plan *plan = run->plan;
    int64_t width = plan->width, heads = f->end - f->first;
    const heed_attention_rows *rows = &run->batch->keys;
    if (!heed__prepares(plan, HEED_SIDE_KEY) && (heads == 1 || run->k.head_stride == width)) {
        const heed_real *x = heed__read_at(&run->k, rows, f->place.sequence, f->first);
        plan->kernels->transpose(n, heads * width, x + j * run->k.row_stride, run->k.row_stride,
                                 f->room.turned, n_row);
        return;
    }
    for (int64_t h = 0; h < heads; h++) {
        heed__place place = f->place;
        place.head = (f->first + h) * f->group;
        heed__key_tile k = heed__tile_keys(run, &place, j, f->room.keys, NULL, 1);
        plan->kernels->transpose(n, width, k.keys.data, k.keys.stride,
                                 f->room.turned + h * width * n_row, n_row);
    }
}

static void score(const few *f, int64_t n, int64_t n_row)
{
    const heed_attention_plan *plan = f->run->plan;
    int64_t width = plan->width;
    heed__tile t = {.rows = f->shared, .cols = n, .k = width, .a_row = width, .a_col = 1};
    t.b_row = t.c_row = n_row;
    for (int64_t h = 0; h < f->end - f->first; h++) {
        t.a = f->room.queries + h * f->shared * width;
        t.b = f->room.turned + h * width * n_row;
        t.c = f->room.s + h * f->shared * n_row;
        plan->kernels->gemm_tile(&t);
    }
}

/* o * factor. */
static void shrink(const few *f, const heed_real *factor, int always)
{
    const heed_attention_plan *plan = f->run->plan;
    int64_t dv = plan->options.value_size;
    for (int64_t head = f->first * f->group; head < f->end * f->group; head++) {
        heed_real *o = output_at(f, head);
        for (int64_t i = 0; i < f->place.queries; i++, o += f->run->out.row_stride, factor++)
            if (always || *factor != 1) plan->kernels->scale(dv, *factor, o, o);
    }
}

static void add_values(const few *f, int64_t j, int64_t n, int64_t n_row)
{
    const heed__run *run = f->run;
    heed__tile t = {.rows = f->place.queries, .k = n, .a_row = n_row, .a_col = 1};
    t.cols = run->plan->options.value_size;
    t.b_row = run->v.row_stride;
    t.start_row = t.c_row = run->out.row_stride;
    t.a = f->room.s;
    for (int64_t head = f->first * f->group; head < f->end * f->group; head++) {
        const heed_real *v =
            heed__read_at(&run->v, &run->batch->keys, f->place.sequence, head / f->group);
        t.b = v + j * run->v.row_stride;
        t.c = output_at(f, head);
        t.start = j ? t.c : NULL;
        run->plan->kernels->gemm_tile(&t);
        t.a += f->place.queries * n_row;
    }
}

static void finish(const few *f)
{
    const heed__run *run = f->run;
    const heed_real *lse = f->room.top;
    heed__softmax_finish(&run->normaliser, 0, rows_of(f), f->room.top, f->room.sum);
    shrink(f, f->room.sum, 1);
    for (int64_t head = f->first * f->group; head < f->end * f->group && run->out_lse.data;
         head++) {
        heed_real *to =
            heed__write_at(&run->out_lse, &run->batch->queries, f->place.sequence, head);
        for (int64_t i = 0; i < f->place.queries; i++) to[i * run->out_lse.row_stride] = *lse++;
    }
}

/* Nothing to see. */
static void clear(const few *f)
{
    size_t bytes = (size_t)f->run->plan->options.value_size * sizeof(heed_real);
    for (int64_t head = f->first * f->group; head < f->end * f->group; head++)
        for (int64_t i = 0; i < f->place.queries; i++)
            memset(output_at(f, head) + i * f->run->out.row_stride, 0, bytes);
}

static void few_task(void *arg, int64_t task, int thread)
{
    const few_job *job = arg;
    const heed__run *run = job->run;
    heed__carver carver = {job->workspace + (size_t)thread * job->a_thread, 0};
    few f = {.run = run, .room = room_of(&carver, run->plan), .group = group_of(run->plan)};
    f.first = task % job->parts * job->key_heads;
    f.end = heed__least(f.first + job->key_heads, run->plan->options.key_heads);
    f.place = heed__place_of(run, task / job->parts, f.first * f.group);
    f.shared = f.group * f.place.queries;
    if (!f.shared) return;
    start(&f);
    if (!f.place.keys) clear(&f);
    for (int64_t j = 0; j < f.place.keys; j += HEED_KEY_BLOCK) {
        int64_t n = heed__least(HEED_KEY_BLOCK, f.place.keys - j);
        int64_t n_row = heed__blocks(n, 16) * 16;
        turn(&f, j, n, n_row);
        score(&f, n, n_row);
        run->plan->kernels->softmax_online(rows_of(&f), n, f.room.s, n_row, f.room.top, f.room.sum,
                                           f.room.factor);
        if (j) shrink(&f, f.room.factor, 0);
        add_values(&f, j, n, n_row);
    }
    finish(&f);
}

/* By the batch's own sizes: heads of long keys are apart, so that one sequence has many tasks. */
static int64_t heads_of_a_task(const heed__run *run)
{
    const heed_attention_plan *plan = run->plan;
    int64_t keys = 1, queries = 1;
    for (int64_t s = 0; s < run->batch->sequences; s++) {
        int64_t k = heed__length(&run->batch->keys, s), q = heed__length(&run->batch->queries, s);
        if (k > keys) keys = k;
        if (q > queries) queries = q;
    }
    int64_t heads = at_least_one(plan->thresholds.few_keys / (keys * plan->width));
    heads = heed__least(heads, MOST_ROWS / (queries * group_of(plan)));
    return heed__least(heads, heads_turned(plan));
}

void heed__few_forward(const heed__run *run, heed_real *workspace)
{
    const heed_attention_plan *plan = run->plan;
    few_job job = {.run = run, .workspace = workspace};
    job.a_thread = heed__few_workspace(plan) / (size_t)plan->threads;
    job.key_heads = heads_of_a_task(run);
    job.parts = heed__blocks(plan->options.key_heads, job.key_heads);
    heed__parallel(plan->context, run->batch->sequences * job.parts, few_task, &job);
}
