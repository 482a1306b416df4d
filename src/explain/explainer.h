/* SPDX-License-Identifier: MIT */
/* What an explainer holds: one item a text, ready to be drawn. */
#ifndef HEED_EXPLAIN_EXPLAINER_H
#define HEED_EXPLAIN_EXPLAINER_H

#include "explain/faithfulness.h"

enum { HEED_EXPLAIN_METHODS = 8 };

typedef struct heed__explained {
    heed__arena arena; /* of everything in it */
    heed__explanation shown;
    heed_answer answers[HEED_MODEL_OUTPUTS];
    size_t first[HEED_MODEL_OUTPUTS]; /* where each output's begin among those shown: of tags there
                                         is one for each span */
} heed__explained;

struct heed_explainer {
    heed_model *model;
    heed_explain_options options;
    const heed__method *methods[HEED_EXPLAIN_METHODS];
    int n_methods;
    heed__explained *items;
    size_t count, capacity;
    heed__arena words; /* of keywords handed out */
};

#endif
