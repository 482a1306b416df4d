/* SPDX-License-Identifier: MIT */
/*
 * Subwords: byte-pair encoding and the unigram model, learned and applied by SentencePiece. The
 * text goes in with its byte offsets unchanged: white space becomes blanks one for one, and letters
 * are lower-cased (if asked) where that takes as many bytes.
 */
#include "base/fail.h"
#include "base/memory.h"
#include "data/sentencepiece.h"
#include "data/tokenizer_kind.h"
#include "data/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#ifdef HEED_WITH_SENTENCEPIECE

typedef struct subword_state {
    heed__subwords *subwords;
    float *scores; /* of each id */
    size_t scores_room;
} subword_state;

static void state_free(void *state)
{
    subword_state *s = state;
    heed__subwords_destroy(s->subwords);
    free(s->scores);
    heed__free(s);
}

/* What is to be made again keeps the characters without width (they join and part what is seen). */
static int is_blank(const heed__tokenizer_settings *settings, uint32_t code)
{
    return heed__utf8_space(code) &&
           (settings->spacing == HEED_SPACING_NONE ||
            utf8proc_category((utf8proc_int32_t)code) != UTF8PROC_CATEGORY_CF);
}

/* A copy of the text, of the same size, as SentencePiece is to see it. */
static void prepare(const heed__tokenizer_settings *settings, const char *text, size_t size,
                    char *out)
{
    memcpy(out, text, size);
    for (size_t at = 0, length; at < size; at += length) {
        uint32_t code = heed__utf8_next(text + at, &length);
        char lower[4];
        if (is_blank(settings, code))
            memset(out + at, ' ', length);
        else if (code == 0x2581) /* SentencePiece's own sign for a blank, which it would drop */
            memcpy(out + at, "\xE2\x96\x82", 3);
        else if (settings->lower &&
                 heed__utf8_put((uint32_t)utf8proc_tolower((utf8proc_int32_t)code), lower) ==
                     length)
            memcpy(out + at, lower, length);
    }
}

typedef struct training {
    heed__tokenizer *t;
    const heed__texts *texts;
    char *bytes;
    size_t room;
} training;

static heed_status give_text(void *user, int64_t i, const char **bytes, size_t *size)
{
    training *w = user;
    heed_text text = w->texts->text(w->texts->user, i);
    HEED_TRY(heed__grow(&w->bytes, &w->room, text.size + 1, 1, "a text"));
    prepare(&w->t->settings, text.bytes, text.size, w->bytes);
    *bytes = w->bytes;
    *size = text.size;
    return HEED_OK;
}

static heed_status add_score(subword_state *s, int64_t id, float score)
{
    HEED_TRY(heed__grow(&s->scores, &s->scores_room, (size_t)id + 1, sizeof *s->scores, "scores"));
    s->scores[id] = score;
    return HEED_OK;
}

static heed_status take_piece(void *user, const char *bytes, size_t size, float score)
{
    training *w = user;
    int64_t id;
    HEED_TRY(heed__strings_add(&w->t->vocabulary, bytes, size, &id));
    return add_score(w->t->state, id, score);
}

static heed_status build(heed__tokenizer *t)
{
    subword_state *s = t->state;
    const char **pieces = NULL;
    HEED_TRY(heed__alloc((size_t)t->vocabulary.n, sizeof *pieces, "subwords", &pieces));
    for (int64_t i = 0; i < t->vocabulary.n; i++) pieces[i] = t->vocabulary.items[i].bytes;
    heed_status status =
        heed__subwords_create(t->kind->name, t->vocabulary.n, pieces, s->scores, &s->subwords);
    heed__free(pieces);
    return status;
}

static heed_status start(heed__tokenizer *t)
{
    HEED_TRY(heed__alloc(1, sizeof(subword_state), "subwords", &t->state));
    for (int64_t id = 0; id < HEED_TOKEN_FIRST; id++) HEED_TRY(add_score(t->state, id, 0));
    return HEED_OK;
}

/* Nonzero when each character of the texts can be a piece: what is written should have them all,
 * as long as they leave room for longer pieces. For reading the rarest are never worth theirs. */
static heed_status has_room(training *w, int *out)
{
    heed__strings met = {0};
    heed_status status = HEED_OK;
    int64_t most = w->t->settings.max_vocabulary / 2, at;
    *out = 0;
    if (w->t->settings.spacing == HEED_SPACING_NONE) return HEED_OK;
    for (int64_t i = 0; i < w->texts->n && met.n <= most; i++) {
        const char *bytes;
        size_t size, length;
        HEED_TRY_CLEAN(give_text(w, i, &bytes, &size));
        for (size_t k = 0; k < size; k += length) {
            (void)heed__utf8_next(bytes + k, &length);
            HEED_TRY_CLEAN(heed__strings_add(&met, bytes + k, length, &at));
        }
    }
    *out = met.n <= most;
cleanup:
    heed__strings_free(&met);
    return status;
}

static heed_status train(heed_context *context, heed__tokenizer *t, const heed__texts *texts)
{
    (void)context;
    int newlines = t->settings.spacing == HEED_SPACING_RUNNING, all_characters = 0;
    if (t->settings.min_count != 1)
        return heed__fail(HEED_E_INVALID,
                          "tokenizer %s: min_count = %lld; subwords are chosen by max_vocabulary "
                          "alone: leave it at 1",
                          t->kind->name, (long long)t->settings.min_count);
    training w = {t, texts, NULL, 0};
    HEED_TRY(start(t));
    heed_status status = has_room(&w, &all_characters);
    if (status == HEED_OK)
        status = heed__subwords_train(t->kind->name, t->settings.max_vocabulary - newlines,
                                      all_characters, texts->n, give_text, take_piece, &w);
    free(w.bytes);
    if (status == HEED_OK && newlines) status = take_piece(&w, "\n", 1, 0);
    return status == HEED_OK ? build(t) : status;
}

typedef struct encoding_work {
    const heed__tokenizer *t;
    heed__encoding *out;
    const char *text;  /* prepared */
    size_t begin, end; /* what of it is encoded at a time: all, or a line of running text */
    int full;
} encoding_work;

/* The blank before a word belongs to its piece; it is not part of what the piece stands for. */
static heed_status take_token(void *user, int64_t id, size_t begin, size_t end, int *stop)
{
    encoding_work *w = user;
    begin += w->begin;
    end += w->begin;
    if (end > w->end) end = w->end;
    while (begin < end && w->text[begin] == ' ') begin++;
    if (begin > end) begin = end;
    HEED_TRY(heed__encoding_add(w->out, w->t, id, begin, end, &w->full));
    *stop = w->full;
    return HEED_OK;
}

/* Lines one by one, with a token for each newline, which the prepared text no longer shows. */
static heed_status encode_lines(encoding_work *w, const char *text, size_t size)
{
    const subword_state *s = w->t->state;
    int64_t newline = heed__strings_find(&w->t->vocabulary, "\n", 1);
    if (newline < 0) newline = HEED_TOKEN_UNKNOWN;
    for (w->begin = 0; w->begin < size && !w->full; w->begin = w->end + 1) {
        const char *found = memchr(text + w->begin, '\n', size - w->begin);
        w->end = found ? (size_t)(found - text) : size;
        if (w->end > w->begin)
            HEED_TRY(heed__subwords_encode(s->subwords, w->text + w->begin, w->end - w->begin,
                                           take_token, w));
        if (found && !w->full)
            HEED_TRY(heed__encoding_add(w->out, w->t, newline, w->end, w->end + 1, &w->full));
    }
    return HEED_OK;
}

static heed_status encode(const heed__tokenizer *t, const char *text, size_t size,
                          heed__encoding *out)
{
    const subword_state *s = t->state;
    char *prepared = NULL;
    HEED_TRY(heed__alloc(size, 1, "a text", &prepared));
    prepare(&t->settings, text, size, prepared);
    encoding_work w = {t, out, prepared, 0, size, 0};
    heed_status status = t->settings.spacing == HEED_SPACING_RUNNING
                             ? encode_lines(&w, text, size)
                             : heed__subwords_encode(s->subwords, prepared, size, take_token, &w);
    heed__free(prepared);
    return status;
}

/* A piece holds the blank before its word; the first one of a text has none. */
static heed_status decode(const heed__tokenizer *t, const int32_t *ids, int64_t n,
                          const heed_text *unknown, heed__buffer *out, heed__span *spans)
{
    int line_begins = 1;
    for (int64_t i = 0; i < n; i++) {
        int is_text = ids[i] != HEED_TOKEN_START, is_piece = ids[i] >= HEED_TOKEN_FIRST;
        heed_text text = is_text ? heed__token_text(t, ids, i, unknown) : (heed_text){"", 0};
        uint32_t begin = (uint32_t)out->size;
        int newline = is_piece && text.size == 1 && text.bytes[0] == '\n';
        for (size_t at = 0; at < text.size;) {
            int blank =
                is_piece && text.size - at >= 3 && !memcmp(text.bytes + at, "\xE2\x96\x81", 3);
            if (!blank)
                heed__buffer_add(out, text.bytes + at, 1);
            else if (!line_begins || at)
                heed__buffer_add(out, " ", 1);
            if (blank && !at) begin = (uint32_t)out->size;
            at += blank ? 3 : 1;
        }
        if (is_text) line_begins = newline;
        if (spans) spans[i] = (heed__span){begin, (uint32_t)out->size};
    }
    return out->status;
}

static heed_status save(const heed__tokenizer *t, heed__blob *blob)
{
    const subword_state *s = t->state;
    for (int64_t id = 0; id < t->vocabulary.n; id++) {
        uint32_t bits;
        memcpy(&bits, &s->scores[id], sizeof bits);
        HEED_TRY(heed__blob_add_number(blob, bits));
    }
    return HEED_OK;
}

static heed_status load(heed__tokenizer *t, heed__blob_reader *blob)
{
    HEED_TRY(heed__alloc(1, sizeof(subword_state), "subwords", &t->state));
    for (int64_t id = 0; id < t->vocabulary.n; id++) {
        int64_t number;
        HEED_TRY(heed__blob_number(blob, 0, UINT32_MAX, &number));
        uint32_t bits = (uint32_t)number;
        float score;
        memcpy(&score, &bits, sizeof score);
        if (!isfinite(score))
            return heed__fail(HEED_E_FORMAT, "the tokenizer's score %lld is not a finite number",
                              (long long)id);
        HEED_TRY(add_score(t->state, id, score));
    }
    return build(t);
}

#    define SUBWORD_KIND(model)                                                                    \
        {                                                                                          \
            .name = model,                                                                         \
            .defaults = {.min_count = 1,                                                           \
                         .max_vocabulary = 8000,                                                   \
                         .ngrams = 1,                                                              \
                         .ngram_min_count = 2,                                                     \
                         .ngram_max_vocabulary = 500000,                                           \
                         .max_length = 512,                                                        \
                         .characters_from = 3},                                                    \
            .train = train, .encode = encode, .decode = decode, .save = save, .load = load,        \
            .free = state_free,                                                                    \
        }

const heed__token_kind heed__tokenizer_bpe = SUBWORD_KIND("bpe");
const heed__token_kind heed__tokenizer_unigram = SUBWORD_KIND("unigram");
#endif
