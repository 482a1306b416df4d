/* SPDX-License-Identifier: MIT */
/* A folder with the files seq.in (a text a line), seq.out (the tags of its words) and label (what
 * it is as a whole; may be missing): line n of each belongs together. */
#ifndef HEED_DATA_FORMAT_SLOTS_H
#define HEED_DATA_FORMAT_SLOTS_H

#include "data/format.h"

/* Nonzero when the folder holds seq.in. */
int heed__slots_is(const char *folder);

/* Sets rows->format and opens the files: seq.in alone where labels are not wanted. Errors
 * HEED_E_IO. */
heed_status heed__slots_open(heed__rows *rows, const char *folder, int labelled);

#endif
