/* SPDX-License-Identifier: MIT */
/**
 * Word alignments: which word of a source belongs to which word of a target. Reading, writing,
 * putting together, scoring.
 *
 * Threads: links may be read by many threads once they are made.
 */
#ifndef HEED_ALIGNMENT_H
#define HEED_ALIGNMENT_H

#include "heed/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Words are counted from 0. */
typedef struct heed_link {
    int32_t source, target;
} heed_link;

/** Which row of attention weights speaks for a target token. */
typedef enum heed_align_rule {
    HEED_ALIGN_DEFAULT = 0, /**< what suits the model: input for Transformers, else output */
    HEED_ALIGN_OUTPUT,      /**< the step that wrote the token */
    HEED_ALIGN_INPUT        /**< the step that read it, one later */
} heed_align_rule;

/** "default", "output", "input"; NULL past the last. Static. */
HEED_API const char *heed_align_rule_name(heed_align_rule rule);

/** The links of a corpus: one set for each pair of sentences. */
typedef struct heed_links heed_links;

/** One pair's links. Owned by the heed_links they came from. */
typedef struct heed_pair_links {
    int64_t n;
    const heed_link *items;        /**< [n], ascending by target, then source; none twice */
    const unsigned char *possible; /**< [n]: 0 = sure, 1 = possible only */
} heed_pair_links;

typedef enum heed_links_format {
    HEED_LINKS_GUESS = 0, /**< by the first line that holds something */
    HEED_LINKS_PHARAOH,   /**< line i belongs to pair i: `0-0 1-2 2p3`, p = possible only */
    HEED_LINKS_GOLD /**< one link a line, `pair source target S|P`, all counted from 1 (HLT-NAACL
                       2003); without S or P it is sure, and word 0 (no word) is passed over */
} heed_links_format;

/** Zero is the default of every field. */
typedef struct heed_links_options {
    heed_links_format format;
    int reversed;  /**< 1: the first number of each link is the target's word */
    int from_one;  /**< 1: words of a Pharaoh line are counted from 1 */
    int64_t pairs; /**< how many pairs of sentences there are; 0 = as many as the file says */
} heed_links_options;

/**
 * Reads links from a file of text (.gz too; "-" is standard input).
 * @param options NULL for the defaults.
 * Errors HEED_E_IO, HEED_E_FORMAT (file:line: what is no link), HEED_E_DATA (more or fewer lines
 * than pairs; a gold pair past the last), HEED_E_NOMEM. The caller frees *out with
 * heed_links_destroy.
 */
HEED_API HEED_MUST_CHECK heed_status heed_links_read(const char *path,
                                                     const heed_links_options *options,
                                                     heed_links **out);

/** No pairs yet. The caller frees *out with heed_links_destroy. Errors HEED_E_NOMEM. */
HEED_API HEED_MUST_CHECK heed_status heed_links_create(heed_links **out);

/** Accepts NULL and a pointer to NULL; nulls the pointer. */
HEED_API void heed_links_destroy(heed_links **links);

/**
 * Adds the links of one more pair, in any order; a link that is there twice counts once, and is
 * sure if it is sure once.
 * @param items [n], copied. @param possible [n], or NULL = all are sure.
 * Errors HEED_E_INVALID (a word below 0 or past 999,999), HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_links_add(heed_links *links, const heed_link *items,
                                                    const unsigned char *possible, int64_t n);

/** How many pairs there are. */
HEED_API int64_t heed_links_pairs(const heed_links *links);

/** Pair 0 <= pair < pairs. */
HEED_API heed_pair_links heed_links_at(const heed_links *links, int64_t pair);

/** Whether the links of a pair lie within its words. Errors HEED_E_DATA (names file, line, link and
 * how many words there are). */
HEED_API HEED_MUST_CHECK heed_status heed_links_check(const heed_links *links, int64_t pair,
                                                      int64_t source_words, int64_t target_words);

/** A pair's links as a Pharaoh line without its newline; "" for none. `possible` may be NULL. The
 * caller frees *out with heed_text_free (heed/config.h). Errors HEED_E_NOMEM. */
HEED_API HEED_MUST_CHECK heed_status heed_links_text(const heed_pair_links *pair, char **out);

/** Ways to make one set of two directions' links (Koehn, Och and Marcu 2003). */
typedef enum heed_symmetrise {
    HEED_SYMMETRISE_INTERSECTION = 0, /**< in both */
    HEED_SYMMETRISE_UNION,            /**< in either */
    HEED_SYMMETRISE_GROW_DIAG, /**< the intersection, grown by neighbours (diagonal ones too) from
                                  the union that link a word which had no link */
    HEED_SYMMETRISE_GROW_DIAG_FINAL_AND /**< then links of either between two words that both have
                                           none */
} heed_symmetrise;

/** "intersection", "union", "grow-diag", "grow-diag-final-and"; NULL past the last. Static. */
HEED_API const char *heed_symmetrise_name(heed_symmetrise way);

/**
 * The two directions' links of all pairs as one set each, all sure.
 * @param forward from a model source -> target. @param backward from a model target -> source, its
 * links turned so that `source` is a word of the same language in both.
 * Errors HEED_E_INVALID (different numbers of pairs; no such way), HEED_E_NOMEM. The caller frees
 * *out with heed_links_destroy.
 */
HEED_API HEED_MUST_CHECK heed_status heed_links_symmetrise(const heed_links *forward,
                                                           const heed_links *backward,
                                                           heed_symmetrise way, heed_links **out);

/** How near predicted links come to gold ones, over all pairs (Och and Ney 2003). Sure links count
 * as possible too. */
typedef struct heed_alignment_score {
    int64_t links;          /**< predicted */
    int64_t sure;           /**< of the gold */
    int64_t links_sure;     /**< predicted and sure */
    int64_t links_possible; /**< predicted and possible or sure */
    double precision;       /**< links_possible / links; NaN without links */
    double recall;          /**< links_sure / sure; NaN without sure ones */
    double error_rate; /**< AER: 1 - (links_sure + links_possible) / (links + sure); NaN for 0/0 */
} heed_alignment_score;

/** Scores predicted links against gold ones. Whether a predicted link is marked possible does not
 * matter. Errors HEED_E_INVALID (different numbers of pairs: names both). */
HEED_API HEED_MUST_CHECK heed_status heed_links_score(const heed_links *predicted,
                                                      const heed_links *gold,
                                                      heed_alignment_score *out);

#ifdef __cplusplus
}
#endif
#endif
