/* SPDX-License-Identifier: MIT */
/*
 * N-grams that are met often enough get ids of their own: runs of tokens (pairs, triples, ...), and
 * runs of characters within a token (Bojanowski et al., "Enriching word vectors with subword
 * information", TACL 2017; there hashed into buckets that they share, here by 62 bits, so that
 * hardly any two are one). Each is known by a key of 64 bits: a pair by its two ids, others by a
 * hash.
 */
#include "base/fail.h"
#include "base/memory.h"
#include "data/tokenizer_kind.h"
#include "data/utf8.h"

#include <stdlib.h>
#include <string.h>

int heed__ngrams_wanted(const heed__tokenizer_settings *s, int bag)
{
    return bag == HEED_BAGS_TOKENS ? s->ngrams > 1 : s->characters > 0;
}

/* Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014. */
static uint64_t mixed(uint64_t z)
{
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static uint64_t chained(uint64_t hash, uint64_t item)
{
    return mixed(hash * 0x9E3779B97F4A7C15u + item + 1);
}

static uint64_t hashed(uint64_t hash)
{
    return (hash & (HEED_NGRAM_HASHED - 1)) | HEED_NGRAM_HASHED;
}

/* What is done with each key of a token's. */
typedef heed_status (*key_task)(void *user, uint64_t key);

/* The runs that begin with token i; special ones stand in none. */
static heed_status visit_runs(const heed__tokenizer *t, const heed__encoding *e, int64_t i,
                              key_task task, void *user)
{
    uint64_t hash = 0;
    for (int64_t n = 1; n <= t->settings.ngrams && i + n <= e->length; n++) {
        int32_t id = e->ids[i + n - 1];
        if (id < HEED_TOKEN_FIRST) break;
        hash = chained(hash, (uint64_t)id);
        if (n == 2) HEED_TRY(task(user, heed__pair(e->ids[i], id)));
        if (n > 2) HEED_TRY(task(user, hashed(hash)));
    }
    return HEED_OK;
}

/* Where the characters of "<token>" begin, and where it ends. */
typedef struct marked {
    char text[HEED_PIECE_KEY + 2];
    size_t at[HEED_PIECE_KEY + 3], n;
} marked;

static void mark(const heed__tokenizer *t, const heed__encoding *e, int64_t i, const char *text,
                 marked *m)
{
    char room[HEED_PIECE_KEY];
    heed__piece piece = {.begin = e->spans[i].begin, .end = e->spans[i].end};
    heed__piece_key(&t->settings, text, room, &piece);
    size_t size = piece.key_size < HEED_PIECE_KEY ? piece.key_size : HEED_PIECE_KEY;
    m->text[0] = '<';
    memcpy(m->text + 1, piece.key, size);
    m->text[size + 1] = '>';
    m->n = 0;
    for (size_t k = 0; k < size + 2; k++)
        if (((unsigned char)m->text[k] & 0xC0) != 0x80) m->at[m->n++] = k;
    m->at[m->n] = size + 2;
}

/* The runs of characters in token i, by where they begin, short ones first. The whole of it with
 * its marks is none of them: the token has an embedding, and a character of its own is no more than
 * one. */
static heed_status visit_characters(const heed__tokenizer *t, const heed__encoding *e, int64_t i,
                                    const char *text, key_task task, void *user)
{
    marked m;
    if (e->ids[i] == HEED_TOKEN_START || e->spans[i].begin == e->spans[i].end) return HEED_OK;
    mark(t, e, i, text, &m);
    size_t least = (size_t)t->settings.characters_from, most = (size_t)t->settings.characters;
    for (size_t first = 0; first < m.n; first++) {
        uint64_t hash = 0;
        for (size_t n = 1; n <= most && first + n <= m.n; n++) {
            for (size_t k = m.at[first + n - 1]; k < m.at[first + n]; k++)
                hash = chained(hash, (unsigned char)m.text[k]);
            if (n >= least && n < m.n) HEED_TRY(task(user, hashed(hash)));
        }
    }
    return HEED_OK;
}

static heed_status visit(const heed__tokenizer *t, int bag, const heed__encoding *e, int64_t i,
                         const char *text, key_task task, void *user)
{
    return bag == HEED_BAGS_TOKENS ? visit_runs(t, e, i, task, user)
                                   : visit_characters(t, e, i, text, task, user);
}

/* N-grams by falling count, equals by their keys. */
typedef struct counted {
    uint64_t key;
    int64_t count;
} counted;

static int compare(const void *a, const void *b)
{
    const counted *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return (x->key > y->key) - (x->key < y->key);
}

typedef struct counting {
    heed__pairs met;
    counted *counts;
    size_t room;
} counting;

static heed_status count_key(void *user, uint64_t key)
{
    counting *c = user;
    int64_t at, before = c->met.n;
    HEED_TRY(heed__pairs_add(&c->met, key, &at));
    HEED_TRY(
        heed__grow(&c->counts, &c->room, (size_t)at + 1, sizeof *c->counts, "counts of n-grams"));
    if (at == before) c->counts[at] = (counted){key, 0};
    c->counts[at].count++;
    return HEED_OK;
}

static heed_status count_all(heed__tokenizer *t, int bag, const heed__texts *texts, counting *c)
{
    heed__encoding e = {0};
    heed_status status = HEED_OK;
    for (int64_t i = 0; i < texts->n; i++) {
        heed_text text = texts->text(texts->user, i);
        HEED_TRY_CLEAN(heed__tokenizer_encode(t, text.bytes, text.size, &e));
        for (int64_t k = 0; k < e.length; k++) {
            if (bag == HEED_BAGS_TOKENS) t->token_counts[e.ids[k]]++, t->all_count++;
            HEED_TRY_CLEAN(visit(t, bag, &e, k, text.bytes, count_key, c));
        }
    }
cleanup:
    heed__encoding_free(&e);
    return status;
}

/* Frequent ones come behind those that are there, which are met more often now. */
static heed_status choose(heed__tokenizer *t, int bag, const counting *c)
{
    heed__pairs *chosen = &t->ngrams[bag];
    int64_t before = chosen->n;
    for (int64_t i = 0; i < c->met.n; i++) {
        int64_t at = before ? heed__pairs_find(chosen, c->counts[i].key) : -1;
        int fits = c->counts[i].count >= t->settings.ngram_min_count &&
                   chosen->n + 1 < t->settings.ngram_max_vocabulary;
        if (at < 0 && !fits) {
            if (!before) break;
            continue;
        }
        if (at < 0) HEED_TRY(heed__pairs_add(chosen, c->counts[i].key, &at));
        if (bag == HEED_BAGS_TOKENS) t->ngram_counts[at] += c->counts[i].count;
    }
    return HEED_OK;
}

/* Room for `n` counts where there was some for `before` of them; what is new begins from zero. */
static heed_status widen(int64_t **counts, int64_t before, int64_t n, const char *what)
{
    int64_t *wide = NULL;
    HEED_TRY(heed__alloc((size_t)n, sizeof *wide, what, &wide));
    for (int64_t i = 0; *counts && i < before; i++) wide[i] = (*counts)[i];
    heed__free(*counts);
    *counts = wide;
    return HEED_OK;
}

heed_status heed__ngrams_learn(heed__tokenizer *t, int bag, int64_t tokens,
                               const heed__texts *texts)
{
    counting c = {{0}, NULL, 0};
    heed_status status = HEED_OK;
    int64_t ngrams = t->ngrams[bag].n;
    if (bag == HEED_BAGS_TOKENS)
        HEED_TRY(widen(&t->token_counts, tokens, t->vocabulary.n, "counts of tokens"));
    HEED_TRY_CLEAN(count_all(t, bag, texts, &c));
    if (bag == HEED_BAGS_TOKENS)
        HEED_TRY_CLEAN(widen(&t->ngram_counts, ngrams, ngrams + c.met.n, "counts of n-grams"));
    if (c.met.n) qsort(c.counts, (size_t)c.met.n, sizeof *c.counts, compare);
    status = choose(t, bag, &c);
cleanup:
    heed__pairs_free(&c.met);
    free(c.counts);
    return status;
}

typedef struct looking {
    const heed__pairs *known;
    heed__bags *bags;
} looking;

static heed_status look_up(void *user, uint64_t key)
{
    looking *l = user;
    int64_t at = heed__pairs_find(l->known, key);
    return at < 0 ? HEED_OK : heed__bags_add(l->bags, (int32_t)at + 1);
}

heed_status heed__ngrams_add(const heed__tokenizer *t, int bag, const char *text, heed__encoding *e)
{
    looking l = {&t->ngrams[bag], &e->bags[bag]};
    HEED_TRY(heed__bags_empty(l.bags));
    for (int64_t i = 0; i < e->length; i++) {
        HEED_TRY(visit(t, bag, e, i, text, look_up, &l));
        HEED_TRY(heed__bags_close(l.bags));
    }
    return HEED_OK;
}

int64_t heed__tokenizer_ngrams(const heed__tokenizer *t, int bag)
{
    return heed__ngrams_wanted(&t->settings, bag) ? t->ngrams[bag].n + 1 : 0;
}

heed__pair_counts heed__tokenizer_pair_counts(const heed__tokenizer *t, int32_t first,
                                              int32_t second)
{
    heed__pair_counts out = {0};
    if (t->settings.ngrams < 2) return out;
    int64_t at = heed__pairs_find(&t->ngrams[HEED_BAGS_TOKENS], heed__pair(first, second));
    out.first = t->token_counts[first];
    out.second = t->token_counts[second];
    out.together = at < 0 ? 0 : t->ngram_counts[at];
    out.all = t->all_count;
    return out;
}
