/* SPDX-License-Identifier: MIT */
/* The command's own failures. A verb returns what report() returns, or the library's status as it
 * is; main shows the one message that goes with it. */
#ifndef HEED_CLI_REPORT_H
#define HEED_CLI_REPORT_H

#include "heed/status.h"

/* Keeps the message (one line, no final full stop) and returns status. */
heed_status report(heed_status status, const char *format, ...) HEED_PRINTF(2, 3);

/* Forgets the message, which its owner will give again when it is due. */
void report_forget(void);

/* The kept message, else that of the library's last failure. */
const char *report_message(void);

#endif
