/* SPDX-License-Identifier: MIT */
#include "data/glue.h"

#include "base/fail.h"
#include "base/memory.h"
#include "data/tokenizer_kind.h"
#include "data/utf8.h"

#include <stdlib.h>
#include <utf8proc.h>

/* What a token touches; the two flags below follow from its text and are not saved. */
enum {
    LEFT_WORD = 1,
    LEFT_MARK = 2,
    RIGHT_WORD = 4,
    RIGHT_MARK = 8,
    LEARNED = 15,
    MARK = 16, /* no word of a script with blanks: it may touch */
    QUOTE = 32 /* ": it opens a quotation and closes it, which are two tokens here */
};
enum { OPENING = HEED_TOKEN_START }; /* what an opening one is learned as */
enum { CATEGORIES = 32, WITHOUT_BLANKS = 31, PRIOR = 2, LEAST_OTHERWISE = 2 };

/* How often something was met, and touched. */
typedef struct touches {
    int64_t met, touched;
} touches;

/* One for each of LEFT_WORD, LEFT_MARK, RIGHT_WORD, RIGHT_MARK. */
typedef struct evidence {
    touches side[4];
} evidence;

void heed__glue_free(heed__glue *glue)
{
    if (!glue) return;
    heed__free(glue->sides);
    heed__pairs_free(&glue->otherwise);
    heed__free(glue);
}

static heed_status create(const heed__tokenizer *t, heed__glue **out)
{
    heed__glue *glue = NULL;
    *out = NULL;
    HEED_TRY(heed__alloc(1, sizeof *glue, "spacing", &glue));
    glue->n = t->vocabulary.n;
    heed_status status = heed__alloc((size_t)glue->n, 1, "spacing", &glue->sides);
    if (status != HEED_OK) {
        heed__glue_free(glue);
        return status;
    }
    glue->sides[OPENING] = MARK;
    for (int64_t id = HEED_TOKEN_FIRST; id < glue->n; id++) {
        heed_text token = t->vocabulary.items[id];
        size_t length;
        if (heed__words_is_mark(heed__utf8_next(token.bytes, &length))) glue->sides[id] = MARK;
        if (token.size == 1 && token.bytes[0] == '"') glue->sides[id] |= QUOTE;
    }
    *out = glue;
    return HEED_OK;
}

/* By what was learned for each of the two. */
static int by_rule(const heed__glue *glue, int64_t first, int64_t second)
{
    int a = glue->sides[first], b = glue->sides[second];
    return (a & MARK && a & (b & MARK ? RIGHT_MARK : RIGHT_WORD)) ||
           (b & MARK && b & (a & MARK ? LEFT_MARK : LEFT_WORD));
}

/* The token as it is learned. */
static int64_t role_of(const heed__glue *glue, int *quotation, int64_t id)
{
    if (!(glue->sides[id] & QUOTE)) return id;
    *quotation = !*quotation;
    return *quotation ? OPENING : id;
}

int heed__glue_next(const heed__glue *glue, heed__glue_walk *walk, int64_t id)
{
    int64_t before = walk->before - 1;
    id = role_of(glue, &walk->quotation, id);
    walk->before = id + 1;
    if (before < 0) return 0;
    int touch = by_rule(glue, before, id);
    return heed__pairs_find(&glue->otherwise, heed__pair(before, id)) >= 0 ? !touch : touch;
}

/* Learning. */

typedef struct learning {
    const heed__tokenizer *t;
    heed__glue *glue;
    evidence *tokens; /* [n] */
    evidence categories[CATEGORIES];
    heed__pairs pairs; /* that were met otherwise than by the rule */
    touches *counts;   /* [pairs.n] how often they were met, and otherwise */
    size_t room;
} learning;

/* The unknown token is a mark where mostly marks are unknown (rare characters of Chinese, say).
 * That is learned like what it touches, and saved with it: only a mark has any such bit. */
static heed_status look_at_unknown(learning *w, const heed__texts *texts)
{
    heed__encoding e = {0};
    heed_status status = HEED_OK;
    int64_t marks = 0, words = 0;
    for (int64_t i = 0; i < texts->n && status == HEED_OK; i++) {
        heed_text text = texts->text(texts->user, i);
        e.length = 0;
        status = heed__pieces_encode(w->t, text.bytes, text.size, &e);
        for (int64_t k = 0; k < e.length; k++) {
            size_t length;
            if (e.ids[k] != HEED_TOKEN_UNKNOWN) continue;
            int mark = heed__words_is_mark(heed__utf8_next(text.bytes + e.spans[k].begin, &length));
            marks += mark;
            words += !mark;
        }
    }
    if (marks > words) w->glue->sides[HEED_TOKEN_UNKNOWN] = MARK;
    heed__encoding_free(&e);
    return status;
}

typedef heed_status (*neighbours)(learning *w, int64_t first, int64_t second, int touch);

/* All neighbours in all texts. */
static heed_status visit(learning *w, const heed__texts *texts, neighbours each)
{
    heed__encoding e = {0};
    heed_status status = HEED_OK;
    for (int64_t i = 0; i < texts->n && status == HEED_OK; i++) {
        heed_text text = texts->text(texts->user, i);
        int quotation = 0;
        e.length = 0;
        status = heed__pieces_encode(w->t, text.bytes, text.size, &e);
        int64_t before = e.length ? role_of(w->glue, &quotation, e.ids[0]) : 0;
        for (int64_t k = 1; k < e.length && status == HEED_OK; k++) {
            int64_t id = role_of(w->glue, &quotation, e.ids[k]);
            status = each(w, before, id, e.spans[k].begin == e.spans[k - 1].end);
            before = id;
        }
    }
    heed__encoding_free(&e);
    return status;
}

static int category_of(const learning *w, int64_t id)
{
    size_t length;
    if (id < HEED_TOKEN_FIRST) return id == OPENING ? UTF8PROC_CATEGORY_PI : 0;
    uint32_t code = heed__utf8_next(w->t->vocabulary.items[id].bytes, &length);
    int category = (int)utf8proc_category((utf8proc_int32_t)code);
    int letter = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
    return letter ? WITHOUT_BLANKS : category % WITHOUT_BLANKS;
}

static void count(learning *w, int64_t id, int side, int touch)
{
    if (!(w->glue->sides[id] & MARK)) return;
    touches *own = &w->tokens[id].side[side], *all = &w->categories[category_of(w, id)].side[side];
    own->met++;
    all->met++;
    own->touched += touch;
    all->touched += touch;
}

static heed_status count_sides(learning *w, int64_t first, int64_t second, int touch)
{
    count(w, first, w->glue->sides[second] & MARK ? 3 : 2, touch);
    count(w, second, w->glue->sides[first] & MARK ? 1 : 0, touch);
    return HEED_OK;
}

/* What is rare leans on others of its Unicode category. */
static void decide(learning *w)
{
    for (int64_t id = 0; id < w->glue->n; id++)
        for (int side = 0; side < 4; side++) {
            touches own = w->tokens[id].side[side];
            touches all = w->categories[category_of(w, id)].side[side];
            if (!all.met || !(w->glue->sides[id] & MARK)) continue;
            double share = (double)all.touched / (double)all.met;
            if ((double)own.touched + PRIOR * share > 0.5 * (double)(own.met + PRIOR))
                w->glue->sides[id] |= (unsigned char)(1 << side);
        }
}

static heed_status collect_otherwise(learning *w, int64_t first, int64_t second, int touch)
{
    int64_t at, before = w->pairs.n;
    if (touch == by_rule(w->glue, first, second)) return HEED_OK;
    HEED_TRY(heed__pairs_add(&w->pairs, heed__pair(first, second), &at));
    HEED_TRY(heed__grow(&w->counts, &w->room, (size_t)at + 1, sizeof *w->counts, "spacing"));
    if (at == before) w->counts[at] = (touches){0};
    w->counts[at].touched++;
    return HEED_OK;
}

static heed_status count_otherwise(learning *w, int64_t first, int64_t second, int touch)
{
    (void)touch;
    int64_t at = heed__pairs_find(&w->pairs, heed__pair(first, second));
    if (at >= 0) w->counts[at].met++;
    return HEED_OK;
}

static int compare_pairs(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* In the order of their ids, so that equal vocabularies are saved alike. */
static heed_status keep_otherwise(learning *w)
{
    uint64_t *kept = NULL;
    size_t n = 0;
    HEED_TRY(heed__alloc((size_t)w->pairs.n, sizeof *kept, "spacing", &kept));
    for (int64_t i = 0; i < w->pairs.n; i++)
        if (w->counts[i].touched >= LEAST_OTHERWISE && 2 * w->counts[i].touched > w->counts[i].met)
            kept[n++] = w->pairs.items[i];
    if (n) qsort(kept, n, sizeof *kept, compare_pairs);
    heed_status status = HEED_OK;
    int64_t at;
    for (size_t i = 0; i < n && status == HEED_OK; i++)
        status = heed__pairs_add(&w->glue->otherwise, kept[i], &at);
    heed__free(kept);
    return status;
}

heed_status heed__glue_learn(const heed__tokenizer *t, const heed__texts *texts, heed__glue **out)
{
    learning w = {.t = t};
    heed_status status;
    *out = NULL;
    HEED_TRY_CLEAN(create(t, &w.glue));
    HEED_TRY_CLEAN(heed__alloc((size_t)w.glue->n, sizeof *w.tokens, "spacing", &w.tokens));
    HEED_TRY_CLEAN(look_at_unknown(&w, texts));
    HEED_TRY_CLEAN(visit(&w, texts, count_sides));
    decide(&w);
    if (!(w.glue->sides[HEED_TOKEN_UNKNOWN] & LEARNED)) w.glue->sides[HEED_TOKEN_UNKNOWN] = 0;
    HEED_TRY_CLEAN(visit(&w, texts, collect_otherwise));
    HEED_TRY_CLEAN(visit(&w, texts, count_otherwise));
    HEED_TRY_CLEAN(keep_otherwise(&w));
    *out = w.glue;
    w.glue = NULL;
cleanup:
    heed__glue_free(w.glue);
    heed__free(w.tokens);
    heed__pairs_free(&w.pairs);
    free(w.counts);
    return status;
}

/* The saved form: four bits a token, fifteen tokens a number; then the pairs. */
enum { A_NUMBER = 15 };

heed_status heed__glue_save(const heed__glue *glue, heed__blob *blob)
{
    for (int64_t id = 0; id < glue->n; id += A_NUMBER) {
        uint64_t number = 0;
        for (int64_t k = 0; k < A_NUMBER && id + k < glue->n; k++)
            number |= (uint64_t)(glue->sides[id + k] & LEARNED) << 4 * k;
        HEED_TRY(heed__blob_add_number(blob, (int64_t)number));
    }
    HEED_TRY(heed__blob_add_number(blob, glue->otherwise.n));
    for (int64_t i = 0; i < glue->otherwise.n; i++)
        HEED_TRY(heed__blob_add_number(blob, (int64_t)glue->otherwise.items[i]));
    return HEED_OK;
}

static heed_status load(heed__blob_reader *blob, heed__glue *glue)
{
    int64_t number, n, at, before = -1;
    for (int64_t id = 0; id < glue->n; id += A_NUMBER) {
        int64_t left = glue->n - id < A_NUMBER ? glue->n - id : A_NUMBER;
        HEED_TRY(heed__blob_number(blob, 0, ((int64_t)1 << 4 * left) - 1, &number));
        for (int64_t k = 0; k < left; k++)
            glue->sides[id + k] |= (unsigned char)(number >> 4 * k & LEARNED);
    }
    if (glue->sides[HEED_TOKEN_UNKNOWN] & LEARNED) glue->sides[HEED_TOKEN_UNKNOWN] |= MARK;
    HEED_TRY(heed__blob_number(blob, 0, heed__blob_most(blob, 8), &n));
    for (int64_t i = 0; i < n; i++) {
        HEED_TRY(heed__blob_number(blob, before + 1, INT64_MAX, &number));
        if (number >> 32 >= glue->n || (number & UINT32_MAX) >= glue->n)
            return heed__fail(HEED_E_FORMAT, "the tokenizer's spacing %lld is of no token",
                              (long long)i);
        HEED_TRY(heed__pairs_add(&glue->otherwise, (uint64_t)number, &at));
        before = number;
    }
    return HEED_OK;
}

heed_status heed__glue_load(const heed__tokenizer *t, heed__blob_reader *blob, heed__glue **out)
{
    HEED_TRY(create(t, out));
    heed_status status = load(blob, *out);
    if (status != HEED_OK) {
        heed__glue_free(*out);
        *out = NULL;
    }
    return status;
}
