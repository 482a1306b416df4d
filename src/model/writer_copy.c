/* SPDX-License-Identifier: MIT */
/* Copying: the probabilities that generating and copying have together (ops/pointer.h). */
#include "base/fail.h"
#include "model/writer.h"
#include "ops/pointer.h"

heed_status heed__writer_create_copying(heed_model *model)
{
    heed__writer *w = &model->writer;
    w->copies = heed__config_boolean(model->config, "decoder.copy");
    return w->copies ? heed__extender_create(model->tokenizer, w->tokenizer, &w->extender)
                     : HEED_OK;
}

/* What both operations take. */
static heed__var apply(const heed__op *op, heed__tape *tape, heed__var logits,
                       const heed__pairs_vars *vars, heed__pointer pointer)
{
    heed__var in[3] = {logits, vars->decoded.gate, vars->decoded.weights};
    pointer.words = vars->memory.words;
    if (vars->decoded.look) pointer.look = *vars->decoded.look;
    return heed__tape_apply(tape, op, in, 3, &pointer, sizeof pointer);
}

static heed__var logits_of(heed_model *model, heed__tape *tape, const heed__pairs_vars *vars)
{
    heed__pass pass = {.tape = tape};
    return heed__linear_apply(&model->writer.output, &pass, vars->states);
}

heed__var heed__writer_scores(heed_model *model, heed__tape *tape, const heed__pairs_vars *vars)
{
    heed__pointer pointer = {.added = vars->memory.added};
    heed__var logits = logits_of(model, tape, vars);
    if (vars->decoded.gate == HEED_NO_VAR) return logits;
    return apply(&heed__op_pointer_scores, tape, logits, vars, pointer);
}

heed__var heed__writer_pointer_loss(heed_model *model, heed__tape *tape,
                                    const heed__pairs_batch *batch, const heed__pairs_vars *vars,
                                    float smoothing)
{
    heed__pointer pointer = {.labels = batch->labels, .smoothing = smoothing};
    return apply(&heed__op_pointer_loss, tape, logits_of(model, tape, vars), vars, pointer);
}
