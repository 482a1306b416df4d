/* SPDX-License-Identifier: MIT */
#include "explain/reading.h"

#include "base/fail.h"
#include "kernels/kernels.h"
#include "model/members.h"

#include <stdlib.h>
#include <string.h>

/* Normalised pointwise mutual information (Bouma 2009) of two neighbours over the training texts:
 * log(p(ab) / p(a) p(b)) / -log p(ab), 1 = always together, 0 = as chance would have it. */
static float bond_of(heed__pair_counts counts)
{
    if (!counts.together || !counts.first || !counts.second) return -1;
    heed_real all = (heed_real)counts.all, ratios[2];
    ratios[0] =
        (heed_real)counts.together / (heed_real)counts.first * all / (heed_real)counts.second;
    ratios[1] = all / (heed_real)counts.together;
    heed__kernels_best()->log(2, ratios, ratios);
    return ratios[1] > 0 ? (float)(ratios[0] / ratios[1]) : -1;
}

/* Where the tokenizer knows pairs: the token that ends one word and the one that begins the next.
 */
static heed_status join_words(heed__reading *r)
{
    float *bonds = NULL;
    HEED_TRY(heed__arena_take(&r->arena, r->n_words + 1, sizeof *bonds, "words", &bonds));
    for (size_t i = 0; i < r->n_words; i++) bonds[i] = -1;
    for (int64_t t = 0; t + 1 < r->encoding.length; t++)
        if (r->word_of[t] >= 0 && r->word_of[t + 1] == r->word_of[t] + 1)
            bonds[r->word_of[t]] = bond_of(heed__tokenizer_pair_counts(
                r->model->tokenizer, r->encoding.ids[t], r->encoding.ids[t + 1]));
    r->n_words = heed__words_join(r->text, r->length, bonds, r->words, r->n_words, r->word_of,
                                  (size_t)r->encoding.length);
    return HEED_OK;
}

static heed_status cut_words(heed__reading *r)
{
    size_t n = (size_t)r->encoding.length;
    HEED_TRY(heed__arena_take(&r->arena, n, sizeof *r->pieces, "words", &r->pieces));
    HEED_TRY(heed__arena_take(&r->arena, n, sizeof *r->words, "words", &r->words));
    HEED_TRY(heed__arena_take(&r->arena, n, sizeof *r->word_of, "words", &r->word_of));
    for (size_t i = 0; i < n; i++)
        r->pieces[i] = (heed__word){r->encoding.spans[i].begin, r->encoding.spans[i].end};
    r->n_words = heed__words_from_pieces(r->text, r->length, r->pieces, n, r->words, r->word_of);
    return join_words(r);
}

static heed_status cut_sentences(heed__reading *r)
{
    int64_t n = r->encoding.length, count = 0;
    if (!r->encoding.begins) return HEED_OK;
    r->n_sentences = heed__sentences_count(r->encoding.begins, n);
    HEED_TRY(heed__arena_take(&r->arena, (size_t)r->n_sentences + 1, sizeof *r->sentence_starts,
                              "sentences", &r->sentence_starts));
    for (int64_t t = 0; t < n; t++)
        if (t == 0 || r->encoding.begins[t]) r->sentence_starts[count++] = t;
    r->sentence_starts[count] = n;
    return HEED_OK;
}

heed_status heed__reading_open(heed_model *model, const char *text, size_t length, heed__reading *r)
{
    memset(r, 0, sizeof *r);
    r->model = model;
    r->text = text;
    r->length = length;
    HEED_TRY(heed__tokenizer_encode(model->tokenizer, text, length, &r->encoding));
    HEED_TRY(cut_words(r));
    HEED_TRY(cut_sentences(r));
    size_t width = (size_t)heed_model_width(model);
    HEED_TRY(heed__arena_take(&r->arena, width, sizeof *r->values, "answers", &r->values));
    r->offsets[1] = r->encoding.length;
    r->batch = (heed__model_batch){.ragged = {.n = 1,
                                              .rows = r->encoding.length,
                                              .longest = r->encoding.length,
                                              .offsets = r->offsets,
                                              .order = r->order,
                                              .ids = r->ids},
                                   .tokens = r->encoding.ids,
                                   .begins = r->encoding.begins};
    heed__model_bags_set(&r->batch, r->encoding.bags, 0);
    return heed_model_predict(model, &(heed_text){text, length}, 1, r->values);
}

void heed__reading_close(heed__reading *r)
{
    heed__encoding_free(&r->encoding);
    heed__arena_free(&r->arena);
}

int64_t heed__reading_label(const heed__reading *r, int output)
{
    heed_answer answer;
    heed_model_best(r->model, output, r->values, &answer);
    return answer.index;
}

float heed__reading_answer(const heed__reading *r, const float *values, int output)
{
    return values[heed_model_output(r->model, output).first + heed__reading_label(r, output)];
}

static float log_of(float value)
{
    const float tiny = 1e-37f; /* log odds stay within +-86 */
    float in = value > tiny ? value : tiny, out;
    heed__kernels_best()->log(1, &in, &out);
    return out;
}

/* Of a class, the odds against are summed from the other labels: near certainty 1 - p would be 0.
 */
float heed__reading_strength(const heed__reading *r, const float *values, int output)
{
    heed_output o = heed_model_output(r->model, output);
    float answer = heed__reading_answer(r, values, output), others = 0;
    if (o.kind == HEED_OUTPUT_NUMBER) return answer;
    for (int64_t j = 0; j < o.count && o.kind == HEED_OUTPUT_CLASS; j++)
        if (j != heed__reading_label(r, output)) others += values[o.first + j];
    if (o.kind == HEED_OUTPUT_SET) others = 1 - answer;
    return log_of(answer) - log_of(others);
}

/* The text with the words left out; what stood between words stays. Where words would run together
 * ("well-known" without its hyphen) a space takes the place. */
static size_t copy_without(const heed__reading *r, const unsigned char *without, char *to)
{
    size_t at = 0, used = 0;
    for (size_t w = 0; w < r->n_words; w++) {
        if (!without[w]) continue;
        size_t begin = r->words[w].begin;
        memcpy(to + used, r->text + at, begin - at);
        used += begin - at;
        while (w + 1 < r->n_words && without[w + 1] && r->words[w + 1].begin == r->words[w].end)
            w++;
        at = r->words[w].end;
        if (heed__words_would_join(r->text, r->length, begin, at)) to[used++] = ' ';
    }
    memcpy(to + used, r->text + at, r->length - at);
    return used + r->length - at;
}

heed_status heed__reading_without(const heed__reading *r, size_t n,
                                  const unsigned char *const *without, float *values)
{
    enum { AT_ONCE = 64 };
    char *copies = NULL;
    heed_text texts[AT_ONCE];
    size_t room = r->length + 1;
    heed_status status = heed__alloc(AT_ONCE, room, "changed texts", &copies);
    for (size_t done = 0; done < n && status == HEED_OK; done += AT_ONCE) {
        size_t count = n - done < AT_ONCE ? n - done : AT_ONCE;
        for (size_t i = 0; i < count; i++) {
            char *copy = copies + i * room;
            texts[i] = (heed_text){copy, copy_without(r, without[done + i], copy)};
            copy[texts[i].size] = 0;
        }
        status = heed_model_predict(r->model, texts, (int64_t)count,
                                    values + done * (size_t)heed_model_width(r->model));
    }
    heed__free(copies);
    return status;
}

static heed_status add_members(heed__reading *r, const heed__method *method, int output, int first,
                               int count, float *each, float *scores)
{
    heed_model *whole = r->model;
    heed_status status = HEED_OK;
    for (int i = 0; i < count && status == HEED_OK; i++) {
        r->model = heed__member_at(whole, first + i);
        status = method->score(r, output, each);
        for (size_t w = 0; w < r->n_words; w++) scores[w] = (i ? scores[w] : 0) + each[w];
    }
    r->model = whole;
    for (size_t w = 0; w < r->n_words; w++) scores[w] /= (float)count;
    return status;
}

heed_status heed__reading_score(heed__reading *r, const heed__method *method, int output,
                                float *scores)
{
    int first, count;
    float *each = NULL;
    heed__members_asked(r->model, &first, &count);
    if (method->answers || !r->model->n_others) return method->score(r, output, scores);
    HEED_TRY(heed__alloc(r->n_words, sizeof *each, "scores", &each));
    heed_status status = add_members(r, method, output, first, count, each, scores);
    heed__free(each);
    return status;
}

static const heed__method *const methods[] = {&heed__method_occlusion, &heed__method_gradient,
                                              &heed__method_pool, &heed__method_attention,
                                              &heed__method_rollout};

const heed__method *heed__method_at(size_t index)
{
    return index < sizeof methods / sizeof *methods ? methods[index] : NULL;
}

int heed_method_at(size_t index, heed_method *out)
{
    const heed__method *method = heed__method_at(index);
    if (method) *out = (heed_method){method->name, method->help};
    return method != NULL;
}
