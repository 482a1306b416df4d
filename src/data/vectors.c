/* SPDX-License-Identifier: MIT */
#include "data/vectors.h"

#include "base/fail.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/sha256.h"
#include "data/lines.h"
#include "data/source.h"
#include "data/tokenizer_kind.h"

#include <math.h>
#include <string.h>

enum { LONGEST_LINE = 1 << 20 };

/* What a token's row holds: nothing of the file, the vector of a word that is the token in lower
 * case, or that of the token itself. */
enum { NOT_MET, MET_LOWERED, MET };

typedef struct reading {
    const char *path;
    const heed__tokenizer *tokenizer;
    int64_t dim;
    heed_real *table;
    unsigned char *met; /* [vocabulary] */
    heed__lines lines;
    heed__vectors_found *out;
} reading;

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The field that ends before *end, which moves to where it begins; blanks behind it are passed. */
static heed_text last_field(const char *bytes, size_t *end)
{
    size_t to = *end;
    while (to > 0 && is_blank(bytes[to - 1])) to--;
    size_t from = to;
    while (from > 0 && !is_blank(bytes[from - 1])) from--;
    *end = from;
    return (heed_text){bytes + from, to - from};
}

static int64_t count_fields(heed__line line)
{
    int64_t count = 0;
    for (size_t end = line.size; end > 0;) count += last_field(line.bytes, &end).size > 0;
    return count;
}

/* The first line says how many words and dimensions there are, as word2vec and fastText write it.
 */
static int is_header(const reading *r, heed__line line)
{
    double number;
    size_t end = line.size;
    if (r->lines.line != 1 || count_fields(line) != 2) return 0;
    heed_text dimensions = last_field(line.bytes, &end), words = last_field(line.bytes, &end);
    return r->dim != 1 && heed__number_parse(words.bytes, words.size, &number) &&
           heed__number_parse(dimensions.bytes, dimensions.size, &number);
}

/* Which token a word is a vector for, and how; -1: none. */
static int64_t token_of(const reading *r, heed_text word, int *how)
{
    const heed__tokenizer *t = r->tokenizer;
    char room[HEED_PIECE_KEY];
    int64_t id = heed__strings_find(&t->vocabulary, word.bytes, word.size);
    *how = MET;
    if (id < 0 && t->settings.lower && word.size < HEED_PIECE_KEY) {
        heed__piece piece = {.begin = 0, .end = word.size};
        heed__piece_key(&t->settings, word.bytes, room, &piece);
        id = heed__strings_find(&t->vocabulary, piece.key, piece.key_size);
        *how = MET_LOWERED;
    }
    return id < HEED_TOKEN_FIRST || r->met[id] >= *how ? -1 : id;
}

static heed_status wrong_size(const reading *r, int64_t numbers)
{
    return heed__fail(HEED_E_DATA,
                      "%s:%lld: a word and %lld numbers, but embeddings have %lld; use "
                      "--embedding-dim %lld (without an encoder --dim %lld)",
                      heed__source_name(r->path), (long long)r->lines.line, (long long)numbers,
                      (long long)r->dim, (long long)numbers, (long long)numbers);
}

/* The word is what stands before the last dim numbers: some files have words with blanks in them.
 */
static heed_status take_line(reading *r, heed__line line)
{
    size_t end = line.size;
    int64_t numbers = count_fields(line) - 1;
    double value;
    if (r->out->lines == 1 ? numbers != r->dim : numbers < r->dim) return wrong_size(r, numbers);
    for (int64_t j = 0; j < r->dim; j++) (void)last_field(line.bytes, &end);
    size_t word = end;
    while (word > 0 && is_blank(line.bytes[word - 1])) word--;
    int how;
    int64_t id = token_of(r, (heed_text){line.bytes, word}, &how);
    if (id < 0) return HEED_OK;
    end = line.size;
    for (int64_t j = r->dim - 1; j >= 0; j--) {
        heed_text field = last_field(line.bytes, &end);
        if (!heed__number_parse(field.bytes, field.size, &value) || !isfinite((float)value))
            return heed__fail(HEED_E_FORMAT,
                              "%s:%lld: '%.*s' is no number; a line is a word and the numbers of "
                              "its vector",
                              heed__source_name(r->path), (long long)r->lines.line,
                              field.size < 40 ? (int)field.size : 40, field.bytes);
        r->table[id * r->dim + j] = (heed_real)value;
    }
    r->out->found += r->met[id] == NOT_MET;
    r->met[id] = (unsigned char)how;
    return HEED_OK;
}

static heed_status read_lines(reading *r)
{
    heed__line line;
    for (;;) {
        HEED_TRY(heed__lines_next(&r->lines, &line));
        if (line.end) break;
        if (line.too_long)
            return heed__fail(HEED_E_FORMAT, "%s:%lld: a line of more than %d bytes is no vector",
                              heed__source_name(r->path), (long long)r->lines.line, LONGEST_LINE);
        if (!line.size || is_header(r, line)) continue;
        r->out->lines++;
        HEED_TRY(take_line(r, line));
    }
    if (r->out->found) return HEED_OK;
    return heed__fail(HEED_E_DATA,
                      "%s: none of its %lld words is a token of the training data; give vectors of "
                      "that language, and for --tokenizer words",
                      heed__source_name(r->path), (long long)r->out->lines);
}

heed_status heed__vectors_read(const char *path, const heed__tokenizer *tokenizer, int64_t dim,
                               heed_real *table, heed__vectors_found *out)
{
    reading r = {.path = path, .tokenizer = tokenizer, .dim = dim, .table = table, .out = out};
    *out = (heed__vectors_found){0};
    HEED_TRY(heed__alloc((size_t)heed__tokenizer_vocabulary(tokenizer), 1, "word vectors", &r.met));
    heed_status status = heed__lines_open(&r.lines, path, LONGEST_LINE);
    if (status == HEED_OK) status = read_lines(&r);
    heed__lines_close(&r.lines);
    heed__free(r.met);
    return status;
}

heed_status heed__vectors_hash(const char *path, char out[HEED_HASH_SIZE])
{
    heed__source *source = NULL;
    heed__sha256 hash;
    unsigned char digest[HEED_SHA256_SIZE];
    char bytes[1 << 14];
    size_t got = 0;
    HEED_TRY(heed__source_open(path, &source));
    heed__sha256_start(&hash);
    heed_status status;
    while ((status = heed__source_read(source, bytes, sizeof bytes, &got)) == HEED_OK && got)
        heed__sha256_add(&hash, bytes, got);
    heed__source_close(&source);
    heed__sha256_finish(&hash, digest);
    heed__sha256_hex(digest, out);
    return status;
}
