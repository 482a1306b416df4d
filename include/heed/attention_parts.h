/* SPDX-License-Identifier: MIT */
/**
 * The settings of each mechanism: one record a row of the tables that heed_attention_list prints.
 * A record begins with its name and its own size; members left zero take their defaults. Rows that
 * are not here have no settings: their record is a bare heed_attention_part.
 *
 *     heed_attention_softcap cap = {{sizeof cap, "softcap"}, .cap = 30};
 *
 * Or from text: heed_attention_spec_parse("stage", "softcap:cap=30", &spec).
 */
#ifndef HEED_ATTENTION_PARTS_H
#define HEED_ATTENTION_PARTS_H

#include "heed/attention_double.h" /* each function below is named there */
#include "heed/real.h"
#include "heed/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How each mechanism's parameters begin. Where it has none, this is the whole record. */
typedef struct heed_attention_part {
    size_t size;      /**< sizeof the whole record */
    const char *name; /**< the mechanism's row in its table */
} heed_attention_part;

/** A list within a record; a plan copies it. */
typedef struct heed_attention_integers {
    const int64_t *data;
    size_t count;
} heed_attention_integers;

typedef struct heed_attention_reals {
    const heed_real *data;
    size_t count;
} heed_attention_reals;

/* ------------------------------------------------------------------ scores */

/** Score "scaled_dot": scale <q, k>. (Score "dot" is <q, k>, without parameters.) */
typedef struct heed_attention_scaled_dot {
    heed_attention_part part;
    heed_real scale; /**< 0 = 1 / sqrt(D) */
} heed_attention_scaled_dot;

/** Score "cosine": scale <q, k> / (|q| |k|); 0 where q or k is all zeros. */
typedef struct heed_attention_cosine {
    heed_attention_part part;
    heed_real scale; /**< 0 = 1 */
} heed_attention_cosine;

/** Score "gaussian": -|q - k|^2 / (2 sigma^2). */
typedef struct heed_attention_gaussian {
    heed_attention_part part;
    heed_real sigma; /**< 0 = D^(1/4), which is as wide as "scaled_dot" among keys of one length */
    int64_t learned; /**< 1: each head has sigma exp(p); its parameter is p [H, 1], 0 to begin with
                      */
} heed_attention_gaussian;

/** Score "distance": -scale |q - k|. Its gradient where q = k is 0. */
typedef struct heed_attention_distance {
    heed_attention_part part;
    heed_real scale; /**< above 0; 0 = 1 */
} heed_attention_distance;

/* Score "additive" (Bahdanau): w . tanh(q + k) over the D hidden units of projected q and k. Has no
 * settings; its parameter is w [H, D]. */

/**
 * Scores with their projections inside, over `hidden` units A; their parameters are Wq [H, A x D],
 * Wk [Hkv, A x D] (row a of a head for hidden unit a) and those named here:
 *
 *     "additive_projected"   w . tanh(Wq q + Wk k + b)   Bahdanau; w [H, A], b [H, A]
 *     "concat"               w . tanh(W [q; k])          Luong, W = [Wq Wk]; w [H, A]
 *     "concat_tanh_sum"      sum of tanh(W [q; k])
 */
typedef struct heed_attention_projected {
    heed_attention_part part;
    int64_t hidden; /**< A; 0 = D */
} heed_attention_projected;

/** Score "query_bias": scale <q + u, k>; its parameter is u [H, D] (Transformer-XL's u). */
typedef struct heed_attention_query_bias {
    heed_attention_part part;
    heed_real scale; /**< 0 = 1 / sqrt(D) */
} heed_attention_query_bias;

/* Score "general" (Luong): q W k; its parameter is W [H, D x D], row e of a head for q_e. No
 * settings.
 */

/* ------------------------------------------------------------------ normalisers */

/*
 * What P and lse are, s being the scores after all stages. Those without a record have no settings.
 *
 *     name              P                                          lse
 *     softmax           exp(s - lse)                               ln sum exp(s)
 *     sink              exp(s - lse)                               ln (exp(sink) + sum exp(s)),
 *                                                                  sink the parameter [H, 1]
 *     softmax1          exp(s - lse)                               ln (1 + sum exp(s))
 *     sparsemax         max(s - tau, 0), sum P = 1                 tau (*)
 *     entmax15          max(s / 2 - tau, 0)^2, sum P = 1           tau (*)
 *     entmax            max((alpha - 1) s - tau, 0)^(1 / (alpha - 1)), sum P = 1     tau (*)
 *     sigmoid           1 / (1 + exp(-(s + bias)))                 ln sum P
 *     relu2             max(s, 0)^2 (/ n)                          n, the keys that the row sees
 *     topk              softmax of the k largest                   ln sum exp of those (*)
 *     hard              1 for the largest s, else 0                the largest s
 *     straight_through  forward hard, backward softmax             ln sum exp(s)
 *     gumbel            softmax((s + G) / tau), G noise            ln sum exp((s + G) / tau)
 *     sampled           1 for a key drawn from softmax(s), else 0  ln sum exp(s)
 *
 * (*) has no gradient: backward refuses d_lse. A row that sees no key has -inf always. Of equal
 * scores hard, straight_through and topk take the lowest key. Where weights do not sum to 1
 * (sigmoid, relu2) they are not rescaled.
 *
 * gumbel and sampled draw by counter from (seed, step, layer, sequence id, head, query row, key
 * row) of the batch, like dropout: forward, backward and the looks at weights see the same noise
 * where these are the same. With keep_all (evaluation) there is none: gumbel is softmax(s / tau),
 * sampled takes the largest score.
 */

/** Normaliser "entmax" (Peters, Niculae, Martins 2019). */
typedef struct heed_attention_entmax {
    heed_attention_part part;
    heed_real alpha; /**< 1.01 to 2 (sparsemax); 0 = 1.5 */
    int64_t learned; /**< 1: each head has its own; its parameter is a [H, 1], 0 to begin with:
                          alpha - 1 is sigmoid(a + c), at least 0.01, c such that a = 0 gives the
                          alpha above, less than 2 (Correia, Niculae, Martins 2019: alpha = 1 +
                          sigmoid(a)) */
} heed_attention_entmax;

/** Normaliser "sigmoid" (Ramapuram et al. 2024). */
typedef struct heed_attention_sigmoid {
    heed_attention_part part;
    heed_real bias;  /**< added to scores; -ln of the usual number of keys starts near softmax */
    int64_t learned; /**< 1: each head adds its own to it; its parameter is [H, 1], 0 to begin with
                      */
} heed_attention_sigmoid;

/** Normaliser "relu2" (Hua et al. 2022). */
typedef struct heed_attention_relu2 {
    heed_attention_part part;
    int64_t divide; /**< 1: divided by the number of keys that the row sees */
} heed_attention_relu2;

/** Normaliser "topk". */
typedef struct heed_attention_topk {
    heed_attention_part part;
    int64_t k; /**< 1 or more; 0 = 8 */
} heed_attention_topk;

/** Normaliser "gumbel" (Jang, Gu, Poole 2017). */
typedef struct heed_attention_gumbel {
    heed_attention_part part;
    heed_real tau; /**< temperature, above 0; 0 = 1 */
    int64_t hard;  /**< 1: forward the largest key alone, backward as before (straight through) */
} heed_attention_gumbel;

/**
 * Normaliser "sampled" (Xu et al. 2015): hard attention trained by REINFORCE. Backward reads an
 * array of the batch, "sampled.advantage" (HEED_ATTENTION_QUERY_REALS): of each query and head its
 * cost less a baseline, as the caller reckons them; the gradient of scores is then an unbiased
 * estimate of that of E[cost] - entropy x (the entropy of softmax(s), in nats). Nothing comes to
 * scores from d_o.
 */
typedef struct heed_attention_sampled {
    heed_attention_part part;
    heed_real entropy; /**< 0 or more */
} heed_attention_sampled;

/* ------------------------------------------------------------------ masks */

/* Mask "causal": query i sees keys j <= i + offset; the offset comes with the batch. No settings.
 */

/** Mask "window": query i, at position p = i + offset, sees keys p - left <= j <= p + right. */
typedef struct heed_attention_window {
    heed_attention_part part;
    int64_t left, right; /**< 0 or more, or -1 = open */
} heed_attention_window;

/** Mask "windows": each head its own window, of every dilation-th key counted from p: left keys
 * before, right keys after. Each list has one number, or one a head. */
typedef struct heed_attention_windows {
    heed_attention_part part;
    heed_attention_integers left, right; /**< 0 or more, or -1 = open; none = 0 */
    heed_attention_integers dilation;    /**< 1 or more; none = 1 */
} heed_attention_windows;

/** Masks of Luong's local attention: keys within width of the query's own position p ("local_m"),
 * or of a centre for each query and head, rounded to the nearest key, that comes with the batch
 * ("local_p", HEED_ATTENTION_QUERY_REALS; the rounding has no gradient, the stage "gaussian" has).
 */
typedef struct heed_attention_local {
    heed_attention_part part;
    int64_t width; /**< 0 = 10 */
} heed_attention_local;

/** Mask "prefix": all see keys j < count, the others are causal. ("prefixes" has no settings: a
 * count for each query comes with the batch, HEED_ATTENTION_QUERY_IDS.) */
typedef struct heed_attention_prefix {
    heed_attention_part part;
    int64_t count; /**< 0 or more */
} heed_attention_prefix;

/* Mask "documents": a pair is seen where its ids, two arrays of the batch (HEED_ATTENTION_QUERY_IDS
 * and KEY_IDS), are equal. Mask "dense": where its flag (HEED_ATTENTION_PAIR_FLAGS) is not 0. No
 * settings. */

/** Mask "global": a query at a listed key position sees all keys, and all see the listed keys. */
typedef struct heed_attention_global {
    heed_attention_part part;
    heed_attention_integers tokens; /**< key positions; none = the first key */
} heed_attention_global;

/** Mask "longformer": a window of keys to both sides, or global. */
typedef struct heed_attention_longformer {
    heed_attention_part part;
    int64_t window;                 /**< to each side; 0 = 256 */
    heed_attention_integers tokens; /**< as of "global" */
} heed_attention_longformer;

/** Mask "strided" (Sparse Transformer): causal; the last stride keys, and every stride-th before.
 */
typedef struct heed_attention_strided {
    heed_attention_part part;
    int64_t stride; /**< 0 = 128 */
} heed_attention_strided;

/** Mask "fixed" (Sparse Transformer): causal; the query's own block of stride keys, and the last
 * `summary` keys of each block before. */
typedef struct heed_attention_fixed {
    heed_attention_part part;
    int64_t stride, summary; /**< 0 = 128, 8; summary at most stride */
} heed_attention_fixed;

/** Mask "bigbird": blocks of queries and keys; neighbours, the first and last blocks of the keys
 * (by either side), and blocks drawn for each head and block of queries. */
typedef struct heed_attention_bigbird {
    heed_attention_part part;
    int64_t size;   /**< of a block; 0 = 64 */
    int64_t window; /**< neighbours, the block itself among them: odd; 0 = 3 */
    int64_t global; /**< blocks at each end; 0 = 1, -1 = none */
    int64_t random; /**< at most 64; 0 = 3, -1 = none */
    int64_t seed;   /**< the draws are a function of it, of the head, the block, and how many there
                         are */
} heed_attention_bigbird;

/** Mask "blocks": the listed blocks are seen. Query i is in block (i + offset) / size. */
typedef struct heed_attention_blocks {
    heed_attention_part part;
    int64_t size;                  /**< of a block; 0 = 64 */
    heed_attention_integers pairs; /**< query block, key block, query block, key block, ... */
} heed_attention_blocks;

/** Masks "all" (seen by each part) and "any" (seen by at least one). */
typedef struct heed_attention_masks {
    heed_attention_part part;
    const heed_attention_part *const *parts;
    size_t count; /**< at least 1 */
} heed_attention_masks;

/* ------------------------------------------------------------------ positions */

/**
 * Position "rotary" (RoPE): pair t of a row at position p is turned by the angle p theta_t, theta_t
 * = base^(-2t / dims), so that scores depend on distances alone. Query i is at i + query_offset,
 * key j at j. At most one of `linear`, `ntk`, `yarn` and `llama3` stretches what a model was
 * trained on by a factor of 1 or more, or `factors` does so pair by pair.
 */
typedef struct heed_attention_rotary {
    heed_attention_part part;
    heed_real base;       /**< above 1; 0 = 10000 */
    int64_t dims;         /**< the first so many of a row are turned: even, 2 to D; 0 = D */
    int64_t interleaved;  /**< 1: pairs (2t, 2t + 1); 0: (t, t + dims / 2) */
    heed_real linear;     /**< theta / linear */
    heed_real ntk;        /**< base x ntk^(dims / (dims - 2)); dims at least 4 */
    heed_real yarn;       /**< fast pairs as they are, slow ones / yarn, a ramp between */
    int64_t original;     /**< of yarn and llama3, which need it: the length that was trained on */
    heed_real fast, slow; /**< of yarn and llama3: turns within `original` at the ends of the ramp;
                             0 = 32 and 1, 4 and 1 */
    heed_real gain;   /**< of yarn and factors: turned rows are multiplied by it; 0 = 0.1 ln yarn +
                           1, and 1 */
    heed_real llama3; /**< as yarn, its ramp by turns where yarn's is by pairs, and no gain */
    heed_attention_reals factors; /**< [dims / 2]: theta_t / factors[t], each above 0 (LongRoPE) */
} heed_attention_rotary;

/* ------------------------------------------------------------------ stages */

/* Stage "bias": adds the batch's array of pairs (HEED_ATTENTION_PAIR_REALS). No settings. */

/** Stage "gaussian" (Luong's local-p): weights times exp(-(j - c)^2 / (2 sigma^2)), after the
 * normaliser and not normalised again; c for each query and head comes with the batch
 * (HEED_ATTENTION_QUERY_REALS) and has a gradient. */
typedef struct heed_attention_local_gaussian {
    heed_attention_part part;
    heed_real sigma; /**< in keys, above 0; 0 = 5. Luong's is half the mask's width */
} heed_attention_local_gaussian;

/** Stage "softcap": c tanh(s / c), so that scores stay within c (Gemma 2). */
typedef struct heed_attention_softcap {
    heed_attention_part part;
    heed_real cap; /**< above 0; 0 = 50 */
} heed_attention_softcap;

/** Stage "scale": s f, or with `temperature` s / f; f = factor, where `learned` factor exp(p) with
 * p its parameter [H, 1], 0 to begin with. */
typedef struct heed_attention_scale {
    heed_attention_part part;
    heed_real factor;    /**< above 0; 0 = 1 */
    int64_t temperature; /**< 1: scores are divided */
    int64_t learned;     /**< 1: of each head */
} heed_attention_scale;

/** Stage "gate": weights after the normaliser times g, or sigmoid(g), its parameter [H, 1]. */
typedef struct heed_attention_gate {
    heed_attention_part part;
    int64_t sigmoid; /**< 1: sigmoid(g) */
} heed_attention_gate;

/** Which scores a caller's own stage is given: those of one query and one head against some keys.
 */
typedef struct heed_attention_user_row {
    int64_t sequence, head;     /**< of the batch; the query head */
    int64_t query, position;    /**< row of its sequence; where that stands: query + query_offset */
    int64_t key, keys;          /**< item t belongs to key row key + t of the sequence, t < keys */
    const heed_real *parameter; /**< the head's row of the learned array; NULL with columns 0 */
    heed_real *gradient;        /**< in `backward`: of parameter, to be added to; NULL = unwanted */
} heed_attention_user_row;

/**
 * Stage "user": a function of the caller's, of each score by itself (what comes together in one
 * call is the library's choice; what belongs to other keys must not matter). `forward` replaces the
 * scores in s. `backward` is given the scores that `forward` was given and in d the gradient of
 * what it made of them, replaces d by the gradient of s, and adds to row->gradient.
 *
 * Both may read s, d, the row and its parameter, and `user`; not keys, values or other rows. Items
 * of s that belong to hidden keys hold anything, NaN too; their d is 0, so that a sum over d and s
 * must leave out what has d = 0. Both are called from all threads of the context at once, more than
 * once for the same row (backward, and to inspect), and must always give the same. Not from text.
 */
typedef struct heed_attention_user {
    heed_attention_part part;
    void (*forward)(void *user, const heed_attention_user_row *row, heed_real *s);
    void (*backward)(void *user, const heed_attention_user_row *row, const heed_real *s,
                     heed_real *d);
    void *user;         /**< handed on; it must outlive the plan */
    int64_t columns;    /**< of its learned array, [H, columns]; 0 = none */
    int uses_positions; /**< 1: it reads `position`, so that query_offset must be given where Tq
                             differs from Tk */
} heed_attention_user;

/* Below, the distance of query i and key j is x = |i + query_offset - j|, and the step from the
 * query to the key is r = j - i - query_offset. */

/** Stage "alibi": s - slope x, each head with its own slope, which is not learned. (Stage
 * "alibi_learned" has no settings; its parameter is the slope, [H, 1].) */
typedef struct heed_attention_alibi {
    heed_attention_part part;
    heed_attention_reals slopes; /**< [H]; none = the paper's: 2^(-8h / H) for the h-th head from 1,
                                      where H is a power of two */
} heed_attention_alibi;

/** Stage "t5": s + b[bucket of r]; its parameter is b [H, buckets]. Half of a side's buckets are
 * for the nearest steps, one each; the rest grow with the logarithm up to `distance`. */
typedef struct heed_attention_t5 {
    heed_attention_part part;
    int64_t buckets;   /**< of both sides: even, at least 4 (one_sided: at least 2); 0 = 32 */
    int64_t distance;  /**< from here on all is the last bucket of its side; 0 = 128 */
    int64_t one_sided; /**< 1: all buckets are for keys before the query; later ones get bucket 0 */
} heed_attention_t5;

/** Stages "shaw" (its parameters are a [H, (2 clip + 1) x D] and c [H, (2 clip + 1) x Dv]: s + q
 * a_r, o + sum of P c_r), "shaw_keys" (a alone) and "xl" (a, and u [H, D]: s + (q + u) a_r). q has
 * the score's scale already. Row r + clip of a table belongs to step r; steps beyond `clip` share
 * the last row of their side. */
typedef struct heed_attention_relative {
    heed_attention_part part;
    int64_t clip; /**< 1 to 65536; 0 = 16 */
} heed_attention_relative;

/** Stages "span" (its parameter is z [H, 1]) and "dynamic_span" (z of each query and head comes
 * with the batch): s + ln m, m = (z longest - x) / ramp + 1 held within 0 and 1, z likewise; keys
 * of m = 0 are not seen, and their blocks cost nothing. The price is for whoever learns z: see
 * heed_attention_parameter. */
typedef struct heed_attention_span {
    heed_attention_part part;
    int64_t longest; /**< the span of z = 1; 0 = 1024 */
    heed_real ramp;  /**< how many keys it takes to fade; above 0; 0 = 32 */
    heed_real price; /**< "span": what the loss pays for each key of the heads' mean span, z
                          longest; 0 or more */
} heed_attention_span;

/* ------------------------------------------------------------------ records from text */

/** What a setting is, in a record and in text. */
typedef enum heed_attention_field_kind {
    HEED_ATTENTION_REAL,    /**< heed_real: cap=30 */
    HEED_ATTENTION_INTEGER, /**< int64_t: left=16 */
    HEED_ATTENTION_REALS,   /**< heed_attention_reals: slopes=0.5/0.25 */
    HEED_ATTENTION_INTEGERS /**< heed_attention_integers: keys=0/17 */
} heed_attention_field_kind;

/** One setting of one row of a table. The strings are static. */
typedef struct heed_attention_field {
    const char *name, *help;
    heed_attention_field_kind kind;
    size_t offset; /**< in the record */
} heed_attention_field;

/** Setting `index` of row `name` of `table`. Returns 0 past the last or where there is no such row,
 * else 1. */
HEED_API int heed_attention_field_at(const char *table, const char *name, size_t index,
                                     heed_attention_field *out);

/** A record made from text. */
typedef struct heed_attention_spec heed_attention_spec;

/**
 * A record from text: NAME or NAME:SETTING=VALUE,SETTING=VALUE; lists are joined by "/". Masks
 * nest: all(causal,window:left=16) and any(...).
 * @param table "score", "normaliser", "mask", "position" or "stage".
 * @param out receives the record's owner; the caller frees it with heed_attention_spec_destroy.
 * Errors HEED_E_INVALID (unknown name or setting, a value that is no number; the message lists what
 * there is), HEED_E_NOMEM. *out is NULL on error. Ranges are checked when a plan is made.
 */
HEED_API HEED_MUST_CHECK heed_status heed_attention_spec_parse(const char *table, const char *text,
                                                               heed_attention_spec **out);

/** The record, for heed_attention_options; it lives as long as the spec. NULL for NULL. */
HEED_API const heed_attention_part *heed_attention_spec_part(const heed_attention_spec *spec);

/** Accepts NULL and a pointer to NULL; nulls the pointer. */
HEED_API void heed_attention_spec_destroy(heed_attention_spec **spec);

#ifdef __cplusplus
}
#endif
#endif
