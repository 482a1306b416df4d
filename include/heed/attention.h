/* SPDX-License-Identifier: MIT */
/**
 * The attention operator: describe, plan, run.
 *
 *     s = score(q, k)          q and k turned by their position first, where one is named
 *     s = stages(s)            in the order given: softcap, biases, ...; masked scores become -inf,
 *     P = normalise(s)         by selection; lse = ln sum exp(s), natural log
 *     P = stages(P)            those that weigh after the normaliser
 *     o = dropout(P) v         (and what a stage adds to the values)
 *
 * A descriptor (heed_attention_options) names one row of each table (heed_attention_list prints
 * them); NULL takes the default. A plan picks the engine for a descriptor and for the largest batch
 * it will meet, says what it costs, and serves every batch that fits. Running allocates nothing:
 * the caller hands in the workspace. Memory is O(rows), never queries x keys.
 *
 * Names: B sequences, H query heads over Hkv key/value heads (query head h reads key/value head
 * h / (H / Hkv)), D head size of q and k, Dv of v and o, Tq and Tk lengths. Strides in elements;
 * the D (or Dv) elements of one row and head are contiguous.
 *
 * What always holds: a query that sees no key gives o = 0, P = 0, lse = -inf and no gradient; a NaN
 * in a visible score stays NaN; NaN or infinity in masked or padded keys and values never shows.
 * Weights that are exponentials (softmax and its kin) are 0 below e^-60 of their row's sum, in
 * float32; in float64 they are not.
 * Results depend, to the bit, on a sequence's own rows only: not on threads or what else is in the
 * batch, nor at HEED_PRECISION_HIGHEST on processor or engine.
 *
 * Threads: a plan may be used by one thread at a time (it uses its context). Structs whose first
 * member is `size` must hold their own sizeof there; members left zero take their defaults.
 */
#ifndef HEED_ATTENTION_H
#define HEED_ATTENTION_H

#include "heed/attention_batch.h"
#include "heed/attention_parts.h"
#include "heed/context.h"
#include "heed/real.h"
#include "heed/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ one call */

/** Attention over padded, contiguous arrays. */
typedef struct heed_attention_arrays {
    size_t size;                     /**< sizeof(heed_attention_arrays) */
    int64_t batch, heads, key_heads; /**< B, H, Hkv (0 = H) */
    int64_t queries, keys;           /**< Tq, Tk */
    int64_t head_size, value_size;   /**< D, Dv (0 = D) */
    const heed_real *q;              /**< [B, H, Tq, D] */
    const heed_real *k;              /**< [B, Hkv, Tk, D] */
    const heed_real *v;              /**< [B, Hkv, Tk, Dv] */
    const int64_t *query_lengths;    /**< [B], each 0 to Tq; NULL = all Tq */
    const int64_t *key_lengths;      /**< [B], each 0 to Tk; NULL = all Tk */
    int causal;                      /**< 1: query i sees keys j <= i + causal_offset */
    const int64_t *causal_offset;    /**< [1]; NULL = 0, allowed only where Tq = Tk */
    heed_real *o;                    /**< out [B, H, Tq, Dv]; rows past a length become 0 */
    heed_real *lse;                  /**< out [B, H, Tq] or NULL; past a length: -inf */
} heed_attention_arrays;

/**
 * Scaled dot-product attention in one call: o = softmax(q k^T / sqrt(D)) v.
 * @param context NULL = the calling thread alone.
 * Errors HEED_E_INVALID (a size, length or offset out of range; the message names it),
 * HEED_E_NOMEM. Takes and frees its own workspace: to run often, make a plan.
 */
HEED_API HEED_MUST_CHECK heed_status heed_attention_padded(heed_context *context,
                                                           const heed_attention_arrays *arrays);

/* ------------------------------------------------------------------ describe */

typedef struct heed_attention_options {
    size_t size;                              /**< sizeof(heed_attention_options) */
    int64_t heads, key_heads;                 /**< H, Hkv (0 = H) which divides H */
    int64_t head_size, value_size;            /**< D, Dv (0 = D) */
    const heed_attention_part *score;         /**< NULL = "scaled_dot" */
    const heed_attention_part *normaliser;    /**< NULL = "softmax" */
    const heed_attention_part *mask;          /**< NULL = "none": all keys within the length */
    const heed_attention_part *position;      /**< NULL = "none" */
    const heed_attention_part *const *stages; /**< [stage_count], in order; at most 8 */
    size_t stage_count;
    double dropout;     /**< 0 <= p < 1, rounded to 1/65536; after normalising */
    const char *engine; /**< NULL = the best that can */
    int strict;         /**< 1: refuse a plan that would be slow: on the reference engine, or on a
                             processor whose kernels have no vectors */
} heed_attention_options;

/** The largest batch a plan must serve. */
typedef struct heed_attention_capacity {
    size_t size;                        /**< sizeof(heed_attention_capacity) */
    int64_t sequences;                  /**< B */
    int64_t longest_query, longest_key; /**< rows of one sequence */
    int64_t query_rows, key_rows;       /**< of all sequences; 0 = sequences x longest */
} heed_attention_capacity;

/** What a stage changes. */
typedef enum heed_attention_acts {
    HEED_ATTENTION_ON_SCORES = 1,  /**< before the normaliser */
    HEED_ATTENTION_ON_WEIGHTS = 2, /**< after it */
    HEED_ATTENTION_ON_VALUES = 4   /**< adds to the output, by weights */
} heed_attention_acts;

/** One row of a table. The strings are static. */
typedef struct heed_attention_entry {
    const char *table; /**< "score", "normaliser", "mask", "position", "stage" or "engine" */
    const char *name;
    const char *help; /**< one line */
    unsigned acts_on; /**< of a stage: any of heed_attention_acts; else 0 */
} heed_attention_entry;

/** Row `index` of all tables, in order, from 0. Returns 0 past the last row, else 1. */
HEED_API int heed_attention_list(size_t index, heed_attention_entry *out);

/* ------------------------------------------------------------------ plan */

typedef struct heed_attention_plan heed_attention_plan;

/**
 * Picks an engine. Copies the descriptor; the context (NULL = the calling thread alone) must
 * outlive the plan.
 * @param out receives the plan; the caller frees it with heed_attention_plan_destroy.
 * Errors HEED_E_INVALID (unknown name, size out of range, H not a multiple of Hkv),
 * HEED_E_UNSUPPORTED (the engine asked for cannot, or a strict plan would be slow; the message says
 * why), HEED_E_NOMEM.
 * *out is NULL on error.
 */
HEED_API HEED_MUST_CHECK heed_status
heed_attention_plan_create(heed_context *context, const heed_attention_options *options,
                           const heed_attention_capacity *capacity, heed_attention_plan **out);

/** Accepts NULL and a pointer to NULL; nulls the pointer. */
HEED_API void heed_attention_plan_destroy(heed_attention_plan **plan);

/** What the caller must provide, in heed_reals. */
typedef struct heed_attention_sizes {
    size_t size;       /**< sizeof(heed_attention_sizes), set by the caller */
    size_t forward;    /**< workspace of forward */
    size_t backward;   /**< workspace of backward */
    size_t inspect;    /**< workspace of weights and summaries */
    size_t parameters; /**< how many parameter arrays the mechanisms have (not reals) */
    size_t extras;     /**< how many arrays of the batch they read beside q, k and v */
    size_t width;      /**< numbers of a row of heed_attention_prepared */
} heed_attention_sizes;

/** Fills *sizes. Errors HEED_E_INVALID (sizes->size). */
HEED_API HEED_MUST_CHECK heed_status heed_attention_plan_sizes(const heed_attention_plan *plan,
                                                               heed_attention_sizes *sizes);

/** Shares, 0 to 1, of the blocks of 64 queries and 64 keys of one sequence of the longest lengths,
 * all heads, its last query at its last key; all 0 where there are none. */
typedef struct heed_attention_coverage {
    size_t size;    /**< sizeof(heed_attention_coverage), set by the caller */
    double skipped; /**< no pair is seen: not computed */
    double partial; /**< some pairs are hidden */
    double full;
    double unknown; /**< the batch's arrays, or learned ones, decide */
    int sampled;    /**< 1: there are too many; of blocks at even distances */
} heed_attention_coverage;

/** Fills *coverage. Errors HEED_E_INVALID (coverage->size). */
HEED_API HEED_MUST_CHECK heed_status
heed_attention_plan_coverage(const heed_attention_plan *plan, heed_attention_coverage *coverage);

/** What numbers mean, of an array of query rows or learned. */
typedef enum heed_attention_range {
    HEED_ATTENTION_ANY_NUMBERS,
    HEED_ATTENTION_SHARES,    /**< 0 to 1 */
    HEED_ATTENTION_KEY_PLACES /**< 0 to the number of keys: places among them */
} heed_attention_range;

/** One parameter array of a plan's mechanisms. */
typedef struct heed_attention_parameter {
    const char *name; /**< such as "score.weight"; static */
    int64_t rows, columns;
    heed_attention_range range; /**< hold the numbers within it after each step of learning */
    heed_real price; /**< what a mechanism's setting asks the loss to pay for each unit of each
                          number: add it to the gradient that backward left. Mostly 0 */
} heed_attention_parameter;

/** Parameter `index`, in the order in which arrays of them are handed in. 0 past the last, else 1.
 */
HEED_API int heed_attention_plan_parameter(const heed_attention_plan *plan, size_t index,
                                           heed_attention_parameter *out);

/**
 * Values from which parameter `index` may begin to be learned: a mechanism's own (slopes of ALiBi),
 * zeros, or numbers drawn from `seed`, the same everywhere.
 * @param out [rows, columns], written.
 * Errors HEED_E_INVALID (no such parameter, out NULL).
 */
HEED_API HEED_MUST_CHECK heed_status heed_attention_plan_begin(const heed_attention_plan *plan,
                                                               size_t index, uint64_t seed,
                                                               heed_real *out);

/** What an array of the batch holds, and how it is addressed (heed_attention_extra). */
typedef enum heed_attention_extra_kind {
    HEED_ATTENTION_QUERY_REALS, /**< heed_real, one for each query row and head: like lse */
    HEED_ATTENTION_QUERY_IDS,   /**< int64_t, one for each query row (and head) */
    HEED_ATTENTION_KEY_IDS,     /**< int64_t, one for each key row; heads are query heads */
    HEED_ATTENTION_PAIR_REALS,  /**< heed_real for each query and key */
    HEED_ATTENTION_PAIR_FLAGS   /**< unsigned char for each query and key */
} heed_attention_extra_kind;

/** One array that a plan's mechanisms read from the batch. */
typedef struct heed_attention_extra_info {
    const char *name; /**< such as "bias.pairs"; static */
    heed_attention_extra_kind kind;
    int backward_only; /**< 1: read by heed_attention_backward alone (elsewhere data may be NULL),
                            and without a gradient */
    heed_attention_range range; /**< of HEED_ATTENTION_QUERY_REALS */
} heed_attention_extra_info;

/** Array `index`, in the order of heed_attention_batch.extras. 0 past the last, else 1. */
HEED_API int heed_attention_plan_extra(const heed_attention_plan *plan, size_t index,
                                       heed_attention_extra_info *out);

/**
 * Says in words what was chosen: the mechanisms with their settings, the engine and what it holds
 * at a time, the bytes of each workspace, the share of blocks of 64 x 64 that are skipped, looked
 * at pair by pair, and computed whole (for the longest lengths, the last query at the last key;
 * known only with a batch where its arrays decide), and why each better engine was passed over.
 * Writes at most `size` bytes including the NUL; returns the length of the whole text, like
 * snprintf.
 */
HEED_API size_t heed_attention_plan_describe(const heed_attention_plan *plan, char *text,
                                             size_t size);

/* ------------------------------------------------------------------ run */

typedef struct heed_attention_forward_tensors {
    size_t size;               /**< sizeof(heed_attention_forward_tensors) */
    heed_attention_input q;    /**< query rows, H heads, D */
    heed_attention_input k;    /**< key rows, Hkv heads, D */
    heed_attention_input v;    /**< key rows, Hkv heads, Dv */
    heed_attention_output o;   /**< query rows, H heads, Dv: written; rows past a length are not */
    heed_attention_output lse; /**< query rows, H heads, one: written; wanted by backward */
    const heed_real *const *parameters; /**< the plan's parameter arrays; NULL where it has none */
} heed_attention_forward_tensors;

typedef struct heed_attention_backward_tensors {
    size_t size;                  /**< sizeof(heed_attention_backward_tensors) */
    heed_attention_input q, k, v; /**< as in forward */
    heed_attention_input o, lse;  /**< what forward wrote */
    heed_attention_input d_o;     /**< gradient of o */
    heed_attention_input d_lse;   /**< gradient of lse; data NULL = none */
    const heed_real *const *parameters;
    heed_attention_output dq, dk, dv; /**< like q, k, v: gradients are added to what is there */
    heed_real *const
        *d_parameters; /**< like parameters, added to; NULL, or NULL items = unwanted */
} heed_attention_backward_tensors;

/**
 * o and lse of a batch.
 * @param workspace sizes.forward heed_reals, 64-byte aligned; its content does not matter.
 * Errors HEED_E_INVALID (offsets that decrease, a length or count over the plan's capacity, a
 * missing array, a causal mask over Tq != Tk without query_offset). Checks are O(B) and come before
 * anything is written. q, k, v may be views into one array; o and lse must not overlap them (those
 * that begin at the same place are refused).
 */
HEED_API HEED_MUST_CHECK heed_status
heed_attention_forward(const heed_attention_plan *plan, const heed_attention_batch *batch,
                       const heed_attention_forward_tensors *tensors, heed_real *workspace);

/**
 * Gradients, from what forward read and wrote. workspace: sizes.backward. Errors as forward. dq, dk
 * and dv must not overlap what is read; dk and dv may be one array, where k and v are, and get the
 * sum (the engine "reference" adds it up in another order).
 */
HEED_API HEED_MUST_CHECK heed_status
heed_attention_backward(const heed_attention_plan *plan, const heed_attention_batch *batch,
                        const heed_attention_backward_tensors *tensors, heed_real *workspace);

/**
 * Looks for what is odd about a batch and says it, a line each: queries that see no key, blocks
 * that are computed though nothing in them is seen, a mask of flags that looks inverted, a bias
 * that hides by large negative numbers. Reads the batch's arrays, not q, k or v; its time is
 * O(queries x keys).
 * @param parameters as for forward.
 * @param text, size as for heed_attention_plan_describe.
 * @param length receives the length of the whole text; 0 = nothing is odd.
 * Errors as forward.
 */
HEED_API HEED_MUST_CHECK heed_status heed_attention_lint(const heed_attention_plan *plan,
                                                         const heed_attention_batch *batch,
                                                         const heed_real *const *parameters,
                                                         char *text, size_t size, size_t *length);

/** What the masks of one batch let through, over all sequences and heads. */
typedef struct heed_attention_counts {
    size_t size;           /**< sizeof(heed_attention_counts), set by the caller */
    int64_t queries;       /**< times heads */
    int64_t lone;          /**< of them: they see no key */
    int64_t first_lone[3]; /**< the first of these: its sequence, head and row; of no meaning where
                                there is none */
    int64_t blocks;        /**< of 64 queries x 64 keys that are computed */
    int64_t wasted;        /**< of them: no pair is seen */
    int64_t pairs;         /**< of a query and a key, in the computed blocks */
    int64_t seen;          /**< of them: the query sees the key */
} heed_attention_counts;

/**
 * Counts what a batch costs and what it needs: `seen` pairs are needed, `pairs` are computed.
 * Reads the batch's arrays, not q, k or v. Memory O(1); its time that of finding the blocks, and of
 * looking at the pairs in those that are seen in part.
 * @param parameters as for forward.
 * Errors as forward, HEED_E_INVALID (counts->size).
 */
HEED_API HEED_MUST_CHECK heed_status heed_attention_count(const heed_attention_plan *plan,
                                                          const heed_attention_batch *batch,
                                                          const heed_real *const *parameters,
                                                          heed_attention_counts *counts);

/* ------------------------------------------------------------------ look inside */

/** What the weights are computed from: forward's inputs and its lse. */
typedef struct heed_attention_inspect_tensors {
    size_t size; /**< sizeof(heed_attention_inspect_tensors) */
    heed_attention_input q, k, lse;
    const heed_real *const *parameters;
    heed_attention_input v;   /**< for value_mass and gradient_mass of a summary; else data NULL */
    heed_attention_input d_o; /**< the gradient of o, for gradient_mass; else data NULL */
    int unweighed; /**< heed_attention_weights: the last so many of the plan's stages do not weigh
                        (all of them: P as the normaliser made it) */
    int dropped;   /**< heed_attention_weights: 1 = after dropout, what v is multiplied with */
} heed_attention_inspect_tensors;

/**
 * Rows as the score compares them: projected and scaled where it does so, then turned by the
 * position.
 * @param tensors lse is not used.
 * @param keys 0: rows of queries, of `head`; 1: of keys, of the key head that `head` reads.
 * @param out [count, width], width as in heed_attention_sizes: rows first to first + count - 1.
 * Errors as forward.
 */
HEED_API HEED_MUST_CHECK heed_status
heed_attention_prepared(const heed_attention_plan *plan, const heed_attention_batch *batch,
                        const heed_attention_inspect_tensors *tensors, int keys, int64_t sequence,
                        int64_t head, int64_t first, int64_t count, heed_real *out);

/**
 * The weights P (before dropout) of rows first to first + count - 1 of one sequence and head.
 * @param weights out [count, Tk], Tk the length of that sequence's keys.
 * @param workspace sizes.inspect.
 */
HEED_API HEED_MUST_CHECK heed_status heed_attention_weights(
    const heed_attention_plan *plan, const heed_attention_batch *batch,
    const heed_attention_inspect_tensors *tensors, int64_t sequence, int64_t head, int64_t first,
    int64_t count, heed_real *weights, heed_real *workspace);

/**
 * The scores of rows first to first + count - 1 of one sequence and head, before the normaliser.
 * @param tensors lse is not used.
 * @param stages how many of the plan's stages are applied, from 0 (raw scores) to all; no mask.
 * -1 = all, then the mask: what the normaliser gets, -inf where a key is hidden.
 * @param scores out [count, Tk], Tk the length of that sequence's keys.
 * @param workspace sizes.inspect.
 * Errors as forward.
 */
HEED_API HEED_MUST_CHECK heed_status heed_attention_scores(
    const heed_attention_plan *plan, const heed_attention_batch *batch,
    const heed_attention_inspect_tensors *tensors, int stages, int64_t sequence, int64_t head,
    int64_t first, int64_t count, heed_real *scores, heed_real *workspace);

/**
 * Sums over the weights P (before dropout), for all sequences and heads, in O(rows) memory. What is
 * there is overwritten. An output whose data is NULL is not wanted. Sums over keys and queries are
 * those of the whole matrix, within rounding. A pair with weight 0 adds nothing, whatever is in its
 * value; a NaN weight makes all sums that it belongs to NaN. (The maximum and its key: top = 1.)
 */
typedef struct heed_attention_summary {
    size_t size;                   /**< sizeof(heed_attention_summary) */
    heed_attention_output mass;    /**< key rows, H heads, one: sum of P over the queries */
    heed_attention_output entropy; /**< query rows, H heads, one: -sum P ln P over the P above 0, in
                                        nats; 0 where a query sees no key */
    int top;                       /**< how many of the heaviest keys a row, 0 to 64; the first is
                                        the maximum */
    heed_attention_output top_weight; /**< query rows, H heads, `top`: P in descending order */
    int64_t *top_key; /**< the keys of top_weight, each at its place (the same strides): equals by
                           ascending key; -1, with weight 0, where fewer have a weight above 0 */
    heed_attention_output value_mass; /**< key rows, H heads, one: sum of P |v|, |v| the Euclidean
                                           length of the key's value */
    heed_attention_output gradient_mass; /**< key rows, H heads, one: sum over the queries of
                                              P_ij <d_o_i, v_j>: gradient x attention (a stage that
                                              adds to the values adds to v_j here) */
    heed_attention_output distance;      /**< query rows, H heads, one: the mean of |i + offset - j|
                                              under P / sum P; 0 where no key has a weight */
    heed_attention_output distance_variance; /**< its variance */
    heed_attention_output support; /**< query rows, H heads, one: how many keys have a weight other
                                        than 0 */
    int64_t groups;                /**< G: keys belong to groups 0 to G - 1; 0 = no group_mass */
    heed_attention_extra key_groups;  /**< int64_t for each key row (and head, of H): its group; any
                                           other number: none. gradient NULL */
    heed_attention_output group_mass; /**< query rows, H heads, G: sum of P over the group's keys */
} heed_attention_summary;

/**
 * @param workspace sizes.inspect.
 * Errors as forward; also HEED_E_INVALID where v, d_o, key_groups or positions (query_offset, where
 * Tq differs from Tk) are missing for what is wanted.
 */
HEED_API HEED_MUST_CHECK heed_status
heed_attention_summarise(const heed_attention_plan *plan, const heed_attention_batch *batch,
                         const heed_attention_inspect_tensors *tensors,
                         const heed_attention_summary *summary, heed_real *workspace);

/** A vector to multiply with P. */
typedef struct heed_attention_product {
    size_t size;             /**< sizeof(heed_attention_product) */
    int left;                /**< 0: y_i = sum_j P_ij x_j; 1: y_j = sum_i x_i P_ij */
    heed_attention_input x;  /**< key rows (left: query rows), H heads, one; head_stride 0 = one
                                  vector for all heads */
    heed_attention_output y; /**< query rows (left: key rows), H heads, one: overwritten */
} heed_attention_product;

/**
 * P (before dropout) times a vector, or a row vector times P, for every sequence and head, without
 * P: O(rows) memory. From the last layer of a model to its first this is attention rollout (Abnar,
 * Zuidema 2020): with r the vector over a layer's outputs, y its left products and H heads,
 * r_j <- 0.5 r_j + 0.5 / H sum_h y_hj. A pair with weight 0 adds nothing, whatever is in x.
 * @param workspace sizes.inspect. y must not overlap x. Errors as forward.
 */
HEED_API HEED_MUST_CHECK heed_status
heed_attention_multiply(const heed_attention_plan *plan, const heed_attention_batch *batch,
                        const heed_attention_inspect_tensors *tensors,
                        const heed_attention_product *product, heed_real *workspace);

/* ------------------------------------------------------------------ join parts of the keys */

/**
 * Two results of the same queries over different keys, of `rows` rows and `heads` heads in each of
 * `sequences` sequences (packed rows: one sequence). Only the strides of heed_attention_input count
 * here: element (s, i, h, d) is data[s x sequence_stride + i x row_stride + h x head_stride + d].
 */
typedef struct heed_attention_partials {
    size_t size; /**< sizeof(heed_attention_partials) */
    int64_t sequences, rows, heads, value_size;
    heed_attention_input o[2];   /**< rows, heads, value_size: what forward wrote */
    heed_attention_input lse[2]; /**< rows, heads, one; -inf = an empty part, its o is not read */
} heed_attention_partials;

/**
 * The result over the keys of both parts, from their results alone: chunks of a long cache, parts
 * of a ring of machines. Any number of parts is merged two at a time; the order changes rounding
 * only.
 *
 *     lse = ln(exp(lse0) + exp(lse1)),  o = exp(lse0 - lse) o0 + exp(lse1 - lse) o1
 *
 * For normalisers whose lse is the log of their sum: softmax, softmax1 and sink. A sink must be
 * counted once: run the parts with "softmax" and merge in, last, the part o = 0, lse = sink (for
 * softmax1, lse = 0) for rows whose lse is not -inf. (Where each part has it, it is counted as
 * often as there are parts; where one part has it, a row that sees no key of that part misses it.)
 * Dropout is a function of key positions within a call: parts of one sequence drop other pairs than
 * the whole.
 *
 * Where both parts are empty, o = 0 and lse = -inf. NaN in a part that is not empty stays.
 * @param context NULL = the calling thread alone.
 * @param o, lse written; each may be the same array, with the same strides, as that of a part. lse
 * is not optional: the next merge needs it.
 * Errors HEED_E_INVALID (a size, a missing array, a stride of 0 where places must differ).
 */
HEED_API HEED_MUST_CHECK heed_status heed_attention_merge(heed_context *context,
                                                          const heed_attention_partials *parts,
                                                          const heed_attention_output *o,
                                                          const heed_attention_output *lse);

/** Gradients through a merge. */
typedef struct heed_attention_partials_gradient {
    size_t size;                  /**< sizeof(heed_attention_partials_gradient) */
    heed_attention_input d_o;     /**< gradient of the merged o */
    heed_attention_input d_lse;   /**< of the merged lse; data NULL = none */
    heed_attention_output o[2];   /**< gradients of the parts' o are added to what is there */
    heed_attention_output lse[2]; /**< of their lse: hand it to heed_attention_backward as d_lse */
} heed_attention_partials_gradient;

/** Backward of heed_attention_merge; `parts` still holds what it read (not overwritten by its
 * result). An empty part gets no gradient. Errors as there. */
HEED_API HEED_MUST_CHECK heed_status
heed_attention_merge_backward(heed_context *context, const heed_attention_partials *parts,
                              const heed_attention_partials_gradient *gradient);

#ifdef __cplusplus
}
#endif
#endif
