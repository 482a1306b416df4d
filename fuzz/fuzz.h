/* SPDX-License-Identifier: MIT */
/* What a fuzz target defines, and how it hands its bytes to code that reads files. */
#ifndef HEED_FUZZ_H
#define HEED_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file in memory that holds the bytes, under a path of at most 32 bytes. Returns its descriptor,
 * which the caller closes. */
static inline int fuzz_file(const uint8_t *data, size_t size, char path[32])
{
    int file = memfd_create("fuzz", 0);
    if (file < 0 || (size && write(file, data, size) != (ssize_t)size)) abort();
    snprintf(path, 32, "/proc/self/fd/%d", file);
    return file;
}

#endif
