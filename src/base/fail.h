/* SPDX-License-Identifier: MIT */
/* How failures are raised and passed on inside the library. */
#ifndef HEED_BASE_FAIL_H
#define HEED_BASE_FAIL_H

#include "heed/status.h"

/* Records the message for this thread and returns status: `return heed__fail(HEED_E_IO, ...)`. */
heed_status heed__fail(heed_status status, const char *format, ...) HEED_PRINTF(2, 3);

/* Puts a prefix such as "train.tsv:12: " before the message of the failure being passed on. */
heed_status heed__fail_prefix(heed_status status, const char *format, ...) HEED_PRINTF(2, 3);

#define HEED_TRY(call)                                                                             \
    do {                                                                                           \
        heed_status heed__try_status = (call);                                                     \
        if (heed__try_status != HEED_OK) return heed__try_status;                                  \
    } while (0)

/* The same, where a single `cleanup:` label frees what is held; `status` is the local variable. */
#define HEED_TRY_CLEAN(call)                                                                       \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status != HEED_OK) goto cleanup;                                                       \
    } while (0)

#endif
