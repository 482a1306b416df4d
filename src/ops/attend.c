/* SPDX-License-Identifier: MIT */
/* Attention on the tape: all work is the operator's (heed/attention.h). */
#include "ops/attend.h"

#include "autograd/gradcheck.h"
#include "base/memory.h"
#include "ops/ops.h"
#include "ops/rows.h"

#include <string.h>

void heed__attender_clear(heed__attender *attender)
{
    heed_attention_plan_destroy(&attender->plan);
    heed__free(attender->costs);
    attender->costs = NULL;
}

static int64_t sequences_of(const heed__attend *a)
{
    return a->slots ? a->slots->n : a->keys->n;
}

static heed_attention_capacity capacity_of(const heed__attend *a)
{
    int64_t n = sequences_of(a);
    return (heed_attention_capacity){
        .size = sizeof(heed_attention_capacity),
        .sequences = n,
        .longest_query = a->queries ? a->queries->longest : 1,
        .longest_key = a->slots ? a->slots->longest : a->keys->longest,
        .query_rows = a->queries ? a->queries->rows : n,
        .key_rows = a->slots ? a->slots->rows : a->keys->rows,
    };
}

static int learns_from_costs(const heed_attention_plan *plan)
{
    heed_attention_extra_info extra;
    for (size_t i = 0; heed_attention_plan_extra(plan, i, &extra); i++)
        if (extra.backward_only) return 1;
    return 0;
}

/* A plan that serves this batch and all before it. */
static heed_status ready(heed_context *context, const heed__attend *a)
{
    heed__attender *attender = a->attender;
    heed_attention_capacity *have = &attender->capacity, want = capacity_of(a);
    if (attender->plan && have->sequences >= want.sequences &&
        have->longest_query >= want.longest_query && have->query_rows >= want.query_rows &&
        have->longest_key >= want.longest_key && have->key_rows >= want.key_rows)
        return HEED_OK;
    heed__attender_clear(attender);
    have->size = sizeof *have;
    have->sequences = heed__greater(heed__greater(have->sequences, want.sequences), 1);
    have->longest_query = heed__greater(heed__greater(have->longest_query, want.longest_query), 1);
    have->longest_key = heed__greater(heed__greater(have->longest_key, want.longest_key), 1);
    have->query_rows = heed__greater(heed__greater(have->query_rows, want.query_rows), 1);
    have->key_rows = heed__greater(heed__greater(have->key_rows, want.key_rows), 1);
    HEED_TRY(heed_attention_plan_create(context, &attender->options, have, &attender->plan));
    if (!learns_from_costs(attender->plan)) return HEED_OK;
    return heed__alloc((size_t)have->sequences, sizeof *attender->costs, "costs", &attender->costs);
}

static int64_t key_heads(const heed_attention_options *o)
{
    return o->key_heads ? o->key_heads : o->heads;
}

static int64_t value_size(const heed_attention_options *o)
{
    return o->value_size ? o->value_size : o->head_size;
}

static heed_status check_columns(const heed__shapes *s, const heed__attend *a)
{
    const heed_attention_options *o = &a->attender->options;
    int64_t end[3] = {a->q_column + o->heads * o->head_size,
                      a->k_column + key_heads(o) * o->head_size,
                      a->v_column + key_heads(o) * value_size(o)};
    for (int i = 0; i < 3; i++)
        if (end[i] > s->in[i].cols)
            return heed__fail(HEED_E_INVALID,
                              "attend: input %d has %lld columns; its heads need %lld", i,
                              (long long)s->in[i].cols, (long long)end[i]);
    if (a->queries) return heed__want_shape(s, "attend", 0, "q", a->queries->rows, -1);
    if (s->in[0].rows != 1) return heed__want_shape(s, "attend", 0, "q", sequences_of(a), -1);
    return HEED_OK;
}

static heed_status check_keys(const heed__shapes *s, const heed__attend *a)
{
    const heed__slots *slots = a->slots;
    int64_t rows = s->in[1].rows < s->in[2].rows ? s->in[1].rows : s->in[2].rows;
    if (!slots && rows < a->keys->rows)
        return heed__fail(HEED_E_INVALID, "attend: k has %lld rows and v %lld; they need %lld",
                          (long long)s->in[1].rows, (long long)s->in[2].rows,
                          (long long)a->keys->rows);
    if (!slots) return HEED_OK;
    for (int64_t i = 0; slots->starts && i < slots->n; i++)
        if (slots->starts[i] < 0 || slots->lengths[i] < 0 ||
            slots->starts[i] > rows - slots->lengths[i])
            return heed__fail(HEED_E_INVALID,
                              "attend: sequence %lld reads %lld rows from row %lld; the cache has "
                              "%lld rows",
                              (long long)i, (long long)slots->lengths[i],
                              (long long)slots->starts[i], (long long)rows);
    return HEED_OK;
}

/* Learned arrays, then arrays of queries. */
static heed_status check_more(const heed__shapes *s, const heed_attention_plan *plan,
                              const heed_attention_sizes *sizes)
{
    const heed__attend *a = s->attributes;
    heed_attention_parameter p;
    heed_attention_extra_info extra;
    int64_t rows = a->queries ? a->queries->rows : sequences_of(a);
    int i = 3;
    size_t more = sizes->parameters + sizes->extras - (a->attender->costs != NULL);
    if (more != (size_t)(s->inputs - 3))
        return heed__fail(HEED_E_INVALID, "attend: %d parameters; the mechanisms have %zu",
                          s->inputs - 3, more);
    for (size_t j = 0; heed_attention_plan_parameter(plan, j, &p); j++)
        HEED_TRY(heed__want_shape(s, "attend", i++, p.name, p.rows, p.columns));
    for (size_t j = 0; heed_attention_plan_extra(plan, j, &extra); j++) {
        if (extra.backward_only && !a->queries) continue;
        if (extra.kind != HEED_ATTENTION_QUERY_REALS || extra.backward_only)
            return heed__fail(HEED_E_UNSUPPORTED,
                              "attend: \"%s\" is not one number for each query and head, which is "
                              "all that a tape gives",
                              extra.name);
        HEED_TRY(heed__want_shape(s, "attend", i++, extra.name, rows, a->attender->options.heads));
    }
    return HEED_OK;
}

static heed_status attend_shape(const heed__shapes *s, heed__size *size)
{
    const heed__attend *a = s->attributes;
    const heed_attention_options *o = &a->attender->options;
    HEED_TRY(check_columns(s, a));
    HEED_TRY(check_keys(s, a));
    HEED_TRY(ready(s->context, a));
    heed_attention_sizes sizes = {.size = sizeof sizes};
    HEED_TRY(heed_attention_plan_sizes(a->attender->plan, &sizes));
    HEED_TRY(check_more(s, a->attender->plan, &sizes));
    size->rows = a->queries ? a->queries->rows : sequences_of(a);
    size->cols = o->heads * value_size(o);
    size->saved = size->rows * o->heads;
    size->forward_workspace = (int64_t)sizes.forward;
    /* A query shared by all sequences gathers its gradient one row a sequence first. */
    int64_t each = sequences_of(a) * o->heads * o->head_size;
    int64_t shared = a->queries || s->in[0].rows != 1 ? 0 : each;
    int64_t advantages = a->attender->costs ? sequences_of(a) * o->heads : 0;
    size->backward_workspace = (int64_t)(sizes.backward + 15) / 16 * 16 + shared + advantages;
    return HEED_OK;
}

heed_attention_batch heed__attend_batch(const heed__attend *a)
{
    heed_attention_batch batch = {.size = sizeof batch, .keep_all = 1};
    batch.sequences = sequences_of(a);
    if (a->queries)
        batch.queries.offsets = a->queries->offsets;
    else
        batch.queries.length = 1;
    if (a->slots) {
        batch.keys.starts = a->slots->starts;
        batch.keys.lengths = a->slots->lengths;
        batch.keys.length = a->slots->longest;
        batch.query_offset = a->slots->query_offset;
        batch.query_offset_count = a->slots->query_offset ? a->slots->n : 0;
    } else {
        batch.keys.offsets = a->keys->offsets;
        batch.sequence_ids = (const uint64_t *)a->keys->ids;
        batch.query_offset = &a->position;
        batch.query_offset_count = 1;
    }
    return batch;
}

heed_attention_input heed__attend_input(const heed_real *data, int64_t rows, int64_t cols,
                                        int64_t column, int64_t head_size, int per_sequence)
{
    heed_attention_input in = {data ? data + column : NULL, 0, cols, head_size};
    if (per_sequence) in.sequence_stride = rows == 1 ? 0 : cols;
    return in;
}

heed_attention_extra heed__attend_extra(const heed__attend *a, const heed_real *data,
                                        heed_real *gradient)
{
    int64_t heads = a->attender->options.heads;
    return (heed_attention_extra){data, gradient, a->queries ? 0 : heads, heads, 1};
}

/* What comes after q, k and v. */
typedef struct more {
    const heed_real *parameters[HEED_ATTEND_MORE];
    heed_real *d_parameters[HEED_ATTEND_MORE];
    heed_attention_extra extras[HEED_ATTEND_MORE];
    size_t extra_count;
} more;

/* advantages: [sequences, heads], NULL forward. */
static void take_more(const heed__call *call, const heed_real *advantages, more *m)
{
    const heed__attend *a = call->attributes;
    heed_attention_parameter p;
    heed_attention_extra_info extra;
    const heed__matrix *in = call->in + 3;
    for (size_t i = 0; heed_attention_plan_parameter(a->attender->plan, i, &p); i++, in++)
        m->parameters[i] = in->data, m->d_parameters[i] = in->grad;
    size_t count = 0;
    for (; heed_attention_plan_extra(a->attender->plan, count, &extra); count++) {
        m->extras[count] = extra.backward_only ? heed__attend_extra(a, advantages, NULL)
                                               : heed__attend_extra(a, in->data, in->grad);
        in += !extra.backward_only;
    }
    m->extra_count = count;
}

static heed_attention_batch batch_of(const heed__call *call, const more *m)
{
    heed_attention_batch batch = heed__attend_batch(call->attributes);
    batch.extras = m->extras;
    batch.extra_count = m->extra_count;
    batch.keep_all = !call->drops;
    batch.seed = call->draw.seed;
    batch.step = call->draw.step;
    batch.layer = call->node;
    return batch;
}

static heed_attention_input input_of(const heed__matrix *m, int64_t column, int64_t head_size,
                                     int per_sequence)
{
    return heed__attend_input(m->data, m->rows, m->cols, column, head_size, per_sequence);
}

static heed_attention_output output_of(heed_real *data, int64_t cols, int64_t column,
                                       int64_t head_size, int per_sequence)
{
    return (heed_attention_output){data ? data + column : NULL, per_sequence ? cols : 0, cols,
                                   head_size};
}

/* One attender on a tape twice, the larger batch last, has its plan grow under the first. */
static heed_status check_room(const heed__call *call, int backward)
{
    const heed__attend *a = call->attributes;
    heed_attention_sizes sizes = {.size = sizeof sizes};
    HEED_TRY(heed_attention_plan_sizes(a->attender->plan, &sizes));
    if ((int64_t)(backward ? sizes.backward : sizes.forward) > call->room)
        return heed__fail(HEED_E_INVALID, "its attender was recorded again for a larger batch; "
                                          "record the largest first");
    return HEED_OK;
}

static heed_status attend_forward(const heed__call *call)
{
    const heed__attend *a = call->attributes;
    const heed_attention_options *o = &a->attender->options;
    more m;
    take_more(call, NULL, &m);
    heed_attention_batch batch = batch_of(call, &m);
    int single = a->queries == NULL;
    heed_attention_forward_tensors t = {.size = sizeof t, .parameters = m.parameters};
    t.q = input_of(&call->in[0], a->q_column, o->head_size, single);
    t.k = input_of(&call->in[1], a->k_column, o->head_size, 0);
    t.v = input_of(&call->in[2], a->v_column, value_size(o), 0);
    t.o = output_of(call->out.data, call->out.cols, 0, value_size(o), single);
    t.lse = output_of(call->saved, o->heads, 0, 1, single);
    HEED_TRY(check_room(call, 0));
    return heed_attention_forward(a->attender->plan, &batch, &t, call->workspace);
}

/* dq of a query that all sequences share: the sum over sequences, in order. */
static void add_shared(const heed__call *call, const heed_real *each, int64_t width)
{
    const heed__attend *a = call->attributes;
    for (int64_t s = 0; s < a->keys->n; s++)
        call->kernels->add(width, each + s * width, call->in[0].grad + a->q_column);
}

/* What each sequence costs less the mean of the others, which knows nothing of its draws (leave one
 * out; Kool et al. 2019): the same for all heads. Without draws there is nothing to learn from. */
static void find_advantages(const heed__call *call, heed_real *out)
{
    const heed__attend *a = call->attributes;
    const heed_real *costs = a->attender->costs;
    int64_t n = sequences_of(a), heads = a->attender->options.heads;
    heed_real total = costs ? call->kernels->sum(n, costs) : 0;
    for (int64_t s = 0; costs && s < n; s++) {
        heed_real others = n > 1 ? (total - costs[s]) / (heed_real)(n - 1) : 0;
        for (int64_t h = 0; h < heads; h++)
            out[s * heads + h] = call->drops ? costs[s] - others : 0;
    }
}

static heed_status attend_backward(const heed__call *call)
{
    const heed__attend *a = call->attributes;
    const heed_attention_options *o = &a->attender->options;
    if (a->slots)
        return heed__fail(HEED_E_UNSUPPORTED,
                          "keys and values in a cache have no gradient; give them packed");
    more m;
    HEED_TRY(check_room(call, 1));
    int single = a->queries == NULL, shared = single && call->in[0].rows == 1;
    int64_t width = o->heads * o->head_size;
    heed_attention_sizes sizes = {.size = sizeof sizes};
    HEED_TRY(heed_attention_plan_sizes(a->attender->plan, &sizes));
    heed_real *each = call->workspace + (sizes.backward + 15) / 16 * 16;
    heed_real *advantages = each + (shared ? a->keys->n * width : 0);
    find_advantages(call, advantages);
    take_more(call, advantages, &m);
    heed_attention_batch batch = batch_of(call, &m);
    heed_attention_backward_tensors t = {
        .size = sizeof t, .parameters = m.parameters, .d_parameters = m.d_parameters};
    t.q = input_of(&call->in[0], a->q_column, o->head_size, single);
    t.k = input_of(&call->in[1], a->k_column, o->head_size, 0);
    t.v = input_of(&call->in[2], a->v_column, value_size(o), 0);
    t.o = (heed_attention_input){call->out.data, single ? call->out.cols : 0, call->out.cols,
                                 value_size(o)};
    t.d_o = t.o, t.d_o.data = call->out.grad;
    t.lse = (heed_attention_input){call->saved, single ? o->heads : 0, o->heads, 1};
    t.dk = output_of(call->in[1].grad, call->in[1].cols, a->k_column, o->head_size, 0);
    t.dv = output_of(call->in[2].grad, call->in[2].cols, a->v_column, value_size(o), 0);
    if (!shared || !call->in[0].grad) {
        t.dq = output_of(call->in[0].grad, call->in[0].cols, a->q_column, o->head_size, single);
        return heed_attention_backward(a->attender->plan, &batch, &t, call->workspace);
    }
    memset(each, 0, (size_t)(a->keys->n * width) * sizeof *each);
    t.dq = output_of(each, width, 0, o->head_size, 1);
    HEED_TRY(heed_attention_backward(a->attender->plan, &batch, &t, call->workspace));
    add_shared(call, each, width);
    return HEED_OK;
}

/* Scores and weighted values of all query-key pairs, before masks. */
static double attend_flops(const heed__shapes *s)
{
    const heed__attend *a = s->attributes;
    const heed_attention_options *o = &a->attender->options;
    double pairs = 0, width = (double)(o->head_size + value_size(o));
    if (a->slots ? !a->slots->lengths : !a->keys->offsets) return 0;
    if (a->queries && !a->queries->offsets) return 0;
    for (int64_t i = 0; i < sequences_of(a); i++) {
        int64_t keys = a->slots ? a->slots->lengths[i] : heed__ragged_length(a->keys, i);
        pairs += (double)keys * (a->queries ? (double)heed__ragged_length(a->queries, i) : 1);
    }
    return 2 * pairs * (double)o->heads * width;
}

static heed_status check_one(heed__gradcheck *check, const heed_attention_options *options,
                             int single, int fused)
{
    static const int64_t offsets[] = {0, 2, 2, 6}, order[] = {2, 0, 1}, names[] = {4, 9, 2};
    static const heed__ragged ragged = {3, 6, 4, offsets, order, names};
    heed__attender attender = {.options = *options};
    heed__attend a = {.attender = &attender, .queries = single ? NULL : &ragged, .keys = &ragged};
    int64_t width = options->heads * options->head_size;
    heed__var in[4] = {HEED_NO_VAR, HEED_NO_VAR, HEED_NO_VAR, HEED_NO_VAR};
    if (fused) {
        in[0] = in[1] = in[2] = heed__gradcheck_input(check, 6, 3 * width);
        a.k_column = width, a.v_column = 2 * width;
    } else {
        in[0] = heed__gradcheck_input(check, single ? 1 : 6, width);
        in[1] = heed__gradcheck_input(check, 6, key_heads(options) * options->head_size);
        in[2] = heed__gradcheck_input(check, 6, key_heads(options) * value_size(options));
    }
    int additive = options->score && strcmp(options->score->name, "additive") == 0;
    if (additive) in[3] = heed__gradcheck_input(check, options->heads, options->head_size);
    heed_status status =
        heed__gradcheck_apply(check, &heed__op_attend, in, 3 + additive, &a, sizeof a);
    heed__attender_clear(&attender);
    return status;
}

static heed_status attend_check(heed__gradcheck *check)
{
    heed_attention_part additive = {sizeof additive, "additive"},
                        causal = {sizeof causal, "causal"};
    heed_attention_options plain = {.size = sizeof plain, .heads = 2, .head_size = 3};
    heed_attention_options grouped = plain, dropped = plain, learned = plain;
    grouped.key_heads = 1, grouped.value_size = 4, grouped.mask = &causal;
    dropped.dropout = 0.3;
    learned.score = &additive;
    HEED_TRY(check_one(check, &plain, 0, 1));
    HEED_TRY(check_one(check, &plain, 1, 0));
    HEED_TRY(check_one(check, &grouped, 0, 0));
    HEED_TRY(check_one(check, &dropped, 0, 1));
    return check_one(check, &learned, 0, 0);
}

const heed__op heed__op_attend = {.name = "attend",
                                  .summary = "the attention operator over ragged batches",
                                  .least_inputs = 3,
                                  .most_inputs = HEED_OP_INPUTS,
                                  .reads = HEED_READS_ALL | HEED_READS_OUTPUT,
                                  .shape = attend_shape,
                                  .forward = attend_forward,
                                  .backward = attend_backward,
                                  .flops = attend_flops,
                                  .check = attend_check};
