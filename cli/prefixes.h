/* SPDX-License-Identifier: MIT */
/* --prefix and --prefixes: how translations must begin. */
#ifndef HEED_CLI_PREFIXES_H
#define HEED_CLI_PREFIXES_H

#include "cli/options.h"

#include "heed/data.h"

typedef struct prefixes {
    const char *one, *path; /* what was given; both NULL = nothing */
    heed_reader *reader;
    heed_text *texts; /* of the last call */
    int n, room;
} prefixes;

/* Errors HEED_E_INVALID (both were given), those of heed_reader_open. prefixes_close is due. */
heed_status prefixes_open(prefixes *p, const options *given, heed_context *context, int room);
/* The prefixes of the next n <= room texts; *out is NULL where none were asked for. HEED_E_DATA:
 * the file has fewer lines. */
heed_status prefixes_next(prefixes *p, int n, const heed_text **out);
/* All texts have come. HEED_E_DATA: the file has more lines. */
heed_status prefixes_end(prefixes *p);
void prefixes_close(prefixes *p);

#endif
