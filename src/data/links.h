/* SPDX-License-Identifier: MIT */
/* What links are made of, for the files of this floor that make them. */
#ifndef HEED_DATA_LINKS_H
#define HEED_DATA_LINKS_H

#include "heed/alignment.h"

/* A word's number ends here: far above any sentence, far below what an int32 holds. */
enum { HEED_LINKS_MOST_WORDS = 1000000 };

struct heed_links {
    int64_t pairs;
    int64_t *offsets; /* [pairs + 1]; NULL while there is no pair */
    heed_link *items; /* [offsets[pairs]] */
    unsigned char *possible;
    int64_t *lines; /* where each link stood, when not in line pair + 1; or NULL */
    char *path;     /* or NULL */
    size_t offsets_room, items_room, possible_room, lines_room;
};

/* The same as heed_links_add, and the line where each link stood (or NULL). */
heed_status heed__links_add(heed_links *links, const heed_link *items,
                            const unsigned char *possible, const int64_t *lines, int64_t n);

/* Adds one pair's counts; heed__score_finish makes the figures of them. */
void heed__score_add(heed_alignment_score *score, const heed_pair_links *predicted,
                     const heed_pair_links *gold);
void heed__score_finish(heed_alignment_score *score);

/* Orders n links by target, then source, and drops what is there twice; returns how many are left.
 * `possible` and `lines` go along where they are not NULL. */
int64_t heed__links_tidy(heed_link *items, unsigned char *possible, int64_t *lines, int64_t n);

#endif
