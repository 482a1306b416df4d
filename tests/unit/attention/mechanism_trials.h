/* SPDX-License-Identifier: MIT */
/*
 * The trials that every mechanism goes through: gradients by finite differences in float64, equal
 * bits of all engines, levels and threads, and the contract. One line a mechanism; a row of a table
 * without a line fails the tests. Lengths: a block and a bit, a few, one, none.
 */
#ifndef HEED_TESTS_MECHANISM_TRIALS_H
#define HEED_TESTS_MECHANISM_TRIALS_H

#include "attention/mechanism_trial.h"

static const int64_t trial_offset[] = {62, -1, 0, 0};

#define LENGTHS .sequences = 4, .tq = {6, 3, 1, 2}, .tk = {67, 4, 1, 0}, .offset = trial_offset
/* Some rows see nothing here: a causal mask shifted back. */
#define SHORT .sequences = 2, .tq = {5, 3}, .tk = {9, 4}, .offset = trial_offset + 1

static const trial trials[] = {
    /* scores */
    {.score = "scaled_dot:scale=0.7", LENGTHS, .key_heads = 2, .value_size = 3},
    {.score = "dot", .mask = "causal", LENGTHS},
    {.score = "additive", .mask = "all(causal,none)", .key_heads = 1, LENGTHS},
    {.score = "general", .mask = "causal", .key_heads = 2, LENGTHS},
    {.score = "additive", .normaliser = "sparsemax", SHORT},
    {.score = "additive_projected:hidden=5", .mask = "causal", .key_heads = 2, LENGTHS},
    {.score = "additive_projected", .normaliser = "sparsemax", .key_heads = 1, SHORT},
    {.score = "concat:hidden=3", .mask = "causal", .dropout = 0.2, LENGTHS},
    {.score = "concat", .stages = {"softcap:cap=2"}, .key_heads = 2, .value_size = 3, SHORT},
    {.score = "concat_tanh_sum:hidden=17", .mask = "causal", .key_heads = 2, LENGTHS},
    {.score = "cosine:scale=5", .mask = "causal", .key_heads = 2, .dropout = 0.2, LENGTHS},
    {.score = "cosine", .stages = {"softcap:cap=0.5"}, .size = 17, SHORT},
    {.score = "gaussian:sigma=1.5", .mask = "causal", .key_heads = 2, LENGTHS},
    {.score = "gaussian:learned=1", .mask = "causal", .dropout = 0.2, LENGTHS},
    {.score = "gaussian:learned=1", .normaliser = "sparsemax", .key_heads = 1, .size = 17, SHORT},
    {.score = "distance:scale=0.5", .mask = "causal", .key_heads = 2, LENGTHS},
    {.score = "distance", .stages = {"softcap:cap=2"}, .normaliser = "sink", .size = 17, SHORT},
    {.score = "query_bias:scale=0.6", .mask = "causal", .key_heads = 2, LENGTHS},

    /* normalisers */
    {.normaliser = "softmax", LENGTHS},
    {.normaliser = "sink", .mask = "causal", .dropout = 0.2, LENGTHS},
    {.normaliser = "softmax1", SHORT},
    {.normaliser = "sparsemax", .mask = "causal", .key_heads = 2, .dropout = 0.2, LENGTHS},
    {.normaliser = "entmax15", .mask = "causal", .key_heads = 2, .dropout = 0.2, LENGTHS},
    {.normaliser = "entmax15", .stages = {"bias", "softcap:cap=3"}, .score = "additive", SHORT},
    {.normaliser = "entmax:alpha=1.3", .mask = "causal", .dropout = 0.2, LENGTHS},
    {.normaliser = "entmax:alpha=2", SHORT},
    {.normaliser = "entmax:alpha=1.01", .mask = "causal", LENGTHS},
    {.normaliser = "entmax:learned=1", .mask = "causal", .key_heads = 2, .dropout = 0.2, LENGTHS},
    {.normaliser = "entmax:alpha=1.2,learned=1", .stages = {"bias"}, SHORT},
    {.normaliser = "sigmoid", SHORT},
    {.normaliser = "sigmoid:bias=-2", .mask = "causal", .dropout = 0.2, LENGTHS},
    {.normaliser = "sigmoid:bias=-1,learned=1", .mask = "causal", .key_heads = 2, LENGTHS},
    {.normaliser = "relu2", .stages = {"bias"}, SHORT},
    {.normaliser = "relu2:divide=1", .mask = "causal", .key_heads = 1, .dropout = 0.2, LENGTHS},
    {.normaliser = "topk", .mask = "causal", .dropout = 0.2, LENGTHS},
    {.normaliser = "topk:k=2", .stages = {"softcap:cap=2"}, SHORT},
    {.normaliser = "hard", .mask = "causal", .dropout = 0.2, LENGTHS},
    {.normaliser = "straight_through", .mask = "causal", .dropout = 0.2, LENGTHS, .rough = 1},
    {.normaliser = "gumbel:tau=0.7", .mask = "causal", .dropout = 0.2, LENGTHS},
    {.normaliser = "gumbel:hard=1", .mask = "causal", .key_heads = 2, LENGTHS, .rough = 1},
    {.normaliser = "sampled:entropy=0.1", .mask = "causal", .dropout = 0.2, LENGTHS, .rough = 1},

    /* masks */
    {.mask = "any(causal,none)", LENGTHS},
    {.mask = "window:left=5,right=1", .key_heads = 2, LENGTHS},
    {.mask = "window:left=2,right=-1", .normaliser = "sparsemax", .dropout = 0.2, LENGTHS},
    {.mask = "all(window:left=3,causal)", .stages = {"bias"}, .normaliser = "sink", SHORT},
    {.mask = "windows:left=1/2/3/-1,right=0/1/0/-1,dilation=1/3/2/4", .key_heads = 2, LENGTHS},
    {.mask = "any(windows:left=2,window:left=-1,right=0)", .score = "additive", LENGTHS},
    {.mask = "local_m:width=2", .normaliser = "softmax1", SHORT},
    {.mask = "local_p:width=3", .stages = {"gaussian:sigma=1.5"}, .low = 0, .high = 60, LENGTHS},
    {.mask = "local_p:width=1", .normaliser = "sparsemax", .low = -2, .high = 10, SHORT},
    {.mask = "prefix:count=3", .key_heads = 2, LENGTHS},
    {.mask = "prefixes", .score = "additive", SHORT},
    {.mask = "documents", .key_heads = 2, .dropout = 0.2, LENGTHS},
    {.mask = "all(documents,causal)", .normaliser = "sparsemax", LENGTHS},
    {.mask = "global:tokens=0/64/7", LENGTHS},
    {.mask = "longformer:window=2,tokens=1/65", .normaliser = "sink", LENGTHS},
    {.mask = "strided:stride=4", LENGTHS},
    {.mask = "fixed:stride=4,summary=1", .key_heads = 1, LENGTHS},
    {.mask = "bigbird:size=3,random=2,seed=5", LENGTHS},
    {.mask = "blocks:size=4,pairs=0/1/1/0/16/3/16/16", LENGTHS},
    {.mask = "dense", .normaliser = "sparsemax", .dropout = 0.2, LENGTHS},
    {.mask = "any(dense,window:left=1)", SHORT},

    /* positions */
    {.position = "none", SHORT},
    {.position = "rotary", .mask = "causal", .key_heads = 2, .size = 6, .value_size = 3, LENGTHS},
    {.position = "rotary:dims=2,interleaved=1,base=50", .score = "general", SHORT},
    {.position = "rotary:linear=2", .score = "additive", .normaliser = "sparsemax", SHORT},
    {.position = "rotary:ntk=4,base=100", .score = "dot", SHORT},
    {.position = "rotary:llama3=4,original=16,base=20", .size = 8, LENGTHS},
    {.position = "rotary:dims=2,factors=4,gain=1.2", SHORT},
    {.position = "rotary:yarn=4,original=16,fast=2,slow=0.5,base=20", .size = 8, LENGTHS},

    /* stages */
    {.stages = {"softcap:cap=2"}, .mask = "causal", SHORT},
    {.stages = {"softcap:cap=2", "softcap"}, .mask = "causal", .dropout = 0.3, LENGTHS},
    {.stages = {"gaussian", "softcap"}, .low = -1, .high = 9, .dropout = 0.2, SHORT},
    {.stages = {"bias", "softcap"}, .mask = "causal", .normaliser = "sink", LENGTHS},
    {.stages = {"scale:factor=2"}, .mask = "causal", SHORT},
    {.stages = {"scale:factor=0.5,learned=1", "softcap:cap=2"}, .mask = "causal", LENGTHS},
    {.stages = {"bias", "scale:learned=1,temperature=1"},
     .mask = "causal",
     .dropout = 0.2,
     LENGTHS},
    {.stages = {"gate"}, .mask = "causal", .key_heads = 2, .dropout = 0.2, LENGTHS},
    {.stages = {"gate:sigmoid=1"}, .normaliser = "sparsemax", .value_size = 3, SHORT},
    {.stages = {"user"}, .mask = "causal", .key_heads = 2, LENGTHS},
    {.stages = {"softcap:cap=2", "user", "gate"},
     .normaliser = "sparsemax",
     .mask = "causal",
     SHORT},
    {.stages = {"alibi"}, .mask = "causal", .heads = 6, .key_heads = 3, LENGTHS},
    {.stages = {"alibi"}, .position = "rotary", SHORT},
    {.stages = {"softcap:cap=3", "alibi_learned"}, .key_heads = 1, .dropout = 0.2, LENGTHS},
    {.stages = {"t5:buckets=8,distance=20"}, .score = "dot", .key_heads = 2, LENGTHS},
    {.stages = {"t5:buckets=5,distance=9,one_sided=1"}, .normaliser = "sparsemax", SHORT},
    {.stages = {"shaw:clip=3"}, .value_size = 3, .key_heads = 2, .dropout = 0.2, LENGTHS},
    {.stages = {"shaw:clip=40", "softcap:cap=2"}, .mask = "causal", LENGTHS},
    {.stages = {"shaw:clip=1"}, .normaliser = "sparsemax", .mask = "causal", SHORT},
    {.stages = {"shaw_keys:clip=2"}, .score = "general", SHORT},
    {.stages = {"xl:clip=5"}, .score = "query_bias", .mask = "causal", .key_heads = 2, LENGTHS},
    {.stages = {"span:longest=80,ramp=7"}, .mask = "causal", .key_heads = 2, LENGTHS},
    {.stages = {"bias", "span:longest=3,ramp=2.5"}, .normaliser = "sink", SHORT},
    {.stages = {"dynamic_span:longest=70,ramp=5"}, .low = 0.05, .high = 0.95, LENGTHS},
    {.stages = {"dynamic_span:longest=4,ramp=3", "alibi"}, .normaliser = "sparsemax", SHORT},
};

enum { TRIALS = sizeof trials / sizeof trials[0] };

#endif
