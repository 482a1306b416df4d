/* SPDX-License-Identifier: MIT */
/* Training a classifier: labels, their targets, and what is measured. */
#include "train/session.h"

#include "base/fail.h"
#include "data/spans.h"

#include <math.h> /* sqrt, NAN */
#include <string.h>

/* Whether an output's loss is that of classes, of texts or of words by themselves. */
static int is_classes(const heed__session *s, heed__label_kind kind)
{
    return kind == HEED_LABEL_CLASS ||
           (kind == HEED_LABEL_TAGS && !heed__config_boolean(s->config, "output.crf"));
}

/* Settings of the outputs that no output of these kinds listens to: see also heed__config_warn. */
static void warn_of_kinds(heed__session *s, const heed__model_parts *parts)
{
    int classes = 0, numbers = 0;
    for (int i = 0; i < parts->n_outputs; i++) {
        classes += is_classes(s, parts->labels[i]->kind);
        numbers += parts->labels[i]->kind == HEED_LABEL_NUMBER;
    }
    if (classes == 0 && heed_config_is_set(s->config, "output.smoothing"))
        heed__log(s->context, HEED_LOG_WARNING,
                  "output.smoothing has no effect: no output has one label a row");
    if (numbers == parts->n_outputs && heed_config_is_set(s->config, "output.consistency"))
        heed__log(s->context, HEED_LOG_WARNING,
                  "output.consistency has no effect: the outputs are numbers");
    if (numbers == parts->n_outputs && heed_config_is_set(s->config, "output.class_weights"))
        heed__log(s->context, HEED_LOG_WARNING,
                  "output.class_weights has no effect: the outputs are numbers");
}

/* What words' labels alone, or their absence, leave unheard. */
static void warn_of_tags(heed__session *s, const heed__model_parts *parts)
{
    int tags = 0, all = parts->n_outputs;
    for (int i = 0; i < all; i++) tags += parts->labels[i]->kind == HEED_LABEL_TAGS;
    if (!tags && heed_config_is_set(s->config, "output.crf"))
        heed__log(s->context, HEED_LOG_WARNING,
                  "output.crf has no effect: no output has a label for each word");
    if (tags == all && heed_config_is_set(s->config, "pool.kind"))
        heed__log(s->context, HEED_LOG_WARNING,
                  "pool.kind has no effect: no output is about whole texts");
    if (tags == all && heed_config_is_set(s->config, "output.class_weights") &&
        heed__config_boolean(s->config, "output.crf"))
        heed__log(s->context, HEED_LOG_WARNING,
                  "output.class_weights has no effect: the outputs are tags in a chain (--crf)");
}

static heed_status build_labels(heed__session *s, heed__model_parts *parts)
{
    heed__label_kind kind = HEED_LABEL_GUESS;
    const char *asked = heed_config_get(s->config, "output.kind");
    if (strcmp(asked, "auto") != 0) HEED_TRY(heed__label_kind_find(asked, &kind));
    parts->n_outputs = heed_dataset_layout(s->train.rows)->n_outputs;
    for (int i = 0; i < parts->n_outputs; i++) {
        if (s->parent && i < s->parent->n_outputs) kind = s->parent->outputs[i].labels->kind;
        HEED_TRY(heed__labels_build(s->context, s->train.rows, i, kind, &parts->labels[i]));
        if (s->parent) HEED_TRY(heed__from_labels(s, i, &parts->labels[i]));
    }
    warn_of_kinds(s, parts);
    warn_of_tags(s, parts);
    return HEED_OK;
}

static heed_status build(heed__session *s, heed__model_parts *parts)
{
    heed__tokenizer_settings settings = heed__session_tokenizer(s->config);
    HEED_TRY(build_labels(s, parts));
    if (s->parent) return heed__from_tokenizers(s, parts);
    return heed__tokenizer_train_dataset(s->context, heed_config_get(s->config, "input.tokenizer"),
                                         &settings, s->train.rows, &parts->tokenizer);
}

/* Numbers are learned with mean 0 and spread 1. */
static heed_status scale_numbers(heed__model_output *output, heed__targets *train)
{
    double sum = 0, squares = 0;
    int64_t n = train->rows;
    for (int64_t i = 0; i < n; i++) sum += (double)train->numbers[i];
    double mean = sum / (double)n;
    for (int64_t i = 0; i < n; i++) {
        double off = (double)train->numbers[i] - mean;
        squares += off * off;
    }
    double spread = squares > 0 ? sqrt(squares / (double)n) : 1;
    if (!(spread >= HEED_LEAST_SPREAD && spread <= HEED_MOST_NUMBER && mean >= -HEED_MOST_NUMBER &&
          mean <= HEED_MOST_NUMBER))
        return heed__fail(
            HEED_E_DATA,
            "label '%s': numbers with mean %g and spread %g; give them in a unit that "
            "makes them neither that large nor that close",
            output->labels->output, mean, spread);
    output->mean = (float)mean;
    output->spread = (float)spread;
    return HEED_OK;
}

/* Balanced: each label weighs as much in all as any other. */
static heed_status weigh_classes(heed__session *s, heed__model_output *output)
{
    const heed__labels *labels = output->labels;
    if (!heed__config_is(s->config, "output.class_weights", "balanced") ||
        labels->kind == HEED_LABEL_NUMBER)
        return HEED_OK;
    HEED_TRY(heed__alloc((size_t)output->count, sizeof *output->class_weights, "class weights",
                         &output->class_weights));
    double total = 0;
    for (int64_t j = 0; j < output->count; j++) total += (double)labels->counts[j];
    for (int64_t j = 0; j < output->count; j++)
        output->class_weights[j] =
            labels->counts[j] ? (float)(total / ((double)output->count * (double)labels->counts[j]))
                              : 0;
    return HEED_OK;
}

/* Whether training's tags that go on with a span follow it, but for slips (one in a hundred): in
 * the older way of marking (IOB1) a span may begin with I-. */
static int tags_follow(const heed__labels *labels, const heed__targets *t)
{
    int64_t going = 0, lost = 0;
    for (int64_t row = 0; row < t->rows; row++) {
        heed__tag_parts before = heed__tag_read((heed_text){"", 0});
        for (int64_t w = t->words[row]; w < t->words[row + 1]; w++) {
            const char *name = t->classes[w] < 0 ? "" : labels->names[t->classes[w]];
            heed__tag_parts now = heed__tag_read((heed_text){name, strlen(name)});
            going += heed__tag_continues(now);
            lost += heed__tag_continues(now) && !heed__tag_follows(before, now);
            before = now;
        }
    }
    return going > 0 && lost * 100 <= going;
}

static heed_status make_targets(heed__session *s)
{
    for (int i = 0; i < s->model->n_outputs; i++) {
        heed__model_output *output = &s->model->outputs[i];
        if (!s->train.targets[i].rows)
            HEED_TRY(heed__targets_make(s->context, output->labels, s->train.rows, i,
                                        &s->train.targets[i]));
        if (!s->valid.targets[i].rows)
            HEED_TRY(heed__targets_make(s->context, output->labels, s->valid.rows, i,
                                        &s->valid.targets[i]));
        if (output->labels->kind == HEED_LABEL_NUMBER)
            HEED_TRY(scale_numbers(output, &s->train.targets[i]));
        if (s->parent) { /* what the output layer learned is on the old scale */
            output->mean = s->parent->outputs[i].mean;
            output->spread = s->parent->outputs[i].spread;
        }
        if (output->labels->kind == HEED_LABEL_TAGS)
            output->follows = tags_follow(output->labels, &s->train.targets[i]);
        HEED_TRY(weigh_classes(s, output));
    }
    return HEED_OK;
}

static heed_text row_text(const void *user, int64_t i)
{
    return heed_dataset_text(user, i);
}

static heed_status encode_split(heed__session *s, const heed__tokenizer *tokenizer,
                                heed__split *split)
{
    return heed__examples_encode_words(s->context, tokenizer, heed_dataset_rows(split->rows),
                                       row_text, split->rows, heed__model_tags(s->model),
                                       &split->examples);
}

static heed_status encode(heed__session *s)
{
    const heed__tokenizer *tokenizer = s->model->tokenizer;
    if (!s->train.examples.n) {
        HEED_TRY(encode_split(s, tokenizer, &s->train));
        HEED_TRY(encode_split(s, tokenizer, &s->valid));
    }
    return make_targets(s);
}

static heed_status make_batches(heed__session *s)
{
    heed__batch_options options = {
        .max_tokens = heed__config_integer(s->config, "train.batch_tokens"),
        .max_sequences = heed__config_integer(s->config, "train.batch_texts"),
        .shuffle = 1,
        .seed = heed__session_seed(s)};
    HEED_TRY(heed__batches_create(&s->train.examples, NULL, &options, &s->batches));
    heed__batch_capacity most = heed__batches_capacity(s->batches);
    for (int i = 0; i < s->model->n_outputs; i++) {
        size_t columns = (size_t)s->model->outputs[i].count;
        int words = s->model->outputs[i].labels->kind == HEED_LABEL_TAGS;
        size_t n = (size_t)(words ? most.words : most.sequences);
        if (words) columns = 1; /* numbers are none of theirs */
        HEED_TRY(heed__alloc(n, sizeof *s->classes[i], "a batch", &s->classes[i]));
        HEED_TRY(heed__alloc(n * columns, sizeof *s->values[i], "a batch", &s->values[i]));
    }
    size_t rows = (size_t)s->valid.examples.n, width = (size_t)heed_model_width(s->model);
    if (s->valid.examples.words && !s->valid.tagged)
        HEED_TRY(heed__tagging_create(s->model, s->valid.examples.words[rows], &s->valid.tagging));
    s->valid.tagged = 1;
    return heed__alloc(rows * width, sizeof *s->predictions, "predictions", &s->predictions);
}

/* The batch's targets, in its order. */
static void gather_targets(heed__session *s)
{
    for (int i = 0; i < s->model->n_outputs; i++) {
        const heed__targets *t = &s->train.targets[i];
        const heed__model_output *o = &s->model->outputs[i];
        for (int64_t b = 0; b < s->batch.n; b++) {
            int64_t row = s->batch.examples[b];
            if (t->words) {
                memcpy(s->classes[i] + s->batch.word_offsets[b], t->classes + t->words[row],
                       (size_t)(t->words[row + 1] - t->words[row]) * sizeof(int32_t));
                continue;
            }
            if (t->classes) s->classes[i][b] = t->classes[row];
            if (t->numbers) s->values[i][b] = (t->numbers[row] - o->mean) / o->spread;
            if (t->set)
                memcpy(s->values[i] + b * t->n, t->set + row * t->n, (size_t)t->n * sizeof(float));
        }
    }
}

/* Two passes of different dropout, where there are probabilities to be compared. */
static int passes_of(const heed__session *s)
{
    int compared = 0;
    for (int i = 0; i < s->model->n_outputs; i++)
        compared |= s->model->outputs[i].labels->kind != HEED_LABEL_NUMBER;
    return compared && heed__config_number(s->config, "output.consistency") > 0 ? 2 : 1;
}

static void record(heed__session *s, int largest, heed__var *loss)
{
    heed__model_vars vars[2] = {{0}, {0}};
    int passes = passes_of(s);
    heed__model_targets targets = {{0}, {0}};
    heed__batch_capacity most = heed__batches_capacity(s->batches);
    s->labelled = (heed__model_batch){.ragged = s->texts,
                                      .tokens = s->batch.tokens,
                                      .begins = s->batch.begins,
                                      .sentences = most.sentences,
                                      .words = {.n = s->batch.word_offsets ? s->batch.n : 0,
                                                .rows = s->batch.words,
                                                .offsets = s->batch.word_offsets},
                                      .word_rows = s->batch.word_rows};
    heed__model_bags_set(&s->labelled, s->batch.bags, 0);
    if (largest) {
        s->labelled.ragged =
            (heed__ragged){.n = most.sequences, .rows = most.rows, .longest = most.longest};
        s->labelled.words =
            (heed__ragged){.n = s->batch.word_offsets ? most.sequences : 0, .rows = most.words};
    } else
        gather_targets(s);
    for (int i = 0; i < s->model->n_outputs; i++) {
        targets.classes[i] = s->classes[i];
        targets.values[i] = s->values[i];
    }
    heed__tape_start(s->tape, heed__session_mode(s), heed__session_draw(s));
    for (int i = 0; i < passes; i++) heed__model_record(s->model, s->tape, &s->labelled, &vars[i]);
    *loss = passes == 1 ? heed__model_loss(s->model, s->tape, &vars[0], &targets)
                        : heed__model_consistent_loss(s->model, s->tape, vars, &targets);
    heed__tape_keep(s->tape, *loss);
}

static heed_status plan_scoring(heed__session *s)
{
    return heed__model_plan(s->model, &s->valid.examples);
}

static heed_status score(heed__session *s, heed__scores *out)
{
    out->bleu = NAN;
    return heed__score(s->model, &s->valid, s->predictions, &out->metric, &out->loss);
}

static heed_status calibrate(heed__session *s)
{
    return heed__calibrate(s->model, &s->valid, s->predictions);
}

/* Training measures at temperature 1. */
static void uncalibrate(heed__session *s)
{
    for (int i = 0; i < s->model->n_outputs; i++) s->model->outputs[i].temperature = 1;
}

const heed__job heed__job_classify = {.task = HEED_TASK_CLASSIFY,
                                      .build = build,
                                      .encode = encode,
                                      .make_batches = make_batches,
                                      .record = record,
                                      .plan_scoring = plan_scoring,
                                      .score = score,
                                      .calibrate = calibrate,
                                      .uncalibrate = uncalibrate,
                                      .metric_name = heed__score_name};
