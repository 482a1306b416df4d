/* SPDX-License-Identifier: MIT */
/* The tables of mechanisms. */
#ifndef HEED_ATTENTION_TABLES_H
#define HEED_ATTENTION_TABLES_H

#include "attention/mechanism.h"

extern const heed__score heed__score_scaled_dot, heed__score_dot, heed__score_additive;
extern const heed__normaliser heed__normaliser_softmax;
extern const heed__mask heed__mask_none, heed__mask_causal, heed__mask_all, heed__mask_any;

/* Finds the row that `part` names (the first where part is NULL) and checks its record against the
 * row. The message of HEED_E_INVALID lists the names there are. */
heed_status heed__find_score(const heed_attention_part *part, const heed__score **out);
heed_status heed__find_normaliser(const heed_attention_part *part, const heed__normaliser **out);
heed_status heed__find_mask(const heed_attention_part *part, const heed__mask **out);
heed_status heed__find_position(const heed_attention_part *part, const heed__position **out);

#endif
