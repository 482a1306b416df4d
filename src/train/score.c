/* SPDX-License-Identifier: MIT */
/* One number for how good a model is on held-out rows, and its loss. */
#include "train/session.h"

static const char *const names[] = {"accuracy", "micro_f1", "r2"};

const char *heed__score_name(const heed_model *model)
{
    return model->n_outputs == 1 ? names[heed_model_output(model, 0).kind] : "mean score";
}

/* Natural logarithm by heed's own kernel: the best model must not depend on libm. */
static double log_of(float value)
{
    heed_real in = value < 1e-12f ? 1e-12f : value, out;
    heed__kernels_best()->log(1, &in, &out);
    return (double)out;
}

static void score_classes(const heed__model_output *o, const heed__targets *t, const float *values,
                          int64_t width, double *metric, double *loss)
{
    int64_t right = 0;
    double total = 0;
    for (int64_t i = 0; i < t->rows; i++) {
        const float *p = values + i * width + o->first;
        int64_t best = 0;
        for (int64_t j = 1; j < o->count; j++)
            if (p[j] > p[best]) best = j;
        right += best == t->classes[i];
        total -= log_of(t->classes[i] < 0 ? 0 : p[t->classes[i]]);
    }
    *metric = (double)right / (double)t->rows;
    *loss = total / (double)t->rows;
}

static void score_sets(const heed__model_output *o, const heed__targets *t, const float *values,
                       int64_t width, double *metric, double *loss)
{
    int64_t hit = 0, told = 0, there = 0;
    double total = 0;
    for (int64_t i = 0; i < t->rows; i++)
        for (int64_t j = 0; j < t->n; j++) {
            float p = values[i * width + o->first + j];
            int is = t->set[i * t->n + j] > 0.5f, said = p >= 0.5f;
            hit += is && said;
            told += said;
            there += is;
            total -= log_of(is ? p : 1 - p);
        }
    *metric = told + there ? 2 * (double)hit / (double)(told + there) : 0;
    *loss = total / (double)t->rows;
}

static void score_numbers(const heed__model_output *o, const heed__targets *t, const float *values,
                          int64_t width, double *metric, double *loss)
{
    double mean = 0, around = 0, off = 0;
    for (int64_t i = 0; i < t->rows; i++) mean += (double)t->numbers[i] / (double)t->rows;
    for (int64_t i = 0; i < t->rows; i++) {
        double y = (double)t->numbers[i], error = (double)values[i * width + o->first] - y;
        off += error * error;
        around += (y - mean) * (y - mean);
    }
    *metric = around > 0 ? 1 - off / around : 0;
    *loss = off / (double)t->rows;
}

heed_status heed__score(heed_model *model, const heed__split *split, float *predictions,
                        double *metric, double *loss)
{
    int64_t width = heed_model_width(model);
    heed_status status = heed__model_predict_examples(model, &split->examples, predictions);
    *metric = *loss = 0;
    if (status != HEED_OK) return status;
    for (int i = 0; i < model->n_outputs; i++) {
        const heed__model_output *o = &model->outputs[i];
        const heed__targets *t = &split->targets[i];
        double one, lost;
        if (o->labels->kind == HEED_LABEL_CLASS)
            score_classes(o, t, predictions, width, &one, &lost);
        else if (o->labels->kind == HEED_LABEL_SET)
            score_sets(o, t, predictions, width, &one, &lost);
        else
            score_numbers(o, t, predictions, width, &one, &lost);
        *metric += one / (double)model->n_outputs;
        *loss += lost / (double)model->n_outputs;
    }
    return HEED_OK;
}
