/* SPDX-License-Identifier: MIT */
/** What is running: the processor, its vector levels, and the libraries that this build stands on.
 */
#ifndef HEED_INFO_H
#define HEED_INFO_H

#include "heed/context.h"
#include "heed/status.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The processor's own name, or "unknown". The string is static. */
HEED_API const char *heed_info_processor(void);

/** One vector level. All levels give the same results at float32; they differ in speed. */
typedef struct heed_info_level {
    const char *name; /**< "scalar", "avx2", "avx512", "amx" or "neon"; static */
    int available;    /**< nonzero where this processor and its system have it */
    int chosen;       /**< nonzero for the one in use: the highest, or what HEED_CPU caps it to */
} heed_info_level;

/** Level `index`, from 0, lowest first. Returns 0 past the last one, else 1. */
HEED_API int heed_info_level_at(size_t index, heed_info_level *out);

/** One precision (heed/context.h), and what it is on this machine. */
typedef struct heed_info_precision {
    const char *name;       /**< "highest", "high" or "medium"; static */
    const char *arithmetic; /**< "float32", "two bfloat16 (amx)" or "bfloat16 (amx)"; static */
    double error;           /**< most that a product is away from float64, by Frobenius norms */
} heed_info_precision;

/** Precision `index`, which is its heed_precision. Returns 0 past the last one, else 1. */
HEED_API int heed_info_precision_at(size_t index, heed_info_precision *out);

/**
 * Whether the environment variable HEED_CPU, if set, names a level that this machine has.
 * Errors HEED_E_INVALID: it does not, the message lists the levels; the best one is used.
 */
HEED_API HEED_MUST_CHECK heed_status heed_info_check_level(void);

/** What a machine gives at most, however good a program is: its roofline. */
typedef struct heed_info_roof {
    double flops; /**< operations a second: multiplications and additions, in registers, of products
                       at the context's precision (at `high` a third of those done) */
    double bytes; /**< bytes a second that are read from memory, far more than its caches hold */
} heed_info_roof;

/**
 * Measures it with the context's threads (NULL = the calling one) and the kernels in use, in about
 * half a second; on a machine that does other things it is less.
 * Errors HEED_E_NOMEM (it takes 512 MB while it runs).
 */
HEED_API HEED_MUST_CHECK heed_status heed_info_measure(heed_context *context, heed_info_roof *out);

/** One library of others. */
typedef struct heed_info_library {
    const char *name;
    const char *version; /**< of the one that runs, or was built against; NULL = not built in */
    const char *use;     /**< what heed does with it, one line */
    const char *package; /**< its Debian package, to build with */
} heed_info_library;

/** Library `index`, from 0; strings are static. Returns 0 past the last one, else 1. */
HEED_API int heed_info_library_at(size_t index, heed_info_library *out);

/** One differentiable operation. */
typedef struct heed_info_operation {
    const char *name;
    const char *help; /**< one line */
} heed_info_operation;

/** Operation `index`, from 0; strings are static. Returns 0 past the last one, else 1. */
HEED_API int heed_info_operation_at(size_t index, heed_info_operation *out);

#ifdef __cplusplus
}
#endif
#endif
