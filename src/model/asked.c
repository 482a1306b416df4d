/* SPDX-License-Identifier: MIT */
/* Encoding what was asked, batches longest first, searching, handing out. */
#include "model/asked.h"

#include "base/fail.h"
#include "base/parallel.h"
#include "base/sha256.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH_TEXTS = 64, BATCH_TOKENS = 4096 };

static void call_free(heed__asked *c)
{
    for (int64_t i = 0; i < c->n; i++) {
        if (c->source_codes) heed__encoding_free(&c->source_codes[i]);
        if (c->prefix_codes) heed__encoding_free(&c->prefix_codes[i]);
    }
    heed__free(c->source_codes);
    heed__free(c->prefix_codes);
    heed__free(c->order);
    heed__free(c->offsets);
    heed__free(c->ids);
    heed__free(c->keys);
    heed__free(c->lengths);
    heed__free(c->prefix_offsets);
    heed__free(c->tokens);
    heed__free(c->prefix_tokens);
    heed__free(c->words);
    heed__extension_free(&c->extension);
    heed__search_destroy(&c->search);
    heed__filling_free(&c->filling);
}

static int is_blank(heed_text text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!strchr(" \t\r\n", text.bytes[i])) return 0;
    return 1;
}

/* ------------------------------------------------------------------ encoding */

int64_t heed__asked_longest(const heed__asked *c)
{
    return heed__config_integer(c->model->config, "input.max_length");
}

static heed_status encode(const heed__asked *c, const heed__tokenizer *tokenizer, const char *what,
                          int64_t i, heed_text text, heed__encoding *out)
{
    int64_t most = heed__asked_longest(c);
    heed_status status = heed__model_check_text(text);
    if (status == HEED_OK && !is_blank(text))
        status = heed__tokenizer_encode(tokenizer, text.bytes, text.size, out);
    if (status != HEED_OK) return heed__fail_prefix(status, "%s %lld: ", what, (long long)i);
    if (!out->cut && out->length <= most) return HEED_OK;
    return heed__fail(
        HEED_E_DATA,
        "%s %lld: longer than the %lld tokens that the model reads (it has %lld%s); "
        "split it into sentences (or train with a greater %s)",
        what, (long long)i, (long long)most, (long long)out->length, out->cut ? " or more" : "",
        heed__config_learned_positions(c->model->config) ? "--block" : "--max-length");
}

static heed_status encode_all(heed__asked *c)
{
    size_t n = (size_t)c->n;
    const char *written = !c->sources ? "text" : c->scoring ? "target" : "prefix";
    HEED_TRY(heed__alloc(n + 1, sizeof *c->source_codes, "texts", &c->source_codes));
    HEED_TRY(heed__alloc(n + 1, sizeof *c->prefix_codes, "texts", &c->prefix_codes));
    for (int64_t i = 0; i < c->n; i++) {
        if (c->sources)
            HEED_TRY(encode(c, c->model->tokenizer, "text", i, c->sources[i], &c->source_codes[i]));
        if (c->prefixes)
            HEED_TRY(encode(c, c->model->writer.tokenizer, written, i, c->prefixes[i],
                            &c->prefix_codes[i]));
    }
    return HEED_OK;
}

static int64_t length_of(const heed__asked *c, int64_t i)
{
    return c->sources ? c->source_codes[i].length : c->prefix_codes[i].length;
}

/* Of an empty source nothing is written; a target that is given is scored all the same. */
static int is_done(const heed__asked *c, int64_t i)
{
    return c->sources && !length_of(c, i) && !(c->scoring && c->prefix_codes[i].length);
}

/* Longest first, equal ones in their order; what needs no search is answered at once. */
static heed_status sort_texts(heed__asked *c)
{
    int64_t longest = 0, *count = NULL;
    HEED_TRY(heed__alloc((size_t)c->n + 1, sizeof *c->order, "texts", &c->order));
    for (int64_t i = 0; i < c->n; i++)
        if (length_of(c, i) > longest) longest = length_of(c, i);
    HEED_TRY(heed__alloc((size_t)longest + 2, sizeof *count, "texts", &count));
    for (int64_t i = 0; i < c->n; i++)
        if (!is_done(c, i)) count[longest - length_of(c, i) + 1]++, c->live++;
    for (int64_t k = 0; k <= longest; k++) count[k + 1] += count[k];
    for (int64_t i = 0; i < c->n; i++)
        if (!is_done(c, i)) c->order[count[longest - length_of(c, i)]++] = i;
    heed__free(count);
    for (int64_t i = 0; i < c->n; i++)
        if (is_done(c, i)) HEED_TRY(heed__translations_empty(c->out, i));
    return HEED_OK;
}

/* ------------------------------------------------------------------ batches */

static int64_t batch_end(const heed__asked *c, int64_t begin)
{
    int64_t end = begin, tokens = 0;
    while (end < c->live && end - begin < BATCH_TEXTS) {
        tokens += length_of(c, c->order[end]) + 1;
        if (end > begin && tokens > BATCH_TOKENS) break;
        end++;
    }
    return end;
}

static heed_status make_room(heed__asked *c)
{
    int64_t tokens = 0, prefixes = 0;
    for (int64_t begin = 0, end; begin < c->live; begin = end) {
        int64_t rows = 0, prefix_rows = 0;
        end = batch_end(c, begin);
        for (int64_t i = begin; i < end; i++) {
            rows += c->source_codes[c->order[i]].length + 1;
            prefix_rows += c->prefix_codes[c->order[i]].length + 1;
        }
        if (rows > tokens) tokens = rows;
        if (prefix_rows > prefixes) prefixes = prefix_rows;
    }
    HEED_TRY(heed__alloc(BATCH_TEXTS + 1, sizeof *c->offsets, "a batch", &c->offsets));
    HEED_TRY(heed__alloc(BATCH_TEXTS, sizeof *c->ids, "a batch", &c->ids));
    HEED_TRY(heed__alloc(BATCH_TEXTS, sizeof *c->keys, "a batch", &c->keys));
    HEED_TRY(heed__alloc(BATCH_TEXTS, sizeof *c->lengths, "a batch", &c->lengths));
    HEED_TRY(
        heed__alloc(BATCH_TEXTS + 1, sizeof *c->prefix_offsets, "a batch", &c->prefix_offsets));
    HEED_TRY(heed__alloc((size_t)tokens + 1, sizeof *c->tokens, "a batch", &c->tokens));
    if (c->model->writer.copies)
        HEED_TRY(heed__alloc((size_t)tokens + 1, sizeof *c->words, "a batch", &c->words));
    return heed__alloc((size_t)prefixes + 1, sizeof *c->prefix_tokens, "a batch",
                       &c->prefix_tokens);
}

static void lay_prefix(heed__asked *c, int64_t at, int64_t text)
{
    const heed__encoding *code = &c->prefix_codes[text];
    int64_t to = c->prefix_offsets[at];
    if (code->length)
        memcpy(c->prefix_tokens + to, code->ids, (size_t)code->length * sizeof *code->ids);
    to += code->length;
    if (c->scoring) c->prefix_tokens[to++] = HEED_TOKEN_END;
    c->prefix_offsets[at + 1] = to;
}

/* What draws know a text by: its content, not its place among others. */
static int64_t key_of(heed_text text)
{
    unsigned char digest[HEED_SHA256_SIZE];
    heed__sha256 hash;
    uint64_t key = 0;
    heed__sha256_start(&hash);
    heed__sha256_add(&hash, text.bytes, text.size);
    heed__sha256_finish(&hash, digest);
    for (int i = 0; i < 8; i++) key = key << 8 | digest[i];
    return (int64_t)key;
}

/* How many heads' weights make a row. */
static int64_t heads_of(const heed__asked *c)
{
    int64_t layers = 1, heads = 1;
    if (c->visit) heed_model_alignment_sites(c->model, &layers, &heads);
    return layers * heads;
}

/* The batch's arrays; returns its sources. */
static heed__ragged lay_out(heed__asked *c, int64_t begin, int64_t end)
{
    heed__ragged r = {.n = end - begin, .offsets = c->offsets, .ids = c->ids};
    c->offsets[0] = c->prefix_offsets[0] = 0;
    for (int64_t s = 0; s < r.n; s++) {
        int64_t text = c->order[begin + s];
        const heed__encoding *code = &c->source_codes[text];
        int64_t length = c->sources ? code->length + 1 : 0;
        if (code->length)
            memcpy(c->tokens + r.rows, code->ids, (size_t)code->length * sizeof *code->ids);
        if (c->sources) c->tokens[r.rows + code->length] = HEED_TOKEN_END;
        r.rows += length;
        c->offsets[s + 1] = r.rows;
        c->lengths[s] = c->sources ? length * heads_of(c) : c->prefix_codes[text].length;
        c->ids[s] = text;
        c->keys[s] = key_of(c->sources ? c->sources[text] : c->prefixes[text]);
        if (length > r.longest) r.longest = length;
        lay_prefix(c, s, text);
    }
    return r;
}

/* Ids of the extended vocabulary: of the sources, and in the prefixes. */
static heed_status lay_words(heed__asked *c, int64_t n)
{
    const heed__extender *extender = &c->model->writer.extender;
    c->added = 0;
    for (int64_t s = 0; s < n && c->words; s++) {
        int64_t text = c->ids[s];
        HEED_TRY(heed__extend_source(extender, c->sources[text], &c->source_codes[text],
                                     &c->extension, c->words + c->offsets[s]));
        c->words[c->offsets[s + 1] - 1] = HEED_TOKEN_END;
        if (c->prefixes)
            heed__extend_target(extender, c->prefixes[text], &c->prefix_codes[text], &c->extension,
                                c->prefix_tokens + c->prefix_offsets[s]);
        if (c->extension.n > c->added) c->added = c->extension.n;
    }
    return HEED_OK;
}

/* What a text must begin with and the model cannot read is said, once: what follows may be off. */
static void tell_unknown(const heed__asked *c, int64_t n)
{
    heed__writer *writer = &c->model->writer;
    for (int64_t s = 0; s < n && c->prefixes && !c->scoring && !writer->told_unknown; s++) {
        int64_t text = c->ids[s], from = c->prefix_offsets[s], i = from;
        while (i < c->prefix_offsets[s + 1] && c->prefix_tokens[i] != HEED_TOKEN_UNKNOWN) i++;
        if (i == c->prefix_offsets[s + 1]) continue;
        heed__span span = c->prefix_codes[text].spans[i - from];
        writer->told_unknown = 1;
        heed__log(c->model->context, HEED_LOG_WARNING,
                  "'%.*s' in a %s is not in the vocabulary: the model reads it as an unknown word "
                  "(others are not named)",
                  (int)(span.end - span.begin), c->prefixes[text].bytes + span.begin,
                  c->sources ? "prefix" : "prompt");
    }
}

/* Sentence s of the batch. */
static heed__translated describe(const heed__asked *c, int64_t s)
{
    int64_t text = c->ids[s];
    heed__translated what = {.model = c->model,
                             .weights = c->weights,
                             .replace_unknown = c->replace_unknown,
                             .unscored = c->options.unscored,
                             .rule = heed__writer_rule(c->model, c->align.rule),
                             .threshold = (float)c->align.threshold,
                             .boundary = c->align.boundary};
    if (c->sources) {
        what.source = c->sources[text];
        what.encoding = &c->source_codes[text];
        if (c->words) what.words = c->words + c->offsets[s];
        if (c->prefixes && !c->scoring) {
            what.prefix = &c->prefixes[text];
            what.prefix_encoding = &c->prefix_codes[text];
        }
    } else if (!c->scoring)
        what.prompt = c->prefix_codes[text].length;
    if (c->scoring) {
        what.target = &c->prefixes[text];
        what.target_encoding = &c->prefix_codes[text];
    }
    return what;
}

static heed_status hand_out(heed__asked *c, int64_t s, int64_t count, const heed__hypothesis *found)
{
    int64_t text = c->ids[s];
    heed__translated what = describe(c, s);
    if (c->visit) return c->visit(c->user, text, &what, found);
    return heed__translations_fill(c->out, text, &what, count, found, &c->filling);
}

static heed_status run_batch(heed__asked *c, int64_t begin, int64_t end)
{
    int64_t identity[BATCH_TEXTS];
    heed__search_results results;
    heed__ragged sources = lay_out(c, begin, end);
    heed__search_batch batch = {.n = sources.n,
                                .source_lengths = c->lengths,
                                .ids = c->options.samples ? c->keys : c->ids,
                                .prefix_offsets = c->prefixes ? c->prefix_offsets : NULL,
                                .prefixes = c->prefix_tokens};
    for (int64_t i = 0; i < sources.n; i++) identity[i] = i; /* they stand longest first */
    sources.order = identity;
    HEED_TRY(lay_words(c, sources.n));
    tell_unknown(c, sources.n);
    heed__pairs_batch begun = {
        .source = sources, .source_tokens = c->tokens, .words = c->words, .added = c->added};
    HEED_TRY(heed__writing_begin(c->writing, &begun));
    heed__search_model model = heed__writing_model(c->writing);
    HEED_TRY(heed__search_run(c->search, &model, &batch, &results));
    for (int64_t s = 0; s < sources.n; s++)
        HEED_TRY(hand_out(c, s, results.offsets[s + 1] - results.offsets[s],
                          results.hypotheses + results.offsets[s]));
    return HEED_OK;
}

static heed_status run_all(heed__asked *c)
{
    HEED_TRY(encode_all(c));
    HEED_TRY(sort_texts(c));
    HEED_TRY(make_room(c));
    HEED_TRY(heed__writing_open(c->model, &c->writing));
    HEED_TRY(heed__writing_choose(c->writing, &c->align));
    if (c->visit) heed__writing_choose_all(c->writing);
    if (heed__search_is_bare(&c->options)) HEED_TRY(heed__writing_screen(c->writing));
    HEED_TRY(heed__search_create(c->model->context, &c->options, &c->search));
    for (int64_t begin = 0, end; begin < c->live; begin = end) {
        end = batch_end(c, begin);
        HEED_TRY(run_batch(c, begin, end));
    }
    return HEED_OK;
}

heed_status heed__asked_run(heed__asked *c, heed_translations **out)
{
    *out = NULL;
    if (c->n < 0)
        return heed__fail(HEED_E_INVALID, "n = %lld; it must not be negative", (long long)c->n);
    HEED_TRY(heed__translations_create(c->n, &c->out));
    heed_status status = run_all(c);
    call_free(c);
    if (status == HEED_OK)
        *out = c->out;
    else
        heed_translations_destroy(&c->out);
    return status;
}
