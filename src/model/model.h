/* SPDX-License-Identifier: MIT */
/* A model inside the library: its parts, how a batch is recorded, how it is saved. */
#ifndef HEED_MODEL_MODEL_H
#define HEED_MODEL_MODEL_H

#include "data/batches.h"
#include "data/extend.h"
#include "data/labels.h"
#include "data/tokenizer.h"
#include "heed/model.h"
#include "heed/translate.h"
#include "io/container.h"
#include "model/decoder.h"

enum { HEED_MODEL_OUTPUTS = 16, HEED_MODEL_NOTES = 16 };

/* What the mean and the spread of a number's training values may be. */
#define HEED_LEAST_SPREAD 1e-30
#define HEED_MOST_NUMBER  1e30

struct heed__output_kind;

typedef struct heed__model_output {
    heed__labels *labels;
    const struct heed__output_kind *kind;
    heed__linear head;
    int64_t first, count; /* of its values in an answer (tags have none there), and of logits */
    int follows;          /* of tags: what goes on with a span must follow it */
    heed__param *moves;   /* of tags in a chain (ops/chain.h); NULL = words by themselves */
    float mean,
        spread;        /* of a number's training values: the network predicts (y - mean) / spread */
    float temperature; /* of a class: logits are divided by it, so that probabilities are true */
    float *class_weights; /* [count] or NULL; training only */
} heed__model_output;

/* A string that goes into the file: "heed.data" and the like. */
typedef struct heed__note {
    const char *key;
    char *value;
} heed__note;

/* What writes: the decoder between the target's embedding and the output layer. */
typedef struct heed__writer {
    heed__tokenizer *tokenizer; /* of targets; the model's own where the two are joint */
    const heed__decoder_kind *kind;
    void *decoder;
    int64_t width;             /* of the decoder's states */
    heed__param *embedding;    /* [V, target dim]; the source's where all are tied */
    heed__linear enter, leave; /* between the sizes of embeddings and states, where they differ */
    heed__linear output;       /* the weight is the embedding where it is tied */
    heed_align_choice choice;  /* for alignments */
    /* Said already, once is enough: that a prefix has a word that is not known, that there are no
     * unknown words to replace, that fewer tokens are written than were asked for. */
    int told_unknown, told_replacing, told_length;
    int copies;              /* source words may be copied; */
    heed__extender extender; /* what they are called then */
} heed__writer;

struct heed_model {
    heed_context *context;
    heed_config *config;
    heed_task task;
    heed__tokenizer *tokenizer; /* of sources */
    heed__params params;
    heed__param *embedding, *ngrams[HEED_BAGS]; /* NULL = none of those */
    heed__linear enter; /* from embeddings to the encoder, where sizes differ */
    const heed__encoder_kind *encoder_kind;
    void *encoder;
    struct heed__hierarchy *hierarchy; /* of sentences; NULL = texts are read as they are */
    /* Classification: */
    heed__pool pool;
    int n_outputs;
    heed__model_output outputs[HEED_MODEL_OUTPUTS];
    /* Translation and language models: */
    heed__writer writer;
    int n_notes;
    heed__note notes[HEED_MODEL_NOTES];
    heed__tape *tape; /* for predicting and explaining */
    /* The other members, which this one, the first, answers with (members.h). */
    heed_model **others;
    size_t others_room;
    int n_others;
    int is_other; /* configuration, tokenizers and labels are the first member's */
    int asked;    /* the member that answers alone, from 1; 0 = all together */
    struct heed__predictor *predictor;
    struct heed__writing *writing; /* of translating; see writing.h */
};

/* An untrained model; takes the configuration, the tokenizer and the labels over, also on error.
 * A source fills the parameters from a file instead of by chance (see nn/params.h). */
typedef struct heed__model_parts {
    heed_task task;
    heed_config *config;
    heed__tokenizer *tokenizer;
    heed__tokenizer *target_tokenizer; /* NULL: the tokenizer is joint, or nothing is written */
    int n_outputs;
    heed__labels *labels[HEED_MODEL_OUTPUTS];
    int trains;
    heed__param_source source;
    void *source_user;
    int overlays; /* what the source does not fill begins by chance */
} heed__model_parts;
heed_status heed__model_create(heed_context *context, const heed__model_parts *parts,
                               heed_model **out);

/* Refuses settings that no model of this task can have, as creating one would, before there is a
 * vocabulary: a tokenizer is expensive. */
heed_status heed__model_rehearse(const heed_config *config, heed_task task);

/* What a batch holds for the network. The bags of its first token begin at offsets[0]. */
typedef struct heed__model_bags {
    const int64_t *offsets; /* NULL = none */
    const int32_t *ids;
} heed__model_bags;
typedef struct heed__model_batch {
    heed__ragged ragged;
    const int32_t *tokens;
    heed__model_bags bags[HEED_BAGS];
    heed__ragged words;       /* of models that tag: the words of each text, */
    const int64_t *word_rows; /* [words.rows] and each one's token row, -1 = none */
    /* Of a model that reads sentences: where they begin [ragged.rows]; and, where ragged has no
     * offsets, how many there may be. */
    const unsigned char *begins;
    heed__sentence_counts sentences;
} heed__model_batch;
/* Points to the bags of tokens first, first + 1, ... */
void heed__model_bags_set(heed__model_batch *batch, const heed__bags bags[HEED_BAGS],
                          int64_t first);

/* What was recorded. */
typedef struct heed__model_vars {
    /* Set by the caller: embeddings taken from here instead of from the tables, with the gradient
     * of the loss for them; NULL = from the tables. */
    const heed_real *given;
    heed_real *given_grad;
    heed__var embedded;                   /* the sum of embeddings, before dropout and positions */
    const heed__ragged *words;            /* of the batch */
    heed__var pooled;                     /* HEED_NO_VAR where no output is about a whole text */
    heed__var logits[HEED_MODEL_OUTPUTS]; /* tags' HEED_NO_VAR where the batch has no words */
    heed__sites *sites;                   /* set by the caller; NULL = not wanted */
} heed__model_vars;

/* Word embeddings, looked up and scaled. */
heed__var heed__model_embed(heed_model *model, heed__tape *tape, heed__param *table,
                            const int32_t *ids, const heed__ragged *ragged);
/* Records the network on a tape that was started. */
void heed__model_record(heed_model *model, heed__tape *tape, const heed__model_batch *batch,
                        heed__model_vars *vars);

/* Targets of a batch, in its order. */
typedef struct heed__model_targets {
    const int32_t *classes[HEED_MODEL_OUTPUTS]; /* [n], of tags [words] */
    const float *values[HEED_MODEL_OUTPUTS];    /* sets [n, count], numbers [n] (already scaled) */
} heed__model_targets;

/* Records the loss on top: the mean of the outputs' losses. */
heed__var heed__model_loss(heed_model *model, heed__tape *tape, const heed__model_vars *vars,
                           const heed__model_targets *targets);

/* Records, of two passes over one batch, the mean of their losses and what they differ by (R-Drop,
 * arXiv 2106.14448), weighed by output.consistency. */
heed__var heed__model_consistent_loss(heed_model *model, heed__tape *tape,
                                      const heed__model_vars passes[2],
                                      const heed__model_targets *targets);

/* Opinions (below) to values, in place. */
void heed__model_finish(const heed_model *model, int64_t n, float *values);

/* Sets a string of the file; the value is copied. At most HEED_MODEL_NOTES. */
heed_status heed__model_note(heed_model *model, const char *key, const char *value);
const char *heed__model_note_find(const heed_model *model, const char *key);

/* Whether some output has a label for each word. */
int heed__model_tags(const heed_model *model);

/* Refuses a model that writes where labels are wanted. */
heed_status heed__model_check_labels(const heed_model *model);
/* Refuses what is not UTF-8, which tokenizers rely on: for texts that no reader has checked. */
heed_status heed__model_check_text(heed_text text);

/* Makes room for predicting these examples, so that the largest batch does not do it later. */
heed_status heed__model_plan(heed_model *model, const heed__examples *examples);

/* What words were tagged with, all texts' words in a row; only the arrays of outputs of tags are
 * there. */
typedef struct heed__tagging {
    int32_t *labels[HEED_MODEL_OUTPUTS];
    float *probabilities[HEED_MODEL_OUTPUTS]; /* of those labels */
    /* Set by the caller, and what it is answered: the probabilities of these labels (0 for -1). */
    const int32_t *gold[HEED_MODEL_OUTPUTS];
    float *gold_probabilities[HEED_MODEL_OUTPUTS];
} heed__tagging;
/* Room for so many words. */
heed_status heed__tagging_create(const heed_model *model, int64_t words, heed__tagging *out);
void heed__tagging_free(heed__tagging *tagging);

/* What predicting gives before the outputs' scales and temperatures [n, width]: logits; of several
 * members (members.h) the mean of what each says. */
heed_status heed__model_opinions(heed_model *model, const heed__examples *examples, float *values,
                                 heed__tagging *tagging);
/* Predicts encoded examples (all on one tokenizer) into values [n, width]; and the tags of their
 * words into tagging, where that is not NULL and the examples have words. */
heed_status heed__model_predict_examples(heed_model *model, const heed__examples *examples,
                                         float *values, heed__tagging *tagging);
/* The same of texts: checked, encoded, predicted. */
heed_status heed__model_predict_texts(heed_model *model, const heed_text *texts, int64_t n,
                                      float *values, heed__tagging *tagging);

#endif
