/* SPDX-License-Identifier: MIT */
/*
 * Copying: which target token a source token is, and the probabilities that generating and copying
 * have together (ops/pointer.h). Tokens are the same where their texts are. The boundary is never
 * copied. An unknown source word is copied as the unknown token, which a translation can replace
 * with the word that was looked at.
 */
#include "base/fail.h"
#include "model/writer.h"
#include "ops/pointer.h"

#include <stdlib.h>
#include <string.h>

/* A target token by its text. */
typedef struct entry {
    heed_text text;
    int32_t id;
} entry;

static int by_text(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    size_t least = x->text.size < y->text.size ? x->text.size : y->text.size;
    int order = least ? memcmp(x->text.bytes, y->text.bytes, least) : 0;
    if (order) return order;
    if (x->text.size != y->text.size) return x->text.size < y->text.size ? -1 : 1;
    return 0;
}

static void find_texts(const heed_model *model, entry *entries, int64_t count, int32_t *copies)
{
    for (int64_t i = 0; i < count; i++)
        entries[i] = (entry){heed__tokenizer_token(model->writer.tokenizer, HEED_TOKEN_FIRST + i),
                             (int32_t)(HEED_TOKEN_FIRST + i)};
    qsort(entries, (size_t)count, sizeof *entries, by_text);
    for (int64_t s = HEED_TOKEN_FIRST; s < heed__tokenizer_vocabulary(model->tokenizer); s++) {
        entry wanted = {heed__tokenizer_token(model->tokenizer, s), 0};
        const entry *found = bsearch(&wanted, entries, (size_t)count, sizeof *entries, by_text);
        copies[s] = found ? found->id : -1;
    }
}

heed_status heed__writer_create_copying(heed_model *model)
{
    heed__writer *w = &model->writer;
    int64_t sources = heed__tokenizer_vocabulary(model->tokenizer);
    int64_t count = heed__tokenizer_vocabulary(w->tokenizer) - HEED_TOKEN_FIRST;
    entry *entries = NULL;
    HEED_TRY(heed__alloc((size_t)sources, sizeof *w->copies, "a vocabulary", &w->copies));
    w->copies[HEED_TOKEN_UNKNOWN] = HEED_TOKEN_UNKNOWN;
    w->copies[HEED_TOKEN_END] = -1;
    for (int64_t s = HEED_TOKEN_FIRST; s < sources; s++) w->copies[s] = (int32_t)s;
    if (w->tokenizer == model->tokenizer) return HEED_OK;
    HEED_TRY(heed__alloc((size_t)count, sizeof *entries, "a vocabulary", &entries));
    find_texts(model, entries, count, w->copies);
    heed__free(entries);
    return HEED_OK;
}

heed_status heed__writer_words(heed_model *model, const heed__pairs_batch *batch,
                               const int32_t **words)
{
    heed__writer *w = &model->writer;
    size_t rows = (size_t)batch->source.rows;
    *words = NULL;
    if (!w->copies || !batch->source_tokens) return HEED_OK; /* it does not, or this is a plan */
    HEED_TRY(heed__grow(&w->words, &w->words_room, rows, sizeof *w->words, "a batch"));
    for (size_t i = 0; i < rows; i++) w->words[i] = w->copies[batch->source_tokens[i]];
    *words = w->words;
    return HEED_OK;
}

/* What both operations take. */
static heed__var apply(const heed__op *op, heed__tape *tape, const heed__pairs_vars *vars,
                       const int32_t *labels, float smoothing)
{
    heed__pointer pointer = {
        .words = vars->memory.tokens, .labels = labels, .smoothing = smoothing};
    heed__var in[3] = {vars->logits, vars->decoded.gate, vars->decoded.weights};
    if (vars->decoded.look) pointer.look = *vars->decoded.look;
    return heed__tape_apply(tape, op, in, 3, &pointer, sizeof pointer);
}

heed__var heed__writer_scores(heed__tape *tape, const heed__pairs_vars *vars)
{
    if (vars->decoded.gate == HEED_NO_VAR) return vars->logits;
    return apply(&heed__op_pointer_scores, tape, vars, NULL, 0);
}

heed__var heed__writer_pointer_loss(heed__tape *tape, const heed__pairs_batch *batch,
                                    const heed__pairs_vars *vars, float smoothing)
{
    return apply(&heed__op_pointer_loss, tape, vars, batch->labels, smoothing);
}
