/* SPDX-License-Identifier: MIT */
/* The table of all settings. Why these defaults: docs/defaults.md. */
#include "heed/config.h"

#define INTEGER(key, flag, initial, least, most, help)                                             \
    {                                                                                              \
        key, flag, HEED_SETTING_INTEGER, initial, 0, least, most, help                             \
    }
#define NUMBER(key, flag, initial, least, most, help)                                              \
    {                                                                                              \
        key, flag, HEED_SETTING_NUMBER, initial, 0, least, most, help                              \
    }
#define BOOLEAN(key, flag, initial, help)                                                          \
    {                                                                                              \
        key, flag, HEED_SETTING_BOOLEAN, initial, 0, 0, 0, help                                    \
    }
#define CHOICE(key, flag, initial, choices, help)                                                  \
    {                                                                                              \
        key, flag, HEED_SETTING_CHOICE, initial, choices, 0, 0, help                               \
    }
/* Rows of a table of the attention operator, with their settings. */
#define MECHANISM(key, flag, initial, table, help)                                                 \
    {                                                                                              \
        key, flag, HEED_SETTING_TEXT, initial, table, 0, 0, help                                   \
    }

static const heed_setting settings[] = {
    CHOICE("input.tokenizer", "tokenizer", "words", "words|spaces|characters|bpe|unigram",
           "how text is cut into tokens"),
    BOOLEAN("input.lowercase", "lowercase", "true", "lower-case words and characters first"),
    INTEGER("input.min_count", "min-count", "1", 1, 1000000, "rarer tokens become unknown"),
    INTEGER("input.vocabulary", "vocabulary", "50000", 16, 4000000,
            "most tokens kept (bpe and unigram: pieces to learn)"),
    INTEGER("input.ngrams", "ngrams", "2", 1, 5,
            "2 = pairs of neighbouring tokens have embeddings too, 3 = triples too, and so on"),
    INTEGER("input.characters", "char-ngrams", "5", 0, 8,
            "n-grams of at most so many characters within a token, its ends marked, have "
            "embeddings too; 0 = none"),
    INTEGER("input.characters_from", "char-ngrams-from", "3", 1, 8,
            "with --char-ngrams: the shortest"),
    INTEGER("input.ngram_min_count", "ngram-min-count", "2", 1, 1000000,
            "rarer n-grams are left out"),
    INTEGER("input.ngram_vocabulary", "ngram-vocabulary", "500000", 2, 4000000,
            "most n-grams kept, and the same of those of characters"),
    NUMBER("input.ngram_dropout", "ngram-dropout", "0.2", 0, 0.99,
           "share of n-grams left out while training"),
    INTEGER("input.max_length", "max-length", "4096", 2, 1048576,
            "tokens read of a text, from its beginning; longer pairs are left out"),
    CHOICE("input.target_tokenizer", "target-tokenizer", "same",
           "same|words|spaces|characters|bpe|unigram",
           "translate: how targets are cut into tokens; same = as sources"),
    BOOLEAN("input.joint", "joint", "true",
            "translate: one vocabulary for sources and targets (tokenizers being the same)"),
    INTEGER("input.block", "block", "256", 2, 1048576,
            "language: tokens of a window, the most that is seen at once while training"),
    NUMBER("input.dropout", "input-dropout", "0.5", 0, 0.99, "share of embedding features dropped"),
    NUMBER("input.init", "embedding-init", "0.02", 1e-6, 10,
           "standard deviation of first embeddings"),
    BOOLEAN("input.freeze", "freeze-embeddings", "false",
            "with --vectors: embeddings of tokens stay as they are"),
    BOOLEAN("input.scale", "scale-embeddings", "false",
            "multiply embeddings by the square root of their size"),
    NUMBER("input.word_dropout", "word-dropout", "0", 0, 0.99,
           "share of tokens taken as unknown while training; of classifiers without an encoder 0.1, "
           "unless set"),

    INTEGER("input.dim", "embedding-dim", "0", 0, 8192,
            "size of embeddings; 0 = encoder.dim (decoder.dim of a language model)"),

    CHOICE("encoder.kind", "encoder", "none", "none|gru|lstm|transformer",
           "what turns tokens into states"),
    CHOICE("encoder.hierarchy", "hierarchy", "none", "none|sentences",
           "sentences = words are encoded and pooled by sentence, then sentences by text"),
    INTEGER("input.max_sentence", "max-sentence", "64", 1, 1048576,
            "with --hierarchy: longer sentences are cut after so many tokens"),
    INTEGER("encoder.dim", "dim", "64", 1, 8192, "size of embeddings and states"),
    INTEGER("encoder.layers", "layers", "1", 1, 64, "layers of the encoder"),
    INTEGER("encoder.directions", "directions", "2", 1, 2,
            "gru, lstm: 2 = read from both ends, half of dim each"),
    INTEGER("encoder.heads", "heads", "4", 1, 1024, "transformer: heads of attention"),
    INTEGER("encoder.key_heads", "key-heads", "0", 0, 1024,
            "transformer: key/value heads shared by the heads; 0 = one each"),
    MECHANISM("encoder.score", "score", "scaled_dot", "score",
              "transformer: how a query and a key are compared"),
    MECHANISM("encoder.normaliser", "normaliser", "softmax", "normaliser",
              "transformer: how scores become weights (--normalizer is the same)"),
    MECHANISM("encoder.mask", "mask", "none", "mask", "transformer: which tokens a token may see"),
    MECHANISM("encoder.position", "position", "none", "position",
              "transformer: how positions turn queries and keys (what is added: --positions)"),
    MECHANISM("encoder.stages", "stages", "none", "stage",
              "transformer: what happens to scores on the way, a list joined by commas"),
    BOOLEAN("encoder.causal", "causal", "false", "transformer: tokens see earlier ones only"),
    INTEGER("encoder.ffn", "ffn", "256", 0, 65536,
            "transformer: size of the feed-forward part; 0 = none"),
    CHOICE("encoder.activation", "activation", "gelu", "relu|gelu|silu|tanh|sigmoid|swiglu",
           "transformer: function of the feed-forward part"),
    CHOICE("encoder.norm", "norm", "pre", "none|pre|post",
           "transformer: layer normalisation before or after each part"),
    BOOLEAN("encoder.residual", "residual", "true", "transformer: add each part to its input"),
    BOOLEAN("encoder.projection", "projection", "true",
            "transformer: project the heads' output back"),
    CHOICE("encoder.positions", "positions", "sinusoidal", "none|sinusoidal|learned",
           "transformer: what is added to tell positions apart (learned: none past --block or "
           "--max-length)"),
    NUMBER("encoder.dropout", "dropout", "0.2", 0, 0.99, "share dropped between layers"),
    NUMBER("encoder.attention_dropout", "attention-dropout", "0", 0, 0.99,
           "transformer: share of attention weights dropped"),

    CHOICE("decoder.kind", "decoder", "none", "none|gru|lstm|transformer",
           "translate, language: what writes the target"),
    INTEGER("decoder.dim", "decoder-dim", "0", 0, 8192, "size of its states; 0 = encoder.dim"),
    INTEGER("decoder.layers", "decoder-layers", "0", 0, 64,
            "layers of the decoder; 0 = encoder.layers"),
    INTEGER("decoder.heads", "decoder-heads", "0", 0, 1024,
            "transformer decoder: heads; 0 = encoder.heads"),
    INTEGER("decoder.key_heads", "decoder-key-heads", "0", 0, 1024,
            "transformer decoder: key/value heads shared by the heads; 0 = one each"),
    INTEGER("decoder.ffn", "decoder-ffn", "0", 0, 65536,
            "transformer decoder: size of the feed-forward part; 0 = encoder.ffn"),
    CHOICE("decoder.attention", "attention", "auto", "auto|none|additive|dot|general|concat",
           "recurrent decoder: how it looks at the source (additive: Bahdanau; others: Luong)"),
    BOOLEAN("decoder.input_feeding", "input-feeding", "true",
            "recurrent decoder, Luong: the attentional vector (or the context) goes into the next "
            "step"),
    CHOICE("decoder.attentional", "attentional", "auto", "auto|true|false",
           "recurrent decoder: outputs see tanh(W [context; state]), not the state; auto = with "
           "Luong's scores"),
    BOOLEAN("decoder.deep_output", "deep-output", "true",
            "recurrent decoder: outputs see state, context and embedding, not the state alone"),
    BOOLEAN("decoder.coverage", "coverage", "false",
            "recurrent decoder: scores see how much each source token was attended to"),
    NUMBER("decoder.coverage_loss", "coverage-loss", "0", 0, 100,
           "weight of the loss for attending again to the same"),
    BOOLEAN("decoder.copy", "copy", "false",
            "recurrent decoder: source words may be copied (pointer-generator)"),
    MECHANISM("decoder.score", "decoder-score", "same", "score",
              "transformer decoder, looking at what was written; same = as the encoder's"),
    MECHANISM("decoder.normaliser", "decoder-normaliser", "same", "normaliser",
              "likewise: how scores become weights"),
    MECHANISM("decoder.mask", "decoder-mask", "same", "mask",
              "likewise: which of the earlier tokens are seen"),
    MECHANISM("decoder.position", "decoder-position", "same", "position",
              "likewise: how positions turn queries and keys"),
    MECHANISM("decoder.stages", "decoder-stages", "same", "stage",
              "likewise: what happens to scores on the way, a list joined by commas"),
    MECHANISM("cross.score", "cross-score", "same", "score",
              "transformer decoder, looking at the source; same = as the encoder's"),
    MECHANISM("cross.normaliser", "cross-normaliser", "same", "normaliser",
              "decoder, looking at the source: how scores become weights; same = as the "
              "encoder's, of recurrent ones softmax"),
    MECHANISM("cross.mask", "cross-mask", "none", "mask",
              "likewise: which source tokens are seen; the i-th token written stands at the i-th "
              "of the source"),
    MECHANISM("cross.position", "cross-position", "none", "position",
              "transformer, likewise: how positions turn queries and keys"),
    MECHANISM("cross.stages", "cross-stages", "none", "stage",
              "likewise: what happens to scores on the way, a list joined by commas"),
    CHOICE("decoder.tie", "tie", "auto", "auto|none|output|all",
           "shared matrices: output = target embedding; all = source embedding too"),

    CHOICE("pool.kind", "pool", "attention+mean", "mean|cls|attention|attention+mean",
           "how the states of a text become one"),
    INTEGER("pool.heads", "pool-heads", "1", 1, 64,
            "attention pooling: learned queries, each over whole states"),
    MECHANISM("pool.score", "pool-score", "dot", "score",
              "attention pooling: how the learned query and a state are compared"),
    MECHANISM("pool.normaliser", "pool-normaliser", "softmax", "normaliser",
              "attention pooling: how scores become weights"),
    NUMBER("pool.dropout", "pool-dropout", "0", 0, 0.99,
           "attention pooling: share of weights dropped"),

    CHOICE(
        "output.kind", "task", "auto", "auto|class|set|number|tags|translate|language",
        "one label, several joined by '|', a number, one label a word (beside others), a text, or "
        "the next token; auto = from the data"),
    NUMBER("output.dropout", "output-dropout", "0.5", 0, 0.99,
           "share of features dropped before the outputs"),
    NUMBER("output.smoothing", "label-smoothing", "0.1", 0, 0.99, "label smoothing"),
    BOOLEAN("output.crf", "crf", "false",
            "tags: a conditional random field over each text's tags, not each word by itself"),
    NUMBER("output.consistency", "consistency", "0", 0, 100,
           "weight of the difference between what two passes with different dropout say, which each "
           "step then takes; of classifiers without an encoder 1, unless set"),
    CHOICE("output.class_weights", "class-weights", "none", "none|balanced",
           "balanced = rare labels count more"),

    CHOICE("train.optimizer", "optimizer", "adamw", "adamw|sgd", "how parameters are moved"),
    CHOICE("train.precision", "precision", "highest", "highest|high|medium",
           "what products are computed in; below highest much faster where "
           "there is AMX (heed info), and bits then depend on it"),
    NUMBER("train.lr", "lr", "0.003", 1e-9, 100, "learning rate"),
    NUMBER("train.weight_decay", "weight-decay", "0.01", 0, 10, "decoupled weight decay"),
    NUMBER("train.momentum", "momentum", "0.9", 0, 0.9999, "sgd: momentum"),
    CHOICE("train.schedule", "schedule", "cosine", "constant|cosine|inverse_sqrt|plateau",
           "course of the learning rate"),
    NUMBER("train.warmup", "warmup", "0.05", 0, 1, "share of the steps in which it rises"),
    NUMBER("train.clip", "clip", "1", 0, 1e6, "largest norm of the gradient; 0 = any"),
    INTEGER("train.epochs", "epochs", "0", 0, 100000,
            "passes over the data; 0 = six, on small data as many as make 900 steps"),
    INTEGER("train.steps", "steps", "0", 0, 1000000000, "steps instead of epochs; 0 = by epochs"),
    INTEGER("train.batch_texts", "batch-texts", "32", 1, 1000000, "most texts in a batch"),
    INTEGER("train.batch_tokens", "batch-tokens", "8192", 1, 100000000,
            "most tokens in a batch (translate: of sources and of targets each)"),
    NUMBER("train.max_ratio", "max-ratio", "9", 0, 1000,
           "translate: pairs with a side this many times as long as the other are left out; 0 = "
           "none"),
    BOOLEAN("train.drop_identical", "drop-identical", "false",
            "translate: pairs of two equal texts are left out"),
    INTEGER("train.accumulate", "accumulate", "1", 1, 10000,
            "batches whose gradients make one step"),
    CHOICE("train.recompute", "recompute", "auto", "auto|none|layers",
           "layers = hold only what stands between layers and run each again going backward: less "
           "memory, the same bits, more time; auto = where --memory asks for it"),
    NUMBER(
        "train.ema", "ema", "0", 0, 0.999999,
        "decay of a moving average of the weights, which is what is measured and kept; 0 = none"),
    INTEGER("train.average", "average", "0", 0, 32,
            "checkpoints (weights at validations) whose mean is tried at the end; 0 = none"),
    CHOICE("train.average_of", "average-of", "last", "last|best", "which checkpoints"),
    NUMBER("train.sampling", "sampling", "0", 0, 1,
           "share of target inputs taken from the model's own predictions"),
    NUMBER("train.guide_weight", "guide-weight", "0.1", 0, 100,
           "with --guide: weight of the loss of attention against the links"),
    CHOICE("train.guide_rest", "guide-rest", "free", "free|end",
           "with --guide: words without a link are led nowhere, or to the end of the source (align "
           "--boundary then leaves them out)"),
    INTEGER("decoder.guide_layer", "guide-layer", "0", 0, 64,
            "with --guide: the layer that is guided; 0 = the last but one"),
    INTEGER("decoder.guide_head", "guide-head", "1", 1, 1024, "with --guide: the head"),
    INTEGER("train.rewinds", "rewinds", "3", 0, 100,
            "times that training goes back to its last good state, with other batches and half the "
            "rate, where the loss is no number or runs away; 0 = it ends there"),
    BOOLEAN("train.new_words", "new-words", "true",
            "with --from: words and n-grams that the model does not know get embeddings of their "
            "own; not of bpe and unigram, nor where texts are written"),
    INTEGER("train.members", "members", "1", 1, 16,
            "networks trained one after another, each from a seed of its own, that answer together "
            "by the mean of their probabilities; of classifiers without an encoder 3, unless set"),
    INTEGER("train.patience", "patience", "5", 0, 100000,
            "stop after this many validations without a better one; 0 = never"),
    INTEGER("train.validate_every", "validate-every", "0", 0, 1000000000,
            "steps between validations; 0 = every epoch"),
    NUMBER("train.valid_share", "valid-share", "0.1", 0.001, 0.9,
           "share of the data kept for validation where no file is named"),
    INTEGER("train.watch", "watch", "0", 0, 1000000,
            "validation texts (pairs, windows) over which each head's entropy, rank and gradient "
            "go into the "
            "metrics file; 0 = none"),
    INTEGER("train.bleu_sample", "bleu-sample", "200", 0, 1000000,
            "translate: validation sources that are translated for BLEU; 0 = none"),
    INTEGER("train.seed", "seed", "1", 0, 9007199254740991, "where all random numbers come from"),
};

const heed_setting *heed_setting_at(size_t index)
{
    return index < sizeof settings / sizeof *settings ? &settings[index] : NULL;
}
