/* SPDX-License-Identifier: MIT */
/* One number for how good a model is on held-out rows, and its loss. */
#include "train/session.h"

#include "base/fail.h"
#include "data/spans.h"
#include "train/tag_counts.h"

/* What an output is scored from. */
typedef struct scored {
    const heed__model_output *o;
    const heed__targets *targets;
    const float *values;
    int64_t width;
    const heed_dataset *rows;
    const heed__tagging *tagging;
    int output;
} scored;

/* Natural logarithm by heed's own kernel: the best model must not depend on libm. */
static double log_of(float value)
{
    heed_real in = value < 1e-12f ? 1e-12f : value, out;
    heed__kernels_best()->log(1, &in, &out);
    return (double)out;
}

static heed_status score_classes(const scored *of, double *metric, double *loss)
{
    const heed__targets *t = of->targets;
    const heed__model_output *o = of->o;
    const float *values = of->values;
    int64_t width = of->width;
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
    return HEED_OK;
}

static heed_status score_sets(const scored *of, double *metric, double *loss)
{
    const heed__targets *t = of->targets;
    const heed__model_output *o = of->o;
    const float *values = of->values;
    int64_t width = of->width;
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
    return HEED_OK;
}

static heed_status score_numbers(const scored *of, double *metric, double *loss)
{
    const heed__targets *t = of->targets;
    const heed__model_output *o = of->o;
    const float *values = of->values;
    int64_t width = of->width;
    double mean = 0, around = 0, off = 0;
    for (int64_t i = 0; i < t->rows; i++) mean += (double)t->numbers[i] / (double)t->rows;
    for (int64_t i = 0; i < t->rows; i++) {
        double y = (double)t->numbers[i], error = (double)values[i * width + o->first] - y;
        off += error * error;
        around += (y - mean) * (y - mean);
    }
    *metric = around > 0 ? 1 - off / around : 0;
    *loss = off / (double)t->rows;
    return HEED_OK;
}

/* The tags that words were given, as data would have them. */
static heed_status join_tags(const scored *of, int64_t row, heed__buffer *out)
{
    out->size = 0;
    heed__buffer_add(out, "", 0);
    for (int64_t w = of->targets->words[row]; w < of->targets->words[row + 1]; w++) {
        heed__buffer_text(out, of->o->labels->names[of->tagging->labels[of->output][w]]);
        heed__buffer_text(out, " ");
    }
    return out->status;
}

/* F1 of spans, or the share of right words where tags mark none. */
static heed_status score_tags(const scored *of, double *metric, double *loss)
{
    heed__buffer given = {0};
    heed__tag_counts counts = {.single =
                                   !heed__tags_mark_spans(of->o->labels->names, of->o->labels->n)};
    int64_t rows = of->targets->rows, words = of->targets->words[rows];
    double total = 0;
    heed_status status = HEED_OK;
    for (int64_t row = 0; row < rows && status == HEED_OK; row++) {
        status = join_tags(of, row, &given);
        if (status == HEED_OK)
            status = heed__tag_counts_add(&counts, heed_dataset_label(of->rows, row, of->output),
                                          (heed_text){given.bytes, given.size});
    }
    for (int64_t w = 0; w < words; w++)
        total -= log_of(of->tagging->gold_probabilities[of->output][w]);
    int64_t there = counts.all.given + counts.all.gold;
    *metric = there ? 2 * (double)counts.all.right / (double)there : 0;
    *loss = total / (double)words;
    heed__buffer_free(&given);
    heed__tag_counts_free(&counts);
    return status;
}

static const struct {
    const char *name;
    heed_status (*score)(const scored *of, double *metric, double *loss);
} kinds[HEED_LABEL_KINDS] = {
    [HEED_LABEL_CLASS] = {"accuracy", score_classes},
    [HEED_LABEL_SET] = {"micro_f1", score_sets},
    [HEED_LABEL_NUMBER] = {"r2", score_numbers},
    [HEED_LABEL_TAGS] = {"span_f1", score_tags},
};

const char *heed__score_name(const heed_model *model)
{
    const heed__labels *labels = model->outputs[0].labels;
    if (model->n_outputs > 1) return "mean score";
    if (labels->kind == HEED_LABEL_TAGS && !heed__tags_mark_spans(labels->names, labels->n))
        return "accuracy";
    return kinds[labels->kind].name;
}

heed_status heed__score(heed_model *model, heed__split *split, float *predictions, double *metric,
                        double *loss)
{
    *metric = *loss = 0;
    for (int i = 0; i < model->n_outputs; i++)
        split->tagging.gold[i] = split->targets[i].words ? split->targets[i].classes : NULL;
    HEED_TRY(heed__model_predict_examples(model, &split->examples, predictions, &split->tagging));
    for (int i = 0; i < model->n_outputs; i++) {
        const heed__model_output *o = &model->outputs[i];
        scored of = {o,
                     &split->targets[i],
                     predictions,
                     heed_model_width(model),
                     split->rows,
                     &split->tagging,
                     i};
        double one, lost;
        HEED_TRY(kinds[o->labels->kind].score(&of, &one, &lost));
        *metric += one / (double)model->n_outputs;
        *loss += lost / (double)model->n_outputs;
    }
    return HEED_OK;
}
