/* SPDX-License-Identifier: MIT */
/*
 * Guided alignment: one head of a Transformer's attention over the source is trained towards given
 * links (Garg et al., arXiv 1909.02074), or a recurrent decoder's only one (Chen et al., arXiv
 * 1607.01628). The model then aligns by that head.
 */
#include "base/fail.h"
#include "model/stack.h"
#include "ops/guide.h"
#include "train/session.h"

#include <string.h>

static int is_transformer(const heed__session *s)
{
    return heed__config_is(s->config, "decoder.kind", "transformer");
}

/* The loss reckons weights by itself, of plain attention to the source only. */
static heed_status check_plain(const heed__session *s)
{
    heed__mechanism_texts have = heed__stack_mechanisms(s->config, "cross");
    const struct plain {
        const char *name, *have, *wanted;
    } rows[] = {{"score", have.score, "scaled_dot"},
                {"normaliser", have.normaliser, "softmax"},
                {"mask", have.mask, "none"},
                {"position", have.position, "none"},
                {"stages", have.stages, "none"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].have && strcmp(rows[i].have, rows[i].wanted) != 0)
            return heed__fail(HEED_E_UNSUPPORTED,
                              "--guide with cross.%s = %s; only %s can be guided: --cross-%s %s",
                              rows[i].name, rows[i].have, rows[i].wanted, rows[i].name,
                              rows[i].wanted);
    return HEED_OK;
}

/* Layer and head from 1. */
static heed_status choose(const heed__session *s, heed_align_choice *choice)
{
    int64_t layers = heed__decoder_integer(s->config, "layers");
    int64_t heads = heed__decoder_integer(s->config, "heads");
    *choice = (heed_align_choice){.layer = 1, .head = 1, .rule = HEED_ALIGN_OUTPUT};
    if (!is_transformer(s)) {
        if (!heed__config_is(s->config, "decoder.attention", "none")) return check_plain(s);
        return heed__fail(HEED_E_INVALID, "--guide with --attention none; there is nothing to "
                                          "guide: take additive, dot, general or concat");
    }
    choice->layer = heed__config_integer(s->config, "decoder.guide_layer");
    if (!choice->layer) choice->layer = layers > 1 ? layers - 1 : 1;
    choice->head = heed__config_integer(s->config, "decoder.guide_head");
    choice->rule = HEED_ALIGN_INPUT;
    if (choice->layer > layers)
        return heed__fail(HEED_E_INVALID,
                          "decoder.guide_layer = %lld; the decoder has %lld layers: take one of "
                          "them, or 0 for the last but one",
                          (long long)choice->layer, (long long)layers);
    if (choice->head > heads)
        return heed__fail(HEED_E_INVALID,
                          "decoder.guide_head = %lld; a layer has %lld heads: take one of them",
                          (long long)choice->head, (long long)heads);
    return check_plain(s);
}

heed_status heed__guidance_check(const heed__session *s)
{
    heed_align_choice choice;
    return choose(s, &choice);
}

heed_status heed__guidance_make(heed__session *s)
{
    heed_align_choice choice;
    HEED_TRY(choose(s, &choice));
    HEED_TRY(heed_model_choose_alignment(s->model, &choice));
    if (s->guide.n) return HEED_OK;
    return heed__guide_make(s->context, s->guide_files, s->train.rows, s->model->tokenizer,
                            s->model->writer.tokenizer, choice.rule,
                            heed__config_is(s->config, "train.guide_rest", "end"),
                            &s->train.examples, &s->train.written, &s->guide);
}

static heed__var dot_loss(heed__session *s, heed__guide_links links)
{
    const heed__writer *w = &s->model->writer;
    const heed__attention_site *at = &heed__writer_site(w, &w->choice, &s->sites)->at;
    const heed_attention_options *o = &at->attend.attender->options;
    int64_t head = w->choice.head - 1, share = o->heads / o->key_heads;
    heed__guide_dot dot = {.queries = at->attend.queries,
                           .keys = at->attend.keys,
                           .q_column = at->attend.q_column + head * o->head_size,
                           .k_column = at->attend.k_column + head / share * o->head_size,
                           .head_size = o->head_size,
                           .scale = (float)(1 / heed__sqrt((heed_real)o->head_size)),
                           .links = links};
    heed__var in[2] = {at->q, at->k};
    return heed__tape_apply(s->tape, &heed__op_guide_dot, in, 2, &dot, sizeof dot);
}

static heed__var weights_loss(heed__session *s, const heed__pairs_vars *vars,
                              heed__guide_links links)
{
    heed__guide_weights weights = {vars->decoded.look->pairs, links};
    return heed__tape_apply(s->tape, &heed__op_guide_weights, &vars->decoded.weights, 1, &weights,
                            sizeof weights);
}

heed__var heed__guidance_add(heed__session *s, const heed__pairs_vars *vars, heed__var loss)
{
    heed__guide_links links = {s->guided.first, s->guided.items};
    heed__var guide = is_transformer(s) ? dot_loss(s, links) : weights_loss(s, vars, links);
    heed__weighted_sum sum = {{1, (float)heed__config_number(s->config, "train.guide_weight")}};
    heed__var both[2] = {loss, guide};
    return heed__tape_apply(s->tape, &heed__op_weighted_sum, both, 2, &sum, sizeof sum);
}
