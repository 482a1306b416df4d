/* SPDX-License-Identifier: MIT */
#include "model/hierarchy.h"

#include "base/fail.h"
#include "base/memory.h"
#include "model/stack.h"

#include <stdlib.h>
#include <string.h>

int heed__hierarchy_asked(const heed_config *config)
{
    return heed__config_is(config, "encoder.hierarchy", "sentences");
}

heed_status heed__hierarchy_check(const heed_config *config)
{
    static const char *const kinds[] = {"auto", "class", "set", "number"};
    int labels = 0;
    if (!heed__hierarchy_asked(config)) return HEED_OK;
    for (int i = 0; i < 4; i++) labels |= heed__config_is(config, "output.kind", kinds[i]);
    if (!labels)
        return heed__fail(HEED_E_INVALID,
                          "encoder.hierarchy = sentences gives a text one row; it goes with labels "
                          "of whole texts, not with --task %s",
                          heed_config_get(config, "output.kind"));
    if (heed__config_integer(config, "train.watch"))
        return heed__fail(HEED_E_UNSUPPORTED,
                          "train.watch = %s: not there for encoder.hierarchy = sentences; leave it "
                          "out",
                          heed_config_get(config, "train.watch"));
    if (heed__config_is(config, "pool.kind", "cls"))
        return heed__fail(HEED_E_INVALID,
                          "encoder.hierarchy = sentences with pool.kind = cls, whose "
                          "token stands in the first sentence; take another pool");
    return HEED_OK;
}

void heed__hierarchy_destroy(heed__hierarchy **hierarchy)
{
    heed__hierarchy *h = *hierarchy;
    if (!h) return;
    heed__attention_pool_clear(&h->words);
    if (h->encoder) h->kind->destroy(h->encoder);
    free(h->offsets);
    free(h->order);
    free(h->ids);
    free(h->text_offsets);
    free(h->text_order);
    free(h->count);
    heed__free(h);
    *hierarchy = NULL;
}

static heed_status fill(heed__params *params, const heed_config *config, heed__hierarchy *h)
{
    int64_t dim = heed__config_integer(config, "encoder.dim");
    if (h->kind == &heed__encoder_none) dim = heed__source_dim(config);
    heed__mechanism_texts texts = {.score = heed_config_get(config, "pool.score"),
                                   .normaliser = heed_config_get(config, "pool.normaliser")};
    HEED_TRY(heed__attention_pool_create(params, "words", dim, 1, &texts,
                                         (float)heed__config_number(config, "pool.dropout"),
                                         &h->words));
    if (h->words.mechanisms.wants_costs)
        return heed__fail(
            HEED_E_UNSUPPORTED,
            "pool.normaliser = %s learns from what a text costs, which a sentence has "
            "not; take gumbel:hard=1 or straight_through",
            heed_config_get(config, "pool.normaliser"));
    return h->kind->create(params, config, "sentences", dim, &h->encoder);
}

heed_status heed__hierarchy_create(heed__params *params, const heed_config *config,
                                   const heed__encoder_kind *kind, heed__hierarchy **out)
{
    heed__hierarchy *h = NULL;
    *out = NULL;
    HEED_TRY(heed__hierarchy_check(config));
    HEED_TRY(heed__alloc(1, sizeof *h, "a hierarchy", &h));
    h->kind = kind;
    heed_status status = fill(params, config, h);
    if (status != HEED_OK)
        heed__hierarchy_destroy(&h);
    else
        *out = h;
    return status;
}

static heed_status make_room(heed__hierarchy *h, int64_t sentences, int64_t texts, int64_t longest)
{
    int64_t **arrays[3] = {&h->offsets, &h->order, &h->ids};
    int64_t **text_arrays[2] = {&h->text_offsets, &h->text_order};
    for (int i = 0; i < 3; i++)
        HEED_TRY(heed__grow(arrays[i], &h->room[i], (size_t)sentences + 1, sizeof(int64_t),
                            "sentences"));
    for (int i = 0; i < 2; i++)
        HEED_TRY(heed__grow(text_arrays[i], &h->text_room[i], (size_t)texts + 1, sizeof(int64_t),
                            "sentences"));
    return heed__grow(&h->count, &h->count_room, (size_t)longest + 2, sizeof(int64_t), "sentences");
}

/* A batch that only stands for the largest. */
static heed_status imagine(heed__hierarchy *h, const heed__ragged *texts,
                           const heed__sentence_counts *most)
{
    int64_t longest =
        most->longest && most->longest < texts->longest ? most->longest : texts->longest;
    int64_t all = most->all ? most->all : texts->n, in_text = most->in_text ? most->in_text : 1;
    h->sentences = (heed__ragged){.n = all, .rows = texts->rows, .longest = longest};
    h->texts = (heed__ragged){.n = texts->n, .rows = all, .longest = in_text};
    return make_room(h, all, texts->n, longest > in_text ? longest : in_text);
}

/* Where dropout is concerned a sentence is called by its text and its number in it, so that nothing
 * depends on what else is in the batch. */
static int64_t name_of(const heed__ragged *texts, int64_t text, int64_t number)
{
    return texts->ids[text] + (number << 20);
}

static void cut_text(heed__hierarchy *h, const heed__ragged *texts, int64_t text,
                     const unsigned char *begins)
{
    int64_t first = h->sentences.n;
    for (int64_t t = texts->offsets[text]; t < texts->offsets[text + 1]; t++) {
        if (t > texts->offsets[text] && !begins[t]) continue;
        h->ids[h->sentences.n] = name_of(texts, text, h->sentences.n - first);
        h->offsets[h->sentences.n++] = t;
    }
    int64_t count = h->sentences.n - first;
    if (count > h->texts.longest) h->texts.longest = count;
    h->text_offsets[text + 1] = h->sentences.n;
}

static heed_status cut(heed__hierarchy *h, const heed__ragged *texts, const unsigned char *begins)
{
    int64_t all = 0;
    for (int64_t i = 0; i < texts->n; i++)
        all += heed__sentences_count(begins + texts->offsets[i], heed__ragged_length(texts, i));
    HEED_TRY(make_room(h, all, texts->n, 0));
    h->sentences = (heed__ragged){
        .rows = texts->rows, .offsets = h->offsets, .order = h->order, .ids = h->ids};
    h->texts = (heed__ragged){.n = texts->n,
                              .rows = all,
                              .offsets = h->text_offsets,
                              .order = h->text_order,
                              .ids = texts->ids};
    h->text_offsets[0] = 0;
    for (int64_t i = 0; i < texts->n; i++) cut_text(h, texts, i, begins);
    h->offsets[all] = texts->rows;
    for (int64_t i = 0; i < all; i++)
        if (h->offsets[i + 1] - h->offsets[i] > h->sentences.longest)
            h->sentences.longest = h->offsets[i + 1] - h->offsets[i];
    int64_t longest = h->texts.longest;
    if (h->sentences.longest > longest) longest = h->sentences.longest;
    HEED_TRY(make_room(h, all, texts->n, longest));
    heed__order_fill(&h->sentences, h->order, h->count);
    heed__order_fill(&h->texts, h->text_order, h->count);
    return HEED_OK;
}

heed__var heed__hierarchy_apply(heed__hierarchy *h, void *words, const heed__pass *pass,
                                const unsigned char *begins, const heed__sentence_counts *most,
                                heed__var x, heed__sites *sites)
{
    heed__pass inner = *pass;
    heed_status status = begins && pass->ragged->offsets ? cut(h, pass->ragged, begins)
                                                         : imagine(h, pass->ragged, most);
    if (status != HEED_OK) {
        heed__tape_fail(pass->tape, status);
        return HEED_NO_VAR;
    }
    inner.ragged = &h->sentences;
    if (sites) sites->within = "words, ";
    x = h->kind->apply(words, &inner, x, sites);
    x = heed__attention_pool_apply(&h->words, &inner, x, heed__sites_add(sites, "pool"));
    inner.ragged = &h->texts;
    if (sites) sites->within = "sentences, ";
    x = h->kind->apply(h->encoder, &inner, x, sites);
    if (sites) sites->within = NULL;
    return x;
}
