/* SPDX-License-Identifier: MIT */
/*
 * What a text metric brings: the sums of one segment, and a score from sums. Those of a corpus are
 * added up (metric.c), so nothing else is kept. A new metric is one file and one row in metric.c.
 */
#ifndef HEED_TRAIN_METRIC_H
#define HEED_TRAIN_METRIC_H

#include "heed/text_metrics.h"

#include "base/buffer.h"
#include "train/metric_edits.h"
#include "train/metric_ngrams.h"
#include "train/metric_text.h"

enum { HEED_METRIC_SUMS = 24, HEED_METRIC_FIGURES = 8 };

typedef enum heed__smoothing {
    HEED_SMOOTH_EXP,
    HEED_SMOOTH_FLOOR,
    HEED_SMOOTH_ADD_K,
    HEED_SMOOTH_NONE
} heed__smoothing;

typedef struct heed__metric_kind {
    heed_text_metric_entry entry;
    const char *title; /* as papers write it */
    int variant; /* chrF: word order; ROUGE: order of n-grams, 0 = longest common subsequence */
    int lowers;  /* whatever the case option says */
    int n_sums;
    /* The segment's sums, whole or not at all. Texts are valid. */
    heed_status (*measure)(heed_text_metric *m, heed_text hypothesis, const heed_text *references,
                           int n, double *sums);
    double (*score)(const heed_text_metric *m, const double *sums);
    /* Adds "|key:value" pairs; figures, and what follows the signature in a line (may be NULL). */
    void (*sign)(const heed_text_metric *m, heed__buffer *signature);
    void (*show)(heed_text_metric *m, heed__buffer *line);
} heed__metric_kind;

extern const heed__metric_kind heed__metric_bleu, heed__metric_chrf, heed__metric_chrf_words,
    heed__metric_rouge_1, heed__metric_rouge_2, heed__metric_rouge_l, heed__metric_ter;

/* A side of a segment: its tokens, and them or its characters as numbers. Starts from zero. */
typedef struct heed__metric_side {
    heed__metric_tokens tokens;
    uint32_t *symbols;
    size_t n, room;
} heed__metric_side;

struct heed_text_metric {
    const heed__metric_kind *kind;
    const heed__metric_tokenizer *tokenizer; /* NULL: white space only */
    int lowercase, effective_order;
    heed__smoothing smoothing;
    double smooth_value;
    double sums[HEED_METRIC_SUMS];
    int64_t segments;
    int n_references; /* of each segment; 0 = none yet, -1 = it varies */
    /* scratch */
    heed__metric_side hypothesis, reference;
    heed__words words;
    heed__ngrams ngrams, word_ngrams;
    heed__edits edits;
    uint32_t *row; /* ROUGE-L */
    size_t row_room;
    /* what was asked for last */
    heed_text_score shown;
    heed_text_figure figures[HEED_METRIC_FIGURES];
    heed__buffer signature, line;
    char *json;
};

/* Tokens of both sides as numbers: the hypothesis' first, then each reference's. */
heed_status heed__metric_hypothesis(heed_text_metric *m, heed_text text);
heed_status heed__metric_reference(heed_text_metric *m, heed_text text);

/* Adds a figure, or one of whole numbers. */
void heed__metric_figure(heed_text_metric *m, const char *name, int n, const double *values);
void heed__metric_count(heed_text_metric *m, const char *name, int n, const double *values);
/* 0 where nothing is divided by nothing. */
double heed__metric_share(double part, double whole);

/* BLEU of n hypotheses against one reference each (13a, exponential smoothing), for a training run.
 * Errors as heed_text_metric_add; n must be at least 1. */
heed_status heed__corpus_bleu(int64_t n, const heed_text *hypotheses, const heed_text *references,
                              int lowercase, double *out);

#endif
