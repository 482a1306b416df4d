/* SPDX-License-Identifier: MIT */
/* What the two halves of the one-call multi-head attention share. */
#ifndef HEED_ATTENTION_TEXTBOOK_HEADS_H
#define HEED_ATTENTION_TEXTBOOK_HEADS_H

#include "attention/textbook.h"
#include "kernels/gemm.h"

/* Padded rows of one side: [batch, length, ...], of which the first lengths[b] count. */
typedef struct heed__padded {
    int64_t batch, length;
    const int64_t *lengths; /* NULL = all */
} heed__padded;

/* Rows of projected heads. */
typedef struct heed__projected {
    heed_real *q, *k, *v, *o, *lse; /* lse: forward's only */
} heed__projected;

/* A call with its defaults filled in, its plan and its workspace. */
typedef struct heed__heads {
    const heed_textbook_heads *given;
    heed_context *context;
    int64_t heads, key_heads, size, value_size; /* H, Hkv, D, Dv */
    int64_t query_width, key_width, value_width, output_width;
    heed__padded queries, keys;
    const heed_real *q, *k, *v;
    heed_textbook_linear project_q, project_k, project_v;
    heed_attention_plan *plan;
    heed_attention_batch batch;
    heed__projected saved;
    heed_real *held;      /* saved, where the caller gave none */
    heed_real *workspace; /* of the products and of attention, one after the other */
} heed__heads;

/* Checks and fills all but the workspace; heed__heads_end frees what there is, also on error. */
heed_status heed__heads_start(heed_context *context, const heed_textbook_heads *given,
                              heed__heads *heads);
void heed__heads_end(heed__heads *heads);

/* Divides an array of heed__heads_room heed_reals. */
heed__projected heed__heads_divide(const heed__heads *heads, heed_real *array);
size_t heed__heads_room(const heed__heads *heads);

/* The most that a product of the call needs. */
size_t heed__heads_product_room(const heed__heads *heads);

/* A view of projected rows, `width` wide. */
heed_attention_input heed__heads_input(const heed__padded *side, const heed_real *x, int64_t heads,
                                       int64_t size);
heed_attention_output heed__heads_output(const heed__padded *side, heed_real *x, int64_t heads,
                                         int64_t size);

/* Calls gemm for the valid rows: of all sequences at once, or one by one. `step` is the product of
 * `rows` rows from row `first` of the padded array; its workspace is that of the heads. */
typedef heed__gemm (*heed__heads_step)(const void *linear, int64_t first, int64_t rows);
void heed__heads_products(const heed__heads *heads, const heed__padded *side, heed__heads_step step,
                          const void *linear);

/* Copies the valid rows of o [B, Tq, H Dv]; without an output layer y is like it. */
void heed__heads_copy(const heed__heads *heads, const heed_real *from, heed_real *to);

#endif
