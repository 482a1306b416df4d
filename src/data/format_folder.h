/* SPDX-License-Identifier: MIT */
/* A folder of folders as rows: label = the first folder below, text = the whole file. */
#ifndef HEED_DATA_FORMAT_FOLDER_H
#define HEED_DATA_FORMAT_FOLDER_H

#include "data/format.h"

extern const heed__format heed__format_folder;

/* rows->format is set; unlike other formats it opens its files itself. Errors HEED_E_IO,
 * HEED_E_DATA (no file). */
heed_status heed__folder_open(heed__rows *rows, const char *folder);

#endif
