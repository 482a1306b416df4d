/* SPDX-License-Identifier: MIT */
/* Texts, or pairs of texts, gathered from the inputs to be asked about together: always in order,
 * and never waiting for the next while an answer is due. */
#ifndef HEED_CLI_GATHER_H
#define HEED_CLI_GATHER_H

#include "cli/options.h"

#include "heed/data.h"

#include <jansson.h>

/* Where a record stood, for messages. */
typedef struct gather_place {
    char *path;
    long long line;
} gather_place;

typedef struct gathering {
    int most;             /* at once */
    int json;             /* fields are kept */
    int skips;            /* blank lines and rows that cannot be used are passed over */
    const char *names[2]; /* of the texts, where the input does not name them */

    /* The records at hand, until the next call. A text without content has size 0. */
    int n;
    heed_text *texts, *seconds; /* [n]; seconds NULL unless pairs are read */
    json_t **fields;            /* [n] objects, with json */
    gather_place *places;       /* [n] */

    heed_reader *readers[2]; /* the second one of two files of lines */
    const char *paths[2];    /* then */
    int from_pipe;           /* standard input is among the inputs */
    int in_columns;          /* pairs are columns of one input */
    int ended;
    int writes_nothing;   /* a pair may have an empty second side: what a model wrote may be nothing
                           */
    long long lone;       /* pairs with one empty side, */
    char first_lone[512]; /* and where the first stood */
    heed_status failed;   /* what reading came to; told once all before it was answered */
    char message[1024];
} gathering;

/* Texts from the verb's arguments, from `first` on ("-" where there are none). `g` holds most, json
 * and names. Errors as heed_reader_open. Whatever comes back, gather_close is due. */
heed_status gather_open(gathering *g, const options *given, int first, heed_context *context,
                        const heed_read_options *read);

/* Pairs: two files of lines, read abreast, where two arguments are left; else one input with
 * columns as `read` says. */
heed_status gather_open_pairs(gathering *g, const options *given, int first, heed_context *context,
                              const heed_read_options *read);

/* The next records: at least one, unless the input has ended (n = 0), at most `most`; from a pipe
 * or terminal those that were already there. Errors as heed_reader_next, after what came before the
 * failure was given out; HEED_E_DATA where two files differ in length. */
heed_status gather_next(gathering *g);

/* Whether text i, or a side of pair i that must not be, is empty. */
int gather_empty(const gathering *g, int i);

/* Pairs with one empty side are said, once all were read: how many, and where the first stood. */
void gather_tell_empty(const gathering *g);

/* Whether answers should be shown before more is read. */
int gather_waits(const gathering *g);

/* What messages call the input of record i. */
const char *gather_name(const gathering *g, int i);

/* The library refused record i, alone: its message, with file and line for the text's number. */
heed_status gather_blame(const gathering *g, int i, heed_status status);
/* The same of a text that stood in `place`. */
heed_status gather_blame_at(const char *place, heed_status status);

void gather_close(gathering *g);

#endif
