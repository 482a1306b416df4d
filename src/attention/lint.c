/* SPDX-License-Identifier: MIT */
/* What is odd about a batch: queries without a key, blocks computed for nothing, masks that look
 * turned round, masks by addition. */
#include "attention/count.h"
#include "attention/say.h"
#include "attention/stages.h"

static void say_counts(heed__writer *w, const heed_attention_counts *c)
{
    if (c->lone)
        heed__say(w,
                  "%lld of %lld queries (x heads) see no key and give zeros; the first is sequence "
                  "%lld, head %lld, query %lld\n",
                  (long long)c->lone, (long long)c->queries, (long long)c->first_lone[0],
                  (long long)c->first_lone[1], (long long)c->first_lone[2]);
    if (4 * c->wasted > c->blocks)
        heed__say(w,
                  "%lld of %lld blocks are computed and show nothing: no part of the mask alone "
                  "hides them; name a mask that does\n",
                  (long long)c->wasted, (long long)c->blocks);
    else if (c->blocks > 4 && 16 * c->seen < c->pairs)
        heed__say(w,
                  "%.1f%% of the pairs in the computed blocks are seen: bring keys that are seen "
                  "together next to each other\n",
                  100.0 * (double)c->seen / (double)c->pairs);
}

/* Pairs of a mask of flags: those of a query and the key at its own place, and the first and the
 * last key of every query. */
typedef struct turned {
    int64_t own, own_seen, first_seen, last_seen, queries;
} turned;

static void look_turned(const heed__mask_node *node, const heed__stage *stage, turned *t)
{
    const heed__place *p = &stage->place;
    for (int64_t i = 0; i < p->queries && p->keys; i++) {
        int64_t own = i + p->offset;
        unsigned char seen;
        t->queries++;
        node->mask->row(node, p, i, 0, 1, &seen);
        t->first_seen += seen;
        node->mask->row(node, p, i, p->keys - 1, 1, &seen);
        t->last_seen += seen;
        if (own < 0 || own >= p->keys) continue;
        node->mask->row(node, p, i, own, 1, &seen);
        t->own++;
        t->own_seen += seen;
    }
}

static void say_turned(heed__writer *w, const turned *t)
{
    static const char remedy[] = "not 0 means seen, so the mask is likely inverted";
    if (t->own > 1 && 2 * t->own_seen < t->own)
        heed__say(w,
                  "dense.flags hides %lld of %lld pairs of a query and the key at its own place: "
                  "%s\n",
                  (long long)(t->own - t->own_seen), (long long)t->own, remedy);
    else if (t->queries > 1 && !t->first_seen && t->last_seen == t->queries)
        heed__say(w,
                  "dense.flags hides the first key from every query and shows the last to all: "
                  "%s\n",
                  remedy);
}

/* Every mask of flags in the expression, over all sequences and heads. */
static void lint_flags(heed__writer *w, const heed__run *run, const heed__mask_node *node)
{
    turned t = {0};
    for (size_t c = 0; c < node->count; c++) lint_flags(w, run, &node->children[c]);
    if (node->mask != &heed__mask_dense) return;
    for (int64_t s = 0; s < run->batch->sequences; s++)
        for (int64_t h = 0; h < run->plan->options.heads; h++) {
            heed__stage stage = heed__stage_of(run, s, h);
            look_turned(node, &stage, &t);
        }
    say_turned(w, &t);
}

/* Biases that hide by a large negative number. */
static void lint_bias(heed__writer *w, const heed__run *run, int k)
{
    const heed_attention_extra *x = run->stage[k].extra[0];
    int64_t low = 0;
    for (int64_t s = 0; s < run->batch->sequences; s++)
        for (int64_t h = 0; h < run->plan->options.heads; h++) {
            heed__place p = heed__place_of(run, s, h);
            for (int64_t i = 0; i < p.queries; i++) {
                const heed_real *row = (const heed_real *)x->data + s * x->sequence_stride +
                                       h * x->head_stride + i * x->row_stride;
                for (int64_t j = 0; j < p.keys; j++) low += row[j] <= -10000;
            }
        }
    if (low)
        heed__say(w,
                  "%s holds %lld numbers of -10000 or less: a mask by addition; the mask "
                  "\"dense\" gives such keys no weight at all, and skips whole blocks\n",
                  run->plan->extra[run->plan->stage_fit[k].extra].name, (long long)low);
}

heed_status heed_attention_lint(const heed_attention_plan *plan, const heed_attention_batch *batch,
                                const heed_real *const *parameters, char *text, size_t size,
                                size_t *length)
{
    heed__writer w = {text, size, 0};
    heed__run run;
    heed_attention_counts c;
    *length = 0;
    if (size) text[0] = '\0';
    HEED_TRY(heed__count_start(&run, plan, batch, parameters));
    heed__count(&run, &c);
    say_counts(&w, &c);
    if (plan->mask) lint_flags(&w, &run, plan->mask);
    for (int k = 0; k < plan->stages; k++)
        if (plan->stage[k] == &heed__stage_bias) lint_bias(&w, &run, k);
    *length = w.used;
    return HEED_OK;
}
