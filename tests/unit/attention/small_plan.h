/* SPDX-License-Identifier: MIT */
/* A small plan's options and room, for tests of what plans say and refuse. */
#ifndef HEED_TESTS_SMALL_PLAN_H
#define HEED_TESTS_SMALL_PLAN_H

#include "heed/attention.h"

static inline heed_attention_options options_of(void)
{
    return (heed_attention_options){
        .size = sizeof(heed_attention_options), .heads = 4, .key_heads = 2, .head_size = 8};
}

static inline heed_attention_capacity room_of(void)
{
    return (heed_attention_capacity){.size = sizeof(heed_attention_capacity),
                                     .sequences = 3,
                                     .longest_query = 10,
                                     .longest_key = 12,
                                     .query_rows = 20,
                                     .key_rows = 30};
}

#endif
