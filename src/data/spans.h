/* SPDX-License-Identifier: MIT */
/*
 * Tags that mark spans: B-x begins one of type x, I-x goes on with it, O is outside; E-x ends one
 * and S-x is one by itself, where they are used. What is no good sequence is read as conlleval
 * (Tjong Kim Sang, Buchholz 2000) reads it: an I- or E- that goes on with nothing begins a span.
 */
#ifndef HEED_DATA_SPANS_H
#define HEED_DATA_SPANS_H

#include "heed/data.h"

#include <stdint.h>

/* A tag's parts. */
typedef struct heed__tag_parts {
    char mark;      /* B, I, E, S; O of what is outside, and of tags that mark no span */
    heed_text type; /* empty where there is none */
} heed__tag_parts;
heed__tag_parts heed__tag_read(heed_text tag);

/* Nonzero when all are of this shape and some is not O: the tags mark spans. */
int heed__tags_mark_spans(const char *const *names, int64_t n);

/* Nonzero when `tag` goes on with a span that `before` is part of; or must and does not. */
int heed__tag_continues(heed__tag_parts tag);
int heed__tag_follows(heed__tag_parts before, heed__tag_parts tag);

/* Words first .. last of a text. */
typedef struct heed__tag_span {
    int64_t first, last;
    heed_text type;
} heed__tag_span;

/* Goes over the tags of a text: starts from zero; returns nonzero, with a span, as often as one has
 * ended. n is how many tags there are. */
typedef struct heed__span_walk {
    int64_t at, first;
    int inside;
    heed__tag_parts before;
} heed__span_walk;
typedef heed_text (*heed__tag_at)(const void *user, int64_t word);
int heed__span_next(heed__span_walk *walk, int64_t n, heed__tag_at tag, const void *user,
                    heed__tag_span *out);

#endif
