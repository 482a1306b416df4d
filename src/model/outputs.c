/* SPDX-License-Identifier: MIT */
#include "model/outputs.h"

static heed__var lose_classes(heed_model *model, int i, heed__tape *tape,
                              const heed__model_vars *vars, const heed__model_targets *targets)
{
    const heed__mechanisms *reader = &model->pool.layer.mechanisms;
    heed__class_loss classes = {.labels = targets->classes[i],
                                .weights = model->outputs[i].class_weights,
                                .each = reader->wants_costs ? &reader->attender.costs : NULL,
                                .smoothing =
                                    (float)heed__config_number(model->config, "output.smoothing")};
    return heed__tape_apply(tape, &heed__op_cross_entropy, &vars->logits[i], 1, &classes,
                            sizeof classes);
}

static heed__var lose_values(heed_model *model, int i, heed__tape *tape,
                             const heed__model_vars *vars, const heed__model_targets *targets,
                             const heed__op *op)
{
    heed__target_loss values = {.targets = targets->values[i],
                                .weights = model->outputs[i].class_weights};
    return heed__tape_apply(tape, op, &vars->logits[i], 1, &values, sizeof values);
}

static heed__var lose_set(heed_model *model, int i, heed__tape *tape, const heed__model_vars *vars,
                          const heed__model_targets *targets)
{
    return lose_values(model, i, tape, vars, targets, &heed__op_binary_cross_entropy);
}

static heed__var lose_number(heed_model *model, int i, heed__tape *tape,
                             const heed__model_vars *vars, const heed__model_targets *targets)
{
    return lose_values(model, i, tape, vars, targets, &heed__op_squared_error);
}

static heed__var lose_tags(heed_model *model, int i, heed__tape *tape, const heed__model_vars *vars,
                           const heed__model_targets *targets)
{
    heed__param *moves = model->outputs[i].moves;
    if (!moves) return lose_classes(model, i, tape, vars, targets);
    heed__chain_loss chain = {vars->words, targets->classes[i]};
    heed__var in[2] = {vars->logits[i], heed__tape_param(tape, moves)};
    return heed__tape_apply(tape, &heed__op_chain_loss, in, 2, &chain, sizeof chain);
}

static void finish_classes(const heed__model_output *o, float *z)
{
    const heed__kernels *kernels = heed__kernels_best();
    kernels->scale(o->count, 1 / o->temperature, z, z);
    float sum = kernels->exp_sum(o->count, z, kernels->max(o->count, z), z);
    kernels->scale(o->count, 1 / sum, z, z);
}

static void finish_set(const heed__model_output *o, float *z)
{
    heed__kernels_best()->sigmoid(o->count, z, z);
}

static void finish_number(const heed__model_output *o, float *z)
{
    *z = *z * o->spread + o->mean;
}

static const heed__output_kind kinds[HEED_LABEL_KINDS] = {
    [HEED_LABEL_CLASS] = {.name = "class",
                          .open = HEED_OUTPUT_CLASS,
                          .loss = lose_classes,
                          .finish = finish_classes},
    [HEED_LABEL_SET] = {.name = "set",
                        .open = HEED_OUTPUT_SET,
                        .loss = lose_set,
                        .finish = finish_set},
    [HEED_LABEL_NUMBER] = {.name = "number",
                           .open = HEED_OUTPUT_NUMBER,
                           .loss = lose_number,
                           .finish = finish_number},
    [HEED_LABEL_TAGS] = {.name = "tags",
                         .open = HEED_OUTPUT_TAGS,
                         .per_word = 1,
                         .loss = lose_tags},
};

const heed__output_kind *heed__output_kind_of(heed__label_kind kind)
{
    return &kinds[kind];
}

int64_t heed__output_logits(const heed__labels *labels)
{
    return labels->kind == HEED_LABEL_NUMBER ? 1 : labels->n;
}

int64_t heed__output_values(const heed__model_output *output)
{
    return output->kind->per_word ? 0 : output->count;
}
