/* SPDX-License-Identifier: MIT */
/**
 * The operators that textbooks and lectures build attention from, each as one call over contiguous,
 * padded arrays of heed_real. They are exact and differentiable; for long inputs, packed rows,
 * other mechanisms and O(n) memory use heed/attention.h.
 *
 * Everywhere: an array is contiguous, its shape is in brackets, the last index runs fastest. A
 * length counts the valid rows of a padded sequence, 0 to all of them. What is past a length, or
 * masked, may hold anything, NaN and infinity too: it is never part of a result. A row of weights
 * without any valid key is all 0 (not uniform, not NaN). A NaN that is valid stays. Gradients are
 * added to what is there; NULL = unwanted. Results do not depend on the number of threads.
 *
 * A call takes and frees its own workspace (HEED_E_NOMEM). @param context NULL = the calling thread
 * alone. Structs hold their own sizeof in `size`; members left zero take their defaults. Outputs
 * must not overlap inputs, except where it is said.
 */
#ifndef HEED_ATTENTION_TEXTBOOK_H
#define HEED_ATTENTION_TEXTBOOK_H

#include "heed/attention.h"
#include "heed/context.h"
#include "heed/real.h"
#include "heed/status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ batched matrix product */

/**
 * C_b = A_b B_b for each b of a batch. Gradients are products as well: dA = dC B^T (turn_b flips),
 * dB = A^T dC (turn_a flips), with add = 1.
 */
typedef struct heed_textbook_product {
    size_t size; /**< sizeof(heed_textbook_product) */
    int64_t batch, rows, inner, columns;
    const heed_real *a;   /**< [batch, rows, inner]; turn_a: [batch, inner, rows] */
    const heed_real *b;   /**< [batch, inner, columns]; turn_b: [batch, columns, inner] */
    heed_real *c;         /**< [batch, rows, columns]: written; with add, added to */
    int turn_a, turn_b;   /**< 1: the matrices lie transposed */
    int share_a, share_b; /**< 1: there is one matrix, without batch, for all */
    int add;
} heed_textbook_product;

/** Each element is one chain of fused multiply-adds over `inner`, in order; inner = 0 gives 0.
 * Errors HEED_E_INVALID (a negative size, a missing array), HEED_E_NOMEM. */
HEED_API HEED_MUST_CHECK heed_status heed_textbook_multiply(heed_context *context,
                                                            const heed_textbook_product *product);

/* ------------------------------------------------------------------ sequence mask */

/**
 * visible[i][j] = 1 where j < lengths[i], else 0.
 * @param lengths [sequences]
 * @param visible out [sequences, width]
 * Errors HEED_E_INVALID (a length that is not 0 to width).
 */
HEED_API HEED_MUST_CHECK heed_status heed_textbook_mask(const int64_t *lengths, int64_t sequences,
                                                        int64_t width, unsigned char *visible);

/**
 * Sets what is past the lengths to a value: x[i][j][...] = value where j >= lengths[i].
 * @param x in place [sequences, width, columns]
 * Its gradient is the same call with value 0 on the gradient of the result. Errors as above.
 */
HEED_API HEED_MUST_CHECK heed_status heed_textbook_mask_values(const int64_t *lengths,
                                                               int64_t sequences, int64_t width,
                                                               int64_t columns, heed_real value,
                                                               heed_real *x);

/* ------------------------------------------------------------------ masked softmax */

/** y_j = exp(x_j) / sum of exp(x_k) over the k < length of a row; y_j = 0 past it. */
typedef struct heed_textbook_softmax {
    size_t size; /**< sizeof(heed_textbook_softmax) */
    int64_t batch, rows, columns;
    const int64_t *lengths; /**< [batch], or with row_lengths [batch, rows]; NULL = all columns */
    int row_lengths;        /**< 1: a length for each row */
    const heed_real *x;     /**< [batch, rows, columns] */
    heed_real *y;           /**< [batch, rows, columns]; may be x */
} heed_textbook_softmax;

/** Errors HEED_E_INVALID (a negative size, a length out of range, a missing array). */
HEED_API HEED_MUST_CHECK heed_status
heed_textbook_softmax_forward(heed_context *context, const heed_textbook_softmax *softmax);

/**
 * dx_j += y_j (dy_j - sum of y_k dy_k). `softmax` as forward left it: y is read, x is not (it may
 * be NULL).
 * @param d_y [batch, rows, columns]
 * @param d_x [batch, rows, columns], added to; may not be d_y
 */
HEED_API HEED_MUST_CHECK heed_status
heed_textbook_softmax_backward(heed_context *context, const heed_textbook_softmax *softmax,
                               const heed_real *d_y, heed_real *d_x);

/* ------------------------------------------------------------------ attention pooling */

/**
 * Kernel regression as attention (Nadaraya 1964, Watson 1964): o_i = sum_j P_ij v_j with
 * P_i = softmax_j(-|q_i - k_j|^2 / (2 sigma^2)). Memory O(keys) a thread.
 */
typedef struct heed_textbook_pooling {
    size_t size; /**< sizeof(heed_textbook_pooling) */
    int64_t batch, queries, keys;
    int64_t position_size;                      /**< numbers that make a place; 0 = 1 */
    int64_t value_size;                         /**< 0 = 1 */
    const heed_real *q;                         /**< [batch, queries, position_size] */
    const heed_real *k;                         /**< [batch, keys, position_size] */
    const heed_real *v;                         /**< [batch, keys, value_size] */
    const int64_t *query_lengths, *key_lengths; /**< [batch]; NULL = all */
    heed_real sigma;    /**< the kernel's width, above 0 and finite, in the positions' unit */
    heed_real *o;       /**< out [batch, queries, value_size]; rows past a length, and all where
                             there is no key, become 0 */
    heed_real *weights; /**< out [batch, queries, keys]; NULL = not wanted */
} heed_textbook_pooling;

/** Errors HEED_E_INVALID (a size, length or sigma out of range, a missing array), HEED_E_NOMEM. */
HEED_API HEED_MUST_CHECK heed_status heed_textbook_pool(heed_context *context,
                                                        const heed_textbook_pooling *pooling);

/** Gradients of a pooling; its o and weights are not used (they may be NULL). */
typedef struct heed_textbook_pooling_gradient {
    size_t size;          /**< sizeof(heed_textbook_pooling_gradient) */
    const heed_real *d_o; /**< [batch, queries, value_size] */
    heed_real *q, *k, *v; /**< like q, k, v: added to; NULL = unwanted */
    heed_real *sigma;     /**< [1], added to; NULL = unwanted */
} heed_textbook_pooling_gradient;

/** Errors as heed_textbook_pool. */
HEED_API HEED_MUST_CHECK heed_status
heed_textbook_pool_backward(heed_context *context, const heed_textbook_pooling *pooling,
                            const heed_textbook_pooling_gradient *gradient);

/* ------------------------------------------------------------------ multi-head attention */

/** A linear layer, y = W x + b. */
typedef struct heed_textbook_linear {
    const heed_real *w; /**< [outputs, inputs]: a row for each output, as PyTorch keeps it */
    const heed_real *b; /**< [outputs]; NULL = none */
} heed_textbook_linear;

/** Gradients of one, added to; NULL = unwanted. */
typedef struct heed_textbook_linear_gradient {
    heed_real *w, *b;
} heed_textbook_linear_gradient;

/**
 * Multi-head attention (Vaswani et al. 2017):
 *
 *     q' = Wq q + bq,  k' = Wk k + bk,  v' = Wv v + bv
 *     o_h = softmax(q'_h k'_g^T / sqrt(D)) v'_g,  g = h / (H / Hkv)
 *     y = Wo [o_0 ... o_(H-1)] + bo
 *
 * Head h has columns h D to h D + D - 1 of q', and of W the rows of that number.
 */
typedef struct heed_textbook_heads {
    size_t size;                    /**< sizeof(heed_textbook_heads) */
    int64_t batch, queries, keys;   /**< B, Tq, Tk */
    int64_t heads, key_heads;       /**< H, Hkv (0 = H) which divides H */
    int64_t query_width;            /**< Cq: columns of q, and of y where output_width is 0 */
    int64_t key_width, value_width; /**< Ck (0 = Cq), Cv (0 = Ck) */
    int64_t head_size;              /**< D; 0 = Cq / H, which must be whole */
    int64_t value_size;             /**< Dv; 0 = D */
    int64_t output_width;           /**< Co; 0 = Cq (without an output layer H Dv) */
    const heed_real *q;             /**< [B, Tq, Cq] */
    const heed_real *k;             /**< [B, Tk, Ck]; NULL = q (self-attention; Tk = Tq, Ck = Cq) */
    const heed_real *v;             /**< [B, Tk, Cv]; NULL = k */
    heed_textbook_linear fused;     /**< Wq, Wk, Wv one below the other, [H D + Hkv D + Hkv Dv, Cq],
                                         and their biases; needs Cq = Ck = Cv */
    heed_textbook_linear project_q; /**< [H D, Cq]; or where fused.w is NULL */
    heed_textbook_linear project_k; /**< [Hkv D, Ck] */
    heed_textbook_linear project_v; /**< [Hkv Dv, Cv] */
    heed_textbook_linear output;    /**< [Co, H Dv]; w NULL = no such layer: y is the heads side by
                                         side, Co = H Dv */
    const int64_t *query_lengths;   /**< [B]; NULL = Tq. Rows of y past it become 0 */
    const int64_t *key_lengths;     /**< [B]; NULL = Tk, in self-attention query_lengths */
    const heed_attention_part *mask; /**< any mask of heed/attention.h; NULL = all keys */
    const int64_t *query_offset; /**< [1]: query i stands at key position i + query_offset; NULL =
                                      0, where Tq = Tk */
    const heed_attention_extra *extras; /**< arrays that the mask reads; heads are query heads */
    size_t extra_count;
    heed_real *y;       /**< out [B, Tq, Co]. A query that sees no key has o = 0, so y = bo */
    heed_real *weights; /**< out [B, H, Tq, Tk], 0 past the lengths; NULL = not wanted, and no
                             matrix is made */
    heed_real *saved;   /**< out, for backward: heed_textbook_heads_saved heed_reals; NULL =
                             no backward will follow */
} heed_textbook_heads;

/** How many heed_reals `saved` holds. *count is 0 on error. Errors HEED_E_INVALID. */
HEED_API HEED_MUST_CHECK heed_status heed_textbook_heads_saved(const heed_textbook_heads *heads,
                                                               size_t *count);

/** Errors HEED_E_INVALID (a size or length out of range, a missing array, both fused and separate
 * projections), HEED_E_NOMEM. */
HEED_API HEED_MUST_CHECK heed_status heed_textbook_attend(heed_context *context,
                                                          const heed_textbook_heads *heads);

/** Gradients: all are added to what is there; NULL = unwanted. */
typedef struct heed_textbook_heads_gradient {
    size_t size;          /**< sizeof(heed_textbook_heads_gradient) */
    const heed_real *d_y; /**< [B, Tq, Co]; rows past a length are not read */
    heed_real *q, *k, *v; /**< like q, k, v. Where k was NULL its gradient goes to q's (leave k
                             NULL), where v was, to k's */
    heed_textbook_linear_gradient fused, project_q, project_k, project_v, output;
} heed_textbook_heads_gradient;

/** `heads` as forward left it: y and weights are not read. Errors as forward. */
HEED_API HEED_MUST_CHECK heed_status
heed_textbook_attend_backward(heed_context *context, const heed_textbook_heads *heads,
                              const heed_textbook_heads_gradient *gradient);

/* ------------------------------------------------------------------ concat-linear */

/**
 * The concat-linear rule: each query comes with one key, and a linear layer over both gives the
 * weights of a fixed number of values:
 *
 *     P_i = softmax(W [q_i; k_i] + b)        o_i = sum over t of P_it v_t
 *
 * (The attention of introductions to translation: the query is the last word, the key the decoder's
 * state, and the values are the encoder's outputs, padded to a greatest length.) Row t of W belongs
 * to the t-th value wherever it stands, so that what is learned holds for places and for that
 * length, not for what stands there; the scores of heed/attention.h look at the values' keys.
 */
typedef struct heed_textbook_concat_linear {
    size_t size;                  /**< sizeof(heed_textbook_concat_linear) */
    int64_t batch, rows, values;  /**< B, T, Tv; values at least 1 */
    int64_t query_size, key_size; /**< Dq, Dk, at least 1 */
    int64_t value_size;           /**< Dv; 0 = 1 */
    const heed_real *q;           /**< [B, T, Dq] */
    const heed_real *k;           /**< [B, T, Dk] */
    const heed_real *v;           /**< [B, Tv, Dv] */
    const heed_real *w;           /**< [Tv, Dq + Dk], the columns of q first */
    const heed_real *b;           /**< [Tv]; NULL = 0 */
    const int64_t *row_lengths;   /**< [B]; NULL = T. Later rows of weights and o become 0 */
    const int64_t *value_lengths; /**< [B]; NULL = Tv. Later values have weight 0 */
    heed_real *weights;           /**< [B, T, Tv]: written; backward reads it */
    heed_real *o;                 /**< [B, T, Dv]: written */
} heed_textbook_concat_linear;

/** Errors HEED_E_INVALID (a size or length out of range, a missing array). */
HEED_API HEED_MUST_CHECK heed_status
heed_textbook_concat_linear_forward(heed_context *context, const heed_textbook_concat_linear *rule);

/** Gradients: all are added to what is there; NULL = unwanted. */
typedef struct heed_textbook_concat_linear_gradient {
    size_t size;                  /**< sizeof(heed_textbook_concat_linear_gradient) */
    const heed_real *d_o;         /**< [B, T, Dv]; rows past a length are not read */
    heed_real *q, *k, *v, *w, *b; /**< like those of the rule */
} heed_textbook_concat_linear_gradient;

/** `rule` as forward left it: o is not read. Errors as forward, and HEED_E_NOMEM. */
HEED_API HEED_MUST_CHECK heed_status
heed_textbook_concat_linear_backward(heed_context *context, const heed_textbook_concat_linear *rule,
                                     const heed_textbook_concat_linear_gradient *gradient);
#ifdef __cplusplus
}
#endif
#endif
