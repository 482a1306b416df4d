/* SPDX-License-Identifier: MIT */
/*
 * Pictures of which words decided. What is drawn are plain structs that borrow everything they
 * point to; how the scores came about is not known here. All strings are UTF-8. The units of a
 * picture are ranges of the original text, so no renderer can show a piece or a marker that the
 * text does not hold.
 */
#ifndef HEED_EXPLAIN_PICTURE_H
#define HEED_EXPLAIN_PICTURE_H

#include "base/buffer.h"

#include <stddef.h>

/* Bytes begin .. end-1 of the text. Ranges past the text are clipped; in a drawing overlapping
 * words are cut so that each byte is shown once. Order is free. */
typedef struct heed__word {
    size_t begin, end;
} heed__word;

/* How far the picture can be trusted: what the label's probability loses when words are removed. */
typedef struct heed__faithfulness {
    int words;           /* how many were removed; 0 = not measured */
    double drop_highest; /* the highest ones */
    double drop_random;  /* as many random ones, mean over the draws */
    int is_number;       /* the fall is a number's, not a probability's */
} heed__faithfulness;

/* What the true label says of the label that was given. */
typedef enum heed__verdict {
    HEED_VERDICT_COMPARE = 0, /* right where the two are the same */
    HEED_VERDICT_RIGHT,       /* one of several true labels */
    HEED_VERDICT_WRONG,
    HEED_VERDICT_NONE /* a number: shown, not judged */
} heed__verdict;

/* One method's scores for one output. */
typedef struct heed__attribution {
    const char *method;
    const float *scores; /* [n_words]; NaN = unknown; the renderer divides by the largest */
    int is_signed;       /* negative means "against the label"; set, or found by a negative score */
    heed__faithfulness faithfulness;
} heed__attribution;

typedef struct heed__explained_output {
    const char *name; /* "topic"; NULL where the model has one output only */
    const char *label;
    double probability; /* of the label, 0 to 1; NaN = none (a number, not a class) */
    const char *truth;  /* NULL = unknown */
    heed__verdict verdict;
    size_t n_attributions;
    const heed__attribution *attributions;
} heed__explained_output;

/* A cell that is outlined: a hard link of an alignment. */
typedef enum heed__mark { HEED_MARK_NONE = 0, HEED_MARK_LINK, HEED_MARK_POSSIBLE } heed__mark;

/* A matrix of attention weights, row = query, column = key; of an alignment, row = target word,
 * column = source word. */
typedef struct heed__heat_map {
    const char *title; /* "layer 1, head 2" */
    size_t rows, columns;
    const float *weights;             /* [rows][columns]; NaN = unknown */
    const char *const *row_labels;    /* [rows]; NULL = the explanation's words */
    const char *const *column_labels; /* [columns]; NULL = the explanation's words */
    const char *row_axis;             /* what rows are: "target"; NULL = words that look */
    const char *column_axis;          /* "source"; NULL = words they look at */
    const unsigned char *marks;       /* [rows][columns] of heed__mark; NULL = none */
    float darkest; /* what the darkest colour stands for; 0 = its largest weight */
} heed__heat_map;

typedef struct heed__explained_sentence heed__explained_sentence;

typedef struct heed__explanation {
    const char *name; /* such as "mail.tsv:12"; NULL = none */
    const char *text;
    size_t length; /* bytes */
    size_t n_words;
    const heed__word *words;
    size_t n_outputs;
    const heed__explained_output *outputs;
    size_t n_heat_maps;
    const heed__heat_map *heat_maps;
    size_t n_sentences; /* of a model that reads sentences; else 0 */
    const heed__explained_sentence *sentences;
} heed__explanation;

/* A sentence is drawn as a text of its own, its mass at the margin. */
struct heed__explained_sentence {
    heed__explanation part;  /* text and words only */
    heed__attribution words; /* the weight of each in the sentence */
    size_t begin;            /* where part.text begins in the text */
    float weight;            /* of the sentence in the text; all sum to 1 */
};

/* What the margin's colour stands for: the weight beside the largest. */
float heed__sentence_shade(const heed__explanation *explanation, size_t sentence);

typedef struct heed__picture {
    const char *title; /* NULL = none */
    size_t n_explanations;
    const heed__explanation *explanations;
    size_t n_heat_maps; /* by themselves: all have row and column labels */
    const heed__heat_map *heat_maps;
} heed__picture;

typedef enum heed__colours {
    HEED_COLOURS_NONE = 0, /* [word] and [[word]] instead */
    HEED_COLOURS_256 = 1,
    HEED_COLOURS_RGB = 2
} heed__colours;

typedef struct heed__picture_options {
    int width;             /* svg, png: most pixels, 200 to 8000; default 900 */
    int columns;           /* terminal: 40 to 1000; default 80 */
    heed__colours colours; /* terminal; default 256 */
    size_t max_characters; /* of each text; what is left out is said; 0 = no limit; default 6000 for
                              svg and png only */
    size_t most_methods;   /* drawn of each output, the first ones; 0 = all; json has all */
    int across; /* svg, png: most matrices side by side that stand by themselves; 0 = 1 */
} heed__picture_options;

heed__picture_options heed__picture_defaults(void);

typedef struct heed__renderer {
    const char *name;      /* "terminal", "html", "svg", "png", "json" */
    const char *extension; /* ".html"; "" for terminal */
    const char *help;
    /* Appends the drawing to `out`: the same bytes for the same input.
     * Errors HEED_E_INVALID (option out of range), HEED_E_DATA (a string is not UTF-8; words and
     * matrix labels disagree), HEED_E_UNSUPPORTED (not built in), HEED_E_NOMEM. */
    heed_status (*draw)(const heed__picture *picture, const heed__picture_options *options,
                        heed__buffer *out);
} heed__renderer;

const heed__renderer *const *heed__renderers(size_t *out_count);
/* By name; HEED_E_INVALID lists the names. */
heed_status heed__renderer_find(const char *name, const heed__renderer **out);

/* Checks what each renderer relies on, then draws; `options` may be NULL. */
heed_status heed__picture_draw(const heed__picture *picture, const heed__renderer *renderer,
                               const heed__picture_options *options, heed__buffer *out);

#endif
