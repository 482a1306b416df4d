/* SPDX-License-Identifier: MIT */
/*
 * What a summary takes from one tile of weights: sums per key over the tile's queries, sums per row
 * over its keys, each added to what the tiles before left. A sum of 64 first, then the sums: in
 * float32 that keeps long sums as exact as the matrix's.
 */
#include "attention/inspect.h"

#include <string.h>

/* Row 0 of the tally's (sequence, head) in an array of keys or of queries. */
static heed_real *at_keys(const heed__stage *stage, const heed_attention_output *x)
{
    return heed__write_at(x, &stage->run->batch->keys, stage->place.sequence, stage->place.head);
}

static heed_real *at_queries(const heed__stage *stage, const heed_attention_output *x)
{
    return heed__write_at(x, &stage->run->batch->queries, stage->place.sequence, stage->place.head);
}

/* Row i's heaviest keys; NULL = not wanted. */
static heed_real *top_of(const heed__stage *stage, const heed_attention_summary *out, int64_t i,
                         int64_t **top_key)
{
    *top_key = NULL;
    if (!out->top) return NULL;
    heed_real *weights = at_queries(stage, &out->top_weight) + i * out->top_weight.row_stride;
    *top_key = out->top_key + (weights - out->top_weight.data);
    return weights;
}

static void clear(heed_real *x, int64_t rows, int64_t stride, int64_t columns)
{
    for (int64_t i = 0; x && i < rows; i++)
        for (int64_t c = 0; c < columns; c++) x[i * stride + c] = 0;
}

void heed__tally_clear(const heed__stage *stage, const heed_attention_summary *out)
{
    const heed_attention_output *keyed[] = {&out->mass, &out->value_mass, &out->gradient_mass};
    const heed_attention_output *rows[] = {&out->entropy, &out->distance, &out->distance_variance,
                                           &out->support, &out->group_mass};
    int64_t columns[] = {1, 1, 1, 1, out->groups};
    for (int a = 0; a < 3; a++)
        clear(at_keys(stage, keyed[a]), stage->place.keys, keyed[a]->row_stride, 1);
    for (int a = 0; a < 5; a++)
        clear(at_queries(stage, rows[a]), stage->place.queries, rows[a]->row_stride, columns[a]);
    for (int64_t i = 0; out->top && i < stage->place.queries; i++) {
        int64_t *keys;
        heed_real *weights = top_of(stage, out, i, &keys);
        for (int k = 0; k < out->top; k++) weights[k] = 0, keys[k] = -1;
    }
}

/* ---- per key */

static void add_up(const heed__tally *t, const heed_attention_output *out, const heed_real *sums)
{
    heed_real *x = at_keys(t->stage, out) + t->first * out->row_stride;
    for (int64_t j = 0; j < t->n; j++) x[j * out->row_stride] += sums[j];
}

static void add_mass(const heed__tally *t)
{
    heed_real sums[HEED_KEY_BLOCK] = {0};
    for (int64_t r = 0; r < t->queries->count; r++)
        t->stage->run->plan->kernels->add(t->n, t->room->weights + r * HEED_KEY_BLOCK, sums);
    add_up(t, &t->out->mass, sums);
}

/* Row 0 of the values that the head reads. */
static const heed_real *values_of(const heed__tally *t)
{
    const heed__run *run = t->stage->run;
    return heed__read_at(&run->v, &run->batch->keys, t->stage->place.sequence,
                         heed__key_head(run->plan, t->stage->place.head));
}

static void add_value_mass(const heed__tally *t)
{
    const heed__run *run = t->stage->run;
    const heed_real *v = values_of(t) + t->first * run->v.row_stride;
    int64_t dv = run->plan->options.value_size;
    heed_real sums[HEED_KEY_BLOCK] = {0};
    for (int64_t j = 0; j < t->n; j++) {
        const heed_real *row = v + j * run->v.row_stride;
        heed_real length = heed__sqrt(run->plan->kernels->dot(dv, row, row));
        for (int64_t r = 0; r < t->queries->count; r++) {
            heed_real p = t->room->weights[r * HEED_KEY_BLOCK + j];
            if (p != 0) sums[j] += p * length;
        }
    }
    add_up(t, &t->out->value_mass, sums);
}

/* room->d = <do, v> of the tile. */
static void value_products(const heed__tally *t, const heed_real *d_o)
{
    const heed__run *run = t->stage->run;
    const heed__kernels *kernels = run->plan->kernels;
    int64_t dv = run->plan->options.value_size;
    kernels->transpose(t->n, dv, values_of(t) + t->first * run->v.row_stride, run->v.row_stride,
                       t->room->values, HEED_KEY_BLOCK);
    kernels->gemm_tile(&(heed__tile){.rows = t->queries->count,
                                     .cols = t->n,
                                     .k = dv,
                                     .a = d_o,
                                     .a_row = run->d_o.row_stride,
                                     .a_col = 1,
                                     .b = t->room->values,
                                     .b_row = HEED_KEY_BLOCK,
                                     .c = t->room->d,
                                     .c_row = HEED_KEY_BLOCK});
}

static void add_gradient_mass(const heed__tally *t)
{
    const heed__run *run = t->stage->run;
    const heed_real *d_o = heed__read_at(&run->d_o, &run->batch->queries, t->stage->place.sequence,
                                         t->stage->place.head) +
                           t->queries->first * run->d_o.row_stride;
    heed_real sums[HEED_KEY_BLOCK] = {0};
    value_products(t, d_o);
    for (int64_t r = 0; r < t->queries->count; r++) {
        const heed_real *p = t->room->weights + r * HEED_KEY_BLOCK;
        heed_real *d = t->room->d + r * HEED_KEY_BLOCK;
        heed__line line = heed__line_of(t->stage, t->queries->first + r, t->first, t->n,
                                        t->queries->data + r * t->queries->stride);
        for (int64_t j = 0; j < t->n; j++) d[j] = p[j] != 0 ? d[j] : 0;
        heed__stage_value_gradient(t->stage, &line, p, d_o + r * run->d_o.row_stride, d);
        for (int64_t j = 0; j < t->n; j++)
            if (p[j] != 0) sums[j] += p[j] * d[j];
    }
    add_up(t, &t->out->gradient_mass, sums);
}

void heed__tally_keys(const heed__tally *t)
{
    if (t->out->mass.data) add_mass(t);
    if (t->out->value_mass.data) add_value_mass(t);
    if (t->out->gradient_mass.data) add_gradient_mass(t);
}

/* ---- per row */

/* Key j weighs p: into the k largest, kept in descending order, equals by ascending key. */
static void rank(int top, heed_real *weights, int64_t *keys, heed_real p, int64_t j)
{
    int at = top;
    while (at > 0 && (keys[at - 1] < 0 || p > weights[at - 1])) at--;
    if (at == top) return;
    for (int k = top - 1; k > at; k--) {
        weights[k] = weights[k - 1];
        keys[k] = keys[k - 1];
    }
    weights[at] = p;
    keys[at] = j;
}

/* -sum p ln p of one row in one key block, over weights above 0 (a stage may turn signs). */
static heed_real entropy_of(const heed__kernels *kernels, int64_t n, const heed_real *p)
{
    heed_real terms[HEED_KEY_BLOCK];
    kernels->log(n, p, terms);
    for (int64_t t = 0; t < n; t++) terms[t] = p[t] <= 0 ? 0 : -p[t] * terms[t];
    return kernels->sum(n, terms);
}

/* A block's own mean and squares, joined with those so far (Chan, Golub, LeVeque 1979). */
static void add_distances(const heed__tally *t, int64_t r, const heed_real *p)
{
    const heed__kernels *kernels = t->stage->run->plan->kernels;
    int64_t at = t->queries->first + r + t->stage->place.offset - t->first;
    heed_real far[HEED_KEY_BLOCK], terms[HEED_KEY_BLOCK], *m = t->moments[r];
    heed_real weight = kernels->sum(t->n, p);
    if (weight == 0) return;
    for (int64_t j = 0; j < t->n; j++) far[j] = (heed_real)(at > j ? at - j : j - at);
    heed_real mean = kernels->dot(t->n, p, far) / weight;
    for (int64_t j = 0; j < t->n; j++) terms[j] = p[j] * (far[j] - mean) * (far[j] - mean);
    heed_real apart = mean - m[1], share = weight / (m[0] + weight);
    m[2] += kernels->sum(t->n, terms) + apart * apart * m[0] * share;
    m[1] += apart * share;
    m[0] += weight;
}

/* Which of the block's groups each key belongs to; their ids. Returns how many there are. */
static int groups_of(const heed__tally *t, int64_t *ids, int *slot)
{
    const heed_attention_extra *x = &t->out->key_groups;
    const heed__place *place = &t->stage->place;
    const int64_t *of =
        (const int64_t *)x->data +
        heed__start(&place->batch->keys, place->sequence, x->sequence_stride, x->row_stride) +
        place->head * x->head_stride + t->first * x->row_stride;
    int count = 0;
    for (int64_t j = 0; j < t->n; j++) {
        int64_t id = of[j * x->row_stride];
        slot[j] = -1;
        if (id < 0 || id >= t->out->groups) continue;
        for (int g = 0; g < count; g++)
            if (ids[g] == id) slot[j] = g;
        if (slot[j] >= 0) continue;
        ids[count] = id;
        slot[j] = count++;
    }
    return count;
}

static void add_groups(const heed__tally *t)
{
    const heed_attention_output *out = &t->out->group_mass;
    int64_t ids[HEED_KEY_BLOCK];
    int slot[HEED_KEY_BLOCK], count = groups_of(t, ids, slot);
    for (int64_t r = 0; r < t->queries->count; r++) {
        const heed_real *p = t->room->weights + r * HEED_KEY_BLOCK;
        heed_real sums[HEED_KEY_BLOCK] = {0};
        heed_real *row = at_queries(t->stage, out) + (t->queries->first + r) * out->row_stride;
        for (int64_t j = 0; j < t->n; j++)
            if (slot[j] >= 0) sums[slot[j]] += p[j];
        for (int g = 0; g < count; g++) row[ids[g]] += sums[g];
    }
}

/* Weights other than 0; a NaN makes it one. */
static heed_real support_of(int64_t n, const heed_real *p)
{
    heed_real count = 0;
    for (int64_t t = 0; t < n; t++) count += p[t] != p[t] ? p[t] : (heed_real)(p[t] != 0);
    return count;
}

void heed__tally_rows(const heed__tally *t)
{
    const heed_attention_summary *out = t->out;
    heed_real *entropy = at_queries(t->stage, &out->entropy);
    heed_real *support = at_queries(t->stage, &out->support);
    for (int64_t r = 0; r < t->queries->count; r++) {
        int64_t i = t->queries->first + r, *top_key;
        const heed_real *p = t->room->weights + r * HEED_KEY_BLOCK;
        heed_real *top_weight = top_of(t->stage, out, i, &top_key);
        if (entropy)
            entropy[i * out->entropy.row_stride] +=
                entropy_of(t->stage->run->plan->kernels, t->n, p);
        if (support) support[i * out->support.row_stride] += support_of(t->n, p);
        for (int64_t j = 0; top_weight && j < t->n; j++)
            if (p[j] > 0 || p[j] != p[j]) rank(out->top, top_weight, top_key, p[j], t->first + j);
        if (out->distance.data || out->distance_variance.data) add_distances(t, r, p);
    }
    if (out->groups) add_groups(t);
}

void heed__tally_finish(const heed__tally *t)
{
    const heed_attention_output *mean = &t->out->distance, *spread = &t->out->distance_variance;
    for (int64_t r = 0; r < t->queries->count; r++) {
        int64_t i = t->queries->first + r;
        const heed_real *m = t->moments[r];
        if (mean->data) at_queries(t->stage, mean)[i * mean->row_stride] = m[1];
        if (spread->data)
            at_queries(t->stage, spread)[i * spread->row_stride] = m[0] == 0 ? 0 : m[2] / m[0];
    }
}
