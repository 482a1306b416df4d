/* SPDX-License-Identifier: MIT */
/* A batch from its first step to its last. */
#include "base/fail.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "model/search_inside.h"

#include <inttypes.h>
#include <string.h>

static int64_t source_length(const heed__search_batch *batch, int64_t s)
{
    return batch->source_lengths ? batch->source_lengths[s] : 0;
}

static int64_t id_of(const heed__search_batch *batch, int64_t s)
{
    return batch->ids ? batch->ids[s] : s;
}

static heed_status check_model(const heed__search *search, const heed__search_model *model,
                               const heed__search_batch *batch)
{
    const heed__search_options *options = &search->options;
    int64_t vocabulary = model->vocabulary;
    if (options->start >= vocabulary || options->end >= vocabulary)
        return heed__fail(HEED_E_INVALID,
                          "search: the start token %d or the end token %d is beyond the vocabulary "
                          "of %" PRId64,
                          (int)options->start, (int)options->end, vocabulary);
    for (int64_t i = 0; i < options->n_forbidden; i++)
        if (search->forbidden[i] >= vocabulary)
            return heed__fail(HEED_E_INVALID,
                              "search: the forbidden token %d is beyond the vocabulary of %" PRId64,
                              (int)search->forbidden[i], vocabulary);
    if (heed__search_wants_weights(options) && !batch->source_lengths)
        return heed__fail(HEED_E_INVALID, "search: attention weights or a coverage penalty were "
                                          "asked for, but there are no sources");
    return HEED_OK;
}

/* The limits of a sentence. */
static void set_limits(const heed__search_options *options, heed__sentence *sentence)
{
    double length = (double)sentence->source_length;
    int64_t limit = options->most ? options->most : INT64_MAX - 1;
    if (options->most_per_source > 0) {
        double most = options->most_per_source * length + (double)options->most_plus;
        if (most < (double)limit) limit = (int64_t)most;
    }
    int64_t least = options->least;
    if (options->least_per_source * length > (double)least)
        least = (int64_t)(options->least_per_source * length);
    sentence->limit = limit;
    sentence->least = least < limit ? least : limit;
}

static heed_status set_prefix(const heed__search *search, const heed__search_batch *batch,
                              heed__sentence *sentence)
{
    if (!batch->prefix_offsets) return HEED_OK;
    int64_t from = batch->prefix_offsets[sentence->index];
    int64_t n = batch->prefix_offsets[sentence->index + 1] - from, id = sentence->id;
    const int32_t *prefix = n ? batch->prefixes + from : NULL;
    int64_t written = n && prefix[n - 1] == search->options.end ? n - 1 : n;
    for (int64_t i = 0; i < n; i++) {
        if (prefix[i] < 0 || prefix[i] >= search->model->vocabulary)
            return heed__fail(HEED_E_INVALID,
                              "search: the prefix of sentence %" PRId64
                              " holds token %d; tokens are 0 to %" PRId64,
                              id, (int)prefix[i], search->model->vocabulary - 1);
        if (prefix[i] == search->options.end && i < n - 1)
            return heed__fail(HEED_E_INVALID,
                              "search: the prefix of sentence %" PRId64
                              " goes on after its end, token %" PRId64 " of %" PRId64,
                              id, i + 1, n);
    }
    if (written > sentence->limit)
        return heed__fail(HEED_E_INVALID,
                          "search: the prefix of sentence %" PRId64 " has %" PRId64
                          " tokens, and at most %" PRId64
                          " may be written; allow more or give a shorter one",
                          id, written, sentence->limit);
    sentence->prefix = prefix;
    sentence->prefix_length = n;
    return HEED_OK;
}

/* Room for all that does not grow with the steps. */
static heed_status reserve(heed__search *search, const heed__search_batch *batch)
{
    heed__search_pools *p = &search->pools;
    size_t n = (size_t)batch->n, rows = n * (size_t)search->width, covered = 0;
    if (search->options.coverage > 0)
        for (int64_t s = 0; s < batch->n; s++)
            covered += 2 * (size_t)search->width * (size_t)source_length(batch, s);
    HEED_TRY(heed__grow(&p->sentences, &p->sentences_room, n, sizeof *p->sentences, "a search"));
    HEED_TRY(heed__grow(&p->active, &p->active_room, n, sizeof *p->active, "a search"));
    HEED_TRY(heed__grow(&p->live, &p->live_room, 2 * rows, sizeof *p->live, "hypotheses"));
    HEED_TRY(heed__grow(&p->ended, &p->ended_room, rows, sizeof *p->ended, "hypotheses"));
    HEED_TRY(heed__grow(&p->parents, &p->parents_room, rows, sizeof *p->parents, "hypotheses"));
    HEED_TRY(heed__grow(&p->row_sentences, &p->row_sentences_room, rows, sizeof *p->row_sentences,
                        "hypotheses"));
    HEED_TRY(heed__grow(&p->tokens, &p->tokens_room, rows, sizeof *p->tokens, "hypotheses"));
    return heed__grow(&p->coverage, &p->coverage_room, covered, sizeof *p->coverage, "coverage");
}

/* Room for one choice, for each thread. */
static heed_status reserve_scratch(heed__search *search)
{
    const heed__search_options *options = &search->options;
    int64_t vocabulary = search->model->vocabulary, beam = options->beam, top_k = options->top_k;
    if (top_k > vocabulary) top_k = vocabulary;
    size_t items = (size_t)(options->samples ? top_k : beam);
    size_t ends = (size_t)(options->samples ? 0 : beam), weights = 0;
    if (options->samples && top_k) weights = 2 * (size_t)top_k;
    if (options->samples && !top_k && options->top_p < 1) weights = 2 * (size_t)vocabulary;
    size_t blocks = (size_t)(vocabulary + HEED_ROW_BLOCK - 1) / HEED_ROW_BLOCK;
    size_t row = options->samples ? (size_t)vocabulary : 0;
    for (int i = 0; i < heed_context_threads(search->context); i++) {
        heed__search_scratch *s = &search->scratch[i];
        HEED_TRY(heed__grow(&s->items, &s->items_room, items, sizeof *s->items, "candidates"));
        HEED_TRY(heed__grow(&s->ends, &s->ends_room, ends, sizeof *s->ends, "candidates"));
        HEED_TRY(
            heed__grow(&s->weights, &s->weights_room, weights, sizeof *s->weights, "candidates"));
        HEED_TRY(heed__grow(&s->most, &s->most_room, blocks, sizeof *s->most, "candidates"));
        HEED_TRY(heed__grow(&s->row, &s->row_room, row, sizeof *s->row, "candidates"));
    }
    return HEED_OK;
}

/* Every sentence with one row that nothing has been written in. */
static heed_status begin(heed__search *search, const heed__search_batch *batch)
{
    heed__search_pools *pools = &search->pools;
    int64_t width = search->width;
    float *coverage = pools->coverage;
    for (int64_t s = 0; s < batch->n; s++) {
        heed__sentence *sentence = &pools->sentences[s];
        *sentence = (heed__sentence){.index = s,
                                     .id = id_of(batch, s),
                                     .source_length = source_length(batch, s),
                                     .n_live = 1,
                                     .live = pools->live + 2 * s * width,
                                     .next = pools->live + (2 * s + 1) * width,
                                     .ended = pools->ended + s * width};
        memset(sentence->ended, 0, (size_t)width * sizeof *sentence->ended);
        sentence->live[0] = (heed__live){.node = -1, .parent = -1, .token = search->options.start};
        if (search->options.coverage > 0) {
            int64_t room = width * sentence->source_length;
            sentence->coverage = coverage;
            sentence->next_coverage = coverage + room;
            memset(sentence->coverage, 0, (size_t)sentence->source_length * sizeof *coverage);
            coverage += 2 * room;
        }
        set_limits(&search->options, sentence);
        HEED_TRY(set_prefix(search, batch, sentence));
        pools->active[s] = s;
    }
    search->position = 0;
    search->n_nodes = search->n_weights = 0;
    search->n_active = batch->n;
    return HEED_OK;
}

/* Asks the model about all live rows. */
static heed_status ask(heed__search *search)
{
    heed__search_pools *pools = &search->pools;
    int weights = heed__search_wants_weights(&search->options);
    heed__search_step step = {.position = search->position,
                              .parents = pools->parents,
                              .sentences = pools->row_sentences,
                              .tokens = pools->tokens,
                              .weights = weights};
    if (heed__search_is_bare(&search->options)) {
        step.apart = search->forbidden; /* the end among them */
        step.n_apart = search->options.n_forbidden + 1;
    }
    for (int64_t i = 0; i < search->n_active; i++) {
        heed__sentence *sentence = &pools->sentences[pools->active[i]];
        int64_t before = sentence->first_row; /* where its rows were in the last step */
        sentence->first_row = step.rows;
        for (int64_t j = 0; j < sentence->n_live; j++, step.rows++) {
            const heed__live *live = &sentence->live[j];
            pools->parents[step.rows] = live->parent < 0 ? -1 : before + live->parent;
            pools->row_sentences[step.rows] = sentence->index;
            pools->tokens[step.rows] = live->token;
        }
    }
    search->scores = (heed__search_scores){0};
    HEED_TRY(search->model->step(search->model->user, &step, &search->scores));
    if (weights && !search->scores.weights)
        return heed__fail(HEED_E_UNSUPPORTED,
                          "search: attention weights or a coverage penalty were "
                          "asked for, but the model has no attention");
    return HEED_OK;
}

static void choose(void *arg, int64_t task, int thread)
{
    heed__search *search = arg;
    heed__search_choose(search, &search->pools.sentences[search->pools.active[task]], thread);
}

/* A node behind `parent`, with the weights of the live row that chose it. */
static heed_status record(heed__search *search, const heed__sentence *sentence, int64_t live_row,
                          heed__search_node node, int64_t *out)
{
    heed__search_pools *pools = &search->pools;
    HEED_TRY(heed__grow(&pools->nodes, &pools->nodes_room, search->n_nodes + 1,
                        sizeof *pools->nodes, "hypotheses"));
    if (search->options.weights) {
        size_t n = (size_t)sentence->source_length;
        HEED_TRY(heed__grow(&pools->weights, &pools->weights_room, search->n_weights + n,
                            sizeof *pools->weights, "attention weights of hypotheses"));
        node.weights = (int64_t)search->n_weights;
        memcpy(pools->weights + node.weights, heed__search_weights(search, sentence, live_row),
               n * sizeof *pools->weights);
        search->n_weights += n;
    }
    pools->nodes[search->n_nodes] = node;
    *out = (int64_t)search->n_nodes++;
    return HEED_OK;
}

/* Writes down what a sentence has chosen, and makes the next rows its live ones. */
static heed_status advance(heed__search *search, heed__sentence *sentence)
{
    for (int64_t i = 0; i < search->width; i++) {
        heed__ended *ended = &sentence->ended[i];
        if (!ended->pending) continue;
        heed__search_node node = {ended->node, 0, ended->log_prob, search->options.end};
        HEED_TRY(record(search, sentence, ended->parent, node, &ended->node));
        ended->pending = 0;
    }
    for (int64_t i = 0; i < sentence->n_next && !sentence->done; i++) {
        heed__live *next = &sentence->next[i];
        heed__search_node node = {next->node, 0, next->log_prob, next->token};
        HEED_TRY(record(search, sentence, next->parent, node, &next->node));
    }
    heed__live *live = sentence->live;
    float *coverage = sentence->coverage;
    sentence->live = sentence->next;
    sentence->next = live;
    sentence->coverage = sentence->next_coverage;
    sentence->next_coverage = coverage;
    sentence->n_live = sentence->n_next;
    return HEED_OK;
}

/* Whether those at their limit would end is not asked where nobody wants to know. */
static void leave_at_limit(heed__search *search)
{
    heed__search_pools *pools = &search->pools;
    int64_t left = 0;
    for (int64_t i = 0; i < search->n_active; i++) {
        heed__sentence *sentence = &pools->sentences[pools->active[i]];
        if (search->position < sentence->limit || search->position < sentence->prefix_length)
            pools->active[left++] = sentence->index;
        else
            heed__beam_cut(search, sentence, NULL, 0);
    }
    search->n_active = left;
}

/* One step for all; sentences that are done leave. */
static heed_status step_all(heed__search *search)
{
    heed__search_pools *pools = &search->pools;
    int64_t left = 0;
    HEED_TRY(ask(search));
    heed__parallel(search->context, search->n_active, choose, search);
    for (int64_t i = 0; i < search->n_active; i++) {
        heed__sentence *sentence = &pools->sentences[pools->active[i]];
        if (sentence->status != HEED_OK)
            return heed__fail(sentence->status,
                              "search: a score of sentence %" PRId64 " at token %" PRId64
                              " is NaN, or greater than a log-probability can be; the model's "
                              "numbers are broken",
                              sentence->id, search->position + 1);
        HEED_TRY(advance(search, sentence));
        if (!sentence->done) pools->active[left++] = sentence->index;
    }
    search->n_active = left;
    search->position++;
    if (heed__search_is_bare(&search->options)) leave_at_limit(search);
    return HEED_OK;
}

heed_status heed__search_run(heed__search *search, const heed__search_model *model,
                             const heed__search_batch *batch, heed__search_results *out)
{
    *out = (heed__search_results){0};
    search->model = model;
    HEED_TRY(check_model(search, model, batch));
    HEED_TRY(reserve(search, batch));
    HEED_TRY(reserve_scratch(search));
    HEED_TRY(begin(search, batch));
    while (search->n_active) HEED_TRY(step_all(search));
    return heed__search_collect(search, batch->n, out);
}
