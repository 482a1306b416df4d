/* SPDX-License-Identifier: MIT */
/*
 * Why words were tagged: each span that a model found is explained by itself. The words that
 * decided it are found by hiding each in turn behind an unknown word, which leaves all others in
 * their places, and asking again how likely the span's tags are.
 */
#include "explain/spans.h"

#include "base/fail.h"
#include "data/spans.h"
#include "data/tags.h"

#include <math.h>
#include <string.h>

/* As of occlusion: longer texts are gone through in runs of words. */
enum { MOST_GROUPS = 256 };

static size_t group_size(const heed__reading *r)
{
    return (r->n_words + MOST_GROUPS - 1) / MOST_GROUPS;
}

static int is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The text with words first .. last - 1 hidden; white space stays as it is. */
static heed_status hide(const heed__reading *r, size_t first, size_t last, heed__buffer *out)
{
    size_t at = 0;
    for (size_t w = first; w < last; w++) {
        heed__word word = r->words[w];
        heed__buffer_add(out, r->text + at, word.begin - at);
        for (size_t i = word.begin; i < word.end; i++)
            if (is_space(r->text[i]))
                heed__buffer_add(out, r->text + i, 1);
            else if (i == word.begin || is_space(r->text[i - 1]))
                heed__buffer_text(out, "\xef\xbf\xbd"); /* a character that stands for none */
        at = word.end;
    }
    heed__buffer_add(out, r->text + at, r->length - at);
    return out->status;
}

/* Probabilities of the words' tags with each group of words hidden: [groups, words] of the output,
 * then of the whole text. */
static heed_status ask(const heed__reading *r, const heed_tagged *tagged, int output, size_t groups,
                       heed__tagging *tagging, heed__arena *arena)
{
    size_t each = group_size(r), words = (size_t)heed_tagged_words(tagged, 0), *begins = NULL;
    int32_t *gold = NULL;
    heed_text *texts = NULL;
    float *values = NULL;
    heed__buffer bytes = {0};
    heed_status status = HEED_OK;
    HEED_TRY(heed__arena_take(arena, groups + 2, sizeof *begins, "hidden words", &begins));
    HEED_TRY(heed__arena_take(arena, groups + 1, sizeof *texts, "hidden words", &texts));
    HEED_TRY(heed__arena_take(arena, (groups + 1) * words, sizeof *gold, "tags", &gold));
    HEED_TRY(heed__arena_take(arena, (groups + 1) * (size_t)heed_model_width(r->model) + 1,
                              sizeof *values, "answers", &values));
    for (size_t g = 0; g <= groups && status == HEED_OK; g++) {
        size_t last = (g + 1) * each < r->n_words ? (g + 1) * each : r->n_words;
        begins[g] = bytes.size;
        status = hide(r, g < groups ? g * each : 0, g < groups ? last : 0, &bytes);
        begins[g + 1] = bytes.size;
        for (size_t w = 0; w < words; w++)
            gold[g * words + w] = (int32_t)heed_tagged_word_at(tagged, 0, output, (int64_t)w).index;
    }
    for (size_t g = 0; g <= groups && status == HEED_OK; g++)
        texts[g] = (heed_text){bytes.bytes + begins[g], begins[g + 1] - begins[g]};
    tagging->gold[output] = gold;
    if (status == HEED_OK)
        status = heed__model_predict_texts(r->model, texts, (int64_t)groups + 1, values, tagging);
    heed__buffer_free(&bytes);
    return status;
}

static float log_odds(float p)
{
    const float tiny = 1e-30f;
    float in[2] = {p > tiny ? p : tiny, 1 - p > 6e-8f ? 1 - p : 6e-8f};
    heed__kernels_best()->log(2, in, in);
    return in[0] - in[1];
}

/* How strongly a span's tags are held, from the probabilities of a text's words. */
static float strength_of(const heed_tagged_span *span, const float *probabilities)
{
    float sum = 0;
    for (int64_t w = span->first; w <= span->last; w++) sum += log_odds(probabilities[w]);
    return sum / (float)(span->last - span->first + 1);
}

static heed_status score(const heed__reading *r, const heed_tagged *tagged,
                         const heed_tagged_span *span, const float *probabilities, size_t groups,
                         heed__explained_output *shown, heed__arena *arena)
{
    size_t each = group_size(r), words = (size_t)heed_tagged_words(tagged, 0);
    heed__attribution *attribution = NULL;
    float *scores = NULL, whole = strength_of(span, probabilities + groups * words);
    HEED_TRY(heed__arena_take(arena, 1, sizeof *attribution, "scores", &attribution));
    HEED_TRY(heed__arena_take(arena, r->n_words + 1, sizeof *scores, "scores", &scores));
    for (size_t w = 0; w < r->n_words; w++) {
        size_t g = w / each, size = g + 1 < groups ? each : r->n_words - g * each;
        scores[w] = (whole - strength_of(span, probabilities + g * words)) / (float)size;
    }
    *attribution = (heed__attribution){.method = "occlusion", .scores = scores, .is_signed = 1};
    shown->attributions = attribution;
    shown->n_attributions = 1;
    return HEED_OK;
}

/* "city: las vegas" */
static heed_status name_span(const heed__reading *r, const heed_tagged_span *span,
                             heed__arena *arena, const char **out)
{
    heed__buffer label = {0};
    heed__buffer_format(&label, "%s: ", span->type);
    heed__buffer_add(&label, r->text + span->begin, span->end - span->begin);
    heed_status status = label.status;
    if (status == HEED_OK) status = heed__arena_text(arena, label.bytes, label.size, out);
    heed__buffer_free(&label);
    return status;
}

/* What the truth says of the span's words, and whether that is a span of this type there. */
static heed_status judge(const heed_tagged_span *span, heed_text truth, heed__arena *arena,
                         heed__explained_output *shown)
{
    heed__span at = {0, 0};
    heed__tag_parts before = heed__tag_read((heed_text){"", 0});
    size_t from = 0, begin = 0, end = 0;
    int right = 1;
    for (int64_t w = 0; heed__next_word(truth, &from, &at); w++) {
        heed__tag_parts tag =
            heed__tag_read((heed_text){truth.bytes + at.begin, at.end - at.begin});
        int goes_on = heed__tag_follows(before, tag);
        int inside = w >= span->first && w <= span->last;
        before = tag;
        if (w == span->last + 1) right = right && !goes_on;
        if (!inside) continue;
        if (w == span->first) begin = at.begin;
        end = at.end;
        right = right && tag.mark != 'O' && tag.type.size == strlen(span->type) &&
                memcmp(tag.type.bytes, span->type, tag.type.size) == 0 &&
                goes_on == (w > span->first);
    }
    shown->verdict = right ? HEED_VERDICT_RIGHT : HEED_VERDICT_WRONG;
    return heed__arena_text(arena, truth.bytes + begin, end - begin, &shown->truth);
}

/* Where there is nothing to explain: so much is said. */
static heed_status say_none(const heed__reading *r, const heed_tagged *tagged, int output,
                            heed__arena *arena, heed__explained_output *shown)
{
    heed__buffer label = {0};
    int marks = heed__tags_mark_spans(r->model->outputs[output].labels->names,
                                      r->model->outputs[output].labels->n);
    for (int64_t w = 0; !marks && w < heed_tagged_words(tagged, 0); w++)
        heed__buffer_format(&label, "%s%s", w ? " " : "",
                            heed_tagged_word_at(tagged, 0, output, w).label);
    if (marks) heed__buffer_text(&label, "no span");
    heed__buffer_add(&label, "", 0);
    shown->probability = NAN;
    heed_status status = label.status;
    if (status == HEED_OK) status = heed__arena_text(arena, label.bytes, label.size, &shown->label);
    heed__buffer_free(&label);
    return status;
}

static heed_status explain(const heed__reading *r, const heed_tagged *tagged, int output,
                           heed_text truth, heed__arena *arena, heed__explained_output *shown)
{
    size_t each = group_size(r), groups = each ? (r->n_words + each - 1) / each : 0;
    int64_t spans = heed_tagged_spans(tagged, 0, output), words = heed_tagged_words(tagged, 0);
    heed__arena own = {0};
    heed__tagging tagging;
    HEED_TRY(heed__tagging_create(r->model, ((int64_t)groups + 1) * words, &tagging));
    heed_status status = ask(r, tagged, output, groups, &tagging, &own);
    for (int64_t i = 0; i < spans && status == HEED_OK; i++) {
        heed_tagged_span span = heed_tagged_span_at(tagged, 0, output, i);
        shown[i].probability = (double)span.probability;
        status = name_span(r, &span, arena, &shown[i].label);
        if (status == HEED_OK && truth.size) status = judge(&span, truth, arena, &shown[i]);
        if (status == HEED_OK)
            status = score(r, tagged, &span, tagging.gold_probabilities[output], groups, &shown[i],
                           arena);
    }
    heed__arena_free(&own);
    heed__tagging_free(&tagging);
    return status;
}

size_t heed__spans_shown(const heed_tagged *tagged, int output)
{
    int64_t spans = heed_tagged_spans(tagged, 0, output);
    return spans ? (size_t)spans : 1;
}

heed_status heed__spans_explain(const heed__reading *r, const heed_tagged *tagged, int output,
                                const char *truth, heed__arena *arena,
                                heed__explained_output *shown)
{
    heed_text tags = {truth ? truth : "", truth ? strlen(truth) : 0};
    const char *name =
        heed_model_outputs(r->model) > 1 ? heed_model_output(r->model, output).name : NULL;
    for (size_t i = 0; i < heed__spans_shown(tagged, output); i++) shown[i].name = name;
    if (!heed_tagged_spans(tagged, 0, output)) return say_none(r, tagged, output, arena, shown);
    return explain(r, tagged, output, tags, arena, shown);
}
