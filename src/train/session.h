/* SPDX-License-Identifier: MIT */
/* All that a training run holds: data, model, optimiser, and where it stands. */
#ifndef HEED_TRAIN_SESSION_H
#define HEED_TRAIN_SESSION_H

#include "data/copies.h"
#include "data/guide.h"
#include "data/vectors.h"
#include "heed/train.h"
#include "model/members.h"
#include "model/vocabulary.h"
#include "model/writer.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "train/average.h"
#include "train/guard.h"
#include "train/trace.h"

#include <stdio.h>

/* One side of the data, encoded. */
typedef struct heed__split {
    heed_dataset *rows;
    heed__examples examples;
    heed__targets targets[HEED_MODEL_OUTPUTS]; /* classification */
    heed__examples written;                    /* targets of pairs, text of language models */
    heed__copies copies;                       /* of both, where the model copies */
    int tagged;
    heed__tagging tagging; /* of the words, where the model tags */
} heed__split;

typedef struct heed__session heed__session;

/* How good a model is on held-out rows. */
typedef struct heed__scores {
    double metric, loss;
    double bleu; /* of a sample that was translated; NaN = none was */
} heed__scores;

/* What training differs in from task to task. */
typedef struct heed__job {
    heed_task task;
    int by_loss; /* the best model is the one of the least loss, not of the greatest metric */
    /* Labels or tokenizers from the training rows. */
    heed_status (*build)(heed__session *session, heed__model_parts *parts);
    /* Once there is a model: rows to examples (once), targets, and buffers for any batch. */
    heed_status (*encode)(heed__session *session);
    heed_status (*make_batches)(heed__session *session);
    /* What a batch needs before it can be recorded; NULL = nothing. */
    heed_status (*prepare)(heed__session *session);
    /* Records a step on session->tape: of the batch that was filled last, or, to plan memory, of
     * the largest there can be: 1 = of as many sequences, 2 = of as few as may hold its rows. */
    void (*record)(heed__session *session, int largest, heed__var *loss);
    /* Makes room for validating. */
    heed_status (*plan_scoring)(heed__session *session);
    heed_status (*score)(heed__session *session, heed__scores *out);
    /* What is fitted on validation rows after score, before the model is saved, and undone after.
     */
    heed_status (*calibrate)(heed__session *session);
    void (*uncalibrate)(heed__session *session);
    const char *(*metric_name)(const heed_model *model);
} heed__job;
extern const heed__job heed__job_classify, heed__job_translate, heed__job_language;

/* Where a run stands: with the parameters and the optimiser's state, all that a resume needs. */
typedef struct heed__cursor {
    int64_t step, epoch, batch; /* done; the next batch of that epoch */
    int64_t best_step, waited;  /* validations since the best */
    double best_metric, best_loss;
    int validated; /* best_* hold something */
} heed__cursor;

struct heed__session {
    heed_context *context;
    heed_precision before; /* of the context, which training sets */
    const heed_train_options *options;
    const heed__job *job;
    heed_config *config;
    heed__split train, valid;
    heed_model *model; /* the network that is trained */
    /* Of several members the first, with those behind it that are done or being trained: what is
     * saved. */
    heed_model *whole;
    int member;                      /* which is being trained, from 0 */
    heed__cursor done[HEED_MEMBERS]; /* where those before it ended */
    heed_real *best;                 /* its parameters at its best validation; NULL = it is alone */
    heed__scores together;           /* of all that are done */
    heed__optimizer *optimizer;
    heed__averages averages;
    heed__schedule schedule;
    heed__batches *batches;
    heed__batch batch;
    heed__tape *tape;
    int64_t *order, *count; /* the batch's texts, longest first; scratch */
    heed__ragged texts;     /* the batch as it was filled last */
    /* Classification: */
    heed__model_batch labelled;           /* what was recorded last */
    int32_t *classes[HEED_MODEL_OUTPUTS]; /* targets in the batch's order, of tags each word's */
    float *values[HEED_MODEL_OUTPUTS];
    float *predictions; /* of the validation data */
    /* Writing: */
    int64_t *target_order;
    heed__ragged targets;
    heed__pairs_batch pairs; /* what was recorded last */
    heed__batches *valid_batches;
    heed__batch valid_batch;
    int64_t *valid_order, *valid_target_order;
    float *valid_scores;    /* of each row of a batch */
    float *together_scores; /* what several members say together */
    size_t together_room;
    int32_t *mixed;                 /* inputs of scheduled sampling; NULL without */
    heed__guide_files *guide_files; /* NULL: no links */
    heed__guide guide;
    heed__sites sites; /* of guided attention */
    heed__guide_batch guided;
    heed__copies_batch copied, valid_copied; /* where the model copies */
    int recomputes;                          /* layers are run again going backward */
    int64_t steps;                           /* planned */
    int epoch_ended;                         /* in the last step */
    int64_t micro;                           /* which batch of the step */
    int64_t step_tokens;                     /* in all steps */
    double gradient_norm;                    /* of the last step, before it was clipped */
    heed__trace trace;                       /* since the last validation */
    int64_t laid_out, epoch_batches;         /* the epoch that batches hold, and how many it has */
    heed__cursor cursor;
    heed__guard guard;
    int state_is_good; /* the state file is that of the last validation, or of the start */
    char state_path[4096], metrics_path[4096];
    int lock; /* the metrics file, locked; -1 = not yet */
    char data_hash[HEED_HASH_SIZE], valid_hash[HEED_HASH_SIZE];
    char guide_hash[HEED_HASH_SIZE];   /* "" without links */
    char vectors_hash[HEED_HASH_SIZE]; /* "" without vectors */
    heed_model *parent;                /* that training goes on from; NULL = none */
    char parent_hash[HEED_HASH_SIZE];
    heed__growth growth; /* how much of the tokenizer is the parent's */
};

heed_status heed__session_open(heed_context *context, const heed_train_options *options,
                               heed__session *session);
/* Model, optimiser and plan anew, as before the first step of session->member. */
heed_status heed__session_start(heed__session *session);
/* The member that was trained stays as it was at its best; of the second and later ones all are
 * then measured together and saved. */
heed_status heed__session_end_member(heed__session *session);
/* The next one, as before its first step. */
heed_status heed__session_next_member(heed__session *session);
/* How many there shall be. */
int heed__session_members(const heed__session *session);
/* Where the random numbers of the member that is being trained come from. */
uint64_t heed__session_seed(const heed__session *session);
/* What a network needs for being trained only is given back; the session can be asked no more. */
void heed__session_drop_training(heed__session *session);
void heed__session_close(heed__session *session);

/* Training and validation rows into session->train and ->valid, with their hashes. */
heed_status heed__session_read(heed__session *session);
/* Vectors of the options' file, if one is named, into the embeddings of a model that was created.
 */
heed_status heed__session_vectors(heed__session *session);
/* What the model's file will say about where it came from. */
heed_status heed__session_note(heed__session *session);
/* What the configuration says of a tokenizer. */
heed__tokenizer_settings heed__session_tokenizer(const heed_config *config);
/* A batch of sequences as the network takes it: its order goes to `order`. */
heed__ragged heed__session_ragged(heed__session *session, int64_t n, int64_t rows, int64_t longest,
                                  const int64_t *offsets, const int64_t *ids, int64_t *order);

/* The job's batches and the scratch that goes with them, anew. */
heed_status heed__session_make_batches(heed__session *session);
void heed__session_drop_batches(heed__session *session);
/* The largest batch is planned before the first step, so that no step allocates. Layers keep one
 * plan for training and validation: the second must not outgrow the first. */
heed_status heed__session_plan(heed__session *session);
/* Batches small enough for the bound on memory; nothing is taken before they are. */
heed_status heed__session_fit(heed__session *session);
/* Bytes of the parameters, their training state and one step. */
size_t heed__session_bytes(const heed__session *session);
/* What products are computed in on this machine where train.precision asks for less than highest;
 * else NULL. */
const char *heed__session_arithmetic(const heed__session *session);
/* What a step is recorded for. */
heed__tape_mode heed__session_mode(const heed__session *session);
/* Where a batch's random numbers come from. */
heed__draw heed__session_draw(const heed__session *session);

/* One step, on the next batch or batches. */
heed_status heed__session_step(heed__session *session, double *loss, double *rate);

/* Scores of a classifier on encoded rows: the mean over outputs of accuracy (class), micro-F1
 * (set), R squared (number) or F1 of spans (tags), and of the loss. predictions: scratch [rows,
 * width]. */
heed_status heed__score(heed_model *model, heed__split *split, float *predictions, double *metric,
                        double *loss);
/* Sets each class output's temperature (Guo et al., "On calibration of modern neural networks",
 * 2017) to the one of a fixed list under which these predictions, made at temperature 1, have the
 * least loss. */
heed_status heed__calibrate(heed_model *model, const heed__split *split, const float *predictions);
const char *heed__score_name(const heed_model *model);

/* Whether a setting may be given anew to a model's parameters: they do not depend on it. */
int heed__from_is_free(const char *key);
/* Going on from a model: its settings become those of the session, which were not given. */
heed_status heed__from_open(heed__session *session);
/* Its tokenizers, which of classifiers learn the new words; its labels, with new ones behind them
 * in the place of *labels. */
heed_status heed__from_tokenizers(heed__session *session, heed__model_parts *parts);
heed_status heed__from_labels(const heed__session *session, int output, heed__labels **labels);
/* Where a member's first parameters come from; NULL = chance. */
heed__param_source heed__from_source(const heed__session *session, int member, void **user);
void heed__from_say(const heed__session *session);

/* Guided alignment: refuses a layer and head that cannot be; links become those of tokens; their
 * loss is added. */
heed_status heed__guidance_check(const heed__session *session);
heed_status heed__guidance_make(heed__session *session);
heed__var heed__guidance_add(heed__session *session, const heed__pairs_vars *vars, heed__var loss);

/* BLEU of train.bleu_sample validation sources; NaN where that is 0. */
heed_status heed__score_sample(heed__session *session, double *bleu);

/* One line of the metrics file (clocks live there), and the figures that the model's file holds. */
heed_status heed__log_metrics(heed__session *session, FILE *file, const heed_progress *progress);
/* A line that says that training went back from a step, and why. */
heed_status heed__log_rewind(heed__session *session, FILE *file, int64_t step, const char *why);
heed_status heed__note_metrics(heed__session *session, int64_t step, const heed__scores *scores);

/* Keeps other trainings from the same model, until unlock; create 0: if there is a metrics file
 * yet. Errors HEED_E_IO (another training has it). */
heed_status heed__session_lock(heed__session *session, int create);
void heed__session_unlock(heed__session *session);

/* The state file. save also writes what the cursor holds. A good state is one to go back to; one
 * between validations leaves the last good one beside it (.state.good) until the next. */
heed_status heed__state_save(heed__session *session, int good);
heed_status heed__state_load(heed__session *session);
/* The last good state, but the next batches are those that would have come now. */
heed_status heed__state_rewind(heed__session *session);
/* The run is done: no state is wanted. */
void heed__state_remove(const heed__session *session);
/* Whether there is a run to resume: HEED_E_INVALID says that there is not. */
heed_status heed__state_there(const heed__session *session);
/* How many steps the run to resume had planned. */
heed_status heed__state_steps(heed__session *session);

#endif
