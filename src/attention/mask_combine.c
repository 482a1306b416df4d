/* SPDX-License-Identifier: MIT */
/* Expressions over masks: "all" is and, "any" is or. */
#include "attention/tables.h"

/* `decides` settles the whole when one part has it; all parts must be `neutral` to give neutral. */
static heed__cover combine(const heed__mask_node *node, const heed__place *place,
                           const heed__block *block, heed__cover decides, heed__cover neutral)
{
    heed__cover result = neutral;
    for (size_t c = 0; c < node->count; c++) {
        const heed__mask_node *child = &node->children[c];
        heed__cover cover = child->mask->cover(child, place, block);
        if (cover == decides) return decides;
        if (cover != neutral) result = HEED_PARTIAL;
    }
    return result;
}

static heed__cover all_cover(const heed__mask_node *node, const heed__place *place,
                             const heed__block *block)
{
    return combine(node, place, block, HEED_EMPTY, HEED_FULL);
}

static heed__cover any_cover(const heed__mask_node *node, const heed__place *place,
                             const heed__block *block)
{
    return combine(node, place, block, HEED_FULL, HEED_EMPTY);
}

static int64_t seek_of(const heed__mask_node *node, const heed__place *place,
                       const heed__block *block, heed__side side)
{
    if (node->mask->seek) return node->mask->seek(node, place, block, side);
    return side == HEED_SIDE_KEY ? block->key : block->query;
}

/* The last of the parts' places: before it one of them shows nothing. */
static int64_t all_seek(const heed__mask_node *node, const heed__place *place,
                        const heed__block *block, heed__side side)
{
    int64_t found = seek_of(&node->children[0], place, block, side);
    for (size_t c = 1; c < node->count; c++) {
        int64_t own = seek_of(&node->children[c], place, block, side);
        if (own > found) found = own;
    }
    return found;
}

/* The first: before it none of them shows anything. */
static int64_t any_seek(const heed__mask_node *node, const heed__place *place,
                        const heed__block *block, heed__side side)
{
    int64_t found = seek_of(&node->children[0], place, block, side);
    for (size_t c = 1; c < node->count; c++) {
        int64_t own = seek_of(&node->children[c], place, block, side);
        if (own < found) found = own;
    }
    return found;
}

static void all_row(const heed__mask_node *node, const heed__place *place, int64_t i, int64_t j,
                    int64_t n, unsigned char *visible)
{
    unsigned char part[HEED_KEY_BLOCK];
    for (int64_t t = 0; t < n; t++) visible[t] = 1;
    for (size_t c = 0; c < node->count; c++) {
        node->children[c].mask->row(&node->children[c], place, i, j, n, part);
        for (int64_t t = 0; t < n; t++) visible[t] &= part[t];
    }
}

static void any_row(const heed__mask_node *node, const heed__place *place, int64_t i, int64_t j,
                    int64_t n, unsigned char *visible)
{
    unsigned char part[HEED_KEY_BLOCK];
    for (int64_t t = 0; t < n; t++) visible[t] = 0;
    for (size_t c = 0; c < node->count; c++) {
        node->children[c].mask->row(&node->children[c], place, i, j, n, part);
        for (int64_t t = 0; t < n; t++) visible[t] |= part[t];
    }
}

const heed__mask heed__mask_all = {
    .entry = {.name = "all",
              .help = "and: what every part shows",
              .record = sizeof(heed_attention_masks)},
    .combines = 1,
    .cover = all_cover,
    .row = all_row,
    .seek = all_seek,
};

const heed__mask heed__mask_any = {
    .entry = {.name = "any",
              .help = "or: what any part shows",
              .record = sizeof(heed_attention_masks)},
    .combines = 1,
    .cover = any_cover,
    .row = any_row,
    .seek = any_seek,
};
