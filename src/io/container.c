/* SPDX-License-Identifier: MIT */
#include "io/container.h"

#include "base/fail.h"
#include "base/file.h"
#include "io/checksum.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS = HEED_SHA256_HEX - 1 };

static const char no_digits[] = "0000000000000000000000000000000000000000000000000000000000000000";

/* Where the checksum's digits stand in the header, when they stand there exactly once. */
static const unsigned char *find_digits(const unsigned char *header, size_t size,
                                        const char *digits)
{
    char wanted[sizeof HEED_CONTAINER_CHECKSUM_KEY + HEED_SHA256_HEX + 8];
    int length =
        snprintf(wanted, sizeof wanted, "\"" HEED_CONTAINER_CHECKSUM_KEY "\":\"%s\"", digits);
    const unsigned char *found = NULL;
    for (size_t i = 0; i + (size_t)length <= size; i++) {
        if (header[i] != '"' || memcmp(header + i, wanted, (size_t)length) != 0) continue;
        if (found) return NULL;
        found = header + i + length - 1 - DIGITS;
    }
    return found;
}

/* The header's part of the checksum: its bytes, but zeros for the digits. */
static void add_header(heed__sha256 *hash, const unsigned char *header, size_t size,
                       const unsigned char *digits)
{
    size_t before = (size_t)(digits - header);
    heed__sha256_add(hash, header, before);
    heed__sha256_add(hash, no_digits, DIGITS);
    heed__sha256_add(hash, digits + DIGITS, size - before - DIGITS);
}

static void finish_digits(heed__sha256 *hash, char digits[HEED_SHA256_HEX])
{
    unsigned char digest[HEED_SHA256_SIZE];
    heed__sha256_finish(hash, digest);
    heed__sha256_hex(digest, digits);
}

/* Puts the checksum into the plan's header, where the zeros are. */
static heed_status seal(heed_context *context, heed__safetensors_plan *plan)
{
    const unsigned char *place = find_digits(plan->header, plan->header_size, no_digits);
    if (!place)
        return heed__fail(HEED_E_INVALID, "the texts of a model contain its checksum's own key");
    heed__sha256 hash;
    char digits[HEED_SHA256_HEX];
    heed__sha256_start(&hash);
    add_header(&hash, plan->header, plan->header_size, place);
    for (size_t i = 0; i < plan->tensor_count; i++) {
        const heed__stored *tensor = &plan->tensors[plan->order[i]];
        size_t bytes;
        HEED_TRY(heed__stored_bytes(tensor, &bytes));
        HEED_TRY(heed__checksum_add(context, tensor->data, bytes, &hash));
    }
    finish_digits(&hash, digits);
    memcpy(plan->header + (place - plan->header), digits, DIGITS);
    return HEED_OK;
}

static heed_status write_sealed(heed_context *context, const char *path, const heed__text *texts,
                                size_t text_count, const heed__stored *tensors, size_t tensor_count)
{
    heed__safetensors_plan plan;
    HEED_TRY(heed__safetensors_plan_make(texts, text_count, tensors, tensor_count, &plan));
    heed_status status = seal(context, &plan);
    if (status == HEED_OK) status = heed__safetensors_plan_write(&plan, path);
    heed__safetensors_plan_free(&plan);
    return status;
}

heed_status heed__container_write_version(heed_context *context, const char *path, int number,
                                          const heed__text *texts, size_t text_count,
                                          const heed__stored *tensors, size_t tensor_count)
{
    char version[16];
    snprintf(version, sizeof version, "%d", number);
    heed__text *all = NULL;
    HEED_TRY(heed__alloc(text_count + 2, sizeof *all, "metadata", &all));
    all[0] = (heed__text){HEED_CONTAINER_FORMAT_KEY, version};
    all[1] = (heed__text){HEED_CONTAINER_CHECKSUM_KEY, no_digits};
    if (text_count) memcpy(all + 2, texts, text_count * sizeof *all);
    heed_status status = write_sealed(context, path, all, text_count + 2, tensors, tensor_count);
    heed__free(all);
    return status;
}

heed_status heed__container_write(heed_context *context, const char *path, const heed__text *texts,
                                  size_t text_count, const heed__stored *tensors,
                                  size_t tensor_count)
{
    return heed__container_write_version(context, path, HEED_CONTAINER_FIRST, texts, text_count,
                                         tensors, tensor_count);
}

static heed_status check_version(const heed__safetensors *file, const char *name)
{
    const char *text = heed__safetensors_text(file, HEED_CONTAINER_FORMAT_KEY);
    if (!text)
        return heed__fail(
            HEED_E_FORMAT,
            "%s: a safetensors file, but not one of heed's: no '%s' in its metadata; name "
            "a file that heed wrote",
            name, HEED_CONTAINER_FORMAT_KEY);
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 9 || text[digits] || text[0] == '0')
        return heed__fail(HEED_E_FORMAT, "%s: %s '%s' is not a version number; the file is damaged",
                          name, HEED_CONTAINER_FORMAT_KEY, text);
    long version = strtol(text, NULL, 10);
    if (version > HEED_CONTAINER_FORMAT)
        return heed__fail(HEED_E_FORMAT,
                          "%s: format version %ld, and this heed reads up to %d; use a newer heed",
                          name, version, HEED_CONTAINER_FORMAT);
    return HEED_OK;
}

static heed_status check_sum(heed_context *context, const heed__safetensors *file, const char *name)
{
    const char *stated = heed__safetensors_text(file, HEED_CONTAINER_CHECKSUM_KEY);
    const unsigned char *place = NULL;
    if (stated && strlen(stated) == DIGITS)
        place = find_digits(file->bytes, file->header_size, stated);
    if (!place)
        return heed__fail(HEED_E_FORMAT, "%s: its %s is missing or damaged; get the file again",
                          name, HEED_CONTAINER_CHECKSUM_KEY);
    heed__sha256 hash;
    char digits[HEED_SHA256_HEX];
    heed__sha256_start(&hash);
    add_header(&hash, file->bytes, file->header_size, place);
    for (size_t i = 0; i < file->tensor_count; i++)
        HEED_TRY(heed__checksum_add(context, file->tensors[i].data, file->tensors[i].bytes, &hash));
    finish_digits(&hash, digits);
    if (strcmp(digits, stated) != 0)
        return heed__fail(HEED_E_FORMAT,
                          "%s: damaged: its checksum says %.12s... and its content gives %.12s...; "
                          "get the file again",
                          name, stated, digits);
    return HEED_OK;
}

static heed_status verify(heed_context *context, const char *name, heed__safetensors **file)
{
    heed_status status = check_version(*file, name);
    if (status == HEED_OK) status = check_sum(context, *file, name);
    if (status != HEED_OK) heed__safetensors_free(file);
    return status;
}

/* What cannot be opened says why by itself. */
static heed_status remedy(heed_status status)
{
    if (status != HEED_E_FORMAT) return status;
    return heed__fail(status, "%s; name a file that heed wrote, or get it again, whole",
                      heed_status_message());
}

heed_status heed__container_read(heed_context *context, const char *path, heed__safetensors **out)
{
    heed_status status = heed__safetensors_read(path, SIZE_MAX / 2, out);
    return status == HEED_OK ? verify(context, path, out) : remedy(status);
}

heed_status heed__container_parse(heed_context *context, const void *bytes, size_t size,
                                  const char *name, heed__safetensors **out)
{
    heed_status status = heed__safetensors_parse(bytes, size, name, out);
    return status == HEED_OK ? verify(context, name, out) : remedy(status);
}
