/* SPDX-License-Identifier: MIT */
/*
 * What every engine does to one row of scores against one key block, between the two products:
 * stages, mask, normalise, weigh, drop; and its derivative. One place, so that all engines agree to
 * the bit.
 */
#ifndef HEED_ATTENTION_STAGES_H
#define HEED_ATTENTION_STAGES_H

#include "attention/run.h"

/* A (sequence, head) of a run, with dropout's key. */
typedef struct heed__stage {
    const heed__run *run;
    heed__place place;
    uint32_t drop_key[2];
} heed__stage;

heed__stage heed__stage_of(const heed__run *run, int64_t sequence, int64_t head);

/* FULL where nothing hides keys. */
heed__cover heed__cover_of(const heed__stage *stage, const heed__block *block);

/* Where a walk over blocks of 64 goes on: the start of the first that is not known to be empty.
 * Side KEY: block->queries against block->keys and all that follow; side QUERY likewise. The
 * block's end where there is none. */
int64_t heed__seek(const heed__stage *stage, const heed__block *block, heed__side side);

/* The next key block from `key` on that one of the queries may see; place.keys = none. */
static inline int64_t heed__next_keys(const heed__stage *stage, int64_t query, int64_t queries,
                                      int64_t key)
{
    if (!stage->run->plan->hides || key >= stage->place.keys) return key;
    heed__block rest = {query, queries, key, stage->place.keys - key};
    return heed__seek(stage, &rest, HEED_SIDE_KEY);
}

/* The next block of queries likewise. */
static inline int64_t heed__next_queries(const heed__stage *stage, int64_t query, int64_t key,
                                         int64_t keys)
{
    if (!stage->run->plan->hides || query >= stage->place.queries) return query;
    heed__block rest = {query, stage->place.queries - query, key, keys};
    return heed__seek(stage, &rest, HEED_SIDE_QUERY);
}

/* Which of the n keys from j query i sees. */
void heed__visible(const heed__stage *stage, int64_t i, int64_t j, int64_t n,
                   unsigned char *visible);

/* Query i against the n keys from j; q: its prepared row. The line lives no longer than the stage.
 */
static inline heed__line heed__line_of(const heed__stage *stage, int64_t i, int64_t j, int64_t n,
                                       const heed_real *q)
{
    return (heed__line){.place = &stage->place, .query = i, .key = j, .n = n, .q = q};
}

/* Dropout of consecutive queries, the first of which has the line: keep[r * KEY_BLOCK + t] = 0 or
 * 1 / (1 - p). Sixteen rows together are drawn fastest. */
enum { HEED_DRAWN_ROWS = 16 };
void heed__stage_draw(const heed__stage *stage, const heed__line *first, int64_t rows,
                      heed_real *keep);

/* Raw scores become what is normalised: stages, then -inf where not visible. visible NULL = all. */
void heed__stage_scores(const heed__stage *stage, const heed__line *line,
                        const unsigned char *visible, heed_real *s);

/* Raw scores of consecutive queries, the first of which has the line, become what is normalised.
 * Prepared queries are q_row apart, rows of `visible` KEY_BLOCK. */
void heed__stage_shape(const heed__stage *stage, const heed__line *line, int64_t q_row,
                       const unsigned char *visible, const heed__scores *scores);

/* Raw scores of consecutive queries, the first of which has the line, become unnormalised weights
 * as v is multiplied with, of a normaliser that streams. factor: what each row's output so far must
 * be multiplied with. */
void heed__stage_stream(const heed__stage *stage, const heed__line *line, int64_t q_row,
                        const unsigned char *visible, const heed__scores *scores, heed_real *top,
                        heed_real *sum, heed_real *factor);

/* Weights P become what v is multiplied with: stages that weigh, dropout (unless drops is 0). */
void heed__stage_weigh(const heed__stage *stage, const heed__line *line, int drops, heed_real *p);

/* o += what stages give to the values. */
void heed__stage_values(const heed__stage *stage, const heed__line *line, const heed_real *w,
                        heed_real *o);

/* d = <do, v_j> of each key: adds what stages give to the values. w: the weights; d 0 where hidden.
 */
void heed__stage_value_gradient(const heed__stage *stage, const heed__line *line,
                                const heed_real *w, const heed_real *d_o, heed_real *d);

/* Raw scores become weights P with all stages applied, without dropout; exactly 0 where masked. */
void heed__stage_weights(const heed__stage *stage, const heed__line *line,
                         const unsigned char *visible, const heed_real *stats, heed_real *s);

/* The look ahead: adds a block's part to row->sums. d = <do, v_j> of each key; s and d are used up.
 */
void heed__stage_gather(const heed__stage *stage, const heed__line *line,
                        const unsigned char *visible, const heed_real *d_o, heed__row_state *row,
                        heed_real *s, heed_real *d);

/* Raw scores s become what v was multiplied with, and d = <do, v_j> becomes the gradient of the raw
 * scores, exactly 0 where masked. sums: the query's own ([row_columns], NULL = unwanted). */
void heed__stage_backward(const heed__stage *stage, const heed__line *line,
                          const unsigned char *visible, const heed_real *d_o,
                          const heed__row_state *row, heed_real *sums, heed_real *s, heed_real *d);

/* The same of the rows of a tile, where nothing but the normaliser stands between scores and
 * weights. d lies as x does. Returns 0, with nothing done, elsewhere. */
int heed__stage_backward_plain(const heed__stage *stage, const heed__scores *x,
                               const unsigned char *visible, const heed__row_state *rows,
                               heed_real *d);

/* What a row gives to the normaliser's parameters once. */
void heed__stage_row_backward(const heed__stage *stage, const heed__line *line,
                              const heed__row_state *row, heed_real *sums);

#endif
