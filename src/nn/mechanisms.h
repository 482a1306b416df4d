/* SPDX-License-Identifier: MIT */
/*
 * What an attention layer is made of, named by texts: any rows of the operator's tables. What they
 * learn becomes parameters of the model; what they read for each query comes from a projection of
 * the layer's input. What a model cannot give is refused when the layer is made.
 */
#ifndef HEED_NN_MECHANISMS_H
#define HEED_NN_MECHANISMS_H

#include "nn/params.h"
#include "ops/attend.h"

typedef struct heed__pass heed__pass;
typedef struct heed__attention_site heed__attention_site;

/* As heed_attention_spec_parse takes them; NULL = the table's first row. stages: a list joined by
 * commas; NULL or "none" = none. */
typedef struct heed__mechanism_texts {
    const char *score, *normaliser, *mask, *position, *stages;
} heed__mechanism_texts;

/* Refuses what cannot be read as a record of `table` ("stage": as a list of them). */
heed_status heed__mechanism_check(const char *table, const char *text);

/* What a layer gives, and what it asks for. */
typedef struct heed__mechanism_use {
    int64_t heads, key_heads, head_size, value_size; /* 0 as for heed_attention_options */
    float dropout;
    int causal;    /* queries see no later key, whatever the mask says */
    int64_t input; /* columns of what arrays of queries are projected from; 0 = there is none */
    int grows;     /* keys are written a token at a time */
    int placed;    /* queries have positions */
    int costs;     /* what each sequence costs is known before backward (heed__attender) */
} heed__mechanism_use;

enum { HEED_LAYER_STAGES = 8, HEED_LAYER_SPECS = 4 + HEED_LAYER_STAGES };
typedef struct heed__mechanisms {
    heed__attender attender;
    heed_attention_spec *specs[HEED_LAYER_SPECS];
    const heed_attention_part *stages[HEED_LAYER_STAGES];
    heed_attention_part causal;
    heed_attention_masks both; /* the mask, and the causal one */
    const heed_attention_part *parts[2];
    heed__param *learned[HEED_ATTEND_MORE];
    heed__param *weight[HEED_ATTEND_MORE], *bias[HEED_ATTEND_MORE]; /* of arrays of queries */
    heed_attention_range range[HEED_ATTEND_MORE];
    int learned_count, extra_count;
    int uses_positions; /* hypotheses of one text, which stand at one place, are its own texts */
    int wants_costs;    /* the attender's costs are to be filled between forward and backward */
} heed__mechanisms;

/* Declares name.score.weight and the like. The struct must stay where it is. On failure, too, end
 * with heed__mechanisms_clear. */
heed_status heed__mechanisms_create(heed__params *params, const char *name,
                                    const heed__mechanism_texts *texts,
                                    const heed__mechanism_use *use, heed__mechanisms *out);
void heed__mechanisms_clear(heed__mechanisms *m);

/* Records attention. x: the layer's input, a row for each query (unused where the mechanisms read
 * no array of queries). attend: all but its attender. site, or NULL, is filled. */
heed__var heed__mechanisms_apply(heed__mechanisms *m, const heed__pass *pass, heed__var x,
                                 const heed__var qkv[3], heed__attend attend,
                                 heed__attention_site *site);

#endif
