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

/* A row of a table; all zero but its help where there is none. */
static heed_attention_entry row_of(const char *table, const char *name)
{
    heed_attention_entry row;
    for (size_t i = 0; heed_attention_list(i, &row); i++)
        if (strcmp(row.table, table) == 0 && strcmp(row.name, name) == 0) return row;
    return (heed_attention_entry){.help = ""};
}

static const char *help_of(const char *table, const char *name)
{
    return row_of(table, name).help;
}

static int acts_on(const heed_attention_part *stage, heed_attention_acts what)
{
    return (row_of("stage", stage->name).acts_on & (unsigned)what) != 0;
}

static const char *name_of(const heed_attention_part *part, const char *otherwise)
{
    return part ? part->name : otherwise;
}

/* One head of one sequence, and what was last printed of it. */
typedef struct board {
    attend *a;
    int64_t sequence, head, rows, keys;
    heed_real now[MOST_ROWS * MOST_ROWS], last[MOST_ROWS * MOST_ROWS];
} board;

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

static void print_matrix(board *b)
{
    print_rows(b->rows, b->keys, b->now, b->keys);
    memcpy(b->last, b->now, sizeof b->last);
}

static int is_new(const board *b)
{
    return memcmp(b->now, b->last, (size_t)(b->rows * b->keys) * sizeof *b->now) != 0;
}

/* Scores after so many stages (-1: and the mask). */
static heed_status find_scores(board *b, int stages)
{
    return attend_matrix(b->a, stages, b->sequence, b->head, b->now);
}

static heed_status find_weights(board *b, size_t unweighed, int dropped)
{
    return attend_weights(b->a, (int)unweighed, dropped, b->sequence, b->head, b->now);
}

/* ---- rows as the score compares them, where it prepares or the position turns them */

static int is_as_given(const attend *a, const heed_attention_input *x, int64_t sequence,
                       int64_t head, int64_t rows, const heed_real *prepared)
{
    const heed_real *given = x->data + sequence * x->sequence_stride + head * x->head_stride;
    if ((int64_t)a->sizes.width != a->head_size) return 0;
    for (int64_t i = 0; i < rows; i++)
        if (memcmp(given + i * x->row_stride, prepared + i * a->head_size,
                   (size_t)a->head_size * sizeof *given) != 0)
            return 0;
    return 1;
}

static heed_status trace_prepared(board *b, int keys)
{
    attend *a = b->a;
    heed_attention_inspect_tensors tensors = attend_inspect_tensors(a);
    int64_t width = (int64_t)a->sizes.width, rows = keys ? b->keys : b->rows;
    int64_t own = keys ? b->head / (a->heads / a->key_heads) : b->head;
    heed_real *x = malloc((size_t)(MOST_ROWS * width) * sizeof *x);
    if (!x) return report(HEED_E_NOMEM, "no memory for the trace");
    heed_status status = heed_attention_prepared(a->plan, &a->batch_of, &tensors, keys, b->sequence,
                                                 b->head, 0, rows, x);
    if (status == HEED_OK &&
        !is_as_given(a, keys ? &a->in_k : &a->in_q, b->sequence, own, rows, x)) {
        output_format("  %c as it is compared [%lld, %lld]%s\n", keys ? 'k' : 'q', (long long)rows,
                      (long long)width, width > MOST_COLUMNS ? ": rows too long to print" : "");
        if (width <= MOST_COLUMNS) print_rows(rows, width, x, width);
    }
    free(x);
    return status;
}

/* ---- scores, weights */

static heed_status trace_scores(board *b)
{
    const heed_attention_options *o = &b->a->options;
    const char *score = name_of(o->score, "scaled_dot"), *position = name_of(o->position, "none");
    if (strcmp(position, "none") != 0)
        output_format("  position %s: %s\n", position, help_of("position", position));
    heed_status status = trace_prepared(b, 0);
    if (status == HEED_OK) status = trace_prepared(b, 1);
    if (status == HEED_OK) status = find_scores(b, 0);
    if (status != HEED_OK) return status;
    output_format("  scores, %s: %s\n", score, help_of("score", score));
    print_matrix(b);
    for (size_t s = 0; s < o->stage_count; s++) {
        if (!acts_on(o->stages[s], HEED_ATTENTION_ON_SCORES)) continue;
        status = find_scores(b, (int)s + 1);
        if (status != HEED_OK) return status;
        output_format("  after %s: %s\n", o->stages[s]->name, help_of("stage", o->stages[s]->name));
        print_matrix(b);
    }
    status = find_scores(b, -1);
    if (status != HEED_OK || (!o->mask && !is_new(b))) return status;
    if (o->mask)
        output_format("  after mask %s: %s; what is hidden becomes -inf\n", o->mask->name,
                      help_of("mask", o->mask->name));
    else
        output_text("  what the normaliser gets, with its noise\n");
    print_matrix(b);
    return HEED_OK;
}

static heed_status trace_weights(board *b)
{
    const attend *a = b->a;
    const heed_attention_options *o = &a->options;
    const char *normaliser = name_of(o->normaliser, "softmax");
    const heed_real *lse =
        (const heed_real *)a->lse->data + (b->sequence * a->heads + b->head) * a->queries;
    heed_status status = find_weights(b, o->stage_count, 0);
    if (status != HEED_OK) return status;
    output_format("  weights, %s: %s\n", normaliser, help_of("normaliser", normaliser));
    print_matrix(b);
    output_text("  lse, the logarithm of what was divided by (or what the normaliser keeps)\n");
    print_rows(b->rows, 1, lse, 1);
    for (size_t s = 0; s < o->stage_count; s++) {
        if (!acts_on(o->stages[s], HEED_ATTENTION_ON_WEIGHTS)) continue;
        status = find_weights(b, o->stage_count - s - 1, 0);
        if (status != HEED_OK) return status;
        output_format("  after %s: %s\n", o->stages[s]->name, help_of("stage", o->stages[s]->name));
        print_matrix(b);
    }
    if (!(o->dropout > 0)) return HEED_OK;
    status = find_weights(b, 0, 1);
    if (status != HEED_OK) return status;
    output_format("  after dropout: each is 0 with probability %g, else divided by %g\n",
                  o->dropout, 1 - o->dropout);
    print_matrix(b);
    return HEED_OK;
}

static void print_result(const board *b)
{
    const attend *a = b->a;
    heed_attention_input o = {a->out_o.data, a->out_o.sequence_stride, a->out_o.row_stride,
                              a->out_o.head_stride};
    print_side("v", &a->in_v, b->sequence, b->head / (a->heads / a->key_heads), b->keys,
               a->value_size);
    for (size_t s = 0; s < a->options.stage_count; s++)
        if (acts_on(a->stages[s], HEED_ATTENTION_ON_VALUES))
            output_format("  %s adds to the values: %s\n", a->stages[s]->name,
                          help_of("stage", a->stages[s]->name));
    print_side("o = weights v", &o, b->sequence, b->head, b->rows, a->value_size);
}

static heed_status trace_head(board *b)
{
    const attend *a = b->a;
    const heed_attention_batch *batch = &a->batch_of;
    int64_t shared = b->head / (a->heads / a->key_heads);
    b->rows = attend_length(&batch->queries, b->sequence);
    b->keys = attend_length(&batch->keys, b->sequence);
    output_format("sequence %lld, head %lld (keys and values: head %lld)\n", (long long)b->sequence,
                  (long long)b->head, (long long)shared);
    print_side("q", &a->in_q, b->sequence, b->head, b->rows, a->head_size);
    print_side("k", &a->in_k, b->sequence, shared, b->keys, a->head_size);
    heed_status status = trace_scores(b);
    if (status == HEED_OK) status = trace_weights(b);
    if (status != HEED_OK) return status;
    print_result(b);
    return output_status();
}

heed_status attend_trace(attend *a)
{
    heed_status status = HEED_OK;
    board b = {.a = a};
    for (b.sequence = 0; b.sequence < a->batch && status == HEED_OK; b.sequence++)
        for (b.head = 0; b.head < a->heads && status == HEED_OK; b.head++) status = trace_head(&b);
    return status;
}
