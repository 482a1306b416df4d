/* SPDX-License-Identifier: MIT */
#include "data/links.h"

#include "base/buffer.h"
#include "base/fail.h"
#include "base/memory.h"
#include "data/source.h"

#include <stdlib.h>
#include <string.h>

heed_status heed_links_create(heed_links **out)
{
    return heed__alloc(1, sizeof **out, "links", out);
}

void heed_links_destroy(heed_links **links)
{
    if (!links || !*links) return;
    free((*links)->offsets);
    free((*links)->items);
    free((*links)->possible);
    free((*links)->lines);
    heed__free((*links)->path);
    heed__free(*links);
    *links = NULL;
}

/* ---- order ---- */

static int before(heed_link a, heed_link b)
{
    return a.target != b.target ? a.target < b.target : a.source < b.source;
}

typedef struct row {
    heed_link *items;
    unsigned char *possible;
    int64_t *lines;
} row;

static void swap(row r, int64_t i, int64_t j)
{
    heed_link item = r.items[i];
    r.items[i] = r.items[j], r.items[j] = item;
    if (r.possible) {
        unsigned char mark = r.possible[i];
        r.possible[i] = r.possible[j], r.possible[j] = mark;
    }
    if (r.lines) {
        int64_t line = r.lines[i];
        r.lines[i] = r.lines[j], r.lines[j] = line;
    }
}

/* Moves item i down the heap of the first n until none below it comes after it. */
static void sink(row r, int64_t i, int64_t n)
{
    for (int64_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && before(r.items[child], r.items[child + 1])) child++;
        if (!before(r.items[i], r.items[child])) return;
        swap(r, i, child);
    }
}

/* Heap sort: rows come from files, and a hostile order must not cost more than a friendly one. Most
 * rows are in order already. */
static void sort(row r, int64_t n)
{
    int64_t ordered = 1;
    while (ordered < n && !before(r.items[ordered], r.items[ordered - 1])) ordered++;
    if (ordered >= n) return;
    for (int64_t i = n / 2; i-- > 0;) sink(r, i, n);
    for (int64_t left = n - 1; left > 0; left--) {
        swap(r, 0, left);
        sink(r, 0, left);
    }
}

int64_t heed__links_tidy(heed_link *items, unsigned char *possible, int64_t *lines, int64_t n)
{
    row r = {items, possible, lines};
    int64_t kept = 0;
    sort(r, n);
    for (int64_t i = 0; i < n; i++) {
        if (kept && !before(items[kept - 1], items[i])) {
            if (possible) possible[kept - 1] &= possible[i];
            continue;
        }
        items[kept] = items[i];
        if (possible) possible[kept] = possible[i];
        if (lines) lines[kept] = lines[i];
        kept++;
    }
    return kept;
}

/* ---- pairs ---- */

static int64_t end_of(const heed_links *links)
{
    return links->offsets ? links->offsets[links->pairs] : 0;
}

static heed_status make_room(heed_links *l, size_t pairs, size_t items, int with_lines)
{
    HEED_TRY(heed__grow(&l->offsets, &l->offsets_room, pairs + 1, sizeof *l->offsets, "links"));
    if (!l->pairs) l->offsets[0] = 0;
    HEED_TRY(heed__grow(&l->items, &l->items_room, items, sizeof *l->items, "links"));
    HEED_TRY(heed__grow(&l->possible, &l->possible_room, items, 1, "links"));
    if (!with_lines) return HEED_OK;
    return heed__grow(&l->lines, &l->lines_room, items, sizeof *l->lines, "links");
}

static int is_word(int32_t word)
{
    return word >= 0 && word < HEED_LINKS_MOST_WORDS;
}

heed_status heed__links_add(heed_links *l, const heed_link *items, const unsigned char *possible,
                            const int64_t *lines, int64_t n)
{
    int64_t begin = end_of(l);
    for (int64_t i = 0; i < n; i++)
        if (!is_word(items[i].source) || !is_word(items[i].target))
            return heed__fail(HEED_E_INVALID,
                              "link %d-%d: words are counted from 0, and no sentence has %d",
                              (int)items[i].source, (int)items[i].target, HEED_LINKS_MOST_WORDS);
    HEED_TRY(make_room(l, (size_t)l->pairs + 1, (size_t)(begin + n), lines != NULL));
    if (n) memcpy(l->items + begin, items, (size_t)n * sizeof *items);
    if (n && possible) memcpy(l->possible + begin, possible, (size_t)n);
    if (n && !possible) memset(l->possible + begin, 0, (size_t)n);
    if (n && lines) memcpy(l->lines + begin, lines, (size_t)n * sizeof *lines);
    int64_t kept = n ? heed__links_tidy(l->items + begin, l->possible + begin,
                                        lines ? l->lines + begin : NULL, n)
                     : 0;
    l->offsets[++l->pairs] = begin + kept;
    return HEED_OK;
}

heed_status heed_links_add(heed_links *links, const heed_link *items, const unsigned char *possible,
                           int64_t n)
{
    return heed__links_add(links, items, possible, NULL, n);
}

int64_t heed_links_pairs(const heed_links *links)
{
    return links->pairs;
}

heed_pair_links heed_links_at(const heed_links *links, int64_t pair)
{
    int64_t begin = links->offsets[pair], n = links->offsets[pair + 1] - begin;
    if (!n) return (heed_pair_links){0};
    return (heed_pair_links){n, links->items + begin, links->possible + begin};
}

heed_status heed_links_check(const heed_links *links, int64_t pair, int64_t source_words,
                             int64_t target_words)
{
    heed_pair_links all = heed_links_at(links, pair);
    for (int64_t i = 0; i < all.n; i++) {
        heed_link link = all.items[i];
        if (link.source < source_words && link.target < target_words) continue;
        long long line = links->lines ? links->lines[links->offsets[pair] + i] : pair + 1;
        return heed__fail(HEED_E_DATA,
                          "%s:%lld: link %d-%d (counted from 0) lies outside its sentences, which "
                          "have %lld and %lld words; is this the file of these texts, and the "
                          "right side first",
                          links->path ? heed__source_name(links->path) : "links", line,
                          (int)link.source, (int)link.target, (long long)source_words,
                          (long long)target_words);
    }
    return HEED_OK;
}

heed_status heed_links_text(const heed_pair_links *pair, char **out)
{
    heed__buffer line = {0};
    *out = NULL;
    for (int64_t i = 0; i < pair->n; i++)
        heed__buffer_format(&line, "%s%d%c%d", i ? " " : "", (int)pair->items[i].source,
                            pair->possible && pair->possible[i] ? 'p' : '-',
                            (int)pair->items[i].target);
    heed_status status = line.status;
    if (status == HEED_OK) status = heed__alloc(line.size + 1, 1, "a line of links", out);
    if (status == HEED_OK && line.size) memcpy(*out, line.bytes, line.size);
    heed__buffer_free(&line);
    return status;
}
