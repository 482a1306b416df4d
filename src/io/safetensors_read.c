/* SPDX-License-Identifier: MIT */
#include "io/safetensors.h"

#include "base/fail.h"
#include "base/file.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = 8, MOST_HEADER = 100000000 /* the format's own limit */ };

/* What is being read, for every step below. */
typedef struct reader {
    heed__safetensors *file;
    const char *name;
    size_t data_size;
} reader;

/* Product of the shape and the element size, each multiplication checked. */
static int sizes_of(heed__stored *tensor)
{
    uint64_t count = 1;
    for (int i = 0; i < tensor->rank; i++) {
        uint64_t length = (uint64_t)tensor->shape[i];
        if (tensor->shape[i] < 0 || (length && count > INT64_MAX / length)) return 0;
        count *= length;
    }
    size_t element = heed__dtype_size(tensor->dtype);
    if (count > SIZE_MAX / 2 / element) return 0;
    tensor->count = (int64_t)count;
    tensor->bytes = (size_t)count * element;
    return 1;
}

heed_status heed__stored_bytes(const heed__stored *tensor, size_t *out)
{
    heed__stored copy = *tensor;
    if (!sizes_of(&copy))
        return heed__fail(HEED_E_INVALID, "tensor '%s': its shape is negative or overflows",
                          tensor->name);
    *out = copy.bytes;
    return HEED_OK;
}

static heed_status read_shape(const reader *r, const json_t *shape, heed__stored *tensor)
{
    if (!json_is_array(shape))
        return heed__fail(HEED_E_FORMAT, "%s: tensor '%s' has no shape list", r->name,
                          tensor->name);
    size_t rank = json_array_size(shape);
    int64_t *lengths = NULL;
    HEED_TRY(heed__arena_take(&r->file->arena, rank, sizeof *lengths, "a shape", &lengths));
    for (size_t i = 0; i < rank; i++) {
        const json_t *length = json_array_get(shape, i);
        if (!json_is_integer(length) || json_integer_value(length) < 0)
            return heed__fail(HEED_E_FORMAT,
                              "%s: tensor '%s': dimension %zu is not a whole number from 0 up",
                              r->name, tensor->name, i);
        lengths[i] = json_integer_value(length);
    }
    tensor->rank = (int)rank; /* a header of 100 MB holds fewer than INT_MAX */
    tensor->shape = lengths;
    if (!sizes_of(tensor))
        return heed__fail(HEED_E_FORMAT, "%s: tensor '%s': its shape overflows", r->name,
                          tensor->name);
    return HEED_OK;
}

static heed_status read_offsets(const reader *r, const json_t *offsets, heed__stored *tensor)
{
    const json_t *first = json_array_get(offsets, 0), *last = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(first) || !json_is_integer(last))
        return heed__fail(HEED_E_FORMAT, "%s: tensor '%s': data_offsets is not two whole numbers",
                          r->name, tensor->name);
    json_int_t begin = json_integer_value(first), end = json_integer_value(last);
    if (begin < 0 || end < begin || (uint64_t)end > r->data_size)
        return heed__fail(HEED_E_FORMAT,
                          "%s: tensor '%s': data_offsets [%lld, %lld] do not lie in order within "
                          "the file's %zu bytes of data",
                          r->name, tensor->name, (long long)begin, (long long)end, r->data_size);
    if ((uint64_t)(end - begin) != tensor->bytes)
        return heed__fail(HEED_E_FORMAT,
                          "%s: tensor '%s' needs %zu bytes but its data_offsets hold %lld", r->name,
                          tensor->name, tensor->bytes, (long long)(end - begin));
    tensor->data = r->file->bytes + r->file->header_size + begin;
    return HEED_OK;
}

static heed_status read_tensor(const reader *r, const char *name, const json_t *entry,
                               heed__stored *tensor)
{
    HEED_TRY(heed__arena_text(&r->file->arena, name, strlen(name), &tensor->name));
    if (!json_is_object(entry) || json_object_size(entry) != 3)
        return heed__fail(HEED_E_FORMAT,
                          "%s: tensor '%s' is not exactly dtype, shape and data_offsets", r->name,
                          name);
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    tensor->dtype = dtype ? heed__dtype_find(dtype) : HEED_DTYPES;
    if (tensor->dtype == HEED_DTYPES)
        return heed__fail(HEED_E_FORMAT, "%s: tensor '%s': dtype '%s' is not known to this heed",
                          r->name, name, dtype ? dtype : "");
    HEED_TRY(read_shape(r, json_object_get(entry, "shape"), tensor));
    return read_offsets(r, json_object_get(entry, "data_offsets"), tensor);
}

static heed_status read_texts(const reader *r, json_t *metadata)
{
    if (!json_is_object(metadata))
        return heed__fail(HEED_E_FORMAT, "%s: __metadata__ is not an object", r->name);
    heed__text *texts = NULL;
    HEED_TRY(heed__arena_take(&r->file->arena, json_object_size(metadata), sizeof *texts,
                              "metadata", &texts));
    r->file->texts = texts;
    const char *key;
    json_t *value;
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value))
            return heed__fail(HEED_E_FORMAT, "%s: metadata '%s' is not a string", r->name, key);
        heed__text *text = &texts[r->file->text_count++];
        HEED_TRY(heed__arena_text(&r->file->arena, key, strlen(key), &text->key));
        HEED_TRY(heed__arena_text(&r->file->arena, json_string_value(value),
                                  json_string_length(value), &text->value));
    }
    return HEED_OK;
}

static int by_offset(const void *a, const void *b)
{
    const heed__stored *left = a, *right = b;
    const char *x = left->data, *y = right->data;
    if (x != y) return x < y ? -1 : 1;
    if (left->bytes != right->bytes) return left->bytes < right->bytes ? -1 : 1;
    return strcmp(left->name, right->name); /* empty ones at one place: a fixed order */
}

static int by_name(const void *a, const void *b)
{
    const heed__stored *const *left = a, *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

/* The tensors must cover the data exactly: no byte twice, none unused, none outside. */
static heed_status check_cover(const reader *r, heed__stored *tensors, size_t count)
{
    if (count) qsort(tensors, count, sizeof *tensors, by_offset);
    const char *at = (const char *)r->file->bytes + r->file->header_size;
    const char *end = at + r->data_size;
    for (size_t i = 0; i < count; i++) {
        const char *data = tensors[i].data;
        if (data != at)
            return heed__fail(HEED_E_FORMAT, "%s: tensor '%s' %s", r->name, tensors[i].name,
                              data < at ? "overlaps the one before it"
                                        : "leaves unused bytes before it");
        at = data + tensors[i].bytes;
    }
    if (at != end)
        return heed__fail(HEED_E_FORMAT, "%s: %zu bytes after the last tensor", r->name,
                          (size_t)(end - at));
    return HEED_OK;
}

static heed_status read_entries(const reader *r, json_t *header)
{
    heed__stored *tensors = NULL;
    size_t count = 0, most = json_object_size(header);
    HEED_TRY(heed__arena_take(&r->file->arena, most, sizeof *tensors, "a tensor list", &tensors));
    const char *key;
    json_t *value;
    json_object_foreach(header, key, value)
    {
        if (strcmp(key, "__metadata__") == 0)
            HEED_TRY(read_texts(r, value));
        else
            HEED_TRY(read_tensor(r, key, value, &tensors[count++]));
    }
    HEED_TRY(check_cover(r, tensors, count));
    r->file->tensors = tensors;
    r->file->tensor_count = count;
    HEED_TRY(heed__arena_take(&r->file->arena, count, sizeof *r->file->by_name, "a tensor index",
                              &r->file->by_name));
    for (size_t i = 0; i < count; i++) r->file->by_name[i] = &tensors[i];
    if (count) qsort(r->file->by_name, count, sizeof *r->file->by_name, by_name);
    return HEED_OK;
}

static heed_status read_header(reader *r)
{
    const heed__safetensors *file = r->file;
    if (file->size < LENGTH_BYTES)
        return heed__fail(HEED_E_FORMAT, "%s: %zu bytes are too few for a safetensors file",
                          r->name, file->size);
    uint64_t length = 0;
    for (int i = LENGTH_BYTES; i-- > 0;) length = length << 8 | file->bytes[i];
    if (length > MOST_HEADER || length > file->size - LENGTH_BYTES)
        return heed__fail(HEED_E_FORMAT,
                          "%s: not a safetensors file, or cut short: its header would be %llu "
                          "bytes and the file has %zu",
                          r->name, (unsigned long long)length, file->size);
    const char *text = (const char *)file->bytes + LENGTH_BYTES;
    if (length == 0 || text[0] != '{')
        return heed__fail(HEED_E_FORMAT, "%s: not a safetensors file: no JSON object at byte 8",
                          r->name);
    json_error_t error;
    json_t *header = json_loadb(text, (size_t)length, JSON_REJECT_DUPLICATES, &error);
    if (!header)
        return heed__fail(HEED_E_FORMAT, "%s: the header is damaged at byte %d: %s", r->name,
                          LENGTH_BYTES + error.position, error.text);
    r->file->header_size = LENGTH_BYTES + (size_t)length;
    r->data_size = file->size - file->header_size;
    heed_status status = read_entries(r, header);
    json_decref(header);
    return status;
}

heed_status heed__safetensors_parse(const void *bytes, size_t size, const char *name,
                                    heed__safetensors **out)
{
    *out = NULL;
    heed__safetensors *file = NULL;
    HEED_TRY(heed__alloc(1, sizeof *file, "a safetensors file", &file));
    file->bytes = bytes;
    file->size = size;
    heed_status status = read_header(&(reader){.file = file, .name = name});
    if (status != HEED_OK)
        heed__safetensors_free(&file);
    else
        *out = file;
    return status;
}

heed_status heed__safetensors_read(const char *path, size_t limit, heed__safetensors **out)
{
    *out = NULL;
    unsigned char *bytes;
    size_t size;
    HEED_TRY(heed__file_read(path, limit, &bytes, &size));
    heed_status status = heed__safetensors_parse(bytes, size, path, out);
    if (status == HEED_OK)
        (*out)->owned = bytes;
    else
        heed__free(bytes);
    return status;
}

void heed__safetensors_free(heed__safetensors **file)
{
    if (!file || !*file) return;
    heed__arena_free(&(*file)->arena);
    heed__free((*file)->owned);
    heed__free(*file);
    *file = NULL;
}

const heed__stored *heed__safetensors_tensor(const heed__safetensors *file, const char *name)
{
    size_t low = 0, high = file->tensor_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, file->by_name[middle]->name);
        if (order == 0) return file->by_name[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *heed__safetensors_text(const heed__safetensors *file, const char *key)
{
    for (size_t i = 0; i < file->text_count; i++)
        if (strcmp(file->texts[i].key, key) == 0) return file->texts[i].value;
    return NULL;
}
