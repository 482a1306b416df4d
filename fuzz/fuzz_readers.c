/* SPDX-License-Identifier: MIT */
/* Any bytes are records or an error. The first byte picks format, columns, labels and what the rows
 * are; every text and label that comes out is UTF-8, ends in a NUL and holds something. A file
 * beside itself is as many pairs as it has lines that can be used. */
#include "fuzz.h"

#include "data/utf8.h"
#include "heed/data.h"

#include <string.h>

static void check_text(heed_text text, int may_be_empty)
{
    if (text.bytes[text.size] != 0 || strlen(text.bytes) != text.size) abort();
    if (heed__utf8_valid(text.bytes, text.size) != text.size) abort();
    if (!may_be_empty && !text.size) abort();
}

static void check_record(const heed_record *record, const heed_layout *layout)
{
    check_text(record->text, 0);
    if (record->n_labels != layout->n_outputs || record->line < 1) abort();
    for (int i = 0; i < record->n_texts; i++) check_text(record->texts[i], 1);
    for (int i = 0; i < record->n_labels; i++) check_text(record->labels[i], 0);
    for (int i = 0; i < record->n_fields; i++) {
        check_text(record->fields[i].name, 1);
        check_text(record->fields[i].value, 1);
    }
}

static void read_beside_itself(const char *path, const heed_read_options *options)
{
    heed_read_options o = {.max_bad = 1, .max_line = options->max_line};
    heed_dataset *d = NULL;
    if (heed_dataset_read_parallel(NULL, &path, 1, &path, 1, &o, &d) != HEED_OK) return;
    for (int64_t row = 0; row < heed_dataset_rows(d); row++) {
        heed_text text = heed_dataset_text(d, row), label = heed_dataset_label(d, row, 0);
        check_text(text, 0);
        if (label.size != text.size || memcmp(text.bytes, label.bytes, text.size) != 0) abort();
    }
    heed_dataset_destroy(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const texts[] = {NULL, "1", "text", "subject,body"};
    if (!size) return 0;
    char path[32];
    const char *paths[] = {path};
    heed_read_options options = {
        .format = bytes[0] % 6,
        .text = texts[bytes[0] >> 4 & 3],
        .columns_are_hints = bytes[0] >> 6 & 1,
        .labelled = bytes[0] >> 7 ? HEED_UNLABELLED : HEED_LABELLED,
        .max_bad = 1,
        .max_line = 4096,
        .kind = (heed_read_kind)((bytes[0] >> 3) % 3),
    };
    int file = fuzz_file(bytes + 1, size - 1, path);
    heed_reader *reader = NULL;
    heed_record record = {0};
    heed_status status = heed_reader_open(NULL, paths, 1, &options, &reader);
    while (status == HEED_OK && !record.end) {
        status = heed_reader_next(reader, &record);
        if (status == HEED_OK && !record.end) check_record(&record, heed_reader_layout(reader));
    }
    if (status != HEED_OK && !*heed_status_message()) abort();
    heed_reader_close(&reader);
    if (options.kind == HEED_READ_PAIRS) read_beside_itself(path, &options);
    close(file);
    return 0;
}
