/* SPDX-License-Identifier: MIT */
/* What a data set is made of, for the files of this floor that make one. */
#ifndef HEED_DATA_DATASET_H
#define HEED_DATA_DATASET_H

#include "heed/data.h"

#include "base/memory.h"
#include "data/strings.h"

#include <stdatomic.h>

/* The bytes, shared by a dataset and those split from it. */
typedef struct heed__storage {
    heed__arena arena;
    heed_layout layout;
    _Atomic int owners;
} heed__storage;

typedef struct heed__data_row {
    heed_text text;
    const heed_text *labels; /* [n_outputs] */
    const char *path;
    int64_t line;
} heed__data_row;

struct heed_dataset {
    heed__storage *storage;
    heed__data_row *rows;
    size_t room;
    int64_t n, skipped;
};

/* An empty data set on the storage, of which it becomes one more owner. */
heed_status heed__dataset_create(heed__storage *storage, heed_dataset **out);

/* An empty data set on a storage of its own; the layout is copied. */
heed_status heed__dataset_start(const heed_layout *layout, heed_dataset **out);
/* Adds a copy of a record. Labels that are in `known`, or come into it, are kept once; NULL = each
 * is kept. */
heed_status heed__dataset_add(heed_dataset *dataset, const heed_record *record,
                              heed__strings *known);

#endif
