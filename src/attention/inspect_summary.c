/* SPDX-License-Identifier: MIT */
/*
 * Sums over the weights without the matrix: the tiles of one (sequence, head) pass by and leave
 * their share. Each sum has one order: per key over query blocks ascending; per row over its key
 * blocks ascending.
 */
#include "attention/inspect.h"
#include "base/fail.h"
#include "base/parallel.h"

enum { MOST_TOP = 64 };

typedef struct summary_job {
    const heed__run *run;
    const heed_attention_summary *out;
    heed_real *workspace;
} summary_job;

static void summary_task(void *arg, int64_t task, int thread)
{
    const summary_job *job = arg;
    const heed__run *run = job->run;
    int64_t heads = run->plan->options.heads;
    heed__stage stage = heed__stage_of(run, task / heads, task % heads);
    heed__inspect_scratch room = heed__inspect_scratch_at(run->plan, job->workspace, thread);
    heed__tally_clear(&stage, job->out);
    for (int64_t i = 0; i < stage.place.queries; i += HEED_QUERY_BLOCK) {
        int64_t rows = heed__least(HEED_QUERY_BLOCK, stage.place.queries - i);
        heed_real moments[HEED_QUERY_BLOCK][3] = {{0}};
        heed__queries q = heed__inspect_queries(&stage, i, rows, &room);
        heed__tally tally = {&stage, job->out, &room, &q, 0, 0, moments};
        int64_t j = heed__next_keys(&stage, i, rows, 0);
        for (; j < stage.place.keys; j = heed__next_keys(&stage, i, rows, j + HEED_KEY_BLOCK)) {
            int64_t n = heed__least(HEED_KEY_BLOCK, stage.place.keys - j);
            if (!heed__inspect_sees(&stage, &q, j, n)) continue;
            heed__inspect_tile(&stage, &q, j, &room);
            tally.first = j, tally.n = n;
            heed__tally_keys(&tally);
            heed__tally_rows(&tally);
        }
        heed__tally_finish(&tally);
    }
}

static heed_status check_top(const heed_attention_summary *out)
{
    if (out->top < 0 || out->top > MOST_TOP)
        return heed__fail(HEED_E_INVALID, "top = %d; it must be 0 to %d", out->top, MOST_TOP);
    if (!out->top != !out->top_weight.data || !out->top != !out->top_key)
        return heed__fail(HEED_E_INVALID,
                          "top = %d with top_weight %s and top_key %s; give both "
                          "where top is 1 or more, else neither",
                          out->top, out->top_weight.data ? "given" : "NULL",
                          out->top_key ? "given" : "NULL");
    return HEED_OK;
}

static heed_status check_groups(const heed_attention_summary *out, const heed_attention_batch *b)
{
    const heed_attention_extra *x = &out->key_groups;
    if (out->groups < 0 || !out->groups != !x->data || !out->groups != !out->group_mass.data)
        return heed__fail(HEED_E_INVALID,
                          "groups = %lld with key_groups %s and group_mass %s; give both where "
                          "groups is 1 or more, else neither",
                          (long long)out->groups, x->data ? "given" : "NULL",
                          out->group_mass.data ? "given" : "NULL");
    if ((b->keys.offsets || b->keys.starts) && x->sequence_stride)
        return heed__fail(HEED_E_INVALID,
                          "key_groups.sequence_stride = %lld with %s; rows take none, set 0",
                          (long long)x->sequence_stride, b->keys.offsets ? "offsets" : "starts");
    return HEED_OK;
}

/* What else is read for what is wanted. */
static heed_status check_needs(const heed_attention_summary *out, const heed__run *run)
{
    const heed_attention_batch *b = run->batch;
    if (out->value_mass.data || out->gradient_mass.data)
        HEED_TRY(heed__check_input("v", &run->v, &b->keys));
    if (out->gradient_mass.data) HEED_TRY(heed__check_input("d_o", &run->d_o, &b->queries));
    int distance = out->distance.data || out->distance_variance.data;
    for (int64_t s = 0; distance && !b->query_offset && s < b->sequences; s++)
        if (heed__length(&b->queries, s) != heed__length(&b->keys, s))
            return heed__fail(HEED_E_INVALID,
                              "distance is wanted, and sequence %lld has %lld queries and %lld "
                              "keys: give query_offset, where query 0 stands among the keys",
                              (long long)s, (long long)heed__length(&b->queries, s),
                              (long long)heed__length(&b->keys, s));
    return HEED_OK;
}

static heed_status check_outputs(const heed_attention_summary *out, const heed__run *run)
{
    const heed_attention_batch *b = run->batch;
    const struct {
        const char *name;
        const heed_attention_output *array;
        const heed_attention_rows *rows;
    } all[] = {{"mass", &out->mass, &b->keys},
               {"value_mass", &out->value_mass, &b->keys},
               {"gradient_mass", &out->gradient_mass, &b->keys},
               {"entropy", &out->entropy, &b->queries},
               {"top_weight", &out->top_weight, &b->queries},
               {"distance", &out->distance, &b->queries},
               {"distance_variance", &out->distance_variance, &b->queries},
               {"support", &out->support, &b->queries},
               {"group_mass", &out->group_mass, &b->queries}};
    for (size_t a = 0; a < sizeof all / sizeof all[0]; a++)
        HEED_TRY(heed__check_output(all[a].name, all[a].array, all[a].rows, b->sequences,
                                    run->plan->options.heads));
    return HEED_OK;
}

heed_status heed_attention_summarise(const heed_attention_plan *plan,
                                     const heed_attention_batch *batch,
                                     const heed_attention_inspect_tensors *tensors,
                                     const heed_attention_summary *summary, heed_real *workspace)
{
    heed__run run = {.plan = plan, .batch = batch};
    HEED_TRY(heed__check_struct("summary", summary->size, sizeof *summary));
    HEED_TRY(heed__inspect_run(&run, tensors, workspace));
    HEED_TRY(check_outputs(summary, &run));
    HEED_TRY(check_top(summary));
    HEED_TRY(check_groups(summary, batch));
    HEED_TRY(check_needs(summary, &run));
    summary_job job = {&run, summary, workspace};
    heed__parallel(plan->context, batch->sequences * plan->options.heads, summary_task, &job);
    return HEED_OK;
}
