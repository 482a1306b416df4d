/* SPDX-License-Identifier: MIT */
/**
 * How near texts are to reference texts: BLEU, chrF, TER, ROUGE; and perplexity.
 *
 * A heed_text_metric takes segments one after another and keeps sums only, so that its memory does
 * not grow with their number. Definitions are those of sacreBLEU 2.6 (BLEU, chrF, TER) and
 * rouge_score 0.1.2 (ROUGE), and so are the figures.
 *
 * Texts are UTF-8 of at most HEED_TEXT_METRIC_LONGEST bytes; an empty text is a text. White space
 * is what Python calls so, and lower case is Unicode's full mapping. Scores are 0 to 100, more is
 * better; those of TER are errors, less is better, and there may be more than 100.
 *
 * Threads: one heed_text_metric serves one thread at a time; different ones are independent.
 */
#ifndef HEED_TEXT_METRICS_H
#define HEED_TEXT_METRICS_H

#include "heed/data.h"
#include "heed/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { HEED_TEXT_METRIC_LONGEST = 1 << 20 /**< bytes of a text */ };

/** A metric there is. The strings are static. */
typedef struct heed_text_metric_entry {
    const char *name; /**< as heed_text_metric_create takes it, such as "bleu" */
    const char *help; /**< one line */
    /** What splits texts where heed_text_metric_options.tokenize is NULL; NULL where the metric
     * has no such choice. */
    const char *tokenize;
    int smooths; /**< nonzero: heed_text_metric_options.smooth applies */
} heed_text_metric_entry;

/** Fills *out with metric `index` of the table and returns 1; 0 past its end. */
HEED_API int heed_text_metric_at(size_t index, heed_text_metric_entry *out);

/**
 * Name and help of tokenisation `index`; 0 past the end. The strings are static.
 *
 * 13a: mteval-v13a, the default of BLEU. intl: mteval-v14, by Unicode's punctuation and symbols.
 * zh: Chinese characters one by one, the rest as 13a. char: every character. none: white space
 * only. rouge: runs of the letters a-z and digits in lower case, as rouge_score has them; besides,
 * Chinese characters and kana one by one; all else only separates.
 */
HEED_API int heed_text_metric_tokenize_at(size_t index, const char **out_name,
                                          const char **out_help);

/** Zero is the default of every field. What the metric has no use for is refused. */
typedef struct heed_text_metric_options {
    const char *tokenize; /**< "13a", "intl", "zh", "char", "none", "rouge"; NULL = the metric's */
    int lowercase;        /**< nonzero: both sides are lower-cased first */
    /** BLEU, for orders without a match: "exp" (the default), "floor", "add-k" or "none". */
    const char *smooth;
    double smooth_value; /**< of floor (0 = 0.1) and add-k (0 = 1) */
    /** BLEU: nonzero leaves out the orders for which the hypothesis is too short. Meant for scores
     * of single sentences. */
    int effective_order;
} heed_text_metric_options;

typedef struct heed_text_metric heed_text_metric;

/**
 * A metric that has seen nothing yet.
 * @param name one of heed_text_metric_at's.
 * @param options NULL for the defaults; copied.
 * @param out the caller frees it with heed_text_metric_destroy. NULL on error.
 * Errors HEED_E_INVALID (unknown name or choice: the message lists those there are; an option that
 * the metric has no use for), HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_text_metric_create(
    const char *name, const heed_text_metric_options *options, heed_text_metric **out);

/** Accepts NULL and a pointer to NULL; nulls the pointer. */
HEED_API void heed_text_metric_destroy(heed_text_metric **metric);

/**
 * Adds a segment.
 * @param references n_references >= 1 texts, any of which would be right. BLEU counts an n-gram as
 * often as the reference that has it most, and takes the length nearest to the hypothesis' (the
 * shorter of two); chrF and ROUGE take the reference with the highest score; TER the fewest
 * edits and the mean length.
 * @param out_score the segment's own score; may be NULL.
 * Errors HEED_E_INVALID (no reference, too long; for TER, words times words of the reference above
 * 2^26), HEED_E_DATA (not UTF-8), HEED_E_NOMEM; nothing
 * is added then.
 */
HEED_API HEED_MUST_CHECK heed_status heed_text_metric_add(heed_text_metric *metric,
                                                          heed_text hypothesis,
                                                          const heed_text *references,
                                                          int n_references, double *out_score);

/**
 * Called for each segment that is read, with each metric's score of it.
 * Anything but HEED_OK ends the reading and is returned.
 */
typedef heed_status (*heed_text_metric_each)(void *user, int64_t line, const double *scores);

/** What is read, and how. */
typedef struct heed_text_metric_files {
    const char *hypotheses;        /**< a file of lines, a segment each; "-" = standard input */
    const char *const *references; /**< [n_references] files of as many lines; one may be "-" */
    int n_references;
    /** Nonzero: a line of the (only) file of references holds several, separated by tabs; empty
     * ones are none, unless all are. */
    int tabs;
    heed_text_metric_each each; /**< may be NULL */
    void *user;                 /**< given to each */
} heed_text_metric_files;

/**
 * Adds the segments of files to n metrics, in one pass. Lines end with LF or CR LF; gzip is seen
 * from the content; a byte order mark is skipped.
 * Errors HEED_E_IO, HEED_E_FORMAT (binary, damaged gzip), HEED_E_DATA (different line counts: the
 * message has both; no lines; a line that is not UTF-8 or too long: it has file and line),
 * HEED_E_INVALID (n < 1, no file of references, standard input named twice, tabs with several
 * files), HEED_E_NOMEM. After an
 * error the metrics hold what came before it.
 */
HEED_API HEED_MUST_CHECK heed_status heed_text_metric_read(heed_text_metric *const *metrics, int n,
                                                           const heed_text_metric_files *files);

/** One figure, or a row of them. */
typedef struct heed_text_figure {
    const char *name;
    int n;
    int whole;        /**< nonzero: counts */
    double values[4]; /**< [n] */
} heed_text_figure;

/** What the segments so far come to. */
typedef struct heed_text_score {
    const char *name; /**< as papers write it: "BLEU", "chrF2++", "ROUGE-L" */
    double score;     /**< of all segments together; ROUGE: the mean of the segments' F */
    int64_t segments;
    /** How it was measured, in sacreBLEU's form: "nrefs:1|case:mixed|eff:no|tok:13a|...". */
    const char *signature;
    /**
     * BLEU: bp, ratio, hyp_len, ref_len, and for orders 1 to 4 precisions, counts, totals (before
     * smoothing). chrF: none. TER: edits, ref_len. ROUGE: precision, recall.
     */
    const heed_text_figure *figures;
    int n_figures;
} heed_text_score;

/**
 * The score of the segments so far.
 * @param out owned by the metric; valid until the next call on it.
 * Errors HEED_E_INVALID (no segment yet), HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_text_metric_score(heed_text_metric *metric,
                                                            const heed_text_score **out);

/**
 * The score as one line without a line feed: the score with two decimals first, then name and
 * signature, then the figures.
 * @param out owned by the metric; valid until the next call on it. Errors as
 * heed_text_metric_score.
 */
HEED_API HEED_MUST_CHECK heed_status heed_text_metric_line(heed_text_metric *metric,
                                                           const char **out);

/**
 * The score as a JSON object: name, score, signature, segments and the figures.
 * @param indent spaces a level; 0 = one line.
 * @param out owned by the metric; valid until the next call on it. Errors as
 * heed_text_metric_score.
 */
HEED_API HEED_MUST_CHECK heed_status heed_text_metric_json(heed_text_metric *metric, int indent,
                                                           const char **out);

/**
 * e to the mean loss of a token.
 * @param log_probability sum of the natural logarithms of the tokens' probabilities.
 * @return NaN where tokens < 1.
 */
HEED_API double heed_perplexity(double log_probability, int64_t tokens);

#ifdef __cplusplus
}
#endif
#endif
