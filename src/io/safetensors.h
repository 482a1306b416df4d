/* SPDX-License-Identifier: MIT */
/*
 * safetensors files: eight bytes of header length, a JSON header, then the tensors' bytes. The
 * reader trusts nothing: every size, offset, name and shape is checked before it is used. Numbers
 * are little-endian, as on every machine heed runs on.
 */
#ifndef HEED_IO_SAFETENSORS_H
#define HEED_IO_SAFETENSORS_H

#include "base/memory.h"
#include "tensor/dtype.h"

#include <stddef.h>
#include <stdint.h>

/* One string of the file's `__metadata__`. UTF-8 without NUL. */
typedef struct heed__text {
    const char *key, *value;
} heed__text;

/* One tensor, row-major. rank 0 is a single number; a dimension may be 0. */
typedef struct heed__stored {
    const char *name;
    heed__dtype dtype;
    int rank;
    const int64_t *shape;
    const void *data; /* may be unaligned in files of other writers: copy with memcpy */
    int64_t count;    /* of elements; filled in by the reader, ignored by the writer */
    size_t bytes;     /* likewise */
} heed__stored;

typedef struct heed__safetensors {
    const heed__text *texts; /* in the file's order */
    size_t text_count;
    const heed__stored *tensors; /* in the order of their bytes */
    size_t tensor_count;
    size_t header_size; /* bytes before the first tensor's */
    size_t size;        /* of the whole file */

    const unsigned char *bytes; /* the whole file */
    const heed__stored **by_name;
    void *owned; /* what the reader allocated for bytes, or NULL */
    heed__arena arena;
} heed__safetensors;

/* Reads a file's bytes, which must outlive *out; `name` stands for the file in messages.
 * Errors HEED_E_FORMAT (what rule is broken, where), HEED_E_NOMEM; *out is NULL on error. */
heed_status heed__safetensors_parse(const void *bytes, size_t size, const char *name,
                                    heed__safetensors **out);
/* The same from a path; at most limit bytes. Also HEED_E_IO. */
heed_status heed__safetensors_read(const char *path, size_t limit, heed__safetensors **out);
/* Frees; accepts a pointer to NULL and nulls the pointer. */
void heed__safetensors_free(heed__safetensors **file);

/* The tensor of that name, or NULL. */
const heed__stored *heed__safetensors_tensor(const heed__safetensors *file, const char *name);
/* The metadata string of that key, or NULL. */
const char *heed__safetensors_text(const heed__safetensors *file, const char *key);

/* A file about to be written: the same texts and tensors in the same order give the same bytes.
 * Tensors of wide elements go first, otherwise in the given order, so that each is aligned to its
 * element; the first byte of data is aligned to 64. */
typedef struct heed__safetensors_plan {
    unsigned char *header; /* all bytes before the first tensor's */
    size_t header_size;
    const heed__stored *tensors; /* the caller's, which must outlive the plan */
    size_t tensor_count;
    size_t *order; /* file position -> index in tensors */
} heed__safetensors_plan;

/* Errors HEED_E_INVALID (a name twice, text that is not UTF-8, a size that overflows). */
heed_status heed__safetensors_plan_make(const heed__text *texts, size_t text_count,
                                        const heed__stored *tensors, size_t tensor_count,
                                        heed__safetensors_plan *plan);
/* Writes the file whole or not at all. */
heed_status heed__safetensors_plan_write(const heed__safetensors_plan *plan, const char *path);
void heed__safetensors_plan_free(heed__safetensors_plan *plan);

/* Bytes of a tensor's data; HEED_E_INVALID where the product overflows or a dimension is negative.
 */
heed_status heed__stored_bytes(const heed__stored *tensor, size_t *out);

#endif
