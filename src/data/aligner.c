/* SPDX-License-Identifier: MIT */
#include "data/aligner.h"

#include "base/fail.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *heed_align_rule_name(heed_align_rule rule)
{
    static const char *const names[] = {"default", "output", "input"};
    return (unsigned)rule < sizeof names / sizeof *names ? names[rule] : NULL;
}

void heed__aligner_free(heed__aligner *a)
{
    free(a->links);
    free(a->row);
    free(a->scores);
    free(a->source);
    free(a->target);
    *a = (heed__aligner){0};
}

static heed_status make_room(heed__aligner *a, const heed__align_pair *pair)
{
    size_t tokens = (size_t)pair->source.tokens + 1, words = (size_t)pair->source.words->n + 1;
    HEED_TRY(heed__grow(&a->row, &a->row_room, tokens, sizeof *a->row, "an alignment"));
    HEED_TRY(heed__grow(&a->scores, &a->scores_room, words, sizeof *a->scores, "an alignment"));
    HEED_TRY(heed__grow(&a->source, &a->source_room, tokens, sizeof *a->source, "an alignment"));
    HEED_TRY(heed__grow(&a->target, &a->target_room, (size_t)pair->target.tokens + 1,
                        sizeof *a->target, "an alignment"));
    heed__word_ranges(pair->source.spans, pair->source.tokens, pair->source.words, a->source);
    heed__word_ranges(pair->target.spans, pair->target.tokens, pair->target.words, a->target);
    return HEED_OK;
}

/* The row of weights that speaks for a target token. */
static const float *row_of(const heed__align_pair *pair, heed_align_rule rule, int64_t token)
{
    int64_t row = token + (rule == HEED_ALIGN_INPUT);
    if (row >= pair->rows) row = pair->rows - 1;
    return pair->weights + row * pair->stride;
}

/* Tokens come in the order of the text, so those of a word are neighbours: from *first on, which
 * moves past tokens that end before the word. */
static int64_t mean_row(heed__aligner *a, const heed__align_pair *pair, heed_align_rule rule,
                        int64_t word, int64_t *first)
{
    int64_t columns = pair->source.tokens + 1, n = 0;
    while (*first < pair->target.tokens && a->target[*first].last <= word) ++*first;
    memset(a->row, 0, (size_t)columns * sizeof *a->row);
    for (int64_t t = *first; t < pair->target.tokens; t++) {
        if (a->target[t].first > word) break;
        if (a->target[t].last <= word) continue;
        const float *row = row_of(pair, rule, t);
        for (int64_t s = 0; s < columns; s++)
            if (!isnan(row[s])) a->row[s] += row[s];
        n++;
    }
    for (int64_t s = 0; s < columns && n > 1; s++) a->row[s] /= (float)n;
    return n;
}

/* ---- links ---- */

static heed_status link_words(heed__aligner *a, int64_t source, int64_t target)
{
    HEED_TRY(
        heed__grow(&a->links, &a->links_room, (size_t)a->n_links + 1, sizeof *a->links, "links"));
    a->links[a->n_links++] = (heed_link){(int32_t)source, (int32_t)target};
    return HEED_OK;
}

/* Words of one token that have the same score as its first stand or fall with it. */
static int64_t end_of_equals(const heed__aligner *a, const heed__align_pair *pair, int64_t word)
{
    int64_t end = word + 1;
    for (int64_t s = 0; s < pair->source.tokens; s++)
        if (a->source[s].first <= word && a->source[s].last > end) end = a->source[s].last;
    for (int64_t w = word + 1; w < end; w++)
        if (a->scores[w] != a->scores[word]) return w;
    return end;
}

static heed_status link_greatest(heed__aligner *a, const heed__align_pair *pair, int boundary,
                                 int64_t target)
{
    int64_t best = -1;
    float most = boundary ? a->row[pair->source.tokens] : 0.0f;
    for (int64_t w = 0; w < pair->source.words->n; w++)
        if (a->scores[w] > most) most = a->scores[w], best = w;
    if (best < 0) return HEED_OK;
    int64_t end = end_of_equals(a, pair, best);
    for (int64_t w = best; w < end; w++) HEED_TRY(link_words(a, w, target));
    return HEED_OK;
}

heed_status heed__align_links(heed__aligner *a, const heed__align_pair *pair,
                              const heed__align_how *how)
{
    int64_t first = 0, sources = pair->source.words->n;
    a->n_links = 0;
    HEED_TRY(make_room(a, pair));
    for (int64_t word = 0; word < pair->target.words->n && pair->rows > 0; word++) {
        if (!mean_row(a, pair, how->rule, word, &first)) continue;
        memset(a->scores, 0, (size_t)sources * sizeof *a->scores);
        for (int64_t s = 0; s < pair->source.tokens; s++)
            for (int32_t w = a->source[s].first; w < a->source[s].last; w++)
                a->scores[w] += a->row[s];
        if (how->threshold > 0.0f) {
            for (int64_t w = 0; w < sources; w++)
                if (a->scores[w] >= how->threshold) HEED_TRY(link_words(a, w, word));
        } else {
            HEED_TRY(link_greatest(a, pair, how->boundary, word));
        }
    }
    return HEED_OK;
}

/* ---- weights ---- */

static uint32_t shared_bytes(heed__span token, heed__span word)
{
    uint32_t begin = token.begin > word.begin ? token.begin : word.begin;
    uint32_t end = token.end < word.end ? token.end : word.end;
    return end > begin ? end - begin : 0;
}

/* A token's weight to its words: all of it to the one, or by bytes to several. */
static void share_out(const heed__align_pair *pair, heed__word_range range, int64_t token,
                      float weight, float *out)
{
    const heed__span *words = pair->source.words->items, span = pair->source.spans[token];
    if (range.last - range.first == 1) {
        out[range.first] += weight;
        return;
    }
    uint32_t all = 0;
    for (int32_t w = range.first; w < range.last; w++) all += shared_bytes(span, words[w]);
    for (int32_t w = range.first; w < range.last; w++)
        out[w] += weight * (float)shared_bytes(span, words[w]) / (float)all;
}

heed_status heed__align_weights(heed__aligner *a, const heed__align_pair *pair,
                                heed_align_rule rule, float *out)
{
    int64_t first = 0, sources = pair->source.words->n;
    HEED_TRY(make_room(a, pair));
    for (int64_t word = 0; word < pair->target.words->n; word++) {
        float *row = out + word * sources;
        memset(row, 0, (size_t)sources * sizeof *row);
        if (pair->rows < 1 || !mean_row(a, pair, rule, word, &first)) continue;
        for (int64_t s = 0; s < pair->source.tokens; s++)
            share_out(pair, a->source[s], s, a->row[s], row);
    }
    return HEED_OK;
}
