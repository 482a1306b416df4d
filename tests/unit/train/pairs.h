/* SPDX-License-Identifier: MIT */
/* Small pairs of texts whose translation is a rule, for the tests of models that write. */
#ifndef HEED_TESTS_TRAIN_PAIRS_H
#define HEED_TESTS_TRAIN_PAIRS_H

#include "train/corpus.h"

#include "heed/translate.h"

#include <stdlib.h>

static const char *const pairs_words[] = {"ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen"};

/* Rule: 'c' the same words, 'r' from the last to the first, 's' sorted. */
static inline void pairs_line(FILE *file, unsigned *state, char rule, int longest)
{
    int words[16], n = 1 + (int)(corpus_next(state) % (unsigned)longest);
    for (int i = 0; i < n; i++) words[i] = (int)(corpus_next(state) % 8);
    for (int i = 0; i < n; i++) fprintf(file, "%s%s", i ? " " : "", pairs_words[words[i]]);
    fputc('\t', file);
    for (int i = 0; rule == 's' && i < n; i++)
        for (int j = i; j > 0 && words[j] < words[j - 1]; j--) {
            int word = words[j];
            words[j] = words[j - 1];
            words[j - 1] = word;
        }
    for (int i = 0; i < n; i++)
        fprintf(file, "%s%s", i ? " " : "", pairs_words[words[rule == 'r' ? n - 1 - i : i]]);
    fputc('\n', file);
}

static inline const char *pairs_write(const char *name, char rule, int rows, int longest,
                                      unsigned seed)
{
    static char paths[4][512]; /* files_path's own do not stay */
    static int turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s", files_path(name));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "source\ttarget\n");
    for (int i = 0; i < rows; i++) pairs_line(file, &seed, rule, longest);
    fclose(file);
    corpus_labels = NULL;
    return path;
}

#define PAIRS_SMALL                                                                                \
    "output.kind=translate input.tokenizer=words encoder.dim=32 encoder.ffn=48 encoder.heads=4 "   \
    "encoder.layers=2 input.dim=32 decoder.dim=32 train.batch_tokens=150 train.valid_share=0.25 "  \
    "train.patience=0 train.bleu_sample=4 "

#endif
