/* SPDX-License-Identifier: MIT */
/**
 * What every fallible function of heed returns, and the message that goes with it.
 *
 * The library never exits, aborts or prints. On failure a function returns a status other than
 * HEED_OK and leaves a message for the calling thread: it names the function or file, the argument,
 * its value, the rule that was broken and the remedy.
 */
#ifndef HEED_STATUS_H
#define HEED_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#    define HEED_API                 __attribute__((visibility("default")))
#    define HEED_MUST_CHECK          __attribute__((warn_unused_result))
#    define HEED_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#    define HEED_API
#    define HEED_MUST_CHECK
#    define HEED_PRINTF(text, first)
#endif

/** The outcome of a call. The command's exit code is the number beside each (see heed(1)). */
typedef enum heed_status {
    HEED_OK = 0,            /**< done */
    HEED_E_INVALID = 2,     /**< an argument, option or configuration breaks a rule */
    HEED_E_DATA = 3,        /**< the user's data cannot be used (labels, text, encoding) */
    HEED_E_IO = 4,          /**< a file cannot be opened, read or written */
    HEED_E_FORMAT = 5,      /**< a file is not what it claims to be, or is damaged */
    HEED_E_UNSUPPORTED = 6, /**< valid, but not built in, or not on this machine */
    HEED_E_NOMEM = 7,       /**< memory ran out */
    HEED_E_NUMERIC = 8,     /**< NaN or infinity where a finite number must be */
    HEED_E_STOPPED = 9      /**< the caller asked to stop (Ctrl-C) */
} heed_status;

/** The status's short name, such as "invalid". Never NULL; the string is static. */
HEED_API const char *heed_status_name(heed_status status);

/**
 * The message of the calling thread's last failure, one line without a final full stop or newline.
 * Owns: the library; valid until the next failing call on this thread. Empty when none failed.
 */
HEED_API const char *heed_status_message(void);

#ifdef __cplusplus
}
#endif
#endif
