/* SPDX-License-Identifier: MIT */
#include "explain/levels.h"

#include "base/fail.h"
#include "model/hierarchy.h"
#include "model/members.h"

#include <stdio.h>
#include <string.h>

heed__place heed__site_place(const heed__reading *r, const heed__site *site)
{
    const heed__hierarchy *h = r->model->hierarchy;
    if (site->at.attend.queries) return HEED_PLACE_LAYER;
    return h && site->at.attend.keys == &h->sentences ? HEED_PLACE_WORDS : HEED_PLACE_POOL;
}

int64_t heed__site_rows_of(const heed__reading *r, const heed__site *site)
{
    const heed__hierarchy *h = r->model->hierarchy;
    return h && site->at.attend.keys == &h->texts ? r->n_sentences : r->encoding.length;
}

typedef struct levels {
    float *tokens, *sentences, *mass;
    int attends; /* the pool over sentences does */
} levels;

static heed_status read_level(heed__reading *r, const heed__site *site, void *user)
{
    levels *l = user;
    heed__place place = heed__site_place(r, site);
    if (place == HEED_PLACE_LAYER) return HEED_OK;
    if (place == HEED_PLACE_WORDS) return heed__site_mass(r, site, l->tokens);
    int64_t heads = heed__site_heads(site);
    HEED_TRY(heed__site_mass(r, site, l->mass));
    l->attends = 1;
    for (int64_t s = 0; s < r->n_sentences; s++) {
        float sum = 0;
        for (int64_t h = 0; h < heads; h++) sum += l->mass[s * heads + h];
        l->sentences[s] = sum / (float)heads;
    }
    return HEED_OK;
}

heed_status heed__levels_read(heed__reading *r, float *tokens, float *sentences)
{
    levels l = {.tokens = tokens, .sentences = sentences};
    size_t heads = (size_t)heed__config_integer(r->model->config, "pool.heads");
    HEED_TRY(heed__alloc((size_t)r->n_sentences * heads, sizeof *l.mass, "attention", &l.mass));
    heed_status status = heed__reading_visit(r, read_level, &l);
    for (int64_t s = 0; s < r->n_sentences && !l.attends; s++)
        sentences[s] = 1 / (float)r->n_sentences;
    heed__free(l.mass);
    return status;
}

/* Words whose first token stands before token `end`, from word `from` on. */
static size_t words_until(const heed__reading *r, int64_t end, size_t from)
{
    size_t last = from;
    for (int64_t t = 0; t < end; t++)
        if (r->word_of[t] >= (int64_t)last) last = (size_t)r->word_of[t] + 1;
    return last;
}

/* One sentence: its bytes, and its words counted from its beginning. */
static heed_status show_sentence(const heed__reading *r, heed__arena *arena, size_t first,
                                 size_t last, const float *scores, heed__explained_sentence *out)
{
    heed__word *words = NULL;
    size_t n = last - first;
    HEED_TRY(heed__arena_take(arena, n + 1, sizeof *words, "sentences", &words));
    out->begin = n ? r->words[first].begin : 0;
    for (size_t i = 0; i < n; i++)
        words[i] = (heed__word){r->words[first + i].begin - out->begin,
                                r->words[first + i].end - out->begin};
    out->part.text = r->text + out->begin;
    out->part.length = n ? words[n - 1].end : 0;
    out->part.words = words;
    out->part.n_words = n;
    out->words = (heed__attribution){.method = "words", .scores = scores + first};
    return HEED_OK;
}

static heed_status show_all(heed__reading *r, heed__arena *arena, const float *tokens,
                            const float *masses, heed__explanation *shown)
{
    heed__explained_sentence *sentences = NULL;
    float *scores = NULL;
    size_t first = 0, n = (size_t)r->encoding.length;
    HEED_TRY(heed__arena_take(arena, r->n_words + 1, sizeof *scores, "sentences", &scores));
    HEED_TRY(heed__arena_take(arena, (size_t)r->n_sentences, sizeof *sentences, "sentences",
                              &sentences));
    heed__words_scores(r->word_of, tokens, n, HEED_COMBINE_SUM, scores, r->n_words);
    for (int64_t s = 0; s < r->n_sentences; s++) {
        size_t last = words_until(r, r->sentence_starts[s + 1], first);
        HEED_TRY(show_sentence(r, arena, first, last, scores, &sentences[s]));
        sentences[s].weight = masses[s];
        first = last;
    }
    shown->sentences = sentences;
    shown->n_sentences = (size_t)r->n_sentences;
    return HEED_OK;
}

/* The mean over the members that answer. each: [encoding.length + n_sentences] */
static heed_status read_members(heed__reading *r, float *each, float *tokens, float *sentences)
{
    heed_model *whole = r->model;
    heed_status status = HEED_OK;
    int64_t n = r->encoding.length;
    int first, count;
    heed__members_asked(whole, &first, &count);
    for (int i = 0; i < count && status == HEED_OK; i++) {
        r->model = heed__member_at(whole, first + i);
        status = heed__levels_read(r, each, each + n);
        for (int64_t t = 0; t < n; t++) tokens[t] += each[t] / (float)count;
        for (int64_t s = 0; s < r->n_sentences; s++) sentences[s] += each[n + s] / (float)count;
    }
    r->model = whole;
    return status;
}

heed_status heed__levels_show(heed__reading *r, heed__arena *arena, heed__explanation *shown)
{
    size_t n = (size_t)r->encoding.length, sentences = (size_t)r->n_sentences;
    float *tokens = NULL, *masses = NULL, *each = NULL;
    HEED_TRY(heed__arena_take(arena, n, sizeof *tokens, "sentences", &tokens));
    HEED_TRY(heed__arena_take(arena, sentences, sizeof *masses, "sentences", &masses));
    HEED_TRY(heed__alloc(n + sentences, sizeof *each, "sentences", &each));
    heed_status status = read_members(r, each, tokens, masses);
    heed__free(each);
    return status == HEED_OK ? show_all(r, arena, tokens, masses, shown) : status;
}

static heed_status label_rows(heed__arena *arena, const heed__explanation *shown,
                              const char **labels)
{
    for (size_t s = 0; s < shown->n_sentences; s++) {
        char text[48];
        snprintf(text, sizeof text, "%zu: %.3f", s + 1, (double)shown->sentences[s].weight);
        HEED_TRY(heed__arena_text(arena, text, strlen(text), &labels[s]));
    }
    return HEED_OK;
}

heed_status heed__levels_map(heed__arena *arena, heed__explanation *shown)
{
    size_t rows = shown->n_sentences, columns = shown->n_words, first = 0;
    heed__heat_map *map = NULL;
    const char **labels = NULL;
    float *weights = NULL;
    HEED_TRY(heed__arena_take(arena, 1, sizeof *map, "a map", &map));
    HEED_TRY(heed__arena_take(arena, rows, sizeof *labels, "a map", &labels));
    HEED_TRY(heed__arena_take(arena, rows * columns, sizeof *weights, "a map", &weights));
    HEED_TRY(label_rows(arena, shown, labels));
    for (size_t s = 0; s < rows; s++) {
        const heed__explained_sentence *sentence = &shown->sentences[s];
        for (size_t w = 0; w < sentence->part.n_words; w++)
            weights[s * columns + first + w] = sentence->weight * sentence->words.scores[w];
        first += sentence->part.n_words;
    }
    *map = (heed__heat_map){.title = "sentences, words",
                            .rows = rows,
                            .columns = columns,
                            .weights = weights,
                            .row_labels = labels,
                            .row_axis = "sentence: weight",
                            .column_axis = "words"};
    shown->heat_maps = map;
    shown->n_heat_maps = 1;
    return HEED_OK;
}
