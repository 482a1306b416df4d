/* SPDX-License-Identifier: MIT */
/* Any bytes are a safetensors file or an error; what is read lies inside them. */
#include "fuzz.h"
#include "io/container.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    heed__safetensors *file = NULL;
    if (heed__safetensors_parse(bytes, size, "input", &file) == HEED_OK) {
        size_t covered = file->header_size;
        for (size_t i = 0; i < file->tensor_count; i++) {
            const heed__stored *tensor = &file->tensors[i];
            if (tensor->data != bytes + covered) abort();
            covered += tensor->bytes;
            const heed__stored *found = heed__safetensors_tensor(file, tensor->name);
            if (found != tensor) abort();
        }
        if (covered != size) abort();
        heed__safetensors_free(&file);
    }
    if (heed__container_parse(NULL, bytes, size, "input", &file) == HEED_OK)
        heed__safetensors_free(&file);
    return 0;
}
