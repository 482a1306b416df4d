/* SPDX-License-Identifier: MIT */
#include "train/sampling.h"

#include "base/fail.h"
#include "base/parallel.h"
#include "base/random.h"
#include "data/tokenizer.h"
#include "model/draw.h"

#include <inttypes.h>
#include <math.h>

enum { BROKEN = -1 };

typedef struct mix_job {
    const heed__sampling *sampling;
    const heed__ragged *targets;
    int64_t vocabulary;
    const float *logits;
    const int32_t *inputs;
    int32_t *mixed;
    uint32_t key[4]; /* of seed and step */
} mix_job;

/* BROKEN where a score is none. */
static int32_t predict(const mix_job *job, const float *scores, double share)
{
    float most = heed__kernels_best()->max(job->vocabulary, scores);
    int32_t best = 0;
    if (!isfinite(most)) return BROKEN;
    while (scores[best] < most) best++;
    if (!job->sampling->draw) return best;
    heed__weighing weighing = heed__weighing_of(most, 1);
    return heed__draw_token(&weighing, job->vocabulary, scores, share);
}

static void mix_sequence(void *arg, int64_t s, int thread)
{
    const mix_job *job = arg;
    const heed__ragged *targets = job->targets;
    int64_t first = targets->offsets[s], length = targets->offsets[s + 1] - first;
    uint64_t id = (uint64_t)targets->ids[s];
    (void)thread;
    for (int64_t t = 0; t < length; t++) {
        uint32_t counter[4] = {(uint32_t)t, (uint32_t)((uint64_t)t >> 32), (uint32_t)id,
                               (uint32_t)(id >> 32)};
        uint32_t bits[4];
        int64_t row = first + t;
        heed__philox(job->key, counter, bits);
        job->mixed[row] = job->inputs[row];
        if (t == 0 || !((double)bits[0] * 0x1p-32 < job->sampling->share)) continue;
        int32_t token = predict(job, job->logits + (row - 1) * job->vocabulary,
                                heed__draw_share(bits[1], bits[2]));
        if (job->sampling->known && token >= job->sampling->known) continue;
        if (token >= HEED_TOKEN_FIRST || token == BROKEN) job->mixed[row] = token;
    }
}

heed_status heed__sampling_mix(heed_context *context, const heed__sampling *sampling,
                               const heed__ragged *targets, int64_t vocabulary, const float *logits,
                               const int32_t *inputs, int32_t *mixed)
{
    mix_job job = {sampling, targets, vocabulary, logits, inputs, mixed, {0}};
    uint32_t seed[2] = {(uint32_t)sampling->seed, (uint32_t)(sampling->seed >> 32)};
    uint32_t counter[4] = {(uint32_t)sampling->step, (uint32_t)(sampling->step >> 32), 0,
                           HEED_RANDOM_MIX};
    if (!(sampling->share >= 0 && sampling->share <= 1))
        return heed__fail(HEED_E_INVALID, "sampling: share = %g; it must be 0 to 1",
                          sampling->share);
    heed__philox(seed, counter, job.key);
    heed__parallel(context, targets->n, mix_sequence, &job);
    for (int64_t s = 0; s < targets->n; s++)
        for (int64_t row = targets->offsets[s]; row < targets->offsets[s + 1]; row++)
            if (mixed[row] == BROKEN)
                return heed__fail(HEED_E_NUMERIC,
                                  "sampling: a prediction for sequence %" PRId64
                                  " is NaN or infinite; the model's numbers are broken",
                                  targets->ids[s]);
    return HEED_OK;
}
