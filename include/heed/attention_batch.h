/* SPDX-License-Identifier: MIT */
/**
 * One batch of the attention operator: where its sequences, their rows and the numbers of each row
 * lie. Strides are in elements; the elements of one row and head are contiguous.
 */
#ifndef HEED_ATTENTION_BATCH_H
#define HEED_ATTENTION_BATCH_H

#include "heed/real.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How the rows of one side are found: packed, padded, or each sequence where `starts` says. */
typedef struct heed_attention_rows {
    const int64_t *offsets; /**< packed: [B + 1], sequence s has rows offsets[s] to offsets[s+1]-1.
                                 NULL = padded: sequence s starts at s x sequence_stride */
    const int64_t *lengths; /**< padded: [B]; NULL = `length` rows each */
    int64_t length;         /**< padded: rows each, and the most that lengths may say */
    const int64_t *starts;  /**< not with offsets: [B], sequence s has its rows from row starts[s]
                                 on (the slots of a key/value cache, in any order), and no array of
                                 this side takes a sequence_stride. Sequences may share rows that
                                 are only read */
} heed_attention_rows;

/**
 * An array that a mechanism reads beside q, k and v. Rows of queries or keys: element (sequence s,
 * row i, head h) is data[start + i x row_stride + h x head_stride], start as for
 * heed_attention_input. Pairs: element (s, h, query i, key j) is data[s x sequence_stride +
 * h x head_stride + i x row_stride + j]. A stride of 0 shares.
 */
typedef struct heed_attention_extra {
    const void *data;    /**< heed_real, int64_t or unsigned char, as the plan says */
    heed_real *gradient; /**< backward adds to it, at the same places; NULL = unwanted, and for all
                              but reals */
    int64_t sequence_stride, row_stride, head_stride;
} heed_attention_extra;

/** One batch. */
typedef struct heed_attention_batch {
    size_t size; /**< sizeof(heed_attention_batch) */
    int64_t sequences;
    heed_attention_rows queries, keys;
    const int64_t
        *query_offset;          /**< where query 0 stands among the keys: query i is at key position
                                     i + query_offset. Needed where the mask depends on positions and
                                     Tq differs from Tk; NULL = 0 where they are equal */
    int64_t query_offset_count; /**< 1: the same for all; B: one a sequence; 0 with NULL */
    uint64_t seed, step;        /**< dropout is a function of (seed, step, layer, sequence id, */
    uint32_t layer;             /**< head, query row, key row), and of nothing else */
    const uint64_t *sequence_ids;       /**< [B]; NULL = 0 to B-1 */
    int keep_all;                       /**< 1: no dropout in this call (evaluation) */
    const heed_attention_extra *extras; /**< [extra_count]: the plan's, in its order */
    size_t extra_count;
} heed_attention_batch;

/**
 * An array to read: element (sequence s, row i, head h, d) is
 * data[start + i x row_stride + h x head_stride + d], where start is offsets[s] x row_stride for
 * packed rows, starts[s] x row_stride with starts, and s x sequence_stride for padded rows. Strides
 * of 0 share: with sequence_stride 0 all sequences read the same query. Packed rows and starts take
 * no sequence_stride (leave it 0).
 */
typedef struct heed_attention_input {
    const heed_real *data;
    int64_t sequence_stride, row_stride, head_stride;
} heed_attention_input;

/** An array to write, addressed likewise; no two elements may share a place. */
typedef struct heed_attention_output {
    heed_real *data; /**< NULL = not wanted */
    int64_t sequence_stride, row_stride, head_stride;
} heed_attention_output;

#ifdef __cplusplus
}
#endif
#endif
