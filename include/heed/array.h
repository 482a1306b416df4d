/* SPDX-License-Identifier: MIT */
/**
 * Arrays in NumPy's .npy files: read, written, and converted from one kind of number to another.
 *
 *     heed_array q;
 *     heed_array_read("q.npy", &q);     np.save("q.npy", q) made it
 *     ... q.shape[0 .. q.rank - 1], (float *)q.data, row-major ...
 *     heed_array_free(&q);
 *
 * Files are little-endian and row-major. NumPy has no bfloat16: its bits are stored as uint16
 * (in PyTorch x.view(torch.uint16)), and an array of uint16 is read as bfloat16.
 */
#ifndef HEED_ARRAY_H
#define HEED_ARRAY_H

#include "heed/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What the elements are. */
typedef enum heed_array_kind {
    HEED_ARRAY_FLOAT32,  /**< float */
    HEED_ARRAY_FLOAT64,  /**< double */
    HEED_ARRAY_FLOAT16,  /**< uint16_t that holds an IEEE binary16 */
    HEED_ARRAY_BFLOAT16, /**< uint16_t that holds the upper half of a float */
    HEED_ARRAY_BOOL,     /**< unsigned char, 0 or not */
    HEED_ARRAY_INT32,    /**< int32_t */
    HEED_ARRAY_INT64     /**< int64_t */
} heed_array_kind;

enum {
    HEED_ARRAY_RANK = 32,  /**< NumPy's own limit */
    HEED_ARRAY_HEAD = 1024 /**< the most bytes before a file's data, as written here */
};

/** One array. All zero is an array that holds nothing. */
typedef struct heed_array {
    heed_array_kind kind;
    int rank; /**< 0 = one number */
    int64_t shape[HEED_ARRAY_RANK];
    int64_t count; /**< of elements; 0 when a dimension is 0 */
    void *data;    /**< aligned to 64; freed by heed_array_free */
} heed_array;

/** "float32" and so on. Static; never NULL. */
HEED_API const char *heed_array_kind_name(heed_array_kind kind);

/** Bytes an element. */
HEED_API size_t heed_array_kind_size(heed_array_kind kind);

/**
 * Reads a .npy file (format 1.0 or 2.0); "-" is standard input, to its end.
 * @param out receives the array; the caller frees it with heed_array_free. Holds nothing on error.
 * Errors HEED_E_IO, HEED_E_FORMAT (not .npy, cut, too long), HEED_E_UNSUPPORTED (another element
 * type or byte order, Fortran order: how to convert is said), HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_array_read(const char *path, heed_array *out);

/**
 * Writes a .npy file (format 1.0; data starts at a multiple of 64 bytes): whole or not at all.
 * Errors HEED_E_INVALID (a rank or dimension out of range), HEED_E_IO, HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_array_write(const char *path, const heed_array *array);

/**
 * The head of a .npy file, for who writes to a stream: the file is the head, then the array's data.
 * @param head receives *size bytes, a multiple of 64.
 * @param data_size receives the number of bytes of array->data.
 * Errors HEED_E_INVALID (a rank or dimension out of range).
 */
HEED_API HEED_MUST_CHECK heed_status heed_array_head(const heed_array *array,
                                                     char head[HEED_ARRAY_HEAD], size_t *size,
                                                     size_t *data_size);

/**
 * An array of zeros.
 * @param shape [rank]
 * @param what named in messages, such as "the weights".
 * @param out receives the array; the caller frees it with heed_array_free. Holds nothing on error.
 * Errors HEED_E_INVALID (a rank over 32, a negative dimension), HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_array_create(heed_array_kind kind, int rank,
                                                       const int64_t *shape, const char *what,
                                                       heed_array *out);

/**
 * A copy whose elements are of another kind. Between floating kinds each number becomes the nearest
 * one there is, halves go to even, what is too large becomes infinity and NaN stays NaN; whole
 * numbers become int64 or, where they fit, int32; booleans stay what they are.
 * @param what the array's name in messages.
 * @param out receives the copy; the caller frees it with heed_array_free. Holds nothing on error.
 * Errors HEED_E_INVALID (no such conversion; a whole number that does not fit), HEED_E_NOMEM.
 */
HEED_API HEED_MUST_CHECK heed_status heed_array_convert(const heed_array *array,
                                                        heed_array_kind kind, const char *what,
                                                        heed_array *out);

/** Accepts NULL, and an array that was freed or never filled (all zero). */
HEED_API void heed_array_free(heed_array *array);

#ifdef __cplusplus
}
#endif
#endif
