/* SPDX-License-Identifier: MIT */
/* Standard output, watched: a full disk is an error, a reader that went away ends the command
 * quietly. All results go through here. */
#ifndef HEED_CLI_OUTPUT_H
#define HEED_CLI_OUTPUT_H

#include "heed/status.h"

#include <jansson.h>
#include <stddef.h>

/* After a failed write further ones do nothing. */
void output_bytes(const char *bytes, size_t size);
void output_text(const char *text);
void output_format(const char *format, ...) HEED_PRINTF(1, 2);

/* Writes the document and a line feed, and drops the caller's reference; a NULL document is
 * HEED_E_NOMEM. */
heed_status output_json(json_t *document);

/* What the writes so far came to. Streaming verbs look after each record and stop.
 * HEED_E_STOPPED: nobody reads any more. HEED_E_IO: it cannot be written, with a message. */
heed_status output_status(void);

/* Writes out what is buffered and returns output_status. */
heed_status output_flush(void);

#endif
