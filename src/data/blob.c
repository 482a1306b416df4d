/* SPDX-License-Identifier: MIT */
#include "data/blob.h"

#include "base/fail.h"
#include "base/memory.h"
#include "data/utf8.h"

#include <string.h>

heed_status heed__blob_add(heed__blob *blob, const void *bytes, size_t size)
{
    HEED_TRY(heed__grow(&blob->bytes, &blob->room, blob->size + size, 1, "a tokenizer"));
    if (size) memcpy(blob->bytes + blob->size, bytes, size);
    blob->size += size;
    return HEED_OK;
}

heed_status heed__blob_add_number(heed__blob *blob, int64_t number)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)((uint64_t)number >> 8 * i);
    return heed__blob_add(blob, bytes, sizeof bytes);
}

heed_status heed__blob_add_text(heed__blob *blob, heed_text text)
{
    HEED_TRY(heed__blob_add_number(blob, (int64_t)text.size));
    return heed__blob_add(blob, text.bytes, text.size);
}

heed_status heed__blob_number(heed__blob_reader *blob, int64_t least, int64_t most, int64_t *out)
{
    uint64_t number = 0;
    if (blob->size - blob->at < 8)
        return heed__fail(HEED_E_FORMAT, "the tokenizer ends too early, at byte %zu", blob->size);
    for (int i = 0; i < 8; i++) number |= (uint64_t)blob->bytes[blob->at++] << 8 * i;
    *out = number <= INT64_MAX ? (int64_t)number : -(int64_t)(UINT64_MAX - number) - 1;
    if (*out < least || *out > most)
        return heed__fail(HEED_E_FORMAT,
                          "the tokenizer holds %lld at byte %zu, where %lld to %lld may stand",
                          (long long)*out, blob->at - 8, (long long)least, (long long)most);
    return HEED_OK;
}

heed_status heed__blob_text(heed__blob_reader *blob, heed_text *out)
{
    int64_t size = 0;
    HEED_TRY(heed__blob_number(blob, 0, INT64_MAX, &size));
    if ((uint64_t)size > blob->size - blob->at)
        return heed__fail(HEED_E_FORMAT, "the tokenizer ends too early, at byte %zu", blob->size);
    *out = (heed_text){(const char *)blob->bytes + blob->at, (size_t)size};
    if (heed__utf8_valid(out->bytes, out->size) != out->size || memchr(out->bytes, 0, out->size))
        return heed__fail(HEED_E_FORMAT,
                          "the tokenizer holds a text that is not UTF-8, at byte %zu", blob->at);
    blob->at += (size_t)size;
    return HEED_OK;
}

int64_t heed__blob_most(const heed__blob_reader *blob, size_t size)
{
    return (int64_t)((blob->size - blob->at) / size);
}
