/* SPDX-License-Identifier: MIT */
/* A text cut into the words of its explanation and what stands between them: what every renderer
 * walks. Put together, the runs are the text. */
#ifndef HEED_EXPLAIN_RUNS_H
#define HEED_EXPLAIN_RUNS_H

#include "explain/picture.h"

#include <stdint.h>

typedef struct heed__run {
    size_t begin, end;
    size_t word; /* HEED_NO_WORD between words */
} heed__run;

#define HEED_NO_WORD SIZE_MAX

typedef struct heed__runs {
    heed__run *items;
    size_t count;
    size_t shown;    /* bytes covered: all, or the first max_characters' */
    size_t left_out; /* characters not covered */
} heed__runs;

/* max_characters 0 = all. The caller frees with heed__runs_free. */
heed_status heed__runs_make(const heed__explanation *explanation, size_t max_characters,
                            heed__runs *out);
void heed__runs_free(heed__runs *runs);

/* Word i within the text and on whole characters; empty (begin = end) where nothing is left. */
heed__word heed__word_within(const heed__explanation *explanation, size_t i);

/* How one attribution's scores become shades. */
typedef struct heed__scale {
    float largest; /* the greatest finite size; 0 = all are zero or unknown */
    int is_signed;
    int has_unknown;
} heed__scale;

heed__scale heed__scale_of(const heed__attribution *attribution, size_t n_words);
/* -1 to 1 (0 to 1 unless signed); NaN for an unknown score. */
float heed__shade(const heed__scale *scale, float score);

/* What is shown in place of a character that would steer a terminal or a layout (controls,
 * direction overrides): U+FFFD; others as they are. Tab and line feed are left to the renderer. */
int32_t heed__shown_character(int32_t character);

/* "Without its 3 highest words the probability falls by 0.612, ..."; nothing when not measured. */
void heed__caption_faithfulness(heed__buffer *out, const heed__faithfulness *faithfulness);
/* "(right)", "(wrong: it is urgent)" or "(it is 3.5)"; nothing where the truth is unknown. Returns
 * 1 when wrong. */
int heed__caption_truth(heed__buffer *out, const heed__explained_output *output);
/* How many of an output's attributions are drawn. */
size_t heed__drawn_methods(const heed__explained_output *output,
                           const heed__picture_options *options);
/* "97.3 %"; nothing for NaN. */
void heed__caption_percent(heed__buffer *out, double probability);
/* "... 1234 more characters are not shown". */
void heed__caption_left_out(heed__buffer *out, size_t characters);

#endif
