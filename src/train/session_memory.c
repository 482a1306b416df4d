/* SPDX-License-Identifier: MIT */
/* A run's batches, and the memory that a step of the largest takes. */
#include "train/session.h"

#include "base/fail.h"

#include <stdio.h>
#include <stdlib.h>

void heed__session_drop_batches(heed__session *s)
{
    for (int i = 0; i < HEED_MODEL_OUTPUTS; i++) {
        heed__free(s->classes[i]);
        heed__free(s->values[i]);
        s->classes[i] = NULL;
        s->values[i] = NULL;
    }
    heed__free(s->order);
    heed__free(s->target_order);
    heed__free(s->count);
    heed__free(s->predictions);
    heed__free(s->valid_order);
    heed__free(s->valid_target_order);
    heed__free(s->valid_scores);
    heed__free(s->mixed);
    s->mixed = NULL;
    free(s->together_scores);
    s->together_scores = NULL;
    s->together_room = 0;
    heed__guide_batch_free(&s->guided);
    heed__copies_batch_free(&s->copied);
    heed__copies_batch_free(&s->valid_copied);
    s->order = s->target_order = s->count = s->valid_order = s->valid_target_order = NULL;
    s->valid_scores = NULL;
    s->predictions = NULL;
    heed__batch_free(&s->batch);
    heed__batch_free(&s->valid_batch);
    heed__batches_destroy(&s->batches);
    heed__batches_destroy(&s->valid_batches);
}

static heed_status make_order(heed__session *s)
{
    heed__batch_capacity most = heed__batches_capacity(s->batches);
    size_t n = (size_t)most.sequences;
    int64_t longest = most.longest > most.target_longest ? most.longest : most.target_longest;
    if (s->valid_batches) {
        heed__batch_capacity valid = heed__batches_capacity(s->valid_batches);
        if (valid.longest > longest) longest = valid.longest;
        if (valid.target_longest > longest) longest = valid.target_longest;
    }
    HEED_TRY(heed__batch_create(s->batches, &s->batch));
    HEED_TRY(heed__alloc(n, sizeof *s->order, "a batch", &s->order));
    HEED_TRY(heed__alloc(n, sizeof *s->target_order, "a batch", &s->target_order));
    return heed__alloc((size_t)longest + 2, sizeof *s->count, "a batch", &s->count);
}

size_t heed__session_bytes(const heed__session *s)
{
    size_t arrays = 2 + (s->averages.moving ? 1u : 0) + (s->averages.spare ? 1u : 0) +
                    (size_t)s->averages.wanted;
    int members = heed__session_members(s);
    for (int i = 0; i < HEED_OPTIMIZER_SLOTS; i++) arrays += s->optimizer->kind->slots[i] != NULL;
    if (members > 1) arrays += (size_t)members; /* the others, and this one at its best */
    return (size_t)heed__params_total(&s->model->params) * arrays * sizeof(heed_real) +
           heed__tape_bytes(s->tape) + heed__tape_bytes(s->model->tape);
}

/* Batches cannot be smaller: neither nothing nor half a text. */
static heed_status refuse_memory(const heed__session *s, size_t fixed, size_t step)
{
    double bound = (double)s->options->memory / 1e6;
    if (fixed >= s->options->memory)
        return heed__fail(HEED_E_NOMEM,
                          "--memory: %.0f MB; the parameters and their training state alone take "
                          "%.0f MB; allow more, or take a smaller model",
                          bound, (double)fixed / 1e6);
    return heed__fail(HEED_E_NOMEM,
                      "--memory: %.0f MB; the parameters and their training state take %.0f MB and "
                      "a step of the smallest batch, one text, %.0f MB more; allow more, take a "
                      "smaller model, or shorter texts (--max-length)%s",
                      bound, (double)fixed / 1e6, (double)step / 1e6,
                      s->recomputes || !heed__config_is(s->config, "train.recompute", "none")
                          ? ""
                          : ", or --recompute layers");
}

/* A smaller batch: in proportion to what is left for it beside the parameters. */
static heed_status shrink(heed__session *s)
{
    enum { LEAST_TOKENS = 16 };
    char text[32];
    size_t bytes = heed__session_bytes(s), bound = s->options->memory;
    size_t step = heed__tape_bytes(s->tape) + heed__tape_bytes(s->model->tape);
    size_t fixed = bytes - step, left = bound > fixed ? bound - fixed : 0;
    int64_t tokens = heed__config_integer(s->config, "train.batch_tokens");
    double share = 0.95 * (double)left / (double)step;
    int64_t fewer = (int64_t)((share < 0.9 ? share : 0.9) * (double)tokens);
    if (!left || tokens <= LEAST_TOKENS) return refuse_memory(s, fixed, step);
    if (fewer < LEAST_TOKENS) fewer = LEAST_TOKENS;
    snprintf(text, sizeof text, "%lld", (long long)fewer);
    HEED_TRY(heed_config_set(s->config, "train.batch_tokens", text));
    HEED_TRY(heed_config_set(s->model->config, "train.batch_tokens", text));
    heed__log(s->context, HEED_LOG_INFO,
              "a step would take %.0f MB of %.0f MB: batches of at most %s tokens%s",
              (double)bytes / 1e6, (double)bound / 1e6, text,
              heed__config_is(s->config, "train.recompute", "none")
                  ? "; --recompute layers allows larger ones"
                  : "");
    return HEED_OK;
}

heed_status heed__session_make_batches(heed__session *s)
{
    heed__session_drop_batches(s);
    HEED_TRY(s->job->make_batches(s));
    return make_order(s);
}

heed_status heed__session_plan(heed__session *s)
{
    heed__var loss;
    HEED_TRY(s->job->plan_scoring(s));
    for (int largest = 1; largest <= 2; largest++) {
        s->job->record(s, largest, &loss);
        HEED_TRY(heed__tape_plan(s->tape, loss));
    }
    return HEED_OK;
}

static void measure(heed__session *s, int on)
{
    heed__tape_measure(s->tape, on);
    heed__tape_measure(s->model->tape, on);
}

/* What recomputing saves is tried before smaller batches, since it changes no bit. Where there is
 * no layer it saves nothing. */
static heed_status try_recomputing(heed__session *s)
{
    size_t before = heed__session_bytes(s);
    if (s->recomputes || !heed__config_is(s->config, "train.recompute", "auto")) return HEED_OK;
    s->recomputes = 1;
    measure(s, 1);
    HEED_TRY(heed__session_plan(s));
    size_t bytes = heed__session_bytes(s);
    s->recomputes = bytes < before;
    if (s->recomputes)
        heed__log(s->context, HEED_LOG_INFO,
                  "a step would take %.0f MB of %.0f MB: layers are run again in the backward pass "
                  "(--recompute): %.0f MB",
                  (double)before / 1e6, (double)s->options->memory / 1e6, (double)bytes / 1e6);
    return HEED_OK;
}

heed_status heed__session_fit(heed__session *s)
{
    heed_status status;
    measure(s, 1);
    status = heed__session_plan(s);
    if (status == HEED_OK && heed__session_bytes(s) > s->options->memory)
        status = try_recomputing(s);
    while (status == HEED_OK && heed__session_bytes(s) > s->options->memory) {
        status = shrink(s);
        if (status == HEED_OK) status = heed__session_make_batches(s);
        measure(s, 1);
        if (status == HEED_OK) status = heed__session_plan(s);
    }
    measure(s, 0);
    return status;
}
