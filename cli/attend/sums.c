/* SPDX-License-Identifier: MIT */
/* Sums over the weights, without the matrix. */
#include "cli/attend/attend.h"

#include "cli/report.h"

#include <stddef.h>

/* Those that have one number for each key, or each query, of each head. */
static const struct sum {
    const char *flag;
    size_t offset; /* of its heed_attention_output in the summary */
    int of_keys;
} sums[] = {
    {"mass", offsetof(heed_attention_summary, mass), 1},
    {"value-mass", offsetof(heed_attention_summary, value_mass), 1},
    {"gradient-mass", offsetof(heed_attention_summary, gradient_mass), 1},
    {"entropy", offsetof(heed_attention_summary, entropy), 0},
    {"distance", offsetof(heed_attention_summary, distance), 0},
    {"distance-variance", offsetof(heed_attention_summary, distance_variance), 0},
    {"support", offsetof(heed_attention_summary, support), 0},
};
enum { SUMS = sizeof sums / sizeof *sums, MOST_GROUPS = 65536 };

/* Others. */
static const char *const flags[] = {"topk", "topk-weights", "max", "argmax", "group-mass"};

int attend_wants_sums(const options *given)
{
    for (size_t i = 0; i < SUMS; i++)
        if (options_given(given, sums[i].flag)) return 1;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (options_given(given, flags[i])) return 1;
    return 0;
}

/* Everything that one pass leaves. */
typedef struct results {
    heed_attention_summary summary;
    heed_array *of[SUMS]; /* NULL = not asked for */
    heed_array *weights, *keys, *groups;
} results;

static heed_status room_for_sum(attend *a, int at, results *r)
{
    if (!options_given(a->given, sums[at].flag)) return HEED_OK;
    int64_t rows = sums[at].of_keys ? a->keys : a->queries;
    heed_status status =
        attend_made(a, REAL_KIND, a->batch, a->heads, rows, -1, sums[at].flag, &r->of[at]);
    if (status == HEED_OK)
        *(heed_attention_output *)((char *)&r->summary + sums[at].offset) =
            (heed_attention_output){r->of[at]->data, a->heads * rows, 1, rows};
    return status;
}

/* The maximum is the first of the heaviest. */
static heed_status room_for_heaviest(attend *a, results *r)
{
    const options *given = a->given;
    int list = options_given(given, "topk") || options_given(given, "topk-weights");
    if (!list && !options_given(given, "max") && !options_given(given, "argmax")) return HEED_OK;
    int64_t top = list ? options_integer(given, "top") : 1;
    heed_status status = attend_made(a, REAL_KIND, a->batch, a->heads, a->queries, top,
                                     "the top weights", &r->weights);
    if (status == HEED_OK)
        status = attend_made(a, HEED_ARRAY_INT64, a->batch, a->heads, a->queries, top,
                             "the top keys", &r->keys);
    if (status != HEED_OK) return status;
    for (int64_t i = 0; i < r->keys->count; i++) ((int64_t *)r->keys->data)[i] = -1;
    r->summary.top = (int)top;
    r->summary.top_weight = (heed_attention_output){r->weights->data, a->heads * a->queries * top,
                                                    top, a->queries * top};
    r->summary.top_key = r->keys->data;
    return HEED_OK;
}

/* One more than the largest number of a group. */
static heed_status count_groups(const named *n, int64_t *out)
{
    int64_t most = -1;
    for (int64_t i = 0; i < n->array->count; i++) {
        int64_t group = ((const int64_t *)n->array->data)[i];
        if (group > most) most = group;
    }
    if (most >= MOST_GROUPS)
        return report(HEED_E_INVALID, "--groups %s: group %lld; they are numbered from 0 to %d",
                      n->path, (long long)most, MOST_GROUPS - 1);
    if (most < 0 && n->array->count)
        return report(HEED_E_INVALID, "--groups %s: all are below 0: no key is in a group",
                      n->path);
    *out = most + 1;
    return HEED_OK;
}

static heed_status room_for_groups(attend *a, results *r)
{
    if (!options_given(a->given, "group-mass")) return HEED_OK;
    named groups = {.flag = "groups", .path = options_text(a->given, "groups")};
    if (!groups.path)
        return report(HEED_E_INVALID, "--group-mass: which keys belong together? give --groups "
                                      "FILE.npy");
    heed_attention_summary *s = &r->summary;
    heed_status status = attend_read(a, groups.path, HEED_ARRAY_INT64, &groups.array);
    if (status == HEED_OK) status = attend_lay_rows(a, &groups, a->keys, &s->key_groups);
    if (status == HEED_OK) status = count_groups(&groups, &s->groups);
    if (status == HEED_OK)
        status = attend_made(a, REAL_KIND, a->batch, a->heads, a->queries, s->groups,
                             "the groups' mass", &r->groups);
    if (status == HEED_OK)
        s->group_mass = (heed_attention_output){r->groups->data, a->heads * a->queries * s->groups,
                                                s->groups, a->queries * s->groups};
    return status;
}

static heed_status take_gradient(const attend *a, heed_attention_inspect_tensors *tensors)
{
    if (!options_given(a->given, "gradient-mass")) return HEED_OK;
    if (!a->d_o)
        return report(HEED_E_INVALID, "--gradient-mass: of which gradient? give --grad-output "
                                      "FILE.npy");
    tensors->d_o = attend_view(a, a->d_o, a->heads, a->queries, a->value_size);
    return HEED_OK;
}

/* The first of each row of `top`. */
static heed_status write_first(attend *a, const char *flag, const heed_array *from,
                               heed_array_kind kind)
{
    heed_array *first;
    if (!options_given(a->given, flag)) return HEED_OK;
    int64_t top = from->shape[3], rows = a->batch * a->heads * a->queries;
    heed_status status =
        attend_made(a, from->kind, a->batch, a->heads, a->queries, -1, flag, &first);
    for (int64_t i = 0; i < rows && status == HEED_OK; i++)
        if (from->kind == HEED_ARRAY_INT64)
            ((int64_t *)first->data)[i] = ((const int64_t *)from->data)[i * top];
        else
            ((heed_real *)first->data)[i] = ((const heed_real *)from->data)[i * top];
    return status == HEED_OK ? attend_write(a, flag, first, kind) : status;
}

static heed_status write_all(attend *a, const results *r)
{
    heed_status status = HEED_OK;
    for (int i = 0; i < SUMS && status == HEED_OK; i++)
        if (r->of[i]) status = attend_write(a, sums[i].flag, r->of[i], a->exact);
    if (status == HEED_OK && r->groups) status = attend_write(a, "group-mass", r->groups, a->exact);
    if (status == HEED_OK && r->keys) status = attend_write(a, "topk", r->keys, HEED_ARRAY_INT64);
    if (status == HEED_OK && r->keys) status = attend_write(a, "topk-weights", r->weights, a->kind);
    if (status == HEED_OK) status = write_first(a, "argmax", r->keys, HEED_ARRAY_INT64);
    return status == HEED_OK ? write_first(a, "max", r->weights, a->kind) : status;
}

heed_status attend_sums(attend *a)
{
    results r = {.summary = {.size = sizeof r.summary}};
    if (!attend_wants_sums(a->given)) return HEED_OK;
    heed_attention_inspect_tensors tensors = attend_inspect_tensors(a);
    tensors.v = a->in_v;
    heed_status status = take_gradient(a, &tensors);
    for (int i = 0; i < SUMS && status == HEED_OK; i++) status = room_for_sum(a, i, &r);
    if (status == HEED_OK) status = room_for_heaviest(a, &r);
    if (status == HEED_OK) status = room_for_groups(a, &r);
    if (status == HEED_OK)
        status = attend_translate(
            heed_attention_summarise(a->plan, &a->batch_of, &tensors, &r.summary, a->workspace));
    return status == HEED_OK ? write_all(a, &r) : status;
}
