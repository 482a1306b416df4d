/* SPDX-License-Identifier: MIT */
/* A prefix computed whole or in the pieces that a cache is filled in has the same bits: queries are
 * split over two calls, the second with its query_offset; with a causal mask the first call also
 * has only the keys that there are by then. */
#include "check.h"

#include "attention/mechanism_trials.h"

#include <stdio.h>

static int64_t at_most(int64_t x, int64_t most)
{
    return x < most ? x : most;
}

/* Queries [from, to) of each sequence, all of them where there are fewer. */
typedef struct part {
    int64_t q_starts[TRIAL_SEQUENCES], q_lengths[TRIAL_SEQUENCES];
    int64_t k_starts[TRIAL_SEQUENCES], k_lengths[TRIAL_SEQUENCES], offset[TRIAL_SEQUENCES];
    heed_attention_extra extras[HEED_EXTRAS];
} part;

static void take_part(const trial_run *r, int64_t from, int64_t to, part *p)
{
    const trial *t = &r->t;
    int causal = t->mask && strcmp(t->mask, "causal") == 0;
    heed_attention_extra_info info;
    for (int64_t s = 0; s < t->sequences; s++) {
        int64_t first = at_most(from, t->tq[s]), last = at_most(to, t->tq[s]);
        p->q_starts[s] = r->q_offsets[s] + first;
        p->q_lengths[s] = last - first;
        p->k_starts[s] = r->k_offsets[s];
        int64_t offset = t->offset ? t->offset[s] : 0;
        p->offset[s] = offset + first;
        int64_t known = offset + last;
        p->k_lengths[s] = causal ? at_most(t->tk[s], known < 0 ? 0 : known) : t->tk[s];
    }
    for (size_t e = 0; heed_attention_plan_extra(r->plan, e, &info); e++) {
        heed_attention_extra *x = &p->extras[e];
        *x = r->extras[e];
        if (info.kind == HEED_ATTENTION_PAIR_REALS)
            x->data = (const heed_real *)x->data + from * x->row_stride;
        if (info.kind == HEED_ATTENTION_PAIR_FLAGS)
            x->data = (const unsigned char *)x->data + from * x->row_stride;
    }
}

static void run_part(trial_run *r, int64_t from, int64_t to)
{
    part p;
    heed_attention_batch whole = r->batch;
    take_part(r, from, to, &p);
    r->batch.queries = (heed_attention_rows){.starts = p.q_starts,
                                             .lengths = p.q_lengths,
                                             .length = trial_longest(r->t.tq, r->t.sequences)};
    r->batch.keys = (heed_attention_rows){.starts = p.k_starts,
                                          .lengths = p.k_lengths,
                                          .length = trial_longest(r->t.tk, r->t.sequences)};
    r->batch.query_offset = p.offset;
    r->batch.extras = p.extras;
    trial_forward(r);
    r->batch = whole;
}

static void check_trial(const trial *t, const char *engine)
{
    trial_run whole, pieces;
    char name[512];
    trial_name(t, name, sizeof name);
    if (trial_make(&whole, t, NULL, NULL, engine)) {
        assert_true(trial_make(&pieces, t, NULL, NULL, engine));
        whole.batch.keep_all = pieces.batch.keep_all = 1; /* dropout numbers a call's own rows */
        trial_forward(&whole);
        run_part(&pieces, 0, 2);
        run_part(&pieces, 2, 64);
        if (memcmp(whole.o, pieces.o, (size_t)whole.o_count * sizeof *whole.o) != 0)
            fail_msg("%s, engine %s: o in pieces has other bits", name, engine);
        if (memcmp(whole.lse, pieces.lse, (size_t)whole.lse_count * sizeof *whole.lse) != 0)
            fail_msg("%s, engine %s: lse in pieces has other bits", name, engine);
        trial_free(&pieces);
    }
    trial_free(&whole);
}

static void test_chunks(void **state)
{
    heed_attention_entry row;
    (void)state;
    for (size_t i = 0; heed_attention_list(i, &row); i++)
        for (int t = 0; t < TRIALS && strcmp(row.table, "engine") == 0; t++)
            check_trial(&trials[t], row.name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_chunks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
