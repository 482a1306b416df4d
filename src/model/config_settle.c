/* SPDX-License-Identifier: MIT */
/*
 * Settings that were left open take the values that go with those that were set: what is good for
 * one task is not for another. The model's configuration records them. Why these: docs/defaults.md.
 */
#include "base/fail.h"
#include "model/config.h"

#include <math.h> /* sqrt */
#include <stdio.h>
#include <string.h>

typedef struct preset {
    const char *key, *value;
} preset;

static heed_status take(heed_config *config, const preset *presets)
{
    for (; presets->key; presets++)
        HEED_TRY(heed__config_default(config, presets->key, presets->value));
    return HEED_OK;
}

/* Of all models that write. */
static const preset writing[] = {{"input.ngrams", "1"},
                                 {"input.characters", "0"},
                                 {"input.ngram_dropout", "0"},
                                 {"input.dropout", "0.1"},
                                 {"output.dropout", "0"},
                                 {"input.max_length", "512"},
                                 {"train.batch_texts", "1000000"},
                                 {"train.batch_tokens", "4096"},
                                 {"output.smoothing", "0.1"},
                                 {"train.weight_decay", "0.0001"},
                                 {NULL, NULL}};

static const preset translating[] = {{"input.tokenizer", "bpe"}, {NULL, NULL}};

static const preset transformers[] = {{"encoder.dim", "256"},
                                      {"encoder.layers", "3"},
                                      {"encoder.heads", "8"},
                                      {"encoder.ffn", "1024"},
                                      {"encoder.activation", "relu"},
                                      {"encoder.dropout", "0.2"},
                                      {"input.scale", "true"},
                                      {"train.lr", "0.002"},
                                      {"train.schedule", "cosine"},
                                      {"train.warmup", "0.1"},
                                      {NULL, NULL}};

static const preset recurrent[] = {{"encoder.dropout", "0.3"},
                                   {"input.dropout", "0.3"},
                                   {"output.dropout", "0.3"},
                                   {"train.lr", "0.001"},
                                   {NULL, NULL}};

/* Embeddings of 256, two directions of 256 states each, a decoder of 512. Where another size of
 * states is asked for, all follow it. */
static const preset recurrent_sizes[] = {
    {"input.dim", "256"}, {"encoder.dim", "512"}, {NULL, NULL}};

/* What is to be copied must have been met as unknown: words that training has only once are. */
static const preset copying[] = {{"input.min_count", "2"}, {NULL, NULL}};

static const preset languages[] = {{"input.tokenizer", "characters"},
                                   {"input.lowercase", "false"},
                                   {"encoder.kind", "none"},
                                   {"decoder.kind", "transformer"},
                                   {"encoder.dim", "128"},
                                   {"encoder.layers", "4"},
                                   {"encoder.heads", "4"},
                                   {"encoder.ffn", "512"},
                                   {"encoder.activation", "gelu"},
                                   {"output.smoothing", "0"},
                                   {"encoder.dropout", "0.1"},
                                   {"input.dropout", "0"},
                                   {NULL, NULL}};

/* Where no encoder takes time: three networks, each held to say the same with other words left out.
 */
static const preset bags[] = {{"input.word_dropout", "0.1"},
                              {"output.consistency", "1"},
                              {"train.members", "3"},
                              {NULL, NULL}};

/* Words have been cut already. */
static const preset tagging[] = {{"input.tokenizer", "spaces"},
                                 {"input.min_count", "2"},
                                 {"input.word_dropout", "0"},
                                 {"input.ngram_dropout", "0"},
                                 {"encoder.kind", "gru"},
                                 {"encoder.dim", "256"},
                                 {"input.dim", "128"},
                                 {"output.crf", "true"},
                                 {"output.consistency", "0"},
                                 {"train.members", "1"},
                                 {NULL, NULL}};

/* Subwords learn case and need few pieces. */
static const preset subwords[] = {
    {"input.vocabulary", "8000"}, {"input.lowercase", "false"}, {NULL, NULL}};

static int is_subwords(const heed_config *config)
{
    return heed__config_is(config, "input.tokenizer", "bpe") ||
           heed__config_is(config, "input.tokenizer", "unigram");
}

/* A decoder is of the encoder's kind, and an encoder of the decoder's, where only one was said. */
static heed_status settle_kinds(heed_config *config)
{
    int encoder = heed_config_is_set(config, "encoder.kind");
    int decoder = heed_config_is_set(config, "decoder.kind");
    const char *kind = encoder && !heed__config_is(config, "encoder.kind", "none")
                           ? heed_config_get(config, "encoder.kind")
                       : decoder ? heed_config_get(config, "decoder.kind")
                                 : "transformer";
    if (!encoder) HEED_TRY(heed__config_default(config, "encoder.kind", kind));
    return heed__config_default(config, "decoder.kind", kind);
}

/* Embeddings of the order of one over the square root of their size, as where they are tied to the
 * output they must be (Vaswani et al., section 3.4). */
static heed_status settle_embeddings(heed_config *config)
{
    char text[32];
    int64_t dim = heed__config_integer(config, "input.dim");
    if (!dim) dim = heed__config_integer(config, "encoder.dim");
    snprintf(text, sizeof text, "%.6f", 1 / sqrt((double)dim));
    return heed__config_default(config, "input.init", text);
}

/* From the general to the particular: the last word counts. */
static heed_status settle_writer(heed_config *config, const preset *own)
{
    int transformer = heed__config_is(config, "decoder.kind", "transformer");
    HEED_TRY(take(config, writing));
    HEED_TRY(take(config, transformer ? transformers : recurrent));
    if (!transformer && !heed_config_is_set(config, "encoder.dim"))
        HEED_TRY(take(config, recurrent_sizes));
    HEED_TRY(take(config, own));
    if (heed__config_boolean(config, "decoder.copy") && !is_subwords(config))
        HEED_TRY(take(config, copying));
    return settle_embeddings(config);
}

int heed__config_joint(const heed_config *config)
{
    const char *source = heed_config_get(config, "input.tokenizer");
    return heed__config_boolean(config, "input.joint") &&
           (heed__config_is(config, "input.target_tokenizer", "same") ||
            heed__config_is(config, "input.target_tokenizer", source));
}

heed_status heed__config_check_copy(const heed_config *config, int language)
{
    const char *asked = heed__config_boolean(config, "decoder.copy")       ? "decoder.copy"
                        : heed__config_boolean(config, "decoder.coverage") ? "decoder.coverage"
                        : heed__config_number(config, "decoder.coverage_loss") > 0
                            ? "decoder.coverage_loss"
                            : NULL;
    if (!asked) return HEED_OK;
    if (language)
        return heed__fail(HEED_E_INVALID,
                          "%s = %s in a language model, which has no source; leave it out", asked,
                          heed_config_get(config, asked));
    if (!heed__config_is(config, "decoder.kind", "transformer")) return HEED_OK;
    return heed__fail(HEED_E_INVALID,
                      "%s = %s with decoder.kind = transformer; only recurrent decoders have it: "
                      "let decoder.kind be gru or lstm, or leave it out",
                      asked, heed_config_get(config, asked));
}

static heed_status check_joint(const heed_config *config)
{
    if (!heed__config_boolean(config, "input.joint") || heed__config_joint(config) ||
        !heed_config_is_set(config, "input.joint"))
        return HEED_OK;
    return heed__fail(HEED_E_INVALID,
                      "input.joint: sources are cut by '%s' and targets by '%s', which have no "
                      "vocabulary in common; use one tokenizer, or --joint false",
                      heed_config_get(config, "input.tokenizer"),
                      heed_config_get(config, "input.target_tokenizer"));
}

/* A language model has no source; one that is read from a file says so by the defaults. */
static heed_status check_cross(const heed_config *config)
{
    const heed_setting *setting;
    for (size_t i = 0; (setting = heed_setting_at(i)); i++) {
        const char *value = heed_config_get(config, setting->key);
        if (strncmp(setting->key, "cross.", 6) != 0 || strcmp(value, setting->initial) == 0)
            continue;
        return heed__fail(HEED_E_INVALID,
                          "%s = %s in a language model, which has no source; what it attends by is "
                          "encoder.%s or decoder.%s",
                          setting->key, value, setting->key + 6, setting->key + 6);
    }
    return HEED_OK;
}

heed_status heed__config_check_source(const heed_config *config)
{
    static const char *const rows[][2] = {{"encoder.kind", "none"}, {"decoder.attention", "auto"}};
    if (!heed__config_is(config, "output.kind", "language")) return HEED_OK;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (heed__config_is(config, rows[i][0], rows[i][1]) ||
            heed__config_is(config, rows[i][0], "none") || !heed_config_is_set(config, rows[i][0]))
            continue;
        return heed__fail(HEED_E_INVALID,
                          "%s = %s in a language model, which has no source; leave it out (what "
                          "writes is decoder.kind)",
                          rows[i][0], heed_config_get(config, rows[i][0]));
    }
    return HEED_OK;
}

/* Who names what layers attend by wants such layers. */
static heed_status settle_attending(heed_config *config)
{
    static const char *const keys[] = {"encoder.score", "encoder.normaliser", "encoder.mask",
                                       "encoder.position", "encoder.stages"};
    int named = 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        named |= heed_config_is_set(config, keys[i]);
    return named ? heed__config_default(config, "encoder.kind", "transformer") : HEED_OK;
}

int heed__config_learned_positions(const heed_config *config)
{
    return heed__config_is(config, "output.kind", "language") &&
           heed__config_is(config, "decoder.kind", "transformer") &&
           heed__config_is(config, "encoder.positions", "learned");
}

/* A value of the decoder's, or the encoder's where that is what it takes. */
static int decoder_is(const heed_config *config, const char *name, const char *value)
{
    char key[48];
    snprintf(key, sizeof key, "decoder.%s", name);
    if (heed__config_is(config, key, "same")) snprintf(key, sizeof key, "encoder.%s", name);
    return heed__config_is(config, key, value);
}

static int64_t decoder_size(const heed_config *config, const char *own, const char *encoders)
{
    int64_t size = heed__config_integer(config, own);
    return size ? size : heed__config_integer(config, encoders);
}

/* Tokens of running text see the window before them, turned by how far it is: what is sampled may
 * then be longer than what was trained on. Values decide, not who gave them, so that a model's
 * command can be told from its settings. */
static heed_status settle_window(heed_config *config)
{
    char window[48];
    int64_t heads = decoder_size(config, "decoder.heads", "encoder.heads");
    int64_t width = decoder_size(config, "decoder.dim", "encoder.dim") / (heads ? heads : 1);
    if (!heed__config_is(config, "decoder.kind", "transformer") || width % 2 ||
        !decoder_is(config, "stages", "none") || !decoder_is(config, "score", "scaled_dot"))
        return HEED_OK;
    HEED_TRY(heed__config_default(config, "encoder.positions", "none"));
    if (!heed__config_is(config, "encoder.positions", "none") ||
        !heed__config_is(config, "encoder.position", "none") ||
        !heed__config_is(config, "encoder.mask", "none"))
        return HEED_OK;
    snprintf(window, sizeof window, "window:left=%lld,right=0",
             (long long)heed__config_integer(config, "input.block") - 1);
    HEED_TRY(heed__config_default(config, "decoder.position", "rotary"));
    return heed__config_default(config, "decoder.mask", window);
}

/* Training reaches the positions of a window and no other; the boundary takes the first. */
static heed_status settle_positions(heed_config *config)
{
    char most[32];
    int64_t block = heed__config_integer(config, "input.block");
    snprintf(most, sizeof most, "%lld", (long long)block - 1);
    HEED_TRY(heed__config_default(config, "input.max_length", most));
    if (heed__config_integer(config, "input.max_length") == block - 1) return HEED_OK;
    return heed__fail(HEED_E_INVALID,
                      "input.max_length = %s; with learned positions a language model reads what a "
                      "window holds, which is %s tokens (input.block - 1): leave it out, or let "
                      "encoder.positions be sinusoidal",
                      heed_config_get(config, "input.max_length"), most);
}

/* Pools that learn from the loss of one pass have no second. */
static heed_status settle_classes(heed_config *config)
{
    HEED_TRY(settle_attending(config));
    if (heed__config_is(config, "output.kind", "tags")) return take(config, tagging);
    if (!heed__config_is(config, "encoder.kind", "none") ||
        !heed__config_is(config, "pool.normaliser", "softmax"))
        return HEED_OK;
    return take(config, bags);
}

heed_status heed__config_settle(heed_config *config)
{
    int translate = heed__config_is(config, "output.kind", "translate");
    int language = heed__config_is(config, "output.kind", "language");
    if (translate) HEED_TRY(settle_kinds(config));
    if (language) HEED_TRY(heed__config_default(config, "decoder.kind", "transformer"));
    if (language) HEED_TRY(check_cross(config));
    if (!translate && !language) HEED_TRY(settle_classes(config));
    if (translate || language) HEED_TRY(settle_writer(config, translate ? translating : languages));
    if (translate || language) HEED_TRY(heed__config_check_copy(config, language));
    if (translate) HEED_TRY(check_joint(config));
    if (language) HEED_TRY(settle_window(config));
    if (heed__config_learned_positions(config)) HEED_TRY(settle_positions(config));
    return is_subwords(config) ? take(config, subwords) : HEED_OK;
}
