/* SPDX-License-Identifier: MIT */
#include "io/npy.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

enum { MAGIC = 6, VERSION_1_HEADER = 10, VERSION_2_HEADER = 12, MOST_HEADER = 65535 };

static const char magic[] = "\x93NUMPY";

static const struct row {
    const char *descr;
    heed_array_kind kind;
} rows[] = {
    {"<f4", HEED_ARRAY_FLOAT32},  {"<f8", HEED_ARRAY_FLOAT64}, {"<f2", HEED_ARRAY_FLOAT16},
    {"<u2", HEED_ARRAY_BFLOAT16}, {"|b1", HEED_ARRAY_BOOL},    {"<i4", HEED_ARRAY_INT32},
    {"<i8", HEED_ARRAY_INT64},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* The header is the text of a Python dictionary with three keys; nothing else is accepted. */
typedef struct header {
    const char *at, *end;
    const char *name; /* of the file */
    char descr[16];
    int fortran;
    int has_descr, has_fortran, has_shape;
    heed_array *out;
} header;

static heed_status malformed(const header *h, const char *what)
{
    return heed__fail(HEED_E_FORMAT, "%s: its .npy header is malformed: %s", h->name, what);
}

static void skip_spaces(header *h)
{
    while (h->at < h->end && (*h->at == ' ' || *h->at == '\n')) h->at++;
}

static int accept(header *h, char wanted)
{
    skip_spaces(h);
    if (h->at == h->end || *h->at != wanted) return 0;
    h->at++;
    return 1;
}

/* 'text' or "text" without escapes. */
static int read_quoted(header *h, char *text, size_t room)
{
    skip_spaces(h);
    if (h->at == h->end || (*h->at != '\'' && *h->at != '"')) return 0;
    char quote = *h->at++;
    size_t length = 0;
    while (h->at < h->end && *h->at != quote) {
        if (length + 1 == room || *h->at == '\\' || *h->at == 0) return 0;
        text[length++] = *h->at++;
    }
    text[length] = 0;
    return accept(h, quote);
}

static int read_word(header *h, const char *word)
{
    skip_spaces(h);
    size_t length = strlen(word);
    if ((size_t)(h->end - h->at) < length || memcmp(h->at, word, length) != 0) return 0;
    h->at += length;
    return 1;
}

static int read_length(header *h, int64_t *out)
{
    skip_spaces(h);
    int64_t value = 0;
    const char *first = h->at;
    for (; h->at < h->end && *h->at >= '0' && *h->at <= '9'; h->at++) {
        int digit = *h->at - '0';
        if (value > (INT64_MAX - digit) / 10) return 0;
        value = value * 10 + digit;
    }
    *out = value;
    return h->at > first;
}

/* (), (3,) or (3, 4) with an optional comma at the end. */
static heed_status read_shape(header *h)
{
    if (!accept(h, '(')) return malformed(h, "shape is not a tuple");
    int rank = 0;
    while (!accept(h, ')')) {
        if (rank == HEED_ARRAY_RANK) return malformed(h, "more than 32 dimensions");
        if (!read_length(h, &h->out->shape[rank++]))
            return malformed(h, "a dimension is not a whole number");
        if (accept(h, ',')) continue;
        if (rank == 1 || !accept(h, ')')) return malformed(h, "shape is not a tuple");
        break;
    }
    h->out->rank = rank;
    return HEED_OK;
}

static heed_status read_value(header *h, const char *key)
{
    if (strcmp(key, "descr") == 0 && !h->has_descr) {
        h->has_descr = 1;
        if (read_quoted(h, h->descr, sizeof h->descr)) return HEED_OK;
        return heed__fail(HEED_E_UNSUPPORTED,
                          "%s: its elements are records; save a plain float32 array", h->name);
    }
    if (strcmp(key, "fortran_order") == 0 && !h->has_fortran) {
        h->has_fortran = 1;
        h->fortran = read_word(h, "True");
        return h->fortran || read_word(h, "False")
                   ? HEED_OK
                   : malformed(h, "fortran_order is not True or False");
    }
    if (strcmp(key, "shape") == 0 && !h->has_shape) {
        h->has_shape = 1;
        return read_shape(h);
    }
    return malformed(h, "a key is unknown or there twice");
}

static heed_status read_dictionary(header *h)
{
    if (!accept(h, '{')) return malformed(h, "no dictionary");
    while (!accept(h, '}')) {
        char key[16];
        if (!read_quoted(h, key, sizeof key) || !accept(h, ':')) return malformed(h, "no key");
        HEED_TRY(read_value(h, key));
        if (accept(h, ',')) continue;
        if (!accept(h, '}')) return malformed(h, "no closing brace");
        break;
    }
    skip_spaces(h);
    if (h->at != h->end) return malformed(h, "text after the dictionary");
    if (!h->has_descr || !h->has_fortran || !h->has_shape)
        return malformed(h, "descr, fortran_order or shape is missing");
    return HEED_OK;
}

static heed_status check_layout(const header *h)
{
    int row = 0;
    while (row < ROWS && strcmp(rows[row].descr, h->descr) != 0) row++;
    if (row == ROWS)
        return heed__fail(
            HEED_E_UNSUPPORTED,
            "%s: elements '%s'; heed reads <f2, <f4, <f8, <i4, <i8, |b1 and bfloat16 as "
            "<u2: save array.astype('<f4')",
            h->name, h->descr);
    if (h->fortran && h->out->rank > 1)
        return heed__fail(HEED_E_UNSUPPORTED,
                          "%s: column-major (fortran_order): save numpy.ascontiguousarray(array)",
                          h->name);
    h->out->kind = rows[row].kind;
    return HEED_OK;
}

/* The number of bytes the shape asks for must be the number that is there. */
static heed_status check_size(header *h, size_t there)
{
    uint64_t count = 1, most = there / heed_array_kind_size(h->out->kind);
    int empty = 0;
    for (int i = 0; i < h->out->rank; i++) empty |= h->out->shape[i] == 0;
    for (int i = 0; i < h->out->rank && !empty; i++) {
        if ((uint64_t)h->out->shape[i] > most / count)
            return heed__fail(HEED_E_FORMAT,
                              "%s: cut short: its shape needs more than its %zu "
                              "bytes of data",
                              h->name, there);
        count *= (uint64_t)h->out->shape[i];
    }
    if (empty) count = 0;
    h->out->count = (int64_t)count;
    size_t needed = (size_t)count * heed_array_kind_size(h->out->kind);
    if (needed != there)
        return heed__fail(HEED_E_FORMAT, "%s: %zu bytes of data where its shape needs %zu", h->name,
                          there, needed);
    return HEED_OK;
}

/* Finds the header's text; its length is two bytes in version 1 and four in version 2. */
static heed_status find_header(const unsigned char *bytes, size_t size, header *h)
{
    if (size < VERSION_1_HEADER || memcmp(bytes, magic, MAGIC) != 0)
        return heed__fail(HEED_E_FORMAT, "%s: not a .npy file", h->name);
    if (bytes[MAGIC] < 1 || bytes[MAGIC] > 2 || bytes[MAGIC + 1] != 0)
        return heed__fail(HEED_E_UNSUPPORTED, "%s: .npy version %d.%d; heed reads 1.0 and 2.0",
                          h->name, bytes[MAGIC], bytes[MAGIC + 1]);
    size_t start = bytes[MAGIC] == 1 ? VERSION_1_HEADER : VERSION_2_HEADER;
    if (size < start) return malformed(h, "cut short");
    size_t length = 0;
    for (size_t i = start; i-- > MAGIC + 2;) length = length << 8 | bytes[i];
    if (length > MOST_HEADER || length > size - start) return malformed(h, "cut short or too long");
    h->at = (const char *)bytes + start;
    h->end = h->at + length;
    return HEED_OK;
}

heed_status heed__npy_parse(const void *bytes, size_t size, const char *name, heed_array *out)
{
    *out = (heed_array){0};
    header h = {.name = name, .out = out};
    HEED_TRY(find_header(bytes, size, &h));
    const char *data = h.end;
    size_t there = size - (size_t)(data - (const char *)bytes);
    HEED_TRY(read_dictionary(&h));
    HEED_TRY(check_layout(&h));
    HEED_TRY(check_size(&h, there));
    HEED_TRY(heed__alloc(there, 1, name, &out->data));
    memcpy(out->data, data, there);
    return HEED_OK;
}

heed_status heed_array_read(const char *path, heed_array *out)
{
    *out = (heed_array){0};
    unsigned char *bytes;
    size_t size;
    int standard = strcmp(path, "-") == 0;
    const char *name = standard ? "standard input" : path;
    HEED_TRY(standard ? heed__stream_read(stdin, name, SIZE_MAX / 2, &bytes, &size)
                      : heed__file_read(path, SIZE_MAX / 2, &bytes, &size));
    heed_status status = heed__npy_parse(bytes, size, name, out);
    heed__free(bytes);
    return status;
}

/* The dictionary, its tuple written as Python does: (), (3,), (3, 4). */
static size_t write_dictionary(const char *descr, int rank, const int64_t *shape, char *text,
                               size_t room)
{
    int used = snprintf(text, room, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
    for (int i = 0; i < rank; i++)
        used += snprintf(text + used, room - (size_t)used, "%s%lld", i ? ", " : "",
                         (long long)shape[i]);
    used += snprintf(text + used, room - (size_t)used, "%s), }", rank == 1 ? "," : "");
    return (size_t)used;
}

static heed_status byte_count(const char *path, const heed_array *array, size_t *out)
{
    size_t bytes = heed_array_kind_size(array->kind);
    if (array->rank < 0 || array->rank > HEED_ARRAY_RANK)
        return heed__fail(HEED_E_INVALID, "%s: an array of %d dimensions; there may be 0 to %d",
                          path, array->rank, HEED_ARRAY_RANK);
    for (int i = 0; i < array->rank; i++) {
        int64_t length = array->shape[i];
        if (length < 0 || (length && bytes > (size_t)INT64_MAX / (size_t)length))
            return heed__fail(HEED_E_INVALID,
                              "%s: an array's dimension %d is %lld: negative, or the size "
                              "overflows",
                              path, i, (long long)length);
        bytes *= (size_t)length;
    }
    *out = bytes;
    return HEED_OK;
}

/* What stands before the data, and how much data there is. `name` stands for the file. */
static heed_status write_head(const heed_array *array, const char *name, char head[HEED_ARRAY_HEAD],
                              size_t *head_size, size_t *data_size)
{
    int row = 0;
    HEED_TRY(byte_count(name, array, data_size));
    memcpy(head, "\x93NUMPY\x01\0", MAGIC + 2);
    while (rows[row].kind != array->kind) row++;
    size_t used = VERSION_1_HEADER + write_dictionary(rows[row].descr, array->rank, array->shape,
                                                      head + VERSION_1_HEADER,
                                                      HEED_ARRAY_HEAD - VERSION_1_HEADER);
    size_t size = (used + HEED_ALIGNMENT) / HEED_ALIGNMENT * HEED_ALIGNMENT;
    memset(head + used, ' ', size - used - 1);
    head[size - 1] = '\n';
    head[MAGIC + 2] = (char)((size - VERSION_1_HEADER) & 0xff);
    head[MAGIC + 3] = (char)((size - VERSION_1_HEADER) >> 8);
    *head_size = size;
    return HEED_OK;
}

heed_status heed_array_head(const heed_array *array, char head[HEED_ARRAY_HEAD], size_t *size,
                            size_t *data_size)
{
    return write_head(array, "an array's head", head, size, data_size);
}

heed_status heed_array_write(const char *path, const heed_array *array)
{
    char head[HEED_ARRAY_HEAD];
    size_t size = 0, bytes = 0;
    HEED_TRY(write_head(array, path, head, &size, &bytes));
    heed__file_writer *writer = NULL;
    HEED_TRY(heed__file_create(path, &writer));
    heed_status status = heed__file_write(writer, head, size);
    if (status == HEED_OK) status = heed__file_write(writer, array->data, bytes);
    if (status == HEED_OK) return heed__file_finish(&writer);
    heed__file_abandon(&writer);
    return status;
}
