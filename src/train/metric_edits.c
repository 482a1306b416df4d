/* SPDX-License-Identifier: MIT */
/*
 * Finding the fewest edits with moves is hard, so Tercom is greedy: of all moves of a block that
 * stands elsewhere in the reference it makes the one after which the plain edit distance is least,
 * and again, until none helps. Which blocks, which places, which of equals and how far from the
 * diagonal is its choice; a figure is worth something only with the same ones.
 */
#include "train/metric_edits.h"

#include "base/fail.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LONGEST_BLOCK = 10,
    FARTHEST_MOVE = 50,
    BEAM = 25,
    MOST_TRIALS = 1000,
    MOST_CELLS = 1 << 26,
    FAR = 1 << 29 /* no way found */
};

enum { KEEP, SUBSTITUTE, DELETE, INSERT, NO_STEP };

static size_t width_of(const heed__edits *e)
{
    return e->n_reference + 1;
}

/* The columns of a row that are looked at: near the diagonal, and the whole end of the last row. */
static void row_range(const heed__edits *e, size_t row, size_t *first, size_t *past)
{
    double ratio = (double)e->n_reference / (double)e->n, beam = BEAM;
    if (beam < ratio / 2) beam = ceil(ratio / 2 + BEAM);
    double diagonal = floor((double)row * ratio);
    *first = diagonal > beam ? (size_t)(diagonal - beam) : 0;
    *past = width_of(e);
    if (row < e->n && diagonal + beam < (double)*past) *past = (size_t)(diagonal + beam);
}

/* The row of costs below `above` for one more word; `step` may be NULL. Of equals the diagonal step
 * is taken, then the deletion. */
static void fill_row(const heed__edits *e, size_t row, uint32_t word, const int32_t *above,
                     int32_t *below, unsigned char *step)
{
    size_t first, past, width = width_of(e);
    row_range(e, row, &first, &past);
    for (size_t j = 0; j < width; j++) below[j] = FAR;
    if (step) memset(step, NO_STEP, width);
    for (size_t j = first; j < past; j++) {
        int32_t least = FAR;
        unsigned char how = NO_STEP;
        if (j > 0) {
            int same = word == e->reference[j - 1];
            least = above[j - 1] + !same;
            how = same ? KEEP : SUBSTITUTE;
        }
        if (above[j] + 1 < least) {
            least = above[j] + 1;
            how = DELETE;
        }
        if (j > 0 && below[j - 1] + 1 < least) {
            least = below[j - 1] + 1;
            how = INSERT;
        }
        if (least >= FAR) continue;
        below[j] = least;
        if (step) step[j] = how;
    }
}

/* The table for the words as they stand; returns their distance. */
static int32_t fill_table(heed__edits *e)
{
    size_t width = width_of(e);
    for (size_t j = 0; j < width; j++) {
        e->cost[j] = (int32_t)j;
        e->step[j] = INSERT;
    }
    for (size_t i = 1; i <= e->n; i++)
        fill_row(e, i, e->words[i - 1], e->cost + (i - 1) * width, e->cost + i * width,
                 e->step + i * width);
    return e->cost[e->n * width + width - 1];
}

/* The distance of the trial: what it begins with as the words do is in the table already. */
static int32_t trial_distance(heed__edits *e)
{
    size_t width = width_of(e), same = 0;
    while (same < e->n && e->moved[same] == e->words[same]) same++;
    const int32_t *above = e->cost + same * width;
    for (size_t i = same + 1; i <= e->n; i++) {
        int32_t *below = e->trial + (i % 2) * width;
        fill_row(e, i, e->moved[i - 1], above, below, NULL);
        above = below;
    }
    return above[width - 1];
}

/* From the table's end back to its beginning: which words are wrong, and where in the hypothesis
 * each word of the reference would stand. */
static void align(heed__edits *e)
{
    size_t i = e->n, j = e->n_reference, width = width_of(e);
    memset(e->wrong, 0, width * sizeof *e->wrong);
    memset(e->wrong_before, 0, (e->n + 1) * sizeof *e->wrong_before);
    while (i > 0 || j > 0) {
        unsigned char how = e->step[i * width + j];
        if (i && j && (how == KEEP || how == SUBSTITUTE)) {
            i--;
            j--;
            e->wrong_before[i + 1] = e->wrong[j + 1] = how == SUBSTITUTE;
            e->place[j] = (int32_t)i;
        } else if (i && (!j || how == DELETE)) {
            i--;
            e->wrong_before[i + 1] = 1;
        } else {
            j--;
            e->wrong[j + 1] = 1;
            e->place[j] = (int32_t)i - 1;
        }
    }
    for (size_t k = 0; k < e->n_reference; k++) e->wrong[k + 1] += e->wrong[k];
    for (size_t k = 0; k < e->n; k++) e->wrong_before[k + 1] += e->wrong_before[k];
}

/* ---- moves ---- */

typedef struct block {
    size_t at, in_reference, length;
} block;

/* moved = words with the block taken out and put in before what `target` names, counted with the
 * block in its place where the target lies before or behind it, without it where inside. */
static void move(heed__edits *e, block b, size_t target)
{
    size_t to = target < b.at ? target : target > b.at + b.length ? target - b.length : target;
    size_t rest = e->n - b.length;
    if (to > rest) to = rest;
    for (size_t i = 0, from = 0, out = 0; i <= rest; i++) {
        if (i == to) {
            memcpy(e->moved + out, e->words + b.at, b.length * sizeof *e->moved);
            out += b.length;
        }
        if (i == rest) break;
        if (from == b.at) from += b.length;
        e->moved[out++] = e->words[from++];
    }
}

typedef struct candidate {
    int32_t gain;
    size_t length, at, target;
    int there;
} candidate;

/* More gain, else longer, else earlier, else to an earlier place. */
static int is_better(const candidate *a, const candidate *b)
{
    if (!b->there || a->gain != b->gain) return !b->there || a->gain > b->gain;
    if (a->length != b->length) return a->length > b->length;
    if (a->at != b->at) return a->at < b->at;
    return a->target < b->target;
}

/* Puts the block behind each of the places where the reference has it and the word before it. */
static void try_block(heed__edits *e, block b, int32_t distance, candidate *best)
{
    int32_t here = e->place[b.in_reference];
    if (e->wrong_before[b.at + b.length] == e->wrong_before[b.at]) return;
    if (e->wrong[b.in_reference + b.length] == e->wrong[b.in_reference]) return;
    if (here >= (int32_t)b.at && here < (int32_t)(b.at + b.length)) return;
    int64_t before = -1;
    for (size_t k = 0; k <= b.length && b.in_reference + k <= e->n_reference; k++) {
        size_t word = b.in_reference + k; /* the block goes behind the word before this one */
        int64_t target = word ? e->place[word - 1] + 1 : 0;
        if (target == before) continue;
        before = target;
        move(e, b, (size_t)target);
        candidate found = {.gain = distance - trial_distance(e),
                           .length = b.length,
                           .at = b.at,
                           .target = (size_t)target,
                           .there = 1};
        e->tried++;
        if (!is_better(&found, best)) continue;
        *best = found;
        memcpy(e->best, e->moved, e->n * sizeof *e->best);
    }
}

/* All blocks that begin at these words, short ones first. Nonzero when enough has been tried. */
static int try_pair(heed__edits *e, size_t at, size_t in_reference, int32_t distance,
                    candidate *best)
{
    for (size_t length = 1; length <= LONGEST_BLOCK; length++) {
        if (at + length > e->n || in_reference + length > e->n_reference) break;
        if (e->words[at + length - 1] != e->reference[in_reference + length - 1]) break;
        int tried = e->tried;
        try_block(e, (block){at, in_reference, length}, distance, best);
        if (e->tried > tried && e->tried >= MOST_TRIALS) return 1;
    }
    return 0;
}

/* Makes the best move; returns how much it gains, 0 or less when none is to be made. */
static int32_t make_move(heed__edits *e, int32_t distance)
{
    candidate best = {0};
    align(e);
    for (size_t i = 0; i < e->n; i++) {
        size_t j = i > FARTHEST_MOVE ? i - FARTHEST_MOVE : 0;
        for (; j < e->n_reference && j <= i + FARTHEST_MOVE; j++)
            if (try_pair(e, i, j, distance, &best)) return 0;
    }
    if (!best.there || best.gain <= 0 || e->tried >= MOST_TRIALS) return 0;
    memcpy(e->words, e->best, e->n * sizeof *e->words);
    return best.gain;
}

static heed_status make_room(heed__edits *e)
{
    size_t width = width_of(e), height = e->n + 1;
    if (height > MOST_CELLS / width)
        return heed__fail(HEED_E_INVALID, "%zu words against %zu are too many to count edits", e->n,
                          e->n_reference);
    HEED_TRY(heed__grow(&e->words, &e->words_room, height, sizeof *e->words, "words"));
    HEED_TRY(heed__grow(&e->moved, &e->moved_room, height, sizeof *e->moved, "words"));
    HEED_TRY(heed__grow(&e->best, &e->best_room, height, sizeof *e->best, "words"));
    HEED_TRY(heed__grow(&e->cost, &e->cost_room, height * width, sizeof *e->cost, "edits"));
    HEED_TRY(heed__grow(&e->step, &e->step_room, height * width, 1, "edits"));
    HEED_TRY(heed__grow(&e->trial, &e->trial_room, 2 * width, sizeof *e->trial, "edits"));
    HEED_TRY(heed__grow(&e->place, &e->place_room, width, sizeof *e->place, "edits"));
    HEED_TRY(heed__grow(&e->wrong, &e->wrong_room, width, sizeof *e->wrong, "edits"));
    return heed__grow(&e->wrong_before, &e->wrong_before_room, height, sizeof *e->wrong_before,
                      "edits");
}

heed_status heed__edits_count(heed__edits *e, const uint32_t *hypothesis, size_t n,
                              const uint32_t *reference, size_t n_reference, int64_t *out)
{
    *out = (int64_t)(n > n_reference ? n : n_reference);
    if (!n || !n_reference) return HEED_OK; /* all inserted, or all deleted */
    e->reference = reference;
    e->n = n;
    e->n_reference = n_reference;
    e->tried = 0;
    HEED_TRY(make_room(e));
    memcpy(e->words, hypothesis, n * sizeof *e->words);
    int32_t distance = fill_table(e), moves = 0;
    while (distance > 0 && make_move(e, distance) > 0) {
        distance = fill_table(e);
        moves++;
    }
    *out = distance + moves;
    return HEED_OK;
}

void heed__edits_free(heed__edits *e)
{
    free(e->words);
    free(e->moved);
    free(e->best);
    free(e->cost);
    free(e->step);
    free(e->trial);
    free(e->place);
    free(e->wrong);
    free(e->wrong_before);
    *e = (heed__edits){0};
}
