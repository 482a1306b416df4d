/* SPDX-License-Identifier: MIT */
/* A model for search that is a table in effect: the distribution of the next token is a function of
 * the sentence's name and all tokens before it, so what search does can be checked by enumeration.
 * It keeps each row's tokens by following `parents`, as a model with caches does. */
#ifndef HEED_TESTS_FAKE_WRITER_H
#define HEED_TESTS_FAKE_WRITER_H

#include "check.h"

#include "model/search.h"

#include <math.h>
#include <string.h>

enum { FAKE_ROWS = 40000, FAKE_LENGTH = 12, FAKE_VOCABULARY = 8, FAKE_SOURCE = 5, FAKE_END = 1 };

typedef struct fake_history {
    int length;
    int32_t tokens[FAKE_LENGTH];
} fake_history;

typedef struct fake_writer {
    int vocabulary;
    uint32_t seed;
    const int64_t *names;                 /* of the batch's sentences; NULL = their index */
    const int64_t *source_lengths;        /* NULL = no attention */
    double sharpness;                     /* logits are up to this; 0 = all tokens equal */
    double end_less;                      /* taken off the end's logit */
    int broken_sentence, broken_position; /* where a score is broken; -1 = nowhere */
    float broken;
    int hides;            /* scores that are not asked for are -inf */
    int impossible_after; /* all is impossible from this position on; -1 = never */
    heed_status fails;    /* what step returns */
    /* State. */
    int64_t rows, steps, most_rows;
    fake_history histories[2][FAKE_ROWS];
    float scores[FAKE_ROWS * FAKE_VOCABULARY];
    float weights[FAKE_ROWS * (FAKE_SOURCE + 2)];
} fake_writer;

static inline uint32_t fake_hash(uint32_t h, uint32_t x)
{
    h = (h ^ x) * 0x85EBCA6Bu;
    h ^= h >> 13;
    h *= 0xC2B2AE35u;
    return h ^ h >> 16;
}

static inline uint32_t fake_name(const fake_writer *w, int64_t name, const fake_history *history)
{
    uint32_t h = fake_hash(w->seed, (uint32_t)name + 77);
    for (int i = 0; i < history->length; i++) h = fake_hash(h, (uint32_t)history->tokens[i]);
    return h;
}

/* Log-probabilities after a history. */
static inline void fake_scores(const fake_writer *w, int64_t name, const fake_history *history,
                               float *out)
{
    double sum = 0, z[FAKE_VOCABULARY];
    uint32_t h = fake_name(w, name, history);
    for (int i = 0; i < w->vocabulary; i++) {
        z[i] = w->sharpness * (double)fake_hash(h, (uint32_t)i + 1) / 4294967296.0;
        if (i == FAKE_END) z[i] -= w->end_less;
        sum += exp(z[i]);
    }
    for (int i = 0; i < w->vocabulary; i++) out[i] = (float)(z[i] - log(sum));
}

/* Attention over the source after a history; it sums to one. */
static inline void fake_weights(const fake_writer *w, int64_t name, const fake_history *history,
                                int64_t n, float *out)
{
    double sum = 0;
    uint32_t h = fake_name(w, name, history);
    for (int j = 0; j < n; j++) sum += exp(3.0 * fake_hash(h, 100u + (uint32_t)j) / 4294967296.0);
    for (int j = 0; j < n; j++)
        out[j] = (float)(exp(3.0 * fake_hash(h, 100u + (uint32_t)j) / 4294967296.0) / sum);
}

/* Takes away what a step does not ask for. */
static inline void fake_hide(const fake_writer *w, const heed__search_step *step, float *scores)
{
    float kept[FAKE_VOCABULARY], most = -INFINITY;
    for (int j = 0; j < w->vocabulary; j++) kept[j] = scores[j];
    for (int64_t j = 0; j < step->n_apart; j++) kept[step->apart[j]] = -INFINITY;
    for (int j = 0; j < w->vocabulary; j++) most = kept[j] > most ? kept[j] : most;
    for (int j = 0; j < w->vocabulary; j++)
        if (!(kept[j] >= most)) kept[j] = -INFINITY;
    for (int64_t j = 0; j < step->n_apart; j++) kept[step->apart[j]] = scores[step->apart[j]];
    memcpy(scores, kept, (size_t)w->vocabulary * sizeof *scores);
}

static inline heed_status fake_step(void *user, const heed__search_step *step,
                                    heed__search_scores *out)
{
    fake_writer *w = user;
    fake_history *before = w->histories[step->position % 2],
                 *now = w->histories[(step->position + 1) % 2];
    assert_true(step->rows > 0 && step->rows <= FAKE_ROWS && step->position < FAKE_LENGTH);
    if (w->fails != HEED_OK) return w->fails;
    for (int64_t i = 0; i < step->rows; i++) {
        int64_t sentence = step->sentences[i];
        float *scores = w->scores + i * w->vocabulary;
        assert_true(i == 0 || step->sentences[i - 1] <= sentence);
        if (step->position == 0) {
            assert_true(step->parents[i] == -1 && step->tokens[i] == FAKE_END);
            now[i].length = 0;
        } else {
            assert_true(step->parents[i] >= 0 && step->parents[i] < w->rows);
            now[i] = before[step->parents[i]];
            now[i].tokens[now[i].length++] = step->tokens[i];
        }
        assert_int_equal(now[i].length, step->position);
        int64_t name = w->names ? w->names[sentence] : sentence;
        fake_scores(w, name, &now[i], scores);
        if (w->broken_position == step->position && w->broken_sentence == sentence)
            scores[3] = w->broken;
        for (int j = 0; j < w->vocabulary; j++)
            if (w->impossible_after >= 0 && step->position >= w->impossible_after)
                scores[j] = -INFINITY;
        if (w->hides && step->apart) fake_hide(w, step, scores);
        if (w->source_lengths)
            fake_weights(w, name, &now[i], w->source_lengths[sentence],
                         w->weights + i * (FAKE_SOURCE + 2));
    }
    w->rows = step->rows;
    w->steps++;
    w->most_rows = step->rows > w->most_rows ? step->rows : w->most_rows;
    out->scores = w->scores;
    out->weights = w->source_lengths && step->weights ? w->weights : NULL;
    out->weights_stride = FAKE_SOURCE + 2;
    return HEED_OK;
}

static inline void fake_start(fake_writer *w, int vocabulary, uint32_t seed)
{
    memset(w, 0, offsetof(fake_writer, rows));
    w->rows = w->steps = w->most_rows = 0;
    w->vocabulary = vocabulary;
    w->seed = seed;
    w->sharpness = 3;
    w->broken_position = w->impossible_after = -1;
}

static inline heed__search_model fake_model(fake_writer *w)
{
    return (heed__search_model){w, w->vocabulary, fake_step};
}

#endif
