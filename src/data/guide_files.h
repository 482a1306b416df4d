/* SPDX-License-Identifier: MIT */
/* What read links are made of, for the two files that make a guide. */
#ifndef HEED_DATA_GUIDE_FILES_H
#define HEED_DATA_GUIDE_FILES_H

#include "base/memory.h"
#include "data/guide.h"

struct heed__guide_files {
    int n;
    heed_links **links;
    const char **sources;
    int header; /* 1: the first line of each source is none of its pairs */
    heed__arena arena;
};

/* Where the links of a row are. Errors HEED_E_DATA (there are none: names the row's place). */
heed_status heed__guide_find(const heed__guide_files *files, const heed_dataset *dataset,
                             int64_t row, const heed_links **links, int64_t *pair);

#endif
