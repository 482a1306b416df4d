/* SPDX-License-Identifier: MIT */
#include "cli/bench.h"

#include "cli/report.h"

#include <string.h>

/* ---- numbers */

/* Uniform in [0, 1); all cases of a run begin with the same seed. */
static double draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*state >> 40) * 0x1p-24;
}

/* Of mean 0 and variance 1. */
static void fill(heed_array *array, uint64_t *state)
{
    heed_real *x = array->data;
    for (int64_t i = 0; i < array->count; i++)
        x[i] = (heed_real)(3.4641016 * draw(state) - 1.7320508);
}

static heed_status drawn(attend *a, int64_t heads, int64_t rows, int64_t size, const char *what,
                         uint64_t *state, heed_array **out)
{
    heed_status status = attend_made(a, REAL_KIND, a->batch, heads, rows, size, what, out);
    if (status == HEED_OK && state) fill(*out, state);
    return status;
}

/* ---- sizes, q, k and v */

static void take_sizes(attend *a, const bench_shape *shape)
{
    const options *given = a->given;
    a->kind = a->exact = REAL_KIND;
    a->batch = shape->batch;
    a->heads = shape->heads;
    a->key_heads = options_integer(given, "kv-heads");
    a->queries = options_integer(given, "queries");
    a->keys = shape->keys;
    a->head_size = shape->head_size;
    a->value_size = options_integer(given, "value-dim");
    if (!a->key_heads) a->key_heads = a->heads;
    if (!a->queries) a->queries = a->keys;
    if (!a->value_size) a->value_size = a->head_size;
}

static heed_status take_inputs(attend *a, uint64_t *state)
{
    heed_status status = drawn(a, a->heads, a->queries, a->head_size, "the queries", state, &a->q);
    if (status == HEED_OK)
        status = drawn(a, a->key_heads, a->keys, a->head_size, "the keys", state, &a->k);
    if (status == HEED_OK)
        status = drawn(a, a->key_heads, a->keys, a->value_size, "the values", state, &a->v);
    if (status != HEED_OK) return status;
    a->in_q = attend_view(a, a->q, a->heads, a->queries, a->head_size);
    a->in_k = attend_view(a, a->k, a->key_heads, a->keys, a->head_size);
    a->in_v = attend_view(a, a->v, a->key_heads, a->keys, a->value_size);
    return HEED_OK;
}

/* ---- arrays that mechanisms ask for */

static int count_named(const named *list, int count, const char *name)
{
    int n = 0;
    for (int i = 0; i < count; i++) n += strcmp(list[i].name, name) == 0;
    return n;
}

/* What a query brings: shares, places at even distances, or any numbers. */
static void fill_queries(heed_array *array, const attend *a, heed_attention_range range,
                         uint64_t *state)
{
    heed_real *x = array->data;
    fill(array, state);
    for (int64_t i = 0; i < array->count; i++) {
        if (range == HEED_ATTENTION_SHARES) x[i] = (heed_real)draw(state);
        if (range == HEED_ATTENTION_KEY_PLACES)
            x[i] = (heed_real)(i % a->queries * a->keys / a->queries);
    }
}

/* Numbers of rows: runs of 512 that belong together. */
static void fill_ids(heed_array *array, int64_t rows)
{
    int64_t *x = array->data;
    for (int64_t i = 0; i < array->count; i++) x[i] = i % rows / 512;
}

static heed_status draw_extra(attend *a, const heed_attention_extra_info *info, uint64_t *state)
{
    heed_array *array = NULL;
    heed_status status = HEED_OK;
    int64_t rows = info->kind == HEED_ATTENTION_KEY_IDS ? a->keys : a->queries;
    switch (info->kind) {
    case HEED_ATTENTION_QUERY_REALS:
        status = attend_made(a, REAL_KIND, a->batch, a->heads, rows, -1, info->name, &array);
        if (status == HEED_OK) fill_queries(array, a, info->range, state);
        break;
    case HEED_ATTENTION_QUERY_IDS:
    case HEED_ATTENTION_KEY_IDS:
        status = attend_made(a, HEED_ARRAY_INT64, a->batch, rows, -1, -1, info->name, &array);
        if (status == HEED_OK) fill_ids(array, rows);
        break;
    case HEED_ATTENTION_PAIR_REALS: /* one matrix a head for all sequences */
        status = attend_made(a, REAL_KIND, a->heads, a->queries, a->keys, -1, info->name, &array);
        if (status == HEED_OK) fill(array, state);
        break;
    default:
        status = attend_made(a, HEED_ARRAY_BOOL, a->queries, a->keys, -1, -1, info->name, &array);
        if (status == HEED_OK) memset(array->data, 1, (size_t)array->count);
    }
    return status == HEED_OK ? attend_add_extra(a, info->name, "array", "(drawn)", array) : status;
}

static heed_status draw_extras(attend *a, uint64_t *state)
{
    heed_attention_extra_info info, other;
    heed_status status = HEED_OK;
    for (size_t e = 0; heed_attention_plan_extra(a->plan, e, &info) && status == HEED_OK; e++) {
        int before = 0;
        for (size_t i = 0; i < e && heed_attention_plan_extra(a->plan, i, &other); i++)
            before += strcmp(info.name, other.name) == 0;
        if (count_named(a->extra, a->n_extra, info.name) <= before)
            status = draw_extra(a, &info, state);
    }
    return status;
}

static heed_status draw_parameters(attend *a)
{
    heed_attention_parameter p, other;
    heed_array *array;
    heed_status status = HEED_OK;
    for (size_t i = 0; heed_attention_plan_parameter(a->plan, i, &p) && status == HEED_OK; i++) {
        int before = 0;
        for (size_t k = 0; k < i && heed_attention_plan_parameter(a->plan, k, &other); k++)
            before += strcmp(p.name, other.name) == 0;
        if (count_named(a->parameter, a->n_parameter, p.name) > before) continue;
        status = attend_made(a, REAL_KIND, p.rows, p.columns, -1, -1, p.name, &array);
        if (status == HEED_OK)
            status = heed_attention_plan_begin(a->plan, i, a->batch_of.seed, array->data);
        if (status == HEED_OK) status = attend_add_parameter(a, p.name, "parameter", array);
    }
    return status;
}

/* Backward makes every gradient there is, but of what a file fixes. */
static void want_gradients(attend *a)
{
    heed_attention_extra_info info;
    for (size_t e = 0; heed_attention_plan_extra(a->plan, e, &info); e++) {
        int reals =
            info.kind == HEED_ATTENTION_QUERY_REALS || info.kind == HEED_ATTENTION_PAIR_REALS;
        for (int i = 0; i < a->n_extra && reals && !info.backward_only; i++)
            if (a->extra[i].array && strcmp(a->extra[i].name, info.name) == 0)
                a->extra[i].gradient_path = "";
    }
    for (int i = 0; i < a->n_parameter; i++) a->parameter[i].gradient_path = "";
}

static heed_status take_arrays(bench_case *c, uint64_t *state)
{
    attend *a = &c->a;
    heed_status status = draw_extras(a, state);
    if (status == HEED_OK) status = draw_parameters(a);
    if (status == HEED_OK && c->pass[BENCH_BACKWARD].wanted) want_gradients(a);
    if (status == HEED_OK) status = attend_take_extras(a);
    return status == HEED_OK ? attend_take_parameters(a) : status;
}

/* ---- what comes out */

static heed_attention_output output_of(heed_array *array, heed_attention_input at)
{
    return (heed_attention_output){array->data, at.sequence_stride, at.row_stride, at.head_stride};
}

static heed_status take_forward(bench_case *c)
{
    attend *a = &c->a;
    heed_status status = drawn(a, a->heads, a->queries, a->value_size, "o", NULL, &a->o);
    if (status == HEED_OK) status = drawn(a, a->heads, a->queries, -1, "lse", NULL, &a->lse);
    if (status != HEED_OK) return status;
    c->forward = (heed_attention_forward_tensors){
        .size = sizeof c->forward,
        .q = a->in_q,
        .k = a->in_k,
        .v = a->in_v,
        .o = output_of(a->o, attend_view(a, a->o, a->heads, a->queries, a->value_size)),
        .lse = {a->lse->data, a->heads * a->queries, 1, a->queries},
        .parameters = a->parameters};
    return HEED_OK;
}

static heed_status take_backward(bench_case *c, uint64_t *state)
{
    attend *a = &c->a;
    heed_array *d_o, *dq, *dk, *dv;
    const heed_attention_output *o = &c->forward.o, *lse = &c->forward.lse;
    heed_status status = drawn(a, a->heads, a->queries, a->value_size, "do", state, &d_o);
    if (status == HEED_OK) status = drawn(a, a->heads, a->queries, a->head_size, "dq", NULL, &dq);
    if (status == HEED_OK) status = drawn(a, a->key_heads, a->keys, a->head_size, "dk", NULL, &dk);
    if (status == HEED_OK) status = drawn(a, a->key_heads, a->keys, a->value_size, "dv", NULL, &dv);
    if (status != HEED_OK) return status;
    c->backward = (heed_attention_backward_tensors){
        .size = sizeof c->backward,
        .q = a->in_q,
        .k = a->in_k,
        .v = a->in_v,
        .o = {o->data, o->sequence_stride, o->row_stride, o->head_stride},
        .lse = {lse->data, lse->sequence_stride, lse->row_stride, lse->head_stride},
        .d_o = attend_view(a, d_o, a->heads, a->queries, a->value_size),
        .dq = output_of(dq, a->in_q),
        .dk = output_of(dk, a->in_k),
        .dv = output_of(dv, a->in_v),
        .parameters = a->parameters,
        .d_parameters = a->d_parameters};
    return HEED_OK;
}

/* Half of the square is the usual count of a causal mask, though all of the diagonal is seen. */
static double usual_pairs(const bench_case *c)
{
    const attend *a = &c->a;
    double all = (double)(a->batch * a->heads) * (double)a->queries * (double)a->keys;
    int causal = options_flag(a->given, "causal") && a->queries == a->keys;
    int64_t seen = a->batch * a->heads * (a->keys * (a->keys + 1) / 2);
    return causal && c->seen == seen ? all / 2 : (double)c->seen;
}

static heed_status count_pairs(bench_case *c)
{
    heed_attention_counts counts = {.size = sizeof counts};
    attend *a = &c->a;
    heed_status status =
        attend_translate(heed_attention_count(a->plan, &a->batch_of, a->parameters, &counts));
    c->seen = counts.seen;
    c->pairs = usual_pairs(c);
    return status;
}

static int64_t bytes_of(const heed_array *array)
{
    return array ? array->count * (int64_t)heed_array_kind_size(array->kind) : 0;
}

/* Backward meets all arrays there are; forward those that are no gradients. */
static void count_bytes(bench_case *c)
{
    const attend *a = &c->a;
    const heed_array *forward[] = {a->q, a->k, a->v, a->o, a->lse};
    int64_t *bytes = &c->pass[BENCH_FORWARD].bytes;
    for (size_t i = 0; i < sizeof forward / sizeof *forward; i++) *bytes += bytes_of(forward[i]);
    for (int i = 0; i < a->n_extra; i++) *bytes += bytes_of(a->extra[i].array);
    for (int i = 0; i < a->n_parameter; i++) *bytes += bytes_of(a->parameter[i].array);
    for (int i = 0; i < a->n_arrays; i++) c->array_bytes += bytes_of(&a->arrays[i]);
    c->pass[BENCH_BACKWARD].bytes = c->array_bytes;
}

heed_status bench_case_make(bench_case *c, const options *given, heed_context *context,
                            const bench_shape *shape)
{
    attend *a = &c->a;
    a->given = given;
    a->context = context;
    const char *pass = options_flag(given, "backward") ? "both" : options_text(given, "pass");
    c->pass[BENCH_FORWARD].wanted = strcmp(pass, "backward") != 0;
    c->pass[BENCH_BACKWARD].wanted = strcmp(pass, "forward") != 0;
    take_sizes(a, shape);
    uint64_t state = (uint64_t)options_integer(given, "seed");
    heed_status status = take_inputs(a, &state);
    if (status == HEED_OK) status = attend_rows(a);
    if (status == HEED_OK) status = attend_named(a);
    if (status == HEED_OK) status = attend_describe(a);
    if (status == HEED_OK) status = attend_plan(a);
    if (status == HEED_OK) status = take_arrays(c, &state);
    if (status == HEED_OK) status = take_forward(c);
    if (status == HEED_OK && c->pass[BENCH_BACKWARD].wanted) status = take_backward(c, &state);
    count_bytes(c);
    return status == HEED_OK ? count_pairs(c) : status;
}

void bench_case_free(bench_case *c)
{
    attend_end(&c->a);
}
