/* SPDX-License-Identifier: MIT */
/* Every step with its numbers, for a small input: what a teacher writes on the board. */
#include "cli/attend/attend.h"

#include "cli/output.h"
#include "cli/report.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 16, MOST_COLUMNS = 16, MOST_HEADS = 16 };

heed_status attend_trace_check(const attend *a)
{
    if (options_flag(a->given, "json"))
        return report(HEED_E_INVALID, "--trace is for reading; leave --json, or ask for --scores "
                                      "and --weights");
    if (a->batch * a->heads <= MOST_HEADS && a->queries <= MOST_ROWS && a->keys <= MOST_ROWS &&
        a->head_size <= MOST_COLUMNS && a->value_size <= MOST_COLUMNS)
        return HEED_OK;
    return report(HEED_E_INVALID,
                  "--trace: %lld sequences of %lld heads, %lld queries, %lld keys, sizes %lld and "
                  "%lld are too many to print; it takes %d heads in all and %d of each other",
                  (long long)a->batch, (long long)a->heads, (long long)a->queries,
                  (long long)a->keys, (long long)a->head_size, (long long)a->value_size, MOST_HEADS,
                  MOST_ROWS);
}

/* What the table says of a row. */
static const char *help_of(const char *table, const char *name)
{
    heed_attention_entry row;
    for (size_t i = 0; heed_attention_list(i, &row); i++)
        if (strcmp(row.table, table) == 0 && strcmp(row.name, name) == 0) return row.help;
    return "";
}

static const char *name_of(const heed_attention_part *part, const char *otherwise)
{
    return part ? part->name : otherwise;
}

static void print_rows(int64_t rows, int64_t columns, const heed_real *x, int64_t stride)
{
    for (int64_t i = 0; i < rows; i++) {
        output_text("   ");
        for (int64_t j = 0; j < columns; j++) output_format(" %10.6g", (double)x[i * stride + j]);
        output_text("\n");
    }
}

/* The rows of one head of q, k, v or o. */
static void print_side(const char *name, const heed_attention_input *x, int64_t sequence,
                       int64_t head, int64_t rows, int64_t size)
{
    output_format("  %s [%lld, %lld]\n", name, (long long)rows, (long long)size);
    print_rows(rows, size, x->data + sequence * x->sequence_stride + head * x->head_stride,
               x->row_stride);
}

static heed_status print_matrix(attend *a, int step, int64_t sequence, int64_t head, int64_t rows,
                                int64_t keys)
{
    heed_real *s = malloc((size_t)(MOST_ROWS * MOST_ROWS) * sizeof *s);
    if (!s) return report(HEED_E_NOMEM, "no memory for the trace");
    heed_status status = attend_matrix(a, step, sequence, head, s);
    if (status == HEED_OK) print_rows(rows, keys, s, keys);
    free(s);
    return status;
}

static heed_status trace_scores(attend *a, int64_t b, int64_t h, int64_t rows, int64_t keys)
{
    const heed_attention_options *o = &a->options;
    const char *score = name_of(o->score, "scaled_dot"), *position = name_of(o->position, "none");
    if (strcmp(position, "none") != 0)
        output_format("  position %s: %s\n", position, help_of("position", position));
    output_format("  scores, %s: %s\n", score, help_of("score", score));
    heed_status status = print_matrix(a, 0, b, h, rows, keys);
    for (size_t s = 0; s < o->stage_count && status == HEED_OK; s++) {
        output_format("  after %s: %s\n", a->stages[s]->name, help_of("stage", a->stages[s]->name));
        status = print_matrix(a, (int)s + 1, b, h, rows, keys);
    }
    if (status != HEED_OK || !o->mask) return status;
    output_format("  after mask %s: %s; what is hidden becomes -inf\n", o->mask->name,
                  help_of("mask", o->mask->name));
    return print_matrix(a, -1, b, h, rows, keys);
}

static heed_status trace_weights(attend *a, int64_t b, int64_t h, int64_t rows, int64_t keys)
{
    const char *normaliser = name_of(a->options.normaliser, "softmax");
    const heed_real *lse = (const heed_real *)a->lse->data + (b * a->heads + h) * a->queries;
    output_format("  weights, %s: %s\n", normaliser, help_of("normaliser", normaliser));
    heed_status status = print_matrix(a, LOOK_WEIGHTS, b, h, rows, keys);
    output_text("  lse, the logarithm of what was divided by (or what the normaliser keeps)\n");
    print_rows(rows, 1, lse, 1);
    if (a->options.dropout > 0)
        output_format("  dropout: each weight is 0 with probability %g, else divided by %g\n",
                      a->options.dropout, 1 - a->options.dropout);
    return status;
}

static heed_status trace_head(attend *a, int64_t b, int64_t h)
{
    const heed_attention_batch *batch = &a->batch_of;
    int64_t rows = batch->queries.lengths ? batch->queries.lengths[b] : a->queries;
    int64_t keys = batch->keys.lengths ? batch->keys.lengths[b] : a->keys;
    int64_t shared = h / (a->heads / a->key_heads);
    heed_attention_input o = {a->out_o.data, a->out_o.sequence_stride, a->out_o.row_stride,
                              a->out_o.head_stride};
    output_format("sequence %lld, head %lld (keys and values: head %lld)\n", (long long)b,
                  (long long)h, (long long)shared);
    print_side("q", &a->in_q, b, h, rows, a->head_size);
    print_side("k", &a->in_k, b, shared, keys, a->head_size);
    heed_status status = trace_scores(a, b, h, rows, keys);
    if (status == HEED_OK) status = trace_weights(a, b, h, rows, keys);
    if (status != HEED_OK) return status;
    print_side("v", &a->in_v, b, shared, keys, a->value_size);
    print_side("o = weights v", &o, b, h, rows, a->value_size);
    return output_status();
}

heed_status attend_trace(attend *a)
{
    heed_status status = HEED_OK;
    for (int64_t b = 0; b < a->batch && status == HEED_OK; b++)
        for (int64_t h = 0; h < a->heads && status == HEED_OK; h++) status = trace_head(a, b, h);
    return status;
}
