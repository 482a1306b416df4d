/* SPDX-License-Identifier: MIT */
/* All that a reader gives, as one text. */
#ifndef HEED_TESTS_READING_H
#define HEED_TESTS_READING_H

#include "check.h"

#include "files.h"
#include "heed/data.h"

/* Reads everything and writes it as "label[,label]:text;" after each other. */
static inline heed_status read_all(const char *const *paths, int n,
                                   const heed_read_options *options, char *out, size_t size)
{
    heed_reader *reader = NULL;
    heed_record record;
    heed_status status = heed_reader_open(files_context, paths, n, options, &reader);
    size_t used = 0;
    out[0] = 0;
    while (status == HEED_OK) {
        status = heed_reader_next(reader, &record);
        if (status != HEED_OK || record.end) break;
        for (int i = 0; i < record.n_labels; i++) {
            assert_int_equal(strlen(record.labels[i].bytes), record.labels[i].size);
            used += (size_t)snprintf(out + used, size - used, "%s%s", i ? "," : "",
                                     record.labels[i].bytes);
        }
        assert_int_equal(strlen(record.text.bytes), record.text.size);
        used += (size_t)snprintf(out + used, size - used, ":%s;", record.text.bytes);
        assert_true(used < size);
    }
    heed_reader_close(&reader);
    return status;
}

static char result[1 << 14];

#define check_reads(path, options, wanted)                                                         \
    do {                                                                                           \
        const char *check_path = path;                                                             \
        check_ok(read_all(&check_path, 1, options, result, sizeof result));                        \
        assert_string_equal(result, wanted);                                                       \
    } while (0)

#define check_refuses(path, options, status, text)                                                 \
    do {                                                                                           \
        const char *check_path = path;                                                             \
        check_fails(read_all(&check_path, 1, options, result, sizeof result), status, text);       \
    } while (0)

#endif
