/* SPDX-License-Identifier: MIT */
/**
 * A context: the threads that work is spread over, and where log lines go. Results never depend on
 * the number of threads: work is cut by the size of the problem.
 *
 * Threads: one context serves one calling thread at a time; different contexts are independent.
 */
#ifndef HEED_CONTEXT_H
#define HEED_CONTEXT_H

#include "heed/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct heed_context heed_context;

typedef enum heed_log_level {
    HEED_LOG_INFO = 0,   /**< what was guessed, chosen or counted */
    HEED_LOG_WARNING = 1 /**< something the user should know: skipped rows, unknown labels */
} heed_log_level;

/** Receives one line without a newline. The line is the library's and dies with the call. */
typedef void (*heed_log_function)(void *user, heed_log_level level, const char *line);

typedef struct heed_context_options {
    int threads;           /**< 1 to 1024; 0 = as many as the processors this process may use */
    heed_log_function log; /**< NULL = nothing is logged */
    void *log_user;        /**< handed to log */
} heed_context_options;

/**
 * Starts a context.
 * @param options NULL for the defaults (all processors, no log).
 * @param out receives the context; the caller owns it and frees it with heed_context_destroy.
 * Errors HEED_E_INVALID (threads out of range), HEED_E_NOMEM (a thread could not be started: the
 * remedy is fewer threads). *out is NULL on error.
 */
HEED_API HEED_MUST_CHECK heed_status heed_context_create(const heed_context_options *options,
                                                         heed_context **out);

/** Ends the threads and frees the context. Accepts NULL and a pointer to NULL; nulls the pointer.
 */
HEED_API void heed_context_destroy(heed_context **context);

/**
 * In what the products of linear layers (embeddings' output and recurrent layers among them) are
 * computed, and those of attention, for scores that are dot products and sequences of 64 queries
 * and more. Parameters, optimisers and all other arithmetic are float32 always.
 * Where the processor has no AMX, HIGH and MEDIUM are HIGHEST: heed_info_precision_at says what
 * runs.
 */
typedef enum heed_precision {
    /** float32: the same bits on every processor */
    HEED_PRECISION_HIGHEST = 0,
    /** each operand as the sum of two bfloat16, three products summed in float32: relative error
     * (Frobenius) at most 2e-5 */
    HEED_PRECISION_HIGH = 1,
    /** operands rounded to bfloat16, products summed in float32: at most 1e-2 */
    HEED_PRECISION_MEDIUM = 2
} heed_precision;

/**
 * Sets the precision of what is computed with this context from now on; a new context has HIGHEST.
 * Bits never depend on the number of threads or on what else is in a batch, but below HIGHEST they
 * depend on the processor having AMX. A model opened before is right at any precision, and fastest
 * at the one it was opened at.
 * Errors HEED_E_INVALID: none of the three.
 */
HEED_API HEED_MUST_CHECK heed_status heed_context_set_precision(heed_context *context,
                                                                heed_precision precision);

/** The precision set; HEED_PRECISION_HIGHEST of NULL. */
HEED_API heed_precision heed_context_precision(const heed_context *context);

/** How many threads work is spread over (the calling one counts). */
HEED_API int heed_context_threads(const heed_context *context);

#ifdef __cplusplus
}
#endif
#endif
