/* SPDX-License-Identifier: MIT */
/*
 * chrF (Popovic 2015) and chrF++ (2017): the F score, recall counting twice, of the mean precision
 * and recall over n-grams of characters, 1 to 6, without white space; for chrF++ also of words, 1
 * to
 * 2. Orders that a side is too short for are left out. Sums of a segment: for each order the
 * n-grams of the hypothesis, of the reference that scores highest, and the matches.
 */
#include "train/metric.h"

#include "base/fail.h"
#include "base/memory.h"
#include "data/utf8.h"

#include <string.h>

enum { CHARACTERS = 6, MOST_WORDS = 2, MOST_ORDERS = CHARACTERS + MOST_WORDS, BETA = 2 };

static heed_status add_symbol(heed__metric_side *side, uint32_t symbol)
{
    HEED_TRY(
        heed__grow(&side->symbols, &side->room, side->n + 1, sizeof *side->symbols, "symbols"));
    side->symbols[side->n++] = symbol;
    return HEED_OK;
}

static heed_status take_characters(heed__metric_side *side)
{
    size_t length;
    side->n = 0;
    for (size_t i = 0; i < side->tokens.n; i++) {
        heed_text token = side->tokens.items[i];
        for (size_t at = 0; at < token.size; at += length)
            HEED_TRY(add_symbol(side, heed__utf8_next(token.bytes + at, &length)));
    }
    return HEED_OK;
}

static int is_mark(char c)
{
    return c && strchr("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", c) != NULL;
}

/* How many bytes of a token come before the mark at its end, or are the mark at its beginning; all
 * where there is neither. The end goes first: "(hi)" becomes "(hi" and ")". */
static size_t first_part(heed_text token)
{
    size_t length;
    heed__utf8_next(token.bytes, &length);
    if (length == token.size) return token.size;
    if (is_mark(token.bytes[token.size - 1])) return token.size - 1;
    return is_mark(token.bytes[0]) ? 1 : token.size;
}

typedef enum side_role { HYPOTHESIS, REFERENCE } side_role;

static heed_status take_words(heed_text_metric *m, heed__metric_side *side, side_role role)
{
    side->n = 0;
    if (role == HYPOTHESIS) HEED_TRY(heed__words_begin(&m->words, 2 * side->tokens.n));
    for (size_t i = 0; i < side->tokens.n; i++) {
        heed_text rest = side->tokens.items[i];
        for (size_t size = first_part(rest); rest.size; size = rest.size) {
            heed_text part = {rest.bytes, size};
            HEED_TRY(add_symbol(side, role == HYPOTHESIS ? heed__words_add(&m->words, part)
                                                         : heed__words_find(&m->words, part)));
            rest = (heed_text){rest.bytes + size, rest.size - size};
        }
    }
    return HEED_OK;
}

/* Each order's number of n-grams; orders are three sums apart. */
static void set_counts(double *sums, size_t n, int orders)
{
    for (int k = 0; k < orders; k++) sums[3 * k] = (double)heed__ngrams_count(n, k + 1);
}

static heed_status begin(heed_text_metric *m, heed_text text, double *sums)
{
    heed__metric_side *side = &m->hypothesis;
    HEED_TRY(heed__metric_tokens_of(NULL, m->lowercase, text, &side->tokens));
    HEED_TRY(take_characters(side));
    HEED_TRY(heed__ngrams_begin(&m->ngrams, side->symbols, side->n, CHARACTERS));
    set_counts(sums, side->n, CHARACTERS);
    if (!m->kind->variant) return HEED_OK;
    HEED_TRY(take_words(m, side, HYPOTHESIS));
    HEED_TRY(heed__ngrams_begin(&m->word_ngrams, side->symbols, side->n, m->kind->variant));
    set_counts(sums + 3 * CHARACTERS, side->n, m->kind->variant);
    return HEED_OK;
}

static heed_status compare(heed_text_metric *m, heed_text text, double *sums)
{
    heed__metric_side *side = &m->reference;
    int64_t matched[MOST_ORDERS] = {0};
    HEED_TRY(heed__metric_tokens_of(NULL, m->lowercase, text, &side->tokens));
    HEED_TRY(take_characters(side));
    set_counts(sums + 1, side->n, CHARACTERS);
    heed__ngrams_match(&m->ngrams, side->symbols, side->n, HEED_NGRAMS_ALONE, matched);
    if (m->kind->variant) {
        HEED_TRY(take_words(m, side, REFERENCE));
        set_counts(sums + 3 * CHARACTERS + 1, side->n, m->kind->variant);
        heed__ngrams_match(&m->word_ngrams, side->symbols, side->n, HEED_NGRAMS_ALONE,
                           matched + CHARACTERS);
    }
    for (int k = 0; k < CHARACTERS + m->kind->variant; k++) {
        sums[3 * k + 2] = (double)matched[k];
        if (sums[3 * k + 1] <= 0) sums[3 * k] = 0; /* what no reference can have does not count */
    }
    return HEED_OK;
}

static double score(const heed_text_metric *m, const double *sums)
{
    double precision = 0, recall = 0;
    int orders = 0;
    for (int k = 0; k < CHARACTERS + m->kind->variant; k++, sums += 3) {
        if (sums[0] <= 0 || sums[1] <= 0) continue;
        precision += sums[2] / sums[0];
        recall += sums[2] / sums[1];
        orders++;
    }
    if (precision + recall <= 0) return 0;
    precision /= orders;
    recall /= orders;
    return 100 * (1 + BETA * BETA) * precision * recall / (BETA * BETA * precision + recall);
}

static heed_status measure(heed_text_metric *m, heed_text hypothesis, const heed_text *references,
                           int n, double *sums)
{
    double first[HEED_METRIC_SUMS] = {0}, highest = -1;
    HEED_TRY(begin(m, hypothesis, first));
    for (int i = 0; i < n; i++) {
        double these[HEED_METRIC_SUMS];
        memcpy(these, first, sizeof these);
        HEED_TRY(compare(m, references[i], these));
        double reached = score(m, these);
        if (reached <= highest) continue;
        highest = reached;
        memcpy(sums, these, sizeof these);
    }
    return HEED_OK;
}

static void sign(const heed_text_metric *m, heed__buffer *signature)
{
    heed__buffer_format(signature, "|eff:yes|nc:%d|nw:%d|space:no", CHARACTERS, m->kind->variant);
}

const heed__metric_kind heed__metric_chrf = {
    .entry = {.name = "chrf", .help = "n-grams of characters up to 6; for any language"},
    .title = "chrF2",
    .n_sums = 3 * CHARACTERS,
    .measure = measure,
    .score = score,
    .sign = sign,
};

const heed__metric_kind heed__metric_chrf_words = {
    .entry = {.name = "chrf++", .help = "as chrf, and n-grams of words up to 2"},
    .title = "chrF2++",
    .variant = MOST_WORDS,
    .n_sums = 3 * MOST_ORDERS,
    .measure = measure,
    .score = score,
    .sign = sign,
};
