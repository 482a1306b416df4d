/* SPDX-License-Identifier: MIT */
#include "attention/stages.h"

#include "attention/dropout.h"
#include "attention/task.h"
#include "base/random.h"

#include <string.h>

heed__stage heed__stage_of(const heed__run *run, int64_t sequence, int64_t head)
{
    heed__stage stage = {.run = run, .place = heed__place_of(run, sequence, head)};
    if (run->drops) heed__draw_key(run->batch, sequence, head, HEED_RANDOM_DROPOUT, stage.drop_key);
    return stage;
}

/* Of two parts that must both show a pair. */
static heed__cover both(heed__cover a, heed__cover b)
{
    if (a == HEED_EMPTY || b == HEED_EMPTY) return HEED_EMPTY;
    return a == HEED_FULL && b == HEED_FULL ? HEED_FULL : HEED_PARTIAL;
}

heed__cover heed__cover_of(const heed__stage *stage, const heed__block *block)
{
    const heed_attention_plan *plan = stage->run->plan;
    const heed__mask_node *node = plan->mask;
    heed__cover cover = HEED_FULL;
    if (!plan->hides) return cover;
    if (node) cover = node->mask->cover(node, &stage->place, block);
    for (int s = 0; s < plan->stages && cover != HEED_EMPTY; s++)
        if (plan->stage[s]->cover)
            cover = both(cover, plan->stage[s]->cover(&stage->run->stage[s], &stage->place, block));
    return cover;
}

int64_t heed__seek(const heed__stage *stage, const heed__block *block, heed__side side)
{
    const heed_attention_plan *plan = stage->run->plan;
    const heed__mask_node *node = plan->mask;
    int64_t from = side == HEED_SIDE_KEY ? block->key : block->query, found = from;
    int64_t end = from + (side == HEED_SIDE_KEY ? block->keys : block->queries);
    if (node && node->mask->seek) found = node->mask->seek(node, &stage->place, block, side);
    for (int s = 0; s < plan->stages; s++) {
        if (!plan->stage[s]->seek) continue;
        int64_t own = plan->stage[s]->seek(&stage->run->stage[s], &stage->place, block, side);
        if (own > found) found = own;
    }
    return found >= end ? end : found - (found - from) % HEED_KEY_BLOCK;
}

void heed__visible(const heed__stage *stage, int64_t i, int64_t j, int64_t n,
                   unsigned char *visible)
{
    const heed_attention_plan *plan = stage->run->plan;
    const heed__mask_node *node = plan->mask;
    unsigned char part[HEED_KEY_BLOCK];
    memset(visible, 1, (size_t)n);
    if (node) node->mask->row(node, &stage->place, i, j, n, visible);
    for (int s = 0; s < plan->stages; s++) {
        if (!plan->stage[s]->cover) continue;
        plan->stage[s]->row(&stage->run->stage[s], &stage->place, i, j, n, part);
        for (int64_t t = 0; t < n; t++) visible[t] &= part[t];
    }
}

static void select_or(int64_t n, const unsigned char *visible, heed_real other, heed_real *s)
{
    if (!visible) return;
    for (int64_t t = 0; t < n; t++) s[t] = visible[t] ? s[t] : other;
}

void heed__stage_draw(const heed__stage *stage, const heed__line *first, int64_t rows,
                      heed_real *keep)
{
    enum { TOGETHER = 8 /* keys that one counter serves: blocks of keys begin at multiples */ };
    const heed_attention_plan *plan = stage->run->plan;
    const heed__drop_tile drop = {.key = {stage->drop_key[0], stage->drop_key[1]},
                                  .below = plan->drop_below,
                                  .scale = plan->keep_factor,
                                  .row = (uint64_t)first->query,
                                  .block = (uint64_t)first->key / TOGETHER};
    plan->kernels->drop_tile(rows, first->n, &drop, keep, HEED_KEY_BLOCK);
}

/* Z / (1 - p) of the line's keys, in `room` unless it was drawn before. */
static const heed_real *drawn(const heed__stage *stage, const heed__line *line, heed_real *room)
{
    if (line->keep) return line->keep;
    heed__stage_draw(stage, line, 1, room);
    return room;
}

static void multiply(int64_t n, const heed_real *x, heed_real *y)
{
    for (int64_t t = 0; t < n; t++) y[t] *= x[t];
}

/* What each stage was given. */
typedef struct history {
    heed_real scores[HEED_STAGES + 1][HEED_KEY_BLOCK], weights[HEED_STAGES + 1][HEED_KEY_BLOCK];
} history;

static void note(heed_real room[HEED_KEY_BLOCK], int64_t n, const heed_real *x)
{
    memcpy(room, x, (size_t)n * sizeof *x);
}

static void shape(const heed__stage *stage, const heed__line *line, const unsigned char *visible,
                  heed_real *s, history *past)
{
    const heed_attention_plan *plan = stage->run->plan;
    if (plan->stages) select_or(line->n, visible, 0, s); /* no NaN from masked keys in there */
    for (int k = 0; k < plan->stages; k++) {
        if (!plan->stage[k]->forward) continue;
        if (past) note(past->scores[k], line->n, s);
        plan->stage[k]->forward(&stage->run->stage[k], line, s);
    }
    select_or(line->n, visible, -HEED_REAL(INFINITY), s);
}

static void weigh(const heed__stage *stage, const heed__line *line, heed_real *p, history *past)
{
    const heed_attention_plan *plan = stage->run->plan;
    for (int k = 0; k < plan->stages - stage->run->unweighed; k++) {
        if (!plan->stage[k]->weigh) continue;
        if (past) note(past->weights[k], line->n, p);
        plan->stage[k]->weigh(&stage->run->stage[k], line, p);
    }
}

void heed__stage_scores(const heed__stage *stage, const heed__line *line,
                        const unsigned char *visible, heed_real *s)
{
    shape(stage, line, visible, s, NULL);
}

void heed__stage_weigh(const heed__stage *stage, const heed__line *line, int drops, heed_real *p)
{
    weigh(stage, line, p, NULL);
    if (drops && stage->run->drops) {
        heed_real room[HEED_KEY_BLOCK];
        multiply(line->n, drawn(stage, line, room), p);
    }
}

void heed__stage_values(const heed__stage *stage, const heed__line *line, const heed_real *w,
                        heed_real *o)
{
    const heed_attention_plan *plan = stage->run->plan;
    for (int k = 0; plan->reads_values && k < plan->stages; k++)
        if (plan->stage[k]->values) plan->stage[k]->values(&stage->run->stage[k], line, w, o);
}

static heed__line line_of_row(const heed__line *first, int64_t q_row, int64_t r)
{
    heed__line line = *first;
    line.query += r;
    line.q += r * q_row;
    return line;
}

void heed__stage_shape(const heed__stage *stage, const heed__line *first, int64_t q_row,
                       const unsigned char *visible, const heed__scores *x)
{
    int shapes = stage->run->plan->stages || visible;
    for (int64_t r = 0; shapes && r < x->rows; r++) {
        heed__line line = line_of_row(first, q_row, r);
        shape(stage, &line, visible ? visible + r * HEED_KEY_BLOCK : NULL, x->s + r * x->row, NULL);
    }
}

void heed__stage_stream(const heed__stage *stage, const heed__line *first, int64_t q_row,
                        const unsigned char *visible, const heed__scores *x, heed_real *top,
                        heed_real *sum, heed_real *factor)
{
    const heed__run *run = stage->run;
    int weighs = run->plan->weighs || run->drops;
    heed__stage_shape(stage, first, q_row, visible, x);
    run->plan->normaliser->block(&run->normaliser, stage->place.head, x, top, sum, factor);
    heed_real keep[HEED_DRAWN_ROWS * HEED_KEY_BLOCK];
    for (int64_t r = 0; weighs && r < x->rows; r++) {
        int64_t at = r % HEED_DRAWN_ROWS, rest = x->rows - r;
        heed__line line = line_of_row(first, q_row, r);
        if (run->drops && at == 0)
            heed__stage_draw(stage, &line, rest < HEED_DRAWN_ROWS ? rest : HEED_DRAWN_ROWS, keep);
        line.keep = run->drops ? keep + at * HEED_KEY_BLOCK : NULL;
        heed__stage_weigh(stage, &line, 1, x->s + r * x->row);
    }
}

/* Raw scores to P, before stages that weigh. */
static void normalise(const heed__stage *stage, const heed__line *line,
                      const unsigned char *visible, const heed_real *stats, heed_real *s)
{
    const heed__run *run = stage->run;
    run->plan->normaliser->weights(&run->normaliser, line, s, stats);
    select_or(line->n, visible, 0, s);
}

void heed__stage_weights(const heed__stage *stage, const heed__line *line,
                         const unsigned char *visible, const heed_real *stats, heed_real *s)
{
    shape(stage, line, visible, s, NULL);
    normalise(stage, line, visible, stats, s);
    heed__stage_weigh(stage, line, 1, s);
}

/* s = raw scores -> shaped (the normaliser's input) in `shaped`, P in `p`, what v is multiplied
 * with in s. keep: dropout's, or NULL. */
static void again(const heed__stage *stage, const heed__line *line, const unsigned char *visible,
                  const heed_real *stats, heed_real *s, heed_real *shaped, heed_real *p,
                  const heed_real *keep, history *past)
{
    shape(stage, line, visible, s, past);
    note(shaped, line->n, s);
    normalise(stage, line, visible, stats, s);
    note(p, line->n, s);
    weigh(stage, line, s, past);
    if (keep) multiply(line->n, keep, s);
}

/* d = <do, v_j> becomes the gradient of P. w: what v was multiplied with. */
static void back_to_weights(const heed__stage *stage, heed__line *line,
                            const unsigned char *visible, const heed_real *d_o, heed_real *sums,
                            const heed_real *w, const heed_real *keep, const history *past,
                            heed_real *d)
{
    const heed__run *run = stage->run;
    const heed_attention_plan *plan = run->plan;
    select_or(line->n, visible, 0, d);
    for (int k = 0; plan->reads_values && k < plan->stages; k++) {
        if (!plan->stage[k]->values_back) continue;
        heed__row_sums(run, &plan->stage_fit[k], sums, line->dp);
        plan->stage[k]->values_back(&run->stage[k], line, w, d_o, d);
        select_or(line->n, visible, 0, d);
    }
    if (keep) multiply(line->n, keep, d);
    for (int k = plan->stages - 1; k >= 0; k--) {
        if (!plan->stage[k]->weigh_back) continue;
        heed__row_sums(run, &plan->stage_fit[k], sums, line->dp);
        plan->stage[k]->weigh_back(&run->stage[k], line, past->weights[k], d);
    }
}

static void back_to_scores(const heed__stage *stage, heed__line *line, heed_real *sums,
                           const history *past, heed_real *d)
{
    const heed__run *run = stage->run;
    const heed_attention_plan *plan = run->plan;
    heed_real *pairs = line->pairs;
    for (int k = plan->stages - 1; k >= 0; k--) {
        if (!plan->stage[k]->backward) continue;
        heed__row_sums(run, &plan->stage_fit[k], sums, line->dp);
        line->pairs = line->pair_stage == k ? pairs : NULL;
        plan->stage[k]->backward(&run->stage[k], line, past->scores[k], d);
    }
}

void heed__stage_value_gradient(const heed__stage *stage, const heed__line *given,
                                const heed_real *w, const heed_real *d_o, heed_real *d)
{
    const heed__run *run = stage->run;
    const heed_attention_plan *plan = run->plan;
    heed__line line = *given;
    for (int k = 0; plan->reads_values && k < plan->stages; k++) {
        if (!plan->stage[k]->values_back) continue;
        heed__row_sums(run, &plan->stage_fit[k], NULL, line.dp);
        plan->stage[k]->values_back(&run->stage[k], &line, w, d_o, d);
    }
}

void heed__stage_gather(const heed__stage *stage, const heed__line *given,
                        const unsigned char *visible, const heed_real *d_o, heed__row_state *row,
                        heed_real *s, heed_real *d)
{
    const heed__run *run = stage->run;
    heed__line line = *given;
    heed_real shaped[HEED_KEY_BLOCK], p[HEED_KEY_BLOCK], room[HEED_KEY_BLOCK];
    history past;
    line.owner = 0; /* gradients are made in the tiles */
    line.dq = NULL;
    if (row->stats[0] == -HEED_REAL(INFINITY)) return;
    const heed_real *keep = run->drops ? drawn(stage, &line, room) : NULL;
    again(stage, &line, visible, row->stats, s, shaped, p, keep, &past);
    back_to_weights(stage, &line, visible, d_o, NULL, s, keep, &past, d);
    run->plan->normaliser->gather(&run->normaliser, &line, shaped, p, d, row->stats, row->sums);
}

static int sees_nothing(const heed__row_state *row, int64_t n, heed_real *s, heed_real *d)
{
    if (row->stats[0] != -HEED_REAL(INFINITY)) return 0;
    for (int64_t t = 0; t < n; t++) s[t] = d[t] = 0;
    return 1;
}

/* Are weights and the gradient of shaped scores made in one go? */
static int at_once(const heed_attention_plan *plan)
{
    return plan->normaliser->weights_and_backward && !plan->weighs && !plan->reads_values;
}

int heed__stage_backward_plain(const heed__stage *stage, const heed__scores *x,
                               const unsigned char *visible, const heed__row_state *rows,
                               heed_real *d)
{
    const heed__run *run = stage->run;
    const heed_attention_plan *plan = run->plan;
    if (plan->stages || run->drops || !at_once(plan)) return 0;
    for (int64_t r = 0; r < x->rows; r++) {
        heed_real *s_row = x->s + r * x->row, *d_row = d + r * x->row;
        const unsigned char *sees = visible ? visible + r * HEED_KEY_BLOCK : NULL;
        if (sees_nothing(&rows[r], x->n, s_row, d_row)) continue;
        select_or(x->n, sees, -HEED_REAL(INFINITY), s_row);
        plan->normaliser->weights_and_backward(&run->normaliser, x->n, s_row, d_row, &rows[r]);
        select_or(x->n, sees, 0, d_row);
    }
    return 1;
}

void heed__stage_backward(const heed__stage *stage, const heed__line *given,
                          const unsigned char *visible, const heed_real *d_o,
                          const heed__row_state *row, heed_real *sums, heed_real *s, heed_real *d)
{
    const heed__run *run = stage->run;
    const heed_attention_plan *plan = run->plan;
    heed__line line = *given;
    heed_real shaped[HEED_KEY_BLOCK], p[HEED_KEY_BLOCK], room[HEED_KEY_BLOCK];
    history past;
    if (sees_nothing(row, line.n, s, d)) return;
    const heed_real *keep = run->drops ? drawn(stage, &line, room) : NULL;
    if (at_once(plan)) {
        shape(stage, &line, visible, s, &past);
        if (keep) multiply(line.n, keep, d);
        plan->normaliser->weights_and_backward(&run->normaliser, line.n, s, d, row);
        if (keep) multiply(line.n, keep, s);
    } else {
        again(stage, &line, visible, row->stats, s, shaped, p, keep, &past);
        back_to_weights(stage, &line, visible, d_o, sums, s, keep, &past, d);
        heed__row_sums(run, &plan->normaliser_fit, sums, line.dp);
        plan->normaliser->backward(&run->normaliser, &line, shaped, p, d, row);
    }
    select_or(line.n, visible, 0, d);
    if (!plan->stages) return;
    back_to_scores(stage, &line, sums, &past, d);
    select_or(line.n, visible, 0, d);
}

void heed__stage_row_backward(const heed__stage *stage, const heed__line *given,
                              const heed__row_state *row, heed_real *sums)
{
    const heed__run *run = stage->run;
    const heed__normaliser *normaliser = run->plan->normaliser;
    heed__line line = *given;
    if (!normaliser->row_backward || !sums || row->stats[0] == -HEED_REAL(INFINITY)) return;
    heed__row_sums(run, &run->plan->normaliser_fit, sums, line.dp);
    normaliser->row_backward(&run->normaliser, &line, row);
}
