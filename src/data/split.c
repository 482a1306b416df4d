/* SPDX-License-Identifier: MIT */
/* Splitting: the rows of each label in the order of a hash of (seed, text); the first leave. */
#include "base/fail.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/sha256.h"
#include "data/dataset.h"
#include "data/strings.h"

#include <stdlib.h>
#include <string.h>

typedef struct split_key {
    int64_t group; /* number of the first output's label */
    unsigned char hash[HEED_SHA256_SIZE];
    int64_t row;
} split_key;

static int compare_keys(const void *a, const void *b)
{
    const split_key *x = a, *y = b;
    if (x->group != y->group) return x->group < y->group ? -1 : 1;
    int order = memcmp(x->hash, y->hash, sizeof x->hash);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

/* Labels in nearly every row another (numbers) are no groups. */
static heed_status make_keys(const heed_dataset *d, uint64_t seed, split_key *keys)
{
    heed__strings groups = {0};
    heed_status status = HEED_OK;
    for (int64_t row = 0; row < d->n; row++) {
        heed__sha256 hash;
        unsigned char start[9] = {HEED_RANDOM_SPLIT};
        for (int i = 0; i < 8; i++) start[i + 1] = (unsigned char)(seed >> 8 * i);
        heed__sha256_start(&hash);
        heed__sha256_add(&hash, start, sizeof start);
        heed__sha256_add(&hash, d->rows[row].text.bytes, d->rows[row].text.size);
        heed__sha256_finish(&hash, keys[row].hash);
        keys[row].row = row;
        if (!d->storage->layout.n_outputs || d->storage->layout.kind == HEED_READ_PAIRS) continue;
        heed_text label = d->rows[row].labels[0];
        HEED_TRY_CLEAN(heed__strings_add(&groups, label.bytes, label.size, &keys[row].group));
    }
    if (groups.n * 5 > d->n)
        for (int64_t row = 0; row < d->n; row++) keys[row].group = 0;
cleanup:
    heed__strings_free(&groups);
    return status;
}

/* Marks the rows that leave and returns how many do. */
static int64_t mark(const split_key *keys, int64_t n, double share, unsigned char *leaves)
{
    int64_t left = 0;
    for (int64_t begin = 0, end; begin < n; begin = end) {
        for (end = begin; end < n && keys[end].group == keys[begin].group; end++) {
        }
        int64_t count = end - begin, take = (int64_t)((double)count * share + 0.5);
        if (take == count) take--; /* something must be left to learn from */
        if (!take && count >= 5) take = 1;
        for (int64_t i = begin; i < begin + take; i++) leaves[keys[i].row] = 1;
        left += take;
    }
    return left;
}

static void move_rows(heed_dataset *from, const unsigned char *leaves, heed_dataset *to)
{
    int64_t kept = 0;
    for (int64_t row = 0; row < from->n; row++) {
        if (leaves[row])
            to->rows[to->n++] = from->rows[row];
        else
            from->rows[kept++] = from->rows[row];
    }
    from->n = kept;
}

/* Running text: the last rows of each file, about that share of its bytes. */
static int64_t mark_tails(const heed_dataset *d, double share, unsigned char *leaves)
{
    int64_t left = 0;
    for (int64_t begin = 0, end; begin < d->n; begin = end) {
        double bytes = 0, tail = 0;
        for (end = begin; end < d->n && strcmp(d->rows[end].path, d->rows[begin].path) == 0; end++)
            bytes += (double)d->rows[end].text.size;
        for (int64_t row = end - 1; row > begin; row--) { /* something must be left to learn from */
            double size = (double)d->rows[row].text.size;
            if (tail > 0 && tail + size / 2 > bytes * share) break;
            tail += size;
            leaves[row] = 1;
            left++;
        }
    }
    return left;
}

static int64_t mark_rows(heed_dataset *d, double share, split_key *keys, unsigned char *leaves)
{
    if (d->storage->layout.format == HEED_FORMAT_RUNNING) return mark_tails(d, share, leaves);
    qsort(keys, (size_t)d->n, sizeof *keys, compare_keys);
    return mark(keys, d->n, share, leaves);
}

heed_status heed_dataset_split(heed_dataset *d, double share, uint64_t seed, heed_dataset **out)
{
    *out = NULL;
    if (!(share > 0 && share < 1))
        return heed__fail(HEED_E_INVALID,
                          "share = %g: the part to split off is above 0 and below "
                          "1",
                          share);
    split_key *keys = NULL;
    unsigned char *leaves = NULL;
    heed_dataset *part = NULL;
    heed_status status;
    HEED_TRY_CLEAN(heed__alloc((size_t)d->n, sizeof *keys, "a split", &keys));
    HEED_TRY_CLEAN(heed__alloc((size_t)d->n, 1, "a split", &leaves));
    HEED_TRY_CLEAN(make_keys(d, seed, keys));
    int64_t left = mark_rows(d, share, keys, leaves);
    if (!left || left == d->n) {
        status = heed__fail(HEED_E_DATA,
                            "%lld row%s too few to split off a share of %g for validation; give "
                            "more rows, or name a file with --valid (--valid-source and "
                            "--valid-target)",
                            (long long)d->n, d->n == 1 ? " is" : "s are", share);
        goto cleanup;
    }
    HEED_TRY_CLEAN(heed__dataset_create(d->storage, &part));
    HEED_TRY_CLEAN(heed__grow(&part->rows, &part->room, (size_t)left, sizeof *part->rows, "rows"));
    move_rows(d, leaves, part);
    *out = part;
    part = NULL;
cleanup:
    heed_dataset_destroy(&part);
    heed__free(keys);
    heed__free(leaves);
    return status;
}
