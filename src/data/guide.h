/* SPDX-License-Identifier: MIT */
/*
 * Links that attention is trained towards: read beside a parallel data set, turned from words into
 * tokens, and handed out batch by batch.
 */
#ifndef HEED_DATA_GUIDE_H
#define HEED_DATA_GUIDE_H

#include "data/batches.h"
#include "heed/alignment.h"
#include "heed/data.h"

/* Links as they were read. Rows find theirs by the file and line they came from, so that a data set
 * may lose rows and be split afterwards. */
typedef struct heed__guide_files heed__guide_files;

/*
 * Line i of paths[k] (Pharaoh) belongs to line i of sources[k], a header not counted; n >= 1.
 * @param dataset as it was read from the sources, with all rows still in it.
 * Errors: those of heed_links_read; HEED_E_DATA (a file of links with too few lines, or with more
 * than can belong to rows that were left out: says both numbers), HEED_E_INVALID (rows that do not
 * stand in lines: a folder, running text).
 */
heed_status heed__guide_read(const char *const *paths, const char *const *sources, int n,
                             const heed_dataset *dataset, heed__guide_files **out);
void heed__guide_files_destroy(heed__guide_files **files);

/* SHA-256 over all links, pair by pair, as hexadecimal digits: the same links in another file have
 * the same hash. */
void heed__guide_hash(const heed__guide_files *files, char out[HEED_HASH_SIZE]);

/* For each row of each target (its tokens and one more, as batches have them) the tokens of the
 * source that it is linked to. */
typedef struct heed__guide {
    int64_t n;       /* examples */
    int64_t *rows;   /* [n + 1] where an example's rows begin */
    int64_t *first;  /* [rows[n] + 1] where a row's items begin */
    int32_t *items;  /* source tokens, counted in their sequence, ascending */
    int64_t longest; /* the most items of a row */
} heed__guide;

/*
 * Encodes the data set's pairs again, on all threads, to learn where each token stands.
 * @param dataset, sources, targets of one number: row i is example i, encoded by these tokenizers.
 * @param rule which row is to look: HEED_ALIGN_OUTPUT, row t for token t, or HEED_ALIGN_INPUT, row
 * t + 1, which reads token t. DEFAULT is output.
 * @param rest 1: the tokens of a word without a link are linked to the end of the source.
 * Possible links count like sure ones. Tokens that were cut off take their links with them.
 * Errors HEED_E_DATA (a link outside of its sentences: file:line; a row without a line of links),
 * HEED_E_INVALID (the examples are of other texts), HEED_E_NOMEM.
 */
heed_status heed__guide_make(heed_context *context, const heed__guide_files *files,
                             const heed_dataset *dataset, const heed__tokenizer *source,
                             const heed__tokenizer *target, heed_align_rule rule, int rest,
                             const heed__examples *sources, const heed__examples *targets,
                             heed__guide *out);
void heed__guide_free(heed__guide *guide);

/* The links of a batch's target rows: what heed__guide_links of ops/guide.h takes. */
typedef struct heed__guide_batch {
    int64_t *first; /* [target_rows + 1] */
    int32_t *items;
} heed__guide_batch;

/* Room for any batch of that capacity. */
heed_status heed__guide_batch_create(const heed__guide *guide, const heed__batch_capacity *capacity,
                                     heed__guide_batch *out);
void heed__guide_batch_free(heed__guide_batch *batch);
/* Allocates nothing. */
void heed__guide_fill(const heed__guide *guide, const heed__batch *batch, heed__guide_batch *out);

#endif
