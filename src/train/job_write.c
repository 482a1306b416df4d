/* SPDX-License-Identifier: MIT */
/* Training a model that writes: pairs of texts, or running text. */
#include "train/session.h"

#include "base/fail.h"
#include "data/pair_filter.h"
#include "train/sampling.h"

#include <math.h> /* NAN */
#include <string.h>

/* ------------------------------------------------------------------ tokenizers, examples */

/* What is too long is no example, rather than half of one: nothing is cut here. */
static heed__tokenizer_settings tokenizer_settings(const heed__session *s, int64_t spacing)
{
    heed__tokenizer_settings settings = heed__session_tokenizer(s->config);
    settings.spacing = spacing;
    settings.max_length = INT32_MAX;
    settings.ngrams = 1, settings.characters = 0; /* n-grams and a start token are a classifier's */
    settings.start = 0;
    return settings;
}

static int is_subwords(const char *kind)
{
    return strcmp(kind, "bpe") == 0 || strcmp(kind, "unigram") == 0;
}

static heed_status build_pairs(heed__session *s, heed__model_parts *parts)
{
    if (s->parent) return heed__from_tokenizers(s, parts);
    heed__tokenizer_settings settings = tokenizer_settings(s, HEED_SPACING_LINE);
    const char *kind = heed_config_get(s->config, "input.tokenizer");
    const char *target = heed_config_get(s->config, "input.target_tokenizer");
    if (strcmp(target, "same") == 0) target = kind;
    int joint = heed__config_joint(s->config);
    HEED_TRY(heed__tokenizer_train_side(s->context, kind, &settings, s->train.rows,
                                        joint ? HEED_SIDE_BOTH : HEED_SIDE_SOURCE,
                                        &parts->tokenizer));
    if (joint) return HEED_OK;
    if (is_subwords(target)) settings.min_count = 1; /* they are chosen by their number alone */
    return heed__tokenizer_train_side(s->context, target, &settings, s->train.rows,
                                      HEED_SIDE_TARGET, &parts->target_tokenizer);
}

static heed_status build_language(heed__session *s, heed__model_parts *parts)
{
    if (s->parent) return heed__from_tokenizers(s, parts);
    int running = heed_dataset_layout(s->train.rows)->format == HEED_FORMAT_RUNNING;
    heed__tokenizer_settings settings =
        tokenizer_settings(s, running ? HEED_SPACING_RUNNING : HEED_SPACING_LINE);
    return heed__tokenizer_train_dataset(s->context, heed_config_get(s->config, "input.tokenizer"),
                                         &settings, s->train.rows, &parts->tokenizer);
}

/* What teaches little is left out of training; validation tells how well any pair is done that the
 * model can read. */
static heed__pair_limits pair_limits(const heed__session *s, int training)
{
    int64_t longest = heed__config_integer(s->config, "input.max_length");
    heed__pair_limits limits = {.max_source = longest, .max_target = longest};
    if (!training) return limits;
    limits.max_ratio = heed__config_number(s->config, "train.max_ratio");
    limits.drop_unknown = 1;
    limits.drop_identical = heed__config_boolean(s->config, "train.drop_identical");
    return limits;
}

static heed_status encode_pairs_of(heed__session *s, heed__split *split)
{
    const heed_model *m = s->model;
    heed__pair_limits limits = pair_limits(s, split == &s->train);
    HEED_TRY(heed__examples_encode_side(s->context, m->tokenizer, split->rows, HEED_SIDE_SOURCE,
                                        &split->examples));
    HEED_TRY(heed__examples_encode_side(s->context, m->writer.tokenizer, split->rows,
                                        HEED_SIDE_TARGET, &split->written));
    HEED_TRY(
        heed__pairs_filter(s->context, &limits, split->rows, &split->examples, &split->written));
    if (!m->writer.copies) return HEED_OK;
    return heed__copies_make(s->context, &m->writer.extender, split->rows, &split->examples,
                             &split->written, &split->copies);
}

static heed_status encode_pairs(heed__session *s)
{
    if (!s->train.examples.n) {
        HEED_TRY(encode_pairs_of(s, &s->train));
        HEED_TRY(encode_pairs_of(s, &s->valid));
    }
    return s->guide_files ? heed__guidance_make(s) : HEED_OK;
}

static heed_status encode_language(heed__session *s)
{
    const heed__tokenizer *tokenizer = s->model->tokenizer;
    if (s->train.written.n) return HEED_OK;
    HEED_TRY(
        heed__examples_encode_running(s->context, tokenizer, s->train.rows, &s->train.written));
    return heed__examples_encode_running(s->context, tokenizer, s->valid.rows, &s->valid.written);
}

/* ------------------------------------------------------------------ batches */

static heed_status make_copies(heed__session *s)
{
    heed__batch_capacity most = heed__batches_capacity(s->batches);
    heed__batch_capacity valid = heed__batches_capacity(s->valid_batches);
    if (!s->model->writer.copies) return HEED_OK;
    HEED_TRY(heed__copies_batch_create(&most, &s->copied));
    return heed__copies_batch_create(&valid, &s->valid_copied);
}

static heed_status make_batches(heed__session *s)
{
    enum { BUCKET = 8192 };
    int pairs = s->job->task == HEED_TASK_TRANSLATE;
    heed__batch_options options = {
        .max_tokens = heed__config_integer(s->config, "train.batch_tokens"),
        .max_sequences = heed__config_integer(s->config, "train.batch_texts"),
        .shuffle = 1,
        .bucket = BUCKET,
        .seed = heed__session_seed(s),
        .block = heed__config_integer(s->config, "input.block"),
        .running = heed_dataset_layout(s->train.rows)->format == HEED_FORMAT_RUNNING};
    HEED_TRY(heed__batches_create(pairs ? &s->train.examples : NULL, &s->train.written, &options,
                                  &s->batches));
    options.shuffle = 0;
    HEED_TRY(heed__batches_create(pairs ? &s->valid.examples : NULL, &s->valid.written, &options,
                                  &s->valid_batches));
    heed__batch_capacity most = heed__batches_capacity(s->valid_batches);
    size_t n = (size_t)most.sequences;
    HEED_TRY(heed__alloc(n, sizeof *s->valid_order, "a batch", &s->valid_order));
    HEED_TRY(heed__alloc(n, sizeof *s->valid_target_order, "a batch", &s->valid_target_order));
    HEED_TRY(heed__alloc((size_t)most.target_rows, sizeof *s->valid_scores, "a batch",
                         &s->valid_scores));
    HEED_TRY(heed__batch_create(s->valid_batches, &s->valid_batch));
    HEED_TRY(make_copies(s));
    most = heed__batches_capacity(s->batches);
    if (heed__config_number(s->config, "train.sampling") > 0)
        HEED_TRY(heed__alloc((size_t)most.target_rows, sizeof *s->mixed, "a batch", &s->mixed));
    return s->guide_files ? heed__guide_batch_create(&s->guide, &most, &s->guided) : HEED_OK;
}

static heed__pairs_batch largest_of(const heed__batches *batches, const heed__split *split)
{
    heed__batch_capacity most = heed__batches_capacity(batches);
    return (heed__pairs_batch){
        .source = {.n = most.sequences, .rows = most.rows, .longest = most.longest},
        .target = {.n = most.sequences, .rows = most.target_rows, .longest = most.target_longest},
        .added = split->copies.most};
}

/* As many rows in as few sequences as hold them: text in windows of one length. */
static heed__pairs_batch longest_of(const heed__batches *batches, const heed__split *split)
{
    heed__pairs_batch batch = largest_of(batches, split);
    int64_t sources = batch.source.longest, targets = batch.target.longest;
    int64_t n = (batch.target.rows + targets - 1) / targets;
    if (sources && n * sources < batch.source.rows) n = (batch.source.rows + sources - 1) / sources;
    if (n < batch.target.n) batch.source.n = batch.target.n = n;
    return batch;
}

/* What may be copied: the labels and the sources in the extended vocabulary. */
static void add_copies(const heed__session *s, const heed__split *split,
                       const heed__copies_batch *copied, heed__pairs_batch *batch)
{
    if (!s->model->writer.copies) return;
    batch->labels = copied->labels;
    batch->words = copied->words;
    batch->added = split->copies.most;
}

static heed__pairs_batch batch_of(const heed__session *s)
{
    heed__pairs_batch batch = {.source = s->texts,
                               .target = s->targets,
                               .source_tokens = s->batch.tokens,
                               .inputs = s->batch.target_inputs,
                               .labels = s->batch.target_labels};
    add_copies(s, &s->train, &s->copied, &batch);
    return batch;
}

/* Scheduled sampling: some inputs become what a first pass predicts. */
static heed_status mix(heed__session *s)
{
    heed__pairs_vars vars = {.sites = NULL};
    heed__tape *tape = s->model->tape;
    heed__draw draw = heed__session_draw(s);
    heed__sampling sampling = {.share = heed__config_number(s->config, "train.sampling"),
                               .seed = draw.seed,
                               .step = draw.step,
                               .known = heed__tokenizer_vocabulary(s->model->writer.tokenizer)};
    s->pairs = batch_of(s);
    heed__tape_start(tape, HEED_TAPE_INFER, (heed__draw){0});
    heed__writer_record(s->model, tape, &s->pairs, &vars);
    heed__var scores = heed__writer_scores(s->model, tape, &vars);
    heed__tape_keep(tape, scores);
    HEED_TRY(heed__tape_run(tape, HEED_NO_VAR));
    return heed__sampling_mix(s->context, &sampling, &s->pairs.target,
                              heed__tape_cols(tape, scores), heed__tape_value(tape, scores),
                              s->pairs.inputs, s->mixed);
}

static heed_status prepare(heed__session *s)
{
    if (s->guide_files) heed__guide_fill(&s->guide, &s->batch, &s->guided);
    if (s->model->writer.copies) heed__copies_fill(&s->train.copies, &s->batch, &s->copied);
    return s->mixed ? mix(s) : HEED_OK;
}

static void record(heed__session *s, int largest, heed__var *loss)
{
    heed__pairs_vars vars = {.sites = s->guide_files ? &s->sites : NULL};
    s->pairs = largest == 1 ? largest_of(s->batches, &s->train)
               : largest    ? longest_of(s->batches, &s->train)
                            : batch_of(s);
    if (s->mixed && !largest) s->pairs.inputs = s->mixed;
    heed__tape_start(s->tape, heed__session_mode(s), heed__session_draw(s));
    heed__writer_record(s->model, s->tape, &s->pairs, &vars);
    *loss = heed__writer_loss(s->model, s->tape, &s->pairs, &vars,
                              (float)heed__config_number(s->config, "output.smoothing"));
    if (s->guide_files) *loss = heed__guidance_add(s, &vars, *loss);
    heed__tape_keep(s->tape, *loss);
}

/* ------------------------------------------------------------------ validation */

/* Records what a validation batch is measured by. */
static heed__var record_valid(heed__session *s)
{
    heed__tape *tape = s->model->tape;
    heed__pairs_vars vars = {.sites = NULL};
    heed__tape_start(tape, HEED_TAPE_INFER, (heed__draw){0});
    heed__writer_record(s->model, tape, &s->pairs, &vars);
    heed__var scores = heed__writer_scores(s->model, tape, &vars);
    heed__tape_keep(tape, scores);
    return scores;
}

static heed_status plan_scoring(heed__session *s)
{
    s->pairs = largest_of(s->valid_batches, &s->valid);
    record_valid(s);
    HEED_TRY(heed__tape_plan(s->model->tape, HEED_NO_VAR));
    if (!s->mixed) return HEED_OK;
    s->pairs = largest_of(s->batches, &s->train); /* the first pass of scheduled sampling */
    record_valid(s);
    return heed__tape_plan(s->model->tape, HEED_NO_VAR);
}

/* What was said of a batch's rows [rows, columns]. */
typedef struct said {
    const heed_real *values;
    int64_t columns;
    int logs; /* log-probabilities; else logits */
} said;

static heed_status ask_network(heed__session *s, said *out)
{
    heed__var scores = record_valid(s);
    HEED_TRY(heed__tape_run(s->model->tape, HEED_NO_VAR));
    *out = (said){heed__tape_value(s->model->tape, scores), heed__tape_cols(s->model->tape, scores),
                  s->model->writer.copies};
    return HEED_OK;
}

/* Of several members what they say together. */
static heed_status ask(heed__session *s, said *out)
{
    heed_model *whole = s->model;
    const heed_real *scores[HEED_MEMBERS];
    int members = heed_model_members(whole);
    heed_status status = HEED_OK;
    for (int m = 0; m < members && status == HEED_OK; m++) {
        s->model = heed__member_at(whole, m);
        status = ask_network(s, out);
        scores[m] = out->values;
    }
    s->model = whole;
    if (status != HEED_OK || members == 1) return status;
    size_t rows = (size_t)s->pairs.target.rows, columns = (size_t)out->columns;
    size_t threads = (size_t)heed_context_threads(s->context);
    HEED_TRY(heed__grow(&s->together_scores, &s->together_room, (rows + threads) * columns,
                        sizeof *s->together_scores, "a batch"));
    heed__members_mix(s->context, members, scores, (int64_t)rows, out->columns,
                      s->together_scores + rows * columns, s->together_scores);
    *out = (said){s->together_scores, out->columns, 1};
    return HEED_OK;
}

/* Sums over a batch's rows: the negative log-likelihood, and how often the label is likeliest. */
static void add_rows(heed__session *s, const said *all, double *loss, int64_t *right)
{
    const int32_t *labels = s->pairs.labels;
    int64_t rows = s->pairs.target.rows, columns = all->columns;
    const heed_real *values = all->values;
    const heed__kernels *kernels = heed__kernels_best();
    if (!all->logs)
        heed__log_softmax_of(s->context, rows, columns, values, labels, s->valid_scores);
    for (int64_t i = 0; i < rows; i++) {
        const heed_real *row = values + i * columns;
        *loss -= (double)(all->logs ? row[labels[i]] : s->valid_scores[i]);
        *right += row[labels[i]] >= kernels->max(columns, row);
    }
}

static heed_status score_tokens(heed__session *s, heed__scores *out)
{
    int64_t count = heed__batches_epoch(s->valid_batches, 0), rows = 0, right = 0;
    double loss = 0;
    for (int64_t i = 0; i < count; i++) {
        heed__batch *b = &s->valid_batch;
        heed__batches_fill(s->valid_batches, i, b);
        if (s->model->writer.copies) heed__copies_fill(&s->valid.copies, b, &s->valid_copied);
        s->pairs = (heed__pairs_batch){
            .source_tokens = b->tokens, .inputs = b->target_inputs, .labels = b->target_labels};
        add_copies(s, &s->valid, &s->valid_copied, &s->pairs);
        s->pairs.target =
            heed__session_ragged(s, b->n, b->target_rows, b->target_longest, b->target_offsets,
                                 b->examples, s->valid_target_order);
        if (b->rows)
            s->pairs.source = heed__session_ragged(s, b->n, b->rows, b->longest, b->offsets,
                                                   b->examples, s->valid_order);
        said heard = {0};
        HEED_TRY(ask(s, &heard));
        add_rows(s, &heard, &loss, &right);
        rows += b->target_rows;
    }
    out->loss = loss / (double)rows;
    out->metric = (double)right / (double)rows;
    return HEED_OK;
}

static heed_status score_pairs(heed__session *s, heed__scores *out)
{
    HEED_TRY(score_tokens(s, out));
    return heed__score_sample(s, &out->bleu);
}

static heed_status score_language(heed__session *s, heed__scores *out)
{
    out->bleu = NAN;
    return score_tokens(s, out);
}

static heed_status calibrate(heed__session *s)
{
    (void)s; /* label smoothing aside, likelihood is what was trained for */
    return HEED_OK;
}

static void uncalibrate(heed__session *s)
{
    (void)s;
}

static const char *metric_name(const heed_model *model)
{
    (void)model;
    return "token_accuracy";
}

const heed__job heed__job_translate = {.task = HEED_TASK_TRANSLATE,
                                       .by_loss = 1,
                                       .build = build_pairs,
                                       .encode = encode_pairs,
                                       .make_batches = make_batches,
                                       .prepare = prepare,
                                       .record = record,
                                       .plan_scoring = plan_scoring,
                                       .score = score_pairs,
                                       .calibrate = calibrate,
                                       .uncalibrate = uncalibrate,
                                       .metric_name = metric_name};
const heed__job heed__job_language = {.task = HEED_TASK_LANGUAGE,
                                      .by_loss = 1,
                                      .build = build_language,
                                      .encode = encode_language,
                                      .make_batches = make_batches,
                                      .prepare = prepare,
                                      .record = record,
                                      .plan_scoring = plan_scoring,
                                      .score = score_language,
                                      .calibrate = calibrate,
                                      .uncalibrate = uncalibrate,
                                      .metric_name = metric_name};
