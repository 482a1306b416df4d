/* SPDX-License-Identifier: MIT */
/* What every unit test includes first: cmocka needs these headers before its own. */
#ifndef HEED_TESTS_CHECK_H
#define HEED_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "heed/status.h"

/* A call that must succeed; its message is shown when it does not. */
#define check_ok(call)                                                                             \
    do {                                                                                           \
        heed_status check_status = (call);                                                         \
        if (check_status != HEED_OK)                                                               \
            fail_msg("%s: %s: %s", #call, heed_status_name(check_status), heed_status_message());  \
    } while (0)

/* A call that must fail with this status and a message holding this text. */
#define check_fails(call, wanted, text)                                                            \
    do {                                                                                           \
        assert_int_equal(call, wanted);                                                            \
        if (!strstr(heed_status_message(), text))                                                  \
            fail_msg("message '%s' lacks '%s'", heed_status_message(), text);                      \
    } while (0)

#endif
