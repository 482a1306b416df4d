/* SPDX-License-Identifier: MIT */
#include "io/safetensors.h"

#include "base/fail.h"
#include "base/file.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = 8, MOST_HEADER = 100000000, WIDEST = 8 };

static heed_status no_memory(void)
{
    return heed__fail(HEED_E_NOMEM, "no memory for a safetensors header");
}

/* Adds a new member, taking over `value`. */
static heed_status add_member(json_t *object, const char *key, json_t *value, const char *what)
{
    if (!value) return heed__fail(HEED_E_INVALID, "%s '%s': its value is not UTF-8", what, key);
    heed_status status = HEED_OK;
    if (json_object_get(object, key))
        status = heed__fail(HEED_E_INVALID, "%s '%s' is given twice", what, key);
    else if (json_object_set(object, key, value) != 0)
        status = heed__fail(HEED_E_INVALID, "%s '%s': its name is not UTF-8", what, key);
    json_decref(value);
    return status;
}

static heed_status add_texts(json_t *header, const heed__text *texts, size_t count)
{
    if (!count) return HEED_OK;
    json_t *metadata = json_object();
    if (!metadata || json_object_set_new(header, "__metadata__", metadata) != 0) return no_memory();
    for (size_t i = 0; i < count; i++)
        HEED_TRY(add_member(metadata, texts[i].key, json_string(texts[i].value), "metadata"));
    return HEED_OK;
}

static heed_status add_tensor(json_t *header, const heed__stored *tensor, size_t *offset)
{
    size_t bytes;
    HEED_TRY(heed__stored_bytes(tensor, &bytes));
    size_t begin = *offset;
    if (bytes > INT64_MAX - begin)
        return heed__fail(HEED_E_INVALID, "tensor '%s': the file would be too large", tensor->name);
    *offset += bytes;
    json_t *shape = json_array();
    for (int i = 0; i < tensor->rank; i++)
        if (json_array_append_new(shape, json_integer(tensor->shape[i])) != 0) {
            json_decref(shape);
            return no_memory();
        }
    json_t *entry =
        json_pack("{s:s, s:o, s:[I, I]}", "dtype", heed__dtype_name(tensor->dtype), "shape", shape,
                  "data_offsets", (json_int_t)begin, (json_int_t)*offset);
    if (!entry) return no_memory();
    return add_member(header, tensor->name, entry, "tensor");
}

/* Wide elements first, so that every tensor starts at a multiple of its element's size. */
static void lay_out(heed__safetensors_plan *plan)
{
    size_t placed = 0;
    for (size_t width = WIDEST; width; width /= 2)
        for (size_t i = 0; i < plan->tensor_count; i++)
            if (heed__dtype_size(plan->tensors[i].dtype) == width) plan->order[placed++] = i;
}

static heed_status dump_header(const json_t *header, heed__safetensors_plan *plan)
{
    size_t length = json_dumpb(header, NULL, 0, JSON_COMPACT);
    if (!length) return no_memory();
    size_t size = (LENGTH_BYTES + length + HEED_ALIGNMENT - 1) / HEED_ALIGNMENT * HEED_ALIGNMENT;
    uint64_t stated = size - LENGTH_BYTES;
    if (stated > MOST_HEADER)
        return heed__fail(HEED_E_INVALID, "names and metadata take %zu bytes; at most %d fit",
                          length, MOST_HEADER);
    HEED_TRY(heed__alloc(size, 1, "a safetensors header", &plan->header));
    memset(plan->header, ' ', size);
    for (int i = 0; i < LENGTH_BYTES; i++) plan->header[i] = (unsigned char)(stated >> 8 * i);
    json_dumpb(header, (char *)plan->header + LENGTH_BYTES, length, JSON_COMPACT);
    plan->header_size = size;
    return HEED_OK;
}

static heed_status make_header(const heed__text *texts, size_t text_count, json_t *header,
                               heed__safetensors_plan *plan)
{
    if (!header) return no_memory();
    HEED_TRY(add_texts(header, texts, text_count));
    size_t offset = 0;
    for (size_t i = 0; i < plan->tensor_count; i++) {
        const heed__stored *tensor = &plan->tensors[plan->order[i]];
        if (strcmp(tensor->name, "__metadata__") == 0)
            return heed__fail(HEED_E_INVALID, "a tensor cannot be called '__metadata__'");
        HEED_TRY(add_tensor(header, tensor, &offset));
    }
    return dump_header(header, plan);
}

heed_status heed__safetensors_plan_make(const heed__text *texts, size_t text_count,
                                        const heed__stored *tensors, size_t tensor_count,
                                        heed__safetensors_plan *plan)
{
    *plan = (heed__safetensors_plan){.tensors = tensors, .tensor_count = tensor_count};
    HEED_TRY(heed__alloc(tensor_count, sizeof *plan->order, "a tensor list", &plan->order));
    lay_out(plan);
    json_t *header = json_object();
    heed_status status = make_header(texts, text_count, header, plan);
    json_decref(header);
    if (status != HEED_OK) heed__safetensors_plan_free(plan);
    return status;
}

static heed_status write_all(const heed__safetensors_plan *plan, heed__file_writer *writer)
{
    HEED_TRY(heed__file_write(writer, plan->header, plan->header_size));
    for (size_t i = 0; i < plan->tensor_count; i++) {
        const heed__stored *tensor = &plan->tensors[plan->order[i]];
        size_t bytes;
        HEED_TRY(heed__stored_bytes(tensor, &bytes));
        HEED_TRY(heed__file_write(writer, tensor->data, bytes));
    }
    return HEED_OK;
}

heed_status heed__safetensors_plan_write(const heed__safetensors_plan *plan, const char *path)
{
    heed__file_writer *writer = NULL;
    HEED_TRY(heed__file_create(path, &writer));
    heed_status status = write_all(plan, writer);
    if (status != HEED_OK)
        heed__file_abandon(&writer);
    else
        status = heed__file_finish(&writer);
    return status;
}

void heed__safetensors_plan_free(heed__safetensors_plan *plan)
{
    heed__free(plan->header);
    heed__free(plan->order);
    *plan = (heed__safetensors_plan){0};
}
