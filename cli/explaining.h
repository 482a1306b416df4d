/* SPDX-License-Identifier: MIT */
/* What the parts of `heed explain` share. */
#ifndef HEED_CLI_EXPLAINING_H
#define HEED_CLI_EXPLAINING_H

#include "cli/options.h"

#include "heed/explain.h"

#include <jansson.h>

typedef struct explaining {
    const options *given;
    heed_model *model;
    heed_explainer *explainer;
    char **names; /* [count] */
    long long count, room, left_out;
    long long last_row;         /* the highest that --rows names */
    heed_alignment *alignments; /* [count] of a translator; else NULL */
} explaining;

/* The pictures of what was gathered, as text or data or in files. */
typedef heed_status (*explain_draw)(explaining *e);

/* A translator: refuses what is for other models; then gathers alignments and draws them. */
heed_status explain_alignment_check(const options *given);
heed_status explain_alignment(explaining *e, heed_context *context, explain_draw draw);

/* --keywords: as text for people, and as data. */
heed_status keywords_show(explaining *e, int most);
heed_status keywords_document(explaining *e, int most, json_t **out);

/* The true labels that the record's fields hold, as text [outputs]; NULL where it holds none. */
typedef struct truths truths;
heed_status truths_create(const options *given, const heed_model *model, truths **out);
heed_status truths_find(truths *t, const heed_reader *reader, const heed_record *record,
                        const char *const **out);
void truths_free(truths *t);

#endif
