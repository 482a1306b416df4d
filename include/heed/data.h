/* SPDX-License-Identifier: MIT */
/**
 * Reading labelled text: records one after another (heed_reader), or all of them (heed_dataset).
 *
 * Read are tab-separated values, CSV (RFC 4180 quotes, comma or semicolon), JSON lines, fastText
 * lines (`__label__x text`), plain lines (one text each, no label) and folders of folders (the
 * label is the first folder below the one named, one text a file, walked in sorted order). Each may
 * be compressed by gzip, which is seen from the content; "-" is standard input. The format, whether
 * there is a header and the columns are guessed where they are not given, and a log line says what
 * was guessed.
 *
 * Pairs (a text and its translation) are read from two columns, or from two files of lines side by
 * side (heed_dataset_read_parallel); running text, for language models, is read as it stands,
 * newlines included.
 *
 * Text is UTF-8. A byte order mark is skipped, CR LF counts as LF. A row that cannot be used (empty
 * text, missing label, wrong number of columns, not UTF-8, too long) is reported as `file:line:
 * what; remedy` in a warning and skipped; beyond a limit the input is refused with HEED_E_DATA.
 *
 * Threads: a reader serves one thread at a time; a dataset may be read by many once it is made.
 */
#ifndef HEED_DATA_H
#define HEED_DATA_H

#include "heed/context.h"
#include "heed/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** UTF-8 bytes that belong to someone else; a NUL follows them. */
typedef struct heed_text {
    const char *bytes;
    size_t size;
} heed_text;

typedef enum heed_format {
    HEED_FORMAT_GUESS = 0,
    HEED_FORMAT_TSV,
    HEED_FORMAT_CSV,
    HEED_FORMAT_JSONL,
    HEED_FORMAT_FASTTEXT,
    HEED_FORMAT_LINES,   /**< one text a line, no labels */
    HEED_FORMAT_FOLDER,  /**< seen by itself where a path is a folder */
    HEED_FORMAT_RUNNING, /**< text with its newlines, in pieces of a few KiB (heed_read_options.kind
                           HEED_READ_LANGUAGE); the rows of a file, put together, are the file */
    HEED_FORMAT_CONLL, /**< a word a line, its columns parted by blanks or tabs, a blank line after
                          each sentence, which is a row; the first column is the text, the last its
                          tags */
    HEED_FORMAT_SLOTS  /**< seen by itself where a folder holds seq.in, seq.out and maybe label:
                          texts, the tags of their words, and what each is as a whole */
} heed_format;

/** "tsv", "csv", "jsonl", "fasttext", "lines", "folder", "running", "conll", "slots" or "guess".
 * Never NULL; static. */
HEED_API const char *heed_format_name(heed_format format);

/** The format of that name. Errors HEED_E_INVALID, naming those there are. */
HEED_API HEED_MUST_CHECK heed_status heed_format_find(const char *name, heed_format *out);

typedef enum heed_labelled {
    HEED_LABELLED = 0,  /**< every record has its labels (train, eval) */
    HEED_UNLABELLED = 1 /**< labels are not looked for (predict); streams line by line */
} heed_labelled;

/** What the rows are. */
typedef enum heed_read_kind {
    HEED_READ_LABELS = 0, /**< texts with labels, or without: see heed_labelled */
    /** Texts with another text, label 0: any text, nothing in it means anything, alike ones are not
     * kept once. Columns that are not named are taken by their names (source and target, src and
     * tgt, names of languages, ...), else the first two that do not hold numbers: source, target.
     * Lines alone cannot be pairs: see heed_dataset_read_parallel. */
    HEED_READ_PAIRS = 1,
    /** Texts without labels, as documents: the rows of TSV, CSV and JSON lines; of `lines` where
     * that is asked for. A file that is none of these is running text, and so is each file of a
     * folder: HEED_FORMAT_RUNNING. CSV and TSV are guessed where the file's name says so. */
    HEED_READ_LANGUAGE = 2
} heed_read_kind;

/** Zero is the default of every field. */
typedef struct heed_read_options {
    heed_format format;
    /** Columns, separated by commas, by name or by number from 1; NULL = guessed. */
    const char *text;
    const char *label;
    /** Nonzero: text and label are what a model was trained on; where the input has no such columns
     * they are guessed (labelled), or a whole line is the text (unlabelled). Zero: they must be
     * there. */
    int columns_are_hints;
    heed_labelled labelled;
    /** Share of rows that may be unusable (10 always may); 0 = 0.01, negative = not one. */
    double max_bad;
    size_t max_line; /**< longest line or file of a folder, in bytes; 0 = 1 MiB; running text has no
                        such limit */
    heed_read_kind kind;
    /** Nonzero: results are to stand abreast of the input. A plain line that is blank, and any row
     * that cannot be used (reported and counted all the same), is a record with an empty text; an
     * input may hold no row at all. */
    int abreast;
} heed_read_options;

typedef struct heed_field {
    heed_text name;  /**< the header's, the JSON key, or the number from "1" */
    heed_text value; /**< without CSV quotes; of JSON, the string's content */
    int is_json;     /**< value is JSON text as it stood (number, list, object, true, null) */
} heed_field;

/** One row. Everything it points to is the reader's and lives until the next call on it. */
typedef struct heed_record {
    int end;                /**< nonzero: there is no further record, and nothing else is set */
    const char *path;       /**< where it stood: the file, "-" for standard input */
    int64_t line;           /**< and the line it began in, from 1 */
    heed_text text;         /**< the text columns, joined by newlines */
    const heed_text *texts; /**< the text columns one by one */
    int n_texts;
    const heed_text *labels; /**< one for each output; several labels are joined by '|' */
    int n_labels;
    const heed_field *fields; /**< all columns in order, to be passed through */
    int n_fields;
} heed_record;

/** What a reader found, for a log, a model's metadata and later readers. */
typedef struct heed_layout {
    heed_format format;
    int has_header;
    const char *text;  /**< the chosen columns, as heed_read_options takes them */
    const char *label; /**< the same; "" for unlabelled input */
    int n_outputs;
    const char *const *outputs; /**< name of each output: the column's, or "label" */
    heed_read_kind kind;        /**< pairs: one output, which is a text */
} heed_layout;

typedef struct heed_reader heed_reader;

/**
 * Opens the inputs and looks at the beginning of the first.
 * @param context where log lines go; may be NULL.
 * @param paths n >= 1 files, folders or "-", read in this order.
 * @param options NULL for the defaults.
 * Errors HEED_E_IO (missing, unreadable), HEED_E_FORMAT (binary, damaged gzip), HEED_E_DATA (empty,
 * no labels found), HEED_E_INVALID (no such column). *out is NULL on error; the caller frees it
 * with heed_reader_close. The paths are copied.
 */
HEED_API HEED_MUST_CHECK heed_status heed_reader_open(heed_context *context,
                                                      const char *const *paths, int n,
                                                      const heed_read_options *options,
                                                      heed_reader **out);

/**
 * The next usable record, or one with `end` set after the last.
 * Errors as heed_reader_open, and HEED_E_DATA where more rows are unusable than max_bad allows
 * (looked at when the input ends, or early when most of over 1,000 rows are) or none is usable.
 */
HEED_API HEED_MUST_CHECK heed_status heed_reader_next(heed_reader *reader, heed_record *record);

/** Nonzero when the next record needs no further byte of the input: answer what was read before
 * waiting for more. (A row of several lines may still wait.) */
HEED_API int heed_reader_ready(const heed_reader *reader);

/** Known once the reader is open. Owns: the reader. */
HEED_API const heed_layout *heed_reader_layout(const heed_reader *reader);

/** Rows that were skipped so far. */
HEED_API int64_t heed_reader_skipped(const heed_reader *reader);

/** Accepts NULL and a pointer to NULL; nulls the pointer. */
HEED_API void heed_reader_close(heed_reader **reader);

/** All records of an input in memory. */
typedef struct heed_dataset heed_dataset;

/** Reads all records. Parameters and errors as heed_reader_open and heed_reader_next. */
HEED_API HEED_MUST_CHECK heed_status heed_dataset_read(heed_context *context,
                                                       const char *const *paths, int n,
                                                       const heed_read_options *options,
                                                       heed_dataset **out);

/**
 * Reads pairs from files of lines side by side: line i of sources[k] and line i of targets[k] are a
 * pair. The row's text is the source line, its label 0 the target line, its position that of the
 * source line; the layout says text "source", label and output "target", kind HEED_READ_PAIRS.
 * Blanks at the ends of a line are left out.
 *
 * A pair with an empty side, or with a line that cannot be used (not UTF-8, too long), is left out;
 * log lines say how many and where the first is, and beyond max_bad the input is refused.
 * @param sources, targets n >= 1 files each, maybe .gz; one of all may be "-".
 * @param options NULL for the defaults; only max_bad and max_line are looked at, and a format other
 * than HEED_FORMAT_LINES, or columns that are named, are refused.
 * Errors as heed_dataset_read, and HEED_E_DATA where two files have different numbers of lines
 * (says both), HEED_E_INVALID where n_sources and n_targets differ.
 */
HEED_API HEED_MUST_CHECK heed_status heed_dataset_read_parallel(
    heed_context *context, const char *const *sources, int n_sources, const char *const *targets,
    int n_targets, const heed_read_options *options, heed_dataset **out);

/** Accepts NULL and a pointer to NULL; nulls the pointer. */
HEED_API void heed_dataset_destroy(heed_dataset **dataset);

/** How many rows it holds, at least 1. */
HEED_API int64_t heed_dataset_rows(const heed_dataset *dataset);

/** How many could not be used when it was read; 0 for one that was split off. */
HEED_API int64_t heed_dataset_skipped(const heed_dataset *dataset);

/** Where its texts and labels came from. Owns: the dataset. */
HEED_API const heed_layout *heed_dataset_layout(const heed_dataset *dataset);

/** Row 0 <= row < rows. The bytes live as long as the dataset, or one split from it. */
HEED_API heed_text heed_dataset_text(const heed_dataset *dataset, int64_t row);
/** Output 0 <= output < layout->n_outputs. */
HEED_API heed_text heed_dataset_label(const heed_dataset *dataset, int64_t row, int output);
/** The file and line a row came from. */
HEED_API void heed_dataset_position(const heed_dataset *dataset, int64_t row, const char **path,
                                    int64_t *line);

/**
 * Moves a share of the rows into a new dataset, each label of the first output in proportion.
 * A row's side is a function of its own text, the seed and how many rows have its label, not of its
 * place in the file; rows of one text go together as far as the counts allow. The order of rows is
 * kept on both sides. Pairs go by their sources. Of running text the end of each file is moved:
 * that share of its bytes, or a few KiB more or less.
 * @param share above 0 and below 1.
 * Errors HEED_E_INVALID (share), HEED_E_DATA (a side would be empty), HEED_E_NOMEM. On error the
 * dataset is as it was.
 */
HEED_API HEED_MUST_CHECK heed_status heed_dataset_split(heed_dataset *dataset, double share,
                                                        uint64_t seed, heed_dataset **out);

enum { HEED_HASH_SIZE = 65 /**< 64 hexadecimal digits and a NUL */ };

/** SHA-256 over all texts and labels, in order, as hexadecimal digits. */
HEED_API void heed_dataset_hash(const heed_dataset *dataset, char out[HEED_HASH_SIZE]);

#ifdef __cplusplus
}
#endif
#endif
