/* SPDX-License-Identifier: MIT */
/*
 * Several networks that answer as one: of one configuration, vocabulary and labels, trained from
 * seeds of their own. They stand behind the first, which is the model that callers hold; each
 * records as a model by itself does (heed__model_record), and what they say is averaged:
 * probabilities, not logits, so that no single member's certainty overrules the others, and what
 * comes out is a distribution again. The temperature is that of the mean. Of tags the scores are
 * averaged, of words and of moves: the members are one chain then, which has a best sequence.
 */
#ifndef HEED_MODEL_MEMBERS_H
#define HEED_MODEL_MEMBERS_H

#include "model/model.h"

enum { HEED_MEMBERS = 16 }; /* at most, as train.members and heed/train.h have it */

/* Where a member's random numbers come from; member 0 has the seed itself. */
static inline uint64_t heed__member_seed(uint64_t seed, int member)
{
    return seed ^ (uint64_t)member * UINT64_C(0x9E3779B97F4A7C15);
}

/* A further member behind the model, by chance or from a source; the model owns it, also on error.
 */
heed_status heed__model_add_member(heed_model *model, int trains, heed__param_source source,
                                   void *source_user, heed_model **out);

/* Members 0 .. heed_model_members - 1 as models by themselves; the model itself is the first. */
static inline heed_model *heed__member_at(heed_model *model, int member)
{
    return member ? model->others[member - 1] : model;
}

/* Of members that write: the logarithm of the mean of their probabilities [rows, columns], from the
 * scores of each, logits or log-probabilities. scratch [threads, columns]. */
void heed__members_mix(heed_context *context, int count, const float *const *scores, int64_t rows,
                       int64_t columns, float *scratch, float *out);

/* Those that answer: first .. first + count - 1. */
static inline void heed__members_asked(const heed_model *model, int *first, int *count)
{
    *first = model->asked ? model->asked - 1 : 0;
    *count = model->asked ? 1 : 1 + model->n_others;
}

#endif
