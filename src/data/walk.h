/* SPDX-License-Identifier: MIT */
/* The files of a folder and of the folders in it, in the order of their names' bytes. */
#ifndef HEED_DATA_WALK_H
#define HEED_DATA_WALK_H

#include "heed/status.h"

#include "base/memory.h"

typedef struct heed__walk {
    const char **files; /* [n], each with the folder's own path before it */
    size_t n, room;
    heed__arena arena;
} heed__walk;

/* Names that begin with a dot are passed over; links are followed, 32 folders deep at most. Errors
 * HEED_E_IO. */
heed_status heed__walk_folder(const char *folder, heed__walk *out);
void heed__walk_free(heed__walk *walk);

/* Nonzero when path is a folder. */
int heed__walk_is_folder(const char *path);

#endif
