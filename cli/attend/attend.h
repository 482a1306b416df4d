/* SPDX-License-Identifier: MIT */
/* One run of heed attend. */
#ifndef HEED_CLI_ATTEND_H
#define HEED_CLI_ATTEND_H

#include "cli/attend/entry.h"

#include "heed/attention.h"
#include "heed/context.h"

#include <jansson.h>

enum {
    MOST_ARRAYS = 96, /* in memory at once */
    MOST_NAMED = 32,  /* --array and --parameter each */
    MOST_STAGES = 8,
    MOST_SPECS = MOST_STAGES + 4,
    TEXT_ROOM = 4096 /* of a mechanism's text form */
};

/* What the arrays are computed in. */
#define REAL_KIND (sizeof(heed_real) == 8 ? HEED_ARRAY_FLOAT64 : HEED_ARRAY_FLOAT32)

/* An array that a mechanism asks for by name: of the batch, or learned. */
typedef struct named {
    char name[64];
    const char *flag, *path;   /* where it comes from */
    heed_array *array;         /* NULL = to be read from path */
    const char *gradient_path; /* NULL = no gradient is wanted */
    heed_array *gradient;      /* NULL = not asked for */
    int taken;
} named;

typedef struct attend {
    const options *given;
    const heed_array *q_file;
    heed_array_kind kind;  /* of what is written: q's */
    heed_array_kind exact; /* of sums: float32 where kind is shorter */
    heed_context *context; /* NULL = this thread alone */
    heed_array arrays[MOST_ARRAYS];
    int n_arrays;

    int flat; /* 1: [B, T, C], else [B, H, T, D] */
    int64_t batch, heads, key_heads, queries, keys, past, head_size, value_size;
    heed_array *q, *k, *v; /* as given, heed_real */
    heed_attention_input in_q, in_k, in_v;

    heed_attention_spec *specs[MOST_SPECS];
    int n_specs;
    const heed_attention_part *stages[MOST_STAGES];
    heed_attention_options options;
    named extra[MOST_NAMED], parameter[MOST_NAMED];
    int n_extra, n_parameter;
    const char *mask_parts[MOST_NAMED]; /* what --causal and others add to the mask */
    int n_mask_parts;

    heed_attention_plan *plan;
    heed_attention_sizes sizes;
    heed_real *workspace;
    void *workspace_block; /* workspace, before it is aligned */
    heed_attention_batch batch_of;
    heed_attention_extra extras[MOST_NAMED];
    const heed_real *parameters[MOST_NAMED];
    heed_real *d_parameters[MOST_NAMED];
    heed_array *o, *lse; /* [B, H, Tq, Dv] or [B, Tq, H x Dv]; [B, H, Tq] */
    heed_attention_output out_o, out_lse;
    heed_array *d_o, *d_lse; /* their gradients; NULL = not given */

    char *lint;      /* NULL = not asked for */
    json_t *written; /* with --json: what was written where */
} attend;

/* ---- arrays.c: memory */

/* An array that lives until the end. */
heed_status attend_array(attend *a, heed_array_kind kind, int rank, const int64_t *shape,
                         const char *what, heed_array **out);
/* The file as heed_real (whole numbers: as int64). */
heed_status attend_read(attend *a, const char *path, heed_array_kind kind, heed_array **out);
/* Booleans stay booleans. */
heed_status attend_read_mask(attend *a, const char *path, heed_array **out);
/* The file that --flag names, of numbers; its shape must be that of `like`, which is called `what`.
 */
heed_status attend_read_like(attend *a, const char *flag, const char *path, const heed_array *like,
                             const char *what, heed_array **out);
/* "[2, 8, 16]" into text. */
#define SHAPE_ROOM 256
const char *attend_shape(int rank, const int64_t *shape, char text[SHAPE_ROOM]);
/* What lse, weights and their like have: four of them, or fewer. */
heed_status attend_made(attend *a, heed_array_kind kind, int64_t one, int64_t two, int64_t three,
                        int64_t four, const char *what, heed_array **out);

/* ---- entry.c */

heed_status attend_plan(attend *a);
/* The library names its own arguments; here they are options. */
heed_status attend_translate(heed_status status);
/* Frees the plan, what it was described by, and the arrays. */
void attend_end(attend *a);

/* ---- given.c */

/* Is a result asked for, beside the plan? */
int attend_wants_numbers(const options *given);

/* ---- load.c: q, k, v, the past, lengths and offsets */

heed_status attend_load(attend *a);
heed_status attend_rows(attend *a);
/* An array shaped like o, k and so on, as the operator addresses it. */
heed_attention_input attend_view(const attend *a, const heed_array *array, int64_t heads,
                                 int64_t rows, int64_t size);

/* ---- describe.c: the descriptor */

heed_status attend_describe(attend *a);
heed_status attend_take_stage(attend *a, const char *text);
void attend_add_mask(attend *a, const char *text);
/* What a shortcut stands for must be a row of its table. */
heed_status attend_check_row(const char *flag, const char *table, const char *name);

/* ---- named.c: the arrays that mechanisms ask for */

/* From the command line, and from shortcuts: path or array. */
heed_status attend_named(attend *a);
heed_status attend_add_extra(attend *a, const char *name, const char *flag, const char *path,
                             heed_array *array);
heed_status attend_add_parameter(attend *a, const char *name, const char *flag, heed_array *array);
heed_status attend_take_extras(attend *a);
heed_status attend_take_parameters(attend *a);
/* What was added to their gradients goes to the files that were named for it. */
heed_status attend_write_named(attend *a);
/* n->array, [T], [B, T] or [B, H, T] with T = rows, as the operator addresses it. */
heed_status attend_lay_rows(const attend *a, const named *n, int64_t rows,
                            heed_attention_extra *out);
/* A line for each array that the plan reads beside q, k and v. */
void attend_say_needs(const attend *a, char *text, size_t size);

/* ---- masks.c */

/* --mask: a stage, a part of the mask, or both, and their arrays. */
heed_status attend_take_mask(attend *a);

/* ---- look.c, sums.c, backward.c: after forward */

heed_status attend_look(attend *a);
/* How many rows of this sequence count. */
int64_t attend_length(const heed_attention_rows *rows, int64_t sequence);
int attend_wants_sums(const options *given);
heed_status attend_sums(attend *a);
/* Forward's q, k, lse and parameters; v and the gradient of o are left out. */
heed_attention_inspect_tensors attend_inspect_tensors(const attend *a);
/* --grad-output and --grad-lse, into d_o and d_lse. */
heed_status attend_read_gradients(attend *a);
heed_status attend_backward(attend *a);
int attend_wants_gradients(const options *given);
/* P, or the scores after `stages` stages (-1: with the mask), of one sequence and head. */
enum { LOOK_WEIGHTS = -2 };
heed_status attend_matrix(attend *a, int stages, int64_t sequence, int64_t head, heed_real *out);
/* P of one sequence and head without what its last stages weigh, or after dropout. */
heed_status attend_weights(attend *a, int unweighed, int dropped, int64_t sequence, int64_t head,
                           heed_real *out);

/* ---- merge.c, rollout.c; their checks come before anything is computed */

heed_status attend_merge_check(const attend *a);
/* o and lse become those over these keys and others. */
heed_status attend_merge(attend *a);
heed_status attend_rollout_check(const attend *a);
heed_status attend_rollout(attend *a);

/* ---- picture.c */

int attend_wants_picture(const options *given);
/* Before anything is computed: is it there, and small enough? */
heed_status attend_picture_check(const attend *a);
heed_status attend_picture(attend *a);

/* ---- write.c */

/* What the option named `flag` names is written there, in `kind`; nothing where it is not given. */
heed_status attend_write(attend *a, const char *flag, const heed_array *array,
                         heed_array_kind kind);
heed_status attend_write_file(attend *a, const char *name, const char *path,
                              const heed_array *array, heed_array_kind kind);
/* To a file, or standard output for "-". */
heed_status attend_write_bytes(const char *path, const char *bytes, size_t size);
heed_status attend_show_plan(attend *a);
/* The plan's shares of blocks. */
json_t *attend_blocks_json(const heed_attention_plan *plan);
/* --lint: what is odd about the batch, kept for --json, else printed. */
heed_status attend_lint(attend *a);
heed_status attend_trace(attend *a);
heed_status attend_trace_check(const attend *a);

#endif
