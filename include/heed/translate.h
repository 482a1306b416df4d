/* SPDX-License-Identifier: MIT */
/**
 * Asking a model that writes: translating, continuing, sampling, scoring, aligning.
 *
 *     heed_model *model;
 *     heed_translations *out;
 *     heed_text source = {"ein Hund", 8};
 *     if (heed_model_load(NULL, "de-en.heed", &model) != HEED_OK) ...
 *     if (heed_translate(model, &source, 1, NULL, &out) == HEED_OK) {
 *         printf("%s\n", heed_translations_at(out, 0, 0)->text);
 *         heed_translations_destroy(&out);
 *     }
 *
 * A result depends on its own source (and seed) only, to the bit: not on n, threads or processor.
 * Threads: a model serves one thread at a time.
 */
#ifndef HEED_TRANSLATE_H
#define HEED_TRANSLATE_H

#include "heed/alignment.h"
#include "heed/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a model is for. */
typedef enum heed_task {
    HEED_TASK_CLASSIFY,  /**< heed_model_predict */
    HEED_TASK_TRANSLATE, /**< a text from a text */
    HEED_TASK_LANGUAGE   /**< the next token: heed_generate */
} heed_task;

/** The task of a model. */
HEED_API heed_task heed_model_task(const heed_model *model);

/** By what a finished hypothesis' sum of log-probabilities is divided, L being its tokens (the end
 * included). */
typedef enum heed_length_norm {
    HEED_LENGTH_AVERAGE = 0, /**< L^alpha */
    HEED_LENGTH_WU,          /**< ((5 + L) / 6)^alpha (Wu et al., arXiv 1609.08144, eq. 14) */
    HEED_LENGTH_NONE         /**< 1 */
} heed_length_norm;

/** Which weights an alignment is made of, and how. Zero is the default of every field. */
typedef struct heed_align_choice {
    int64_t layer;        /**< from 1; 0 = the model's own choice, else that of its kind */
    int64_t head;         /**< from 1; 0 = as layer 0, or beside a layer the mean of its heads */
    heed_align_rule rule; /**< which row speaks for a target token */
    /* How links are made of the weights; not kept in a model. */
    double threshold; /**< above 0, to 1: a link for each source word of at least this weight,
                         instead of one for the greatest */
    int boundary;     /**< 1: a word that looks most at the end of the source has no link */
} heed_align_choice;

/** Zero is the default of every field. */
typedef struct heed_translate_options {
    size_t size;               /**< sizeof(heed_translate_options) */
    int64_t beam;              /**< hypotheses kept, 1 = greedy; 0 = 4 */
    int64_t best;              /**< translations returned for each source, at most beam; 0 = 1 */
    heed_length_norm norm;     /**< of the scores that compete */
    double alpha;              /**< exponent of the norm; 0 = 1 */
    double coverage;           /**< weight of the coverage penalty (Wu et al.); 0 = none */
    int64_t max_length;        /**< most tokens of a translation; 0 = 2 x the source's + 10 */
    int replace_unknown;       /**< 1: an unknown word becomes the source word attended to most */
    int allow_unknown;         /**< 1: unknown words may be written ("<unk>") */
    const heed_text *prefixes; /**< [n] or NULL: how each translation must begin */
    int weights;               /**< 1: attention weights and links are wanted */
    heed_align_choice align;
    int unscored; /**< 1: scores are not wanted: NaN, and token_scores NULL. Greedy decoding then
                       finds no probabilities, which is faster, and calls what max_length cuts not
                       finished without asking; texts and tokens are the same */
} heed_translate_options;

/** One translation. All of it belongs to its heed_translations. */
typedef struct heed_translation {
    const char *text;  /**< UTF-8 */
    double score;      /**< sum of the log-probabilities of its tokens, the end included (nats) */
    double normalised; /**< the score that competed */
    int finished;      /**< 0: cut at the limit, no end */
    int64_t n_tokens;  /**< without the end */
    const char *const *tokens;  /**< [n_tokens], as the vocabulary spells them */
    const double *token_scores; /**< [n_tokens + finished] log-probabilities; see `unscored` */
    /* Where weights were asked for; else 0 and NULL. */
    int64_t n_source_tokens;
    const char *const *source_tokens; /**< [n_source_tokens] */
    const float *weights; /**< [n_tokens, n_source_tokens]: where each token was looked for */
    int64_t n_source_words, n_words;
    const char *const *source_words; /**< [n_source_words] words by white space (Chinese: signs) */
    const char *const *words;        /**< [n_words] of the translation */
    const float *word_weights;       /**< [n_words, n_source_words] */
    int64_t n_links;
    const heed_link *links; /**< [n_links] word to word, from 0, ascending by target, source */
} heed_translation;

typedef struct heed_translations heed_translations;

/**
 * Translates n sources.
 * @param options NULL = all defaults.
 * @param out receives the translations; the caller frees them with heed_translations_destroy.
 * A source without a token gives an empty translation with score 0.
 * Errors HEED_E_INVALID (an option out of range; a model of another task: names its task),
 * HEED_E_UNSUPPORTED (weights of a model without attention), HEED_E_DATA (not UTF-8, a source
 * longer than the model's positions: names the text by its index from 0), HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_translate(heed_model *model, const heed_text *sources,
                                                    int64_t n,
                                                    const heed_translate_options *options,
                                                    heed_translations **out);

/** How many translations source 0 <= source < n got: `best`, or fewer where the search found
 * fewer. */
HEED_API int64_t heed_translations_count(const heed_translations *translations, int64_t source);
/** Translation 0 <= rank < count of a source, best first. Owns: translations. */
HEED_API const heed_translation *heed_translations_at(const heed_translations *translations,
                                                      int64_t source, int64_t rank);
/** Accepts NULL and a pointer to NULL; nulls the pointer. */
HEED_API void heed_translations_destroy(heed_translations **translations);

/** Zero is the default of every field but size. */
typedef struct heed_sample_options {
    size_t size;               /**< sizeof(heed_sample_options) */
    double temperature;        /**< 0 = 1 */
    int64_t top_k;             /**< only the k likeliest tokens; 0 = all */
    double top_p;              /**< the fewest tokens whose probability reaches p; 0 = all */
    uint64_t seed;             /**< a draw is a function of (seed, text, sample, position) */
    int64_t samples;           /**< for each text; 0 = 1 */
    int64_t max_length;        /**< most tokens; 0 = 256, and for translations as in translating. A
                                    language model with learned positions ends where these do, the
                                    prompt included, and refuses a number that is beyond */
    const heed_text *prefixes; /**< translations: how each begins; NULL = nothing given */
} heed_sample_options;

/**
 * Samples: continuations of n prompts (a language model), or translations of n sources. Parameters,
 * errors and results as heed_translate; rank is the sample's number. A continuation's text is
 * without its prompt.
 */
HEED_API HEED_MUST_CHECK heed_status heed_sample(heed_model *model, const heed_text *texts,
                                                 int64_t n, const heed_sample_options *options,
                                                 heed_translations **out);

/** What heed_score wants beside scores. */
typedef struct heed_score_options {
    size_t size; /**< sizeof(heed_score_options) */
    int weights; /**< as in heed_translate_options */
    heed_align_choice align;
} heed_score_options;

/**
 * Scores given pairs (teacher forcing); with a language model, texts. The score of a translation
 * that heed_translate finished is equal to the one it gave, where its text is cut into the same
 * tokens again.
 * @param sources [n]; NULL for a language model. @param targets [n]. A target of an empty source is
 * scored like any other; of an empty target, the end alone; a pair of two empty texts has score 0.
 * @param out as heed_translate's, one translation for each: its text is the given target.
 */
HEED_API HEED_MUST_CHECK heed_status heed_score(heed_model *model, const heed_text *sources,
                                                const heed_text *targets, int64_t n,
                                                const heed_score_options *options,
                                                heed_translations **out);

/** Layers and heads of attention over the source that alignments can be taken from; both 0 where
 * there is none. */
HEED_API void heed_model_alignment_sites(const heed_model *model, int64_t *layers, int64_t *heads);

/** Keeps a choice in the model (all 0 = that of its kind). Errors HEED_E_INVALID. To keep it in the
 * file too: heed_model_save. */
HEED_API HEED_MUST_CHECK heed_status heed_model_choose_alignment(heed_model *model,
                                                                 const heed_align_choice *choice);

/** Every layer, head and rule of a model, held against links that are known. */
typedef struct heed_align_trials heed_align_trials;

typedef struct heed_align_trial {
    heed_align_choice
        choice; /**< layer from 1; head from 1, or 0 = the mean of the layer's heads */
    heed_alignment_score score;
} heed_align_trial;

/** Starts without pairs. The model must outlive it. Errors HEED_E_INVALID (the model does not
 * translate), HEED_E_UNSUPPORTED (it has no attention over the source), HEED_E_NOMEM. The caller
 * frees *out with heed_align_trials_destroy. */
HEED_API HEED_MUST_CHECK heed_status heed_align_trials_create(heed_model *model,
                                                              heed_align_trials **out);

/**
 * Makes the model write the given targets, once for all layers and heads.
 * @param sources, targets [n].
 * @param gold the links of pair i are those of gold's pair first + i; past gold's last there are
 * none.
 * Errors as heed_score, and HEED_E_DATA (a gold link outside of its pair: names its file and line);
 * then none of these pairs may be taken as counted.
 */
HEED_API HEED_MUST_CHECK heed_status heed_align_trials_add(heed_align_trials *trials,
                                                           const heed_text *sources,
                                                           const heed_text *targets, int64_t n,
                                                           const heed_links *gold, int64_t first);

/** How many choices there are. */
HEED_API int64_t heed_align_trials_count(const heed_align_trials *trials);
/** Choice 0 <= trial < count: by layer, head (the mean first), rule. */
HEED_API heed_align_trial heed_align_trials_at(const heed_align_trials *trials, int64_t trial);
/** The one of least error rate, the first of equal ones; its score is NaN where nothing was
 * added. */
HEED_API heed_align_trial heed_align_trials_best(const heed_align_trials *trials);
/** Accepts NULL and a pointer to NULL; nulls the pointer. */
HEED_API void heed_align_trials_destroy(heed_align_trials **trials);

/** Writes a model to a file, whole or not at all. Errors HEED_E_IO, HEED_E_NOMEM. */
HEED_API HEED_MUST_CHECK heed_status heed_model_save(heed_model *model, const char *path);

#ifdef __cplusplus
}
#endif
#endif
