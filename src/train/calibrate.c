/* SPDX-License-Identifier: MIT */
#include "base/fail.h"
#include "train/session.h"

#include <math.h> /* isfinite */

/* Temperatures from 1/8 to 8, eight to an octave; on more rows the choice would be the same. */
enum { TEMPERATURES = 49, MOST_ROWS = 10000 };

static const float least_temperature = 0.125f, eighth_octave = 0x1.172b84p+0f; /* 2^(1/8) */

/* Loss of one row at a temperature, from the logarithms of its probabilities at temperature 1. A
 * share `doubt` of the target is spread over all labels: a hundred rows without an error do not
 * show that there is none in a thousand (Laplace's rule of succession). */
static double loss_at(const float *logs, int64_t count, int32_t label, float temperature,
                      double doubt, float *scratch)
{
    const heed__kernels *kernels = heed__kernels_best();
    kernels->scale(count, 1 / temperature, logs, scratch);
    double right = (1 - doubt) * (double)scratch[label] +
                   doubt * (double)kernels->sum(count, scratch) / (double)count;
    float most = kernels->max(count, scratch), log_sum;
    float sum = kernels->exp_sum(count, scratch, most, scratch);
    kernels->log(1, &sum, &log_sum);
    return (double)most + (double)log_sum - right;
}

static void add_row(const heed__model_output *o, const float *probabilities, int32_t label,
                    double doubt, float *logs, double *losses)
{
    const float tiny = 1e-30f; /* a probability of 0 has no logarithm */
    for (int64_t j = 0; j < o->count; j++)
        logs[j] = probabilities[j] > tiny ? probabilities[j] : tiny;
    heed__kernels_best()->log(o->count, logs, logs);
    float temperature = least_temperature;
    for (int t = 0; t < TEMPERATURES; t++, temperature *= eighth_octave)
        losses[t] += loss_at(logs, o->count, label, temperature, doubt, logs + o->count);
}

static heed_status calibrate_output(heed__model_output *o, const heed__targets *targets,
                                    const float *predictions, int64_t width)
{
    double losses[TEMPERATURES] = {0};
    double doubt = 1 / ((double)targets->rows + 2);
    float *logs = NULL;
    HEED_TRY(heed__alloc(2 * (size_t)o->count, sizeof *logs, "calibration", &logs));
    for (int64_t i = 0; i < targets->rows && i < MOST_ROWS; i++)
        if (targets->classes[i] >= 0)
            add_row(o, predictions + i * width + o->first, targets->classes[i], doubt, logs,
                    losses);
    heed__free(logs);
    float temperature = least_temperature;
    double best = INFINITY;
    for (int t = 0; t < TEMPERATURES; t++, temperature *= eighth_octave)
        if (losses[t] < best) {
            best = losses[t];
            o->temperature = temperature;
        }
    return HEED_OK;
}

heed_status heed__calibrate(heed_model *model, const heed__split *split, const float *predictions)
{
    for (int i = 0; i < model->n_outputs; i++)
        if (model->outputs[i].labels->kind == HEED_LABEL_CLASS)
            HEED_TRY(calibrate_output(&model->outputs[i], &split->targets[i], predictions,
                                      heed_model_width(model)));
    return HEED_OK;
}
