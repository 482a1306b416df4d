/* SPDX-License-Identifier: MIT */
/* The tables of mechanisms. */
#ifndef HEED_ATTENTION_TABLES_H
#define HEED_ATTENTION_TABLES_H

#include "attention/mechanism.h"

/* Every entry is the first member of its row, so a pointer to the one is a pointer to the other. */
typedef enum heed__table {
    HEED_TABLE_SCORE,
    HEED_TABLE_NORMALISER,
    HEED_TABLE_MASK,
    HEED_TABLE_POSITION,
    HEED_TABLE_STAGE,
    HEED_TABLES
} heed__table;

extern const heed__score heed__score_scaled_dot, heed__score_dot, heed__score_additive,
    heed__score_general, heed__score_cosine, heed__score_gaussian, heed__score_distance,
    heed__score_additive_projected, heed__score_concat, heed__score_concat_tanh_sum,
    heed__score_query_bias;
extern const heed__normaliser heed__normaliser_softmax, heed__normaliser_sink,
    heed__normaliser_softmax1, heed__normaliser_sparsemax, heed__normaliser_entmax15,
    heed__normaliser_entmax, heed__normaliser_sigmoid, heed__normaliser_relu2,
    heed__normaliser_topk, heed__normaliser_hard, heed__normaliser_straight_through,
    heed__normaliser_gumbel, heed__normaliser_sampled;
extern const heed__mask heed__mask_none, heed__mask_causal, heed__mask_all, heed__mask_any,
    heed__mask_window, heed__mask_windows, heed__mask_local_m, heed__mask_local_p,
    heed__mask_prefix, heed__mask_prefixes, heed__mask_documents, heed__mask_global,
    heed__mask_longformer, heed__mask_strided, heed__mask_fixed, heed__mask_bigbird,
    heed__mask_blocks, heed__mask_dense;
extern const heed__position heed__position_none, heed__position_rotary;
extern const heed__shaper heed__stage_softcap, heed__stage_bias, heed__stage_scale,
    heed__stage_gate, heed__stage_user, heed__stage_alibi, heed__stage_alibi_learned,
    heed__stage_t5, heed__stage_shaw, heed__stage_shaw_keys, heed__stage_xl, heed__stage_span,
    heed__stage_dynamic_span, heed__stage_gaussian;

/* "score" and so on. */
const char *heed__table_name(heed__table table);

/* Row `index`; NULL past the end. */
const heed__entry *heed__table_at(heed__table table, size_t index);

/* The row of that name. The message of HEED_E_INVALID lists the names there are. */
heed_status heed__table_find(heed__table table, const char *name, const heed__entry **out);

/* The row that `part` names (the first where part is NULL), its record's size checked. */
heed_status heed__table_row(heed__table table, const heed_attention_part *part,
                            const heed__entry **out);

/* Length of the first record of a list that is joined by commas: "a:x=1,y=2,b:z=3" has two. */
size_t heed__spec_length(const char *list);

#endif
