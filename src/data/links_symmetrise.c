/* SPDX-License-Identifier: MIT */
/* One set of links from those of two directions (Koehn, Och and Marcu, "Statistical phrase-based
 * translation", NAACL 2003, and the steps of Moses that made them exact). */
#include "base/fail.h"
#include "base/memory.h"
#include "data/links.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"intersection", "union", "grow-diag", "grow-diag-final-and"};

enum { WAYS = sizeof names / sizeof *names };

const char *heed_symmetrise_name(heed_symmetrise way)
{
    return (unsigned)way < WAYS ? names[way] : NULL;
}

/* One pair: its union, in order, and of each link where it is from and whether it is taken. */
typedef struct merger {
    heed_link *items;
    unsigned char *from, *taken;            /* from: 1 = forward, 2 = backward */
    unsigned char *has_source, *has_target; /* words that have a link which is taken */
    int64_t n;
    size_t items_room, from_room, taken_room, source_room, target_room;
} merger;

static void merger_free(merger *m)
{
    free(m->items);
    free(m->from);
    free(m->taken);
    free(m->has_source);
    free(m->has_target);
}

static int compare(heed_link a, heed_link b)
{
    if (a.target != b.target) return a.target < b.target ? -1 : 1;
    return (a.source > b.source) - (a.source < b.source);
}

static heed_status unite(merger *m, heed_pair_links forward, heed_pair_links backward)
{
    size_t most = (size_t)(forward.n + backward.n), sources = 0, targets = 0;
    HEED_TRY(heed__grow(&m->items, &m->items_room, most, sizeof *m->items, "links"));
    HEED_TRY(heed__grow(&m->from, &m->from_room, most, 1, "links"));
    HEED_TRY(heed__grow(&m->taken, &m->taken_room, most, 1, "links"));
    m->n = 0;
    for (int64_t f = 0, b = 0; f < forward.n || b < backward.n; m->n++) {
        int order = f == forward.n    ? 1
                    : b == backward.n ? -1
                                      : compare(forward.items[f], backward.items[b]);
        m->items[m->n] = order <= 0 ? forward.items[f] : backward.items[b];
        m->from[m->n] = order == 0 ? 3 : order < 0 ? 1 : 2;
        m->taken[m->n] = 0;
        f += order <= 0;
        b += order >= 0;
    }
    for (int64_t i = 0; i < m->n; i++) {
        if ((size_t)m->items[i].source >= sources) sources = (size_t)m->items[i].source + 1;
        if ((size_t)m->items[i].target >= targets) targets = (size_t)m->items[i].target + 1;
    }
    HEED_TRY(heed__grow(&m->has_source, &m->source_room, sources, 1, "words of links"));
    HEED_TRY(heed__grow(&m->has_target, &m->target_room, targets, 1, "words of links"));
    if (sources) memset(m->has_source, 0, sources);
    if (targets) memset(m->has_target, 0, targets);
    return HEED_OK;
}

static void take(merger *m, int64_t i)
{
    m->taken[i] = 1;
    m->has_source[m->items[i].source] = 1;
    m->has_target[m->items[i].target] = 1;
}

/* Where a link stands in the union, -1 when it is not in it. */
static int64_t find(const merger *m, heed_link wanted)
{
    int64_t low = 0, high = m->n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (compare(m->items[middle], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < m->n && compare(m->items[low], wanted) == 0 ? low : -1;
}

/* Takes the neighbours of one link that give a word its first link; returns how many. */
static int64_t grow_from(merger *m, heed_link link)
{
    static const int8_t steps[8][2] = {{-1, 0},  {0, -1}, {1, 0},  {0, 1},
                                       {-1, -1}, {-1, 1}, {1, -1}, {1, 1}};
    int64_t took = 0;
    for (int i = 0; i < 8; i++) {
        int64_t at = find(m, (heed_link){link.source + steps[i][1], link.target + steps[i][0]});
        if (at < 0 || m->taken[at]) continue;
        if (m->has_source[m->items[at].source] && m->has_target[m->items[at].target]) continue;
        take(m, at);
        took++;
    }
    return took;
}

static void grow(merger *m)
{
    for (int64_t took = 1; took;) {
        took = 0;
        for (int64_t i = 0; i < m->n; i++)
            if (m->taken[i]) took += grow_from(m, m->items[i]);
    }
}

static void choose(merger *m, heed_symmetrise way)
{
    for (int64_t i = 0; i < m->n; i++)
        if (m->from[i] == 3 || way == HEED_SYMMETRISE_UNION) take(m, i);
    if (way == HEED_SYMMETRISE_GROW_DIAG || way == HEED_SYMMETRISE_GROW_DIAG_FINAL_AND) grow(m);
    if (way != HEED_SYMMETRISE_GROW_DIAG_FINAL_AND) return;
    for (unsigned char from = 1; from <= 2; from++)
        for (int64_t i = 0; i < m->n; i++)
            if ((m->from[i] & from) && !m->has_source[m->items[i].source] &&
                !m->has_target[m->items[i].target])
                take(m, i);
}

static heed_status add_pair(merger *m, heed_pair_links forward, heed_pair_links backward,
                            heed_symmetrise way, heed_links *out)
{
    int64_t kept = 0;
    HEED_TRY(unite(m, forward, backward));
    choose(m, way);
    for (int64_t i = 0; i < m->n; i++)
        if (m->taken[i]) m->items[kept++] = m->items[i];
    return heed_links_add(out, m->items, NULL, kept);
}

heed_status heed_links_symmetrise(const heed_links *forward, const heed_links *backward,
                                  heed_symmetrise way, heed_links **out)
{
    merger m = {0};
    *out = NULL;
    if (!heed_symmetrise_name(way))
        return heed__fail(HEED_E_INVALID, "no way to put links together has number %d", (int)way);
    if (forward->pairs != backward->pairs)
        return heed__fail(HEED_E_INVALID,
                          "%lld pairs of sentences in one direction and %lld in the other; both "
                          "must be the same",
                          (long long)forward->pairs, (long long)backward->pairs);
    heed_status status = heed_links_create(out);
    for (int64_t i = 0; i < forward->pairs && status == HEED_OK; i++)
        status = add_pair(&m, heed_links_at(forward, i), heed_links_at(backward, i), way, *out);
    merger_free(&m);
    if (status != HEED_OK) heed_links_destroy(out);
    return status;
}
