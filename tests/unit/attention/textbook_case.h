/* SPDX-License-Identifier: MIT */
/* The three multi-head cases of tests/golden/textbook.py, with all their arrays and gradients. */
#ifndef HEED_TESTS_TEXTBOOK_CASE_H
#define HEED_TESTS_TEXTBOOK_CASE_H

#include "base/memory.h"
#include "base/real.h"
#include "heed/attention_textbook.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TEXTBOOK_ARRAYS = 11 };

/* One array that is read, its gradient, and what PyTorch calls it. */
typedef struct textbook_array {
    const char *name;
    heed_real *data, *gradient;
    int64_t count;
} textbook_array;

typedef struct textbook_case {
    const char *name;
    heed_textbook_heads heads;
    heed_textbook_heads_gradient gradient;
    textbook_array arrays[TEXTBOOK_ARRAYS];
    int count;
    heed_real *y, *d_y, *weights, *saved;
    int64_t y_count, weights_count;
} textbook_case;

static inline heed_real *textbook_room(int64_t n)
{
    heed_real *x = NULL;
    check_ok(heed__alloc((size_t)n + 1, sizeof *x, "a test array", &x));
    return x;
}

static inline heed_real *textbook_values(int which, int64_t n)
{
    heed_real *x = textbook_room(n);
    for (int64_t i = 0; i < n; i++) x[i] = (heed_real)(0.6 * sin(0.7 * (double)i + which));
    return x;
}

static inline const textbook_array *textbook_add(textbook_case *c, const char *name, int which,
                                                 int64_t n)
{
    textbook_array *a = &c->arrays[c->count++];
    *a = (textbook_array){name, textbook_values(which, n), textbook_room(n), n};
    return a;
}

static inline void textbook_linear(textbook_case *c, const char *w, int which, int64_t n,
                                   heed_textbook_linear *layer,
                                   heed_textbook_linear_gradient *gradient)
{
    const textbook_array *a = textbook_add(c, w, which, n);
    layer->w = a->data, gradient->w = a->gradient;
}

static inline void textbook_bias(textbook_case *c, const char *b, int which, int64_t n,
                                 heed_textbook_linear *layer,
                                 heed_textbook_linear_gradient *gradient)
{
    const textbook_array *a = textbook_add(c, b, which, n);
    layer->b = a->data, gradient->b = a->gradient;
}

/* What every case has: q, results, sizes. */
static inline void textbook_start(textbook_case *c, const char *name, int64_t batch,
                                  int64_t queries, int64_t keys, int64_t heads, int64_t width)
{
    memset(c, 0, sizeof *c);
    c->name = name;
    c->heads = (heed_textbook_heads){.size = sizeof c->heads,
                                     .batch = batch,
                                     .queries = queries,
                                     .keys = keys,
                                     .heads = heads,
                                     .query_width = width};
    c->gradient.size = sizeof c->gradient;
    const textbook_array *q = textbook_add(c, "dq", 1, batch * queries * width);
    c->heads.q = q->data, c->gradient.q = q->gradient;
}

static inline void textbook_finish(textbook_case *c)
{
    heed_textbook_heads *h = &c->heads;
    int64_t width = h->output_width ? h->output_width : h->query_width;
    size_t saved;
    c->y_count = h->batch * h->queries * width;
    c->weights_count = h->batch * h->heads * h->queries * h->keys;
    h->y = c->y = textbook_room(c->y_count);
    h->weights = c->weights = textbook_room(c->weights_count);
    c->gradient.d_y = c->d_y = textbook_values(4, c->y_count);
    check_ok(heed_textbook_heads_saved(h, &saved));
    h->saved = c->saved = textbook_room((int64_t)saved);
}

static inline void textbook_fused(textbook_case *c)
{
    static const heed_attention_part causal = {sizeof causal, "causal"};
    textbook_start(c, "fused", 2, 5, 5, 3, 6);
    textbook_linear(c, "dw", 5, 18 * 6, &c->heads.fused, &c->gradient.fused);
    textbook_bias(c, "db", 8, 18, &c->heads.fused, &c->gradient.fused);
    textbook_linear(c, "dwo", 9, 36, &c->heads.output, &c->gradient.output);
    textbook_bias(c, "dbo", 10, 6, &c->heads.output, &c->gradient.output);
    c->heads.mask = &causal;
    textbook_finish(c);
}

/* PyTorch keeps the three biases in one array; so they are one here. */
static inline void textbook_separate(textbook_case *c)
{
    static const int64_t lengths[] = {4, 2};
    textbook_start(c, "separate", 2, 3, 4, 2, 4);
    heed_textbook_heads *h = &c->heads;
    heed_textbook_heads_gradient *g = &c->gradient;
    const textbook_array *k = textbook_add(c, "dk", 2, 2 * 4 * 3);
    h->k = k->data, g->k = k->gradient, h->key_width = 3;
    const textbook_array *v = textbook_add(c, "dv", 3, 2 * 4 * 5);
    h->v = v->data, g->v = v->gradient, h->value_width = 5;
    textbook_linear(c, "dwq", 5, 16, &h->project_q, &g->project_q);
    textbook_linear(c, "dwk", 6, 12, &h->project_k, &g->project_k);
    textbook_linear(c, "dwv", 7, 20, &h->project_v, &g->project_v);
    textbook_bias(c, "db", 8, 12, &h->project_q, &g->project_q);
    h->project_k.b = h->project_q.b + 4, g->project_k.b = g->project_q.b + 4;
    h->project_v.b = h->project_q.b + 8, g->project_v.b = g->project_q.b + 8;
    textbook_linear(c, "dwo", 9, 16, &h->output, &g->output);
    textbook_bias(c, "dbo", 10, 4, &h->output, &g->output);
    h->key_lengths = lengths;
    textbook_finish(c);
}

static inline void textbook_grouped(textbook_case *c)
{
    textbook_start(c, "grouped", 2, 3, 4, 4, 5);
    heed_textbook_heads *h = &c->heads;
    heed_textbook_heads_gradient *g = &c->gradient;
    const textbook_array *k = textbook_add(c, "dk", 2, 2 * 4 * 5);
    h->k = k->data, g->k = k->gradient;
    h->key_heads = 2, h->head_size = 3, h->value_size = 2, h->output_width = 6;
    textbook_linear(c, "dwq", 5, 60, &h->project_q, &g->project_q);
    textbook_linear(c, "dwk", 6, 30, &h->project_k, &g->project_k);
    textbook_linear(c, "dwv", 7, 20, &h->project_v, &g->project_v);
    textbook_linear(c, "dwo", 9, 48, &h->output, &g->output);
    textbook_finish(c);
}

static inline void textbook_make(textbook_case *c, int which)
{
    (which == 0 ? textbook_fused : which == 1 ? textbook_separate : textbook_grouped)(c);
}

static inline void textbook_free(textbook_case *c)
{
    heed_real *all[] = {c->y, c->d_y, c->weights, c->saved};
    for (int a = 0; a < 4; a++) heed__free(all[a]);
    for (int a = 0; a < c->count; a++)
        heed__free(c->arrays[a].data), heed__free(c->arrays[a].gradient);
}

#endif
