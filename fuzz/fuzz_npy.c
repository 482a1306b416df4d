/* SPDX-License-Identifier: MIT */
/* Any bytes are a .npy array or an error; an array has the bytes that its shape asks for. */
#include "fuzz.h"
#include "io/npy.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    heed_array array;
    if (heed__npy_parse(bytes, size, "input", &array) != HEED_OK) return 0;
    size_t data = (size_t)array.count * heed_array_kind_size(array.kind);
    if (data > size) abort();
    unsigned sum = 0;
    for (size_t i = 0; i < data; i++) sum += ((unsigned char *)array.data)[i];
    heed_array_free(&array);
    return sum == 0xffffffffu; /* read, so that a sanitizer looks at every byte */
}
