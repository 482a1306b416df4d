/* SPDX-License-Identifier: MIT */
/* Links from text: Pharaoh lines, and the gold lines of HLT-NAACL 2003. */
#include "base/fail.h"
#include "base/memory.h"
#include "data/lines.h"
#include "data/links.h"
#include "data/source.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_LINE = 1 << 24, MOST_PAIRS = 1000000, SHOWN = 40 };

/* Links on their way: of one line (Pharaoh), or of all (gold). */
typedef struct reading {
    const char *path;
    const heed_links_options *options;
    heed__lines lines;
    int64_t line;
    heed_link *items;
    unsigned char *possible;
    int64_t *pair_of, *line_of; /* gold */
    size_t n, items_room, possible_room, pair_room, line_room;
} reading;

/* What a message quotes: the piece, or its head, which ends before a character that is cut. */
static int shown(const char *piece, size_t size)
{
    size_t n = size < SHOWN ? size : SHOWN;
    while (n < size && n > 0 && ((unsigned char)piece[n] & 0xC0) == 0x80) n--;
    return (int)n;
}

static heed_status refuse(const reading *r, const char *piece, size_t size, const char *rule)
{
    return heed__fail(HEED_E_FORMAT, "%s:%lld: '%.*s' %s", heed__source_name(r->path),
                      (long long)r->line, shown(piece, size), piece, rule);
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The next piece between blanks; 0 when there is none. */
static int next_piece(const char **at, const char *end, const char **piece, size_t *size)
{
    while (*at < end && is_blank(**at)) ++*at;
    *piece = *at;
    while (*at < end && !is_blank(**at)) ++*at;
    *size = (size_t)(*at - *piece);
    return *size > 0;
}

/* Digits at the head of the bytes: returns how many, 0 when there are none or too many. */
static size_t take_number(const char *bytes, size_t size, int64_t most, int64_t *out)
{
    size_t n = 0;
    *out = 0;
    for (; n < size && bytes[n] >= '0' && bytes[n] <= '9'; n++) {
        *out = *out * 10 + (bytes[n] - '0');
        if (*out > most) return 0;
    }
    return n;
}

static heed_status keep(reading *r, int64_t first, int64_t second, int possible)
{
    heed_link link = {(int32_t)first, (int32_t)second};
    if (r->options->reversed) link = (heed_link){(int32_t)second, (int32_t)first};
    HEED_TRY(heed__grow(&r->items, &r->items_room, r->n + 1, sizeof *r->items, "links"));
    HEED_TRY(heed__grow(&r->possible, &r->possible_room, r->n + 1, 1, "links"));
    r->items[r->n] = link;
    r->possible[r->n++] = (unsigned char)possible;
    return HEED_OK;
}

/* ---- Pharaoh ---- */

static heed_status pharaoh_piece(reading *r, const char *piece, size_t size)
{
    int64_t first = 0, second = 0, base = r->options->from_one != 0;
    size_t left = take_number(piece, size, HEED_LINKS_MOST_WORDS - 1, &first);
    char mark = left && left < size ? piece[left] : 0;
    size_t right = mark == '-' || mark == 'p' ? take_number(piece + left + 1, size - left - 1,
                                                            HEED_LINKS_MOST_WORDS - 1, &second)
                                              : 0;
    if (!right || left + 1 + right != size)
        return refuse(
            r, piece, size,
            "is no link; write pairs of word numbers such as 0-0 1-2, or 1p2 for one that "
            "is only possible");
    if (first < base || second < base)
        return refuse(r, piece, size, "has a word 0, but words were said to be counted from 1");
    return keep(r, first - base, second - base, mark == 'p');
}

static heed_status pharaoh_line(reading *r, const heed__line *line, heed_links *out)
{
    const char *at = line->bytes, *end = at + line->size, *piece;
    size_t size;
    r->n = 0;
    while (next_piece(&at, end, &piece, &size)) HEED_TRY(pharaoh_piece(r, piece, size));
    if (r->options->pairs && out->pairs >= r->options->pairs)
        return heed__fail(HEED_E_DATA,
                          "%s:%lld: there are only %lld pairs of sentences; give one line of links "
                          "for each",
                          heed__source_name(r->path), (long long)r->line,
                          (long long)r->options->pairs);
    return heed__links_add(out, r->items, r->possible, NULL, (int64_t)r->n);
}

/* ---- gold ---- */

static heed_status gold_number(reading *r, const char *piece, size_t size, int64_t most,
                               int64_t *out)
{
    if (size && take_number(piece, size, most, out) == size) return HEED_OK;
    return refuse(r, piece, size,
                  "is no number of a pair or word; each line is `pair source target S|P`, counted "
                  "from 1");
}

static heed_status gold_pair(reading *r, const char *piece, size_t size, int64_t *pair)
{
    int64_t most = r->options->pairs > MOST_PAIRS ? r->options->pairs : MOST_PAIRS;
    HEED_TRY(gold_number(r, piece, size, most, pair));
    if (*pair < 1) return refuse(r, piece, size, "is no pair; pairs are counted from 1");
    if (!r->options->pairs || *pair <= r->options->pairs) return HEED_OK;
    return heed__fail(HEED_E_DATA, "%s:%lld: pair %lld of %lld; is this the gold of these texts",
                      heed__source_name(r->path), (long long)r->line, (long long)*pair,
                      (long long)r->options->pairs);
}

static heed_status gold_line(reading *r, const heed__line *line)
{
    const char *at = line->bytes, *end = at + line->size, *piece[5];
    size_t size[5] = {0};
    int64_t pair = 0, first = 0, second = 0, n = 0;
    while (n < 5 && next_piece(&at, end, &piece[n], &size[n])) n++;
    if (!n) return HEED_OK;
    for (int64_t i = n; i < 3; i++) piece[i] = line->bytes;
    HEED_TRY(gold_pair(r, piece[0], size[0], &pair));
    HEED_TRY(gold_number(r, piece[1], size[1], HEED_LINKS_MOST_WORDS, &first));
    HEED_TRY(gold_number(r, piece[2], size[2], HEED_LINKS_MOST_WORDS, &second));
    int sure = n < 4 || (size[3] == 1 && piece[3][0] == 'S');
    if (!sure && !(size[3] == 1 && piece[3][0] == 'P'))
        return refuse(r, piece[3], size[3], "is neither S (sure) nor P (possible)");
    if (n > 4) return refuse(r, piece[4], size[4], "stands after S or P, where a line ends");
    if (first == 0 || second == 0) return HEED_OK; /* a word that is linked to none */
    HEED_TRY(heed__grow(&r->pair_of, &r->pair_room, r->n + 1, sizeof *r->pair_of, "links"));
    HEED_TRY(heed__grow(&r->line_of, &r->line_room, r->n + 1, sizeof *r->line_of, "links"));
    r->pair_of[r->n] = pair - 1;
    r->line_of[r->n] = r->line;
    return keep(r, first - 1, second - 1, !sure);
}

/* From the order of the file to pair after pair: a counting sort, so that any order will do. */
static heed_status gold_pairs(const reading *r, heed_links *out)
{
    int64_t pairs = r->options->pairs, *begin = NULL;
    struct {
        heed_link *items;
        unsigned char *possible;
        int64_t *lines;
    } s = {0};
    heed_status status = HEED_OK;
    for (size_t i = 0; i < r->n; i++)
        if (r->pair_of[i] >= pairs) pairs = r->pair_of[i] + 1;
    HEED_TRY_CLEAN(heed__alloc((size_t)pairs + 1, sizeof *begin, "links", &begin));
    HEED_TRY_CLEAN(heed__alloc(r->n, sizeof *s.items, "links", &s.items));
    HEED_TRY_CLEAN(heed__alloc(r->n, 1, "links", &s.possible));
    HEED_TRY_CLEAN(heed__alloc(r->n, sizeof *s.lines, "links", &s.lines));
    for (size_t i = 0; i < r->n; i++) begin[r->pair_of[i] + 1]++;
    for (int64_t pair = 0; pair < pairs; pair++) begin[pair + 1] += begin[pair];
    for (size_t i = r->n; i-- > 0;) { /* begin[pair + 1] walks down to the pair's beginning */
        int64_t at = --begin[r->pair_of[i] + 1];
        s.items[at] = r->items[i];
        s.possible[at] = r->possible[i];
        s.lines[at] = r->line_of[i];
    }
    for (int64_t pair = 0; pair < pairs && status == HEED_OK; pair++) {
        int64_t at = begin[pair + 1], end = pair + 1 < pairs ? begin[pair + 2] : (int64_t)r->n;
        status = heed__links_add(out, s.items + at, s.possible + at, s.lines + at, end - at);
    }
cleanup:
    heed__free(begin);
    heed__free(s.items);
    heed__free(s.possible);
    heed__free(s.lines);
    return status;
}

/* ---- the file ---- */

/* Pharaoh where the first piece of the file is not all digits. */
static heed_links_format guess(const heed__line *line)
{
    const char *at = line->bytes, *piece;
    size_t size;
    if (!next_piece(&at, line->bytes + line->size, &piece, &size)) return HEED_LINKS_GUESS;
    return strspn(piece, "0123456789") >= size ? HEED_LINKS_GOLD : HEED_LINKS_PHARAOH;
}

static heed_status read_line(reading *r, const heed__line *line, heed_links_format *format,
                             heed_links *out)
{
    if (line->too_long)
        return heed__fail(HEED_E_FORMAT,
                          "%s:%lld: a line of more than %d bytes; is this a file of "
                          "links",
                          heed__source_name(r->path), (long long)r->line, MOST_LINE);
    if (*format == HEED_LINKS_GUESS) *format = guess(line);
    if (*format == HEED_LINKS_GOLD) return gold_line(r, line);
    return pharaoh_line(r, line, out); /* a blank line is a pair without links, as yet */
}

static heed_status read_lines(reading *r, heed_links *out)
{
    heed_links_format format = r->options->format;
    for (;;) {
        heed__line line;
        HEED_TRY(heed__lines_next(&r->lines, &line));
        if (line.end) break;
        r->line++;
        HEED_TRY(read_line(r, &line, &format, out));
    }
    if (format == HEED_LINKS_GOLD) {
        out->pairs = 0; /* blank lines before the first link were no pairs */
        return gold_pairs(r, out);
    }
    if (r->options->pairs && out->pairs < r->options->pairs)
        return heed__fail(HEED_E_DATA,
                          "%s: %lld lines for %lld pairs of sentences; give one line of links for "
                          "each, empty where there is none",
                          heed__source_name(r->path), (long long)out->pairs,
                          (long long)r->options->pairs);
    return HEED_OK;
}

static heed_status remember_path(heed_links *links, const char *path)
{
    HEED_TRY(heed__alloc(strlen(path) + 1, 1, "a path", &links->path));
    memcpy(links->path, path, strlen(path));
    return HEED_OK;
}

heed_status heed_links_read(const char *path, const heed_links_options *options, heed_links **out)
{
    const heed_links_options none = {0};
    reading r = {.path = path, .options = options ? options : &none};
    *out = NULL;
    if (r.options->pairs < 0 || r.options->format > HEED_LINKS_GOLD)
        return heed__fail(HEED_E_INVALID, "links for %lld pairs of sentences in format %d",
                          (long long)r.options->pairs, (int)r.options->format);
    HEED_TRY(heed__lines_open(&r.lines, path, MOST_LINE));
    heed_status status = heed_links_create(out);
    if (status == HEED_OK) status = remember_path(*out, path);
    if (status == HEED_OK) status = read_lines(&r, *out);
    heed__lines_close(&r.lines);
    free(r.items);
    free(r.possible);
    free(r.pair_of);
    free(r.line_of);
    if (status != HEED_OK) heed_links_destroy(out);
    return status;
}
