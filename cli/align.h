/* SPDX-License-Identifier: MIT */
/* What the parts of `heed align` share. */
#ifndef HEED_CLI_ALIGN_H
#define HEED_CLI_ALIGN_H

#include "cli/gather.h"

#include "heed/translate.h"

typedef struct aligning {
    const options *given;
    heed_context *context;
    heed_model *model, *reverse; /* reverse: source and target the other way round, or NULL */
    heed_links *reverse_links;   /* or these, of all pairs */
    heed_symmetrise way;
    gathering g;
    heed_align_choice choice;
    heed_links *gold;      /* or NULL */
    heed_links *predicted; /* with gold: of all pairs so far */
    int json, soft;
    int64_t pairs; /* done */
} aligning;

/* The forced alignment of the pairs first to first + n of those at hand. */
heed_status align_ask(aligning *a, const heed_align_choice *choice, int first, int n,
                      heed_translations **out);
/* The pairs at hand, where one of them cannot be asked about: named by file and line. */
heed_status align_blame(aligning *a, const heed_align_choice *choice);
/* Gold links, where there are, lie within the words of pair a->pairs + i. */
heed_status align_check_gold(const aligning *a, int i, const heed_translation *t);
/* As many gold pairs as there were pairs of texts. */
heed_status align_end_gold(aligning *a);

json_t *align_score_object(const heed_alignment_score *score);

/* --reverse, --reverse-links and --symmetrise. */
heed_status align_read_reverse(aligning *a);
/* Puts the other direction's links to those of the pairs at hand. */
heed_status align_symmetrise(aligning *a, heed_links **links);

/* --choose: tries all choices on all pairs, shows them and keeps the best in the model. */
heed_status align_choose(aligning *a);

#endif
