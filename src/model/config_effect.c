/* SPDX-License-Identifier: MIT */
/* Settings that only some models listen to: whoever sets one for another is told. */
#include "base/parallel.h"
#include "model/config.h"

#include <stdio.h>
#include <string.h>

/* `key` has an effect where `needs` is one of `among`. */
static const struct {
    const char *key, *needs, *among[5];
} rows[] = {
    {"input.target_tokenizer", "output.kind", {"translate"}},
    {"input.max_sentence", "encoder.hierarchy", {"sentences"}},
    {"input.joint", "output.kind", {"translate"}},
    {"input.block", "output.kind", {"language"}},
    {"train.max_ratio", "output.kind", {"translate"}},
    {"train.drop_identical", "output.kind", {"translate"}},
    {"encoder.layers", "encoder.kind", {"gru", "lstm", "transformer"}},
    {"encoder.dropout", "encoder.kind", {"gru", "lstm", "transformer"}},
    {"encoder.directions", "encoder.kind", {"gru", "lstm"}},
    {"encoder.heads", "encoder.kind", {"transformer"}},
    {"encoder.key_heads", "encoder.kind", {"transformer"}},
    {"encoder.score", "encoder.kind", {"transformer"}},
    {"encoder.normaliser", "encoder.kind", {"transformer"}},
    {"encoder.mask", "encoder.kind", {"transformer"}},
    {"encoder.position", "encoder.kind", {"transformer"}},
    {"encoder.stages", "encoder.kind", {"transformer"}},
    {"encoder.causal", "encoder.kind", {"transformer"}},
    {"encoder.ffn", "encoder.kind", {"transformer"}},
    {"encoder.activation", "encoder.kind", {"transformer"}},
    {"encoder.norm", "encoder.kind", {"transformer"}},
    {"encoder.residual", "encoder.kind", {"transformer"}},
    {"encoder.projection", "encoder.kind", {"transformer"}},
    {"encoder.positions", "encoder.kind", {"transformer"}},
    {"encoder.attention_dropout", "encoder.kind", {"transformer"}},
    {"decoder.heads", "decoder.kind", {"transformer"}},
    {"decoder.key_heads", "decoder.kind", {"transformer"}},
    {"decoder.ffn", "decoder.kind", {"transformer"}},
    {"decoder.score", "decoder.kind", {"transformer"}},
    {"decoder.normaliser", "decoder.kind", {"transformer"}},
    {"decoder.mask", "decoder.kind", {"transformer"}},
    {"decoder.position", "decoder.kind", {"transformer"}},
    {"decoder.stages", "decoder.kind", {"transformer"}},
    {"cross.score", "decoder.kind", {"transformer"}},
    {"cross.position", "decoder.kind", {"transformer"}},
    {"cross.normaliser", "decoder.kind", {"gru", "lstm", "transformer"}},
    {"cross.mask", "decoder.kind", {"gru", "lstm", "transformer"}},
    {"cross.stages", "decoder.kind", {"gru", "lstm", "transformer"}},
    {"decoder.attention", "decoder.kind", {"gru", "lstm"}},
    {"decoder.attentional", "decoder.kind", {"gru", "lstm"}},
    {"decoder.deep_output", "decoder.kind", {"gru", "lstm"}},
    {"decoder.input_feeding", "decoder.attention", {"dot", "general", "concat"}},
    {"decoder.coverage", "decoder.kind", {"gru", "lstm"}},
    {"decoder.coverage_loss", "decoder.kind", {"gru", "lstm"}},
    {"decoder.copy", "decoder.kind", {"gru", "lstm"}},
    {"pool.heads", "pool.kind", {"attention", "attention+mean"}},
    {"pool.score", "pool.kind", {"attention", "attention+mean"}},
    {"pool.normaliser", "pool.kind", {"attention", "attention+mean"}},
    {"pool.dropout", "pool.kind", {"attention", "attention+mean"}},
    {"pool.kind", "output.kind", {"auto", "class", "set", "number"}},
    {"pool.heads", "output.kind", {"auto", "class", "set", "number"}},
    {"pool.score", "output.kind", {"auto", "class", "set", "number"}},
    {"pool.normaliser", "output.kind", {"auto", "class", "set", "number"}},
    {"pool.dropout", "output.kind", {"auto", "class", "set", "number"}},
    {"output.consistency", "output.kind", {"auto", "class", "set", "tags"}},
    {"output.class_weights", "output.kind", {"auto", "class", "set", "number"}},
    {"input.ngrams", "output.kind", {"auto", "class", "set", "number", "tags"}},
    {"input.characters", "output.kind", {"auto", "class", "set", "number", "tags"}},
    {"decoder.kind", "output.kind", {"translate", "language"}},
    {"decoder.dim", "output.kind", {"translate", "language"}},
    {"decoder.layers", "output.kind", {"translate", "language"}},
    {"decoder.guide_layer", "decoder.kind", {"transformer"}},
    {"decoder.guide_head", "decoder.kind", {"transformer"}},
    {"decoder.tie", "output.kind", {"translate", "language"}},
    {"train.bleu_sample", "output.kind", {"translate"}},
    {"train.sampling", "output.kind", {"translate", "language"}},
    {"train.guide_weight", "output.kind", {"translate"}},
    {"train.guide_rest", "output.kind", {"translate"}},
    {"train.recompute", "encoder.kind", {"gru", "lstm", "transformer"}},
    {"train.momentum", "train.optimizer", {"sgd"}},
};

/* Then what the encoder is told holds for the decoder too, unless that is told otherwise. */
static int writes(const heed_config *config)
{
    return heed__config_is(config, "output.kind", "translate") ||
           heed__config_is(config, "output.kind", "language");
}

/* What says which n-grams there are is for models that have some. */
static void warn_of_ngrams(heed_context *context, const heed_config *config)
{
    static const char *const keys[] = {"input.ngram_min_count", "input.ngram_vocabulary",
                                       "input.ngram_dropout", "input.characters_from"};
    int characters = heed__config_integer(config, "input.characters") > 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        int heard = characters || (i < 3 && heed__config_integer(config, "input.ngrams") > 1);
        if (!heard && heed_config_is_set(config, keys[i]))
            heed__log(context, HEED_LOG_WARNING, "%s = %s has no effect: input.characters is 0%s",
                      keys[i], heed_config_get(config, keys[i]),
                      i < 3 ? " and input.ngrams 1" : "");
    }
}

void heed__config_warn(heed_context *context, const heed_config *config)
{
    warn_of_ngrams(context, config);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int heard = !heed_config_is_set(config, rows[i].key);
        int shared = writes(config) && strcmp(rows[i].needs, "encoder.kind") == 0;
        for (int j = 0; j < 5 && rows[i].among[j]; j++)
            heard |= heed__config_is(config, rows[i].needs, rows[i].among[j]) ||
                     (shared && heed__config_is(config, "decoder.kind", rows[i].among[j]));
        if (heard) continue;
        char among[128] = "";
        for (int j = 0; j < 5 && rows[i].among[j]; j++)
            snprintf(among + strlen(among), sizeof among - strlen(among), "%s%s", j ? " or " : "",
                     rows[i].among[j]);
        heed__log(context, HEED_LOG_WARNING, "%s = %s has no effect: %s is %s, not %s", rows[i].key,
                  heed_config_get(config, rows[i].key), rows[i].needs,
                  heed_config_get(config, rows[i].needs), among);
    }
}
