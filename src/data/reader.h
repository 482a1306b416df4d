/* SPDX-License-Identifier: MIT */
/* A reader's inside, for the two files it is made of. */
#ifndef HEED_DATA_READER_H
#define HEED_DATA_READER_H

#include "heed/data.h"

#include "base/memory.h"
#include "data/columns.h"
#include "data/record.h"

struct heed_reader {
    heed_context *context;
    heed_read_options options; /* its texts are in the arena */
    heed__arena arena;
    const char **paths;
    size_t paths_room;
    int n_paths, at_path; /* inputs opened so far */
    heed__rows rows;
    int open;
    heed__sample sample; /* rows looked at ahead of time, given out first */
    int64_t at_sample;
    int header_passed; /* in the input at hand */
    heed__columns columns;
    heed_layout layout;
    int64_t seen, bad;
    int ended;
    heed_status failed; /* sticks: after a failure there is nothing more to read */
    char first_problem[HEED_PROBLEM_SIZE + 480];
    heed__record_room room;
};

/* Opens the next path and chooses its columns. On failure heed__reader_close_input is still due. */
heed_status heed__reader_open_next(heed_reader *reader);
void heed__reader_close_input(heed_reader *reader);
/* Forgets the rows looked at. */
void heed__reader_sample_free(heed_reader *reader);

#endif
