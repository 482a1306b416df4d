/* SPDX-License-Identifier: MIT */
/*
 * Decoders: what turns target tokens into states, each seeing the tokens before it and the memory
 * of the source. A kind is one file and one row in decoders.c. It records whole targets (training,
 * scoring) and single steps (search); both must give the same bits for the same tokens.
 */
#ifndef HEED_MODEL_DECODER_H
#define HEED_MODEL_DECODER_H

#include "model/parts.h"
#include "ops/memory.h"

/* What a decoder sees of the sources. Without a source (a language model) states is HEED_NO_VAR and
 * the rest is zero. */
typedef struct heed__memory {
    heed__var states;           /* [ragged->rows, width] */
    const heed__ragged *ragged; /* sources */
    /* Where one copies: ids in the extended vocabulary [ragged->rows], and how many it has past the
     * target's own (data/extend.h). */
    const int32_t *words;
    int64_t added;
    int recurrent;      /* states were made in an order: the last ones sum the source up */
    int64_t directions; /* 2: the second half of the columns was read from the end on */
} heed__memory;

/* What a decoder gives. */
typedef struct heed__decoded {
    heed__var states; /* [target rows, width]: the output layer is applied to them */
    heed__var loss;   /* 1 x 1, to be added to the loss (coverage), or HEED_NO_VAR */
    /* Copying: [target rows, 1], the share that is generated before its sigmoid (as the pointer
     * operation takes it), or HEED_NO_VAR. */
    heed__var gate;
    /* Attention as a value, where the decoder has one (coverage, copying; in `apply`, a recurrent
     * one that is asked for sites), or HEED_NO_VAR: a row a pair of `look`, whose queries are the
     * target rows and whose memory is as it was given. */
    heed__var weights;
    const heed__look *look; /* the decoder's, until its next recording */
} heed__decoded;

/* One step of search. All rows stand at the same position of their targets. */
typedef struct heed__step {
    int64_t position;            /* from 0 */
    int64_t rows;                /* live hypotheses */
    const int64_t *parents;      /* [rows] row of the step before that each continues; position 0:
                                    not read */
    const int64_t *sentences;    /* [rows] of the batch that was begun, ascending */
    const heed__ragged *queries; /* the rows, by live sentence: n = live sentences, no empty ones */
    const int64_t *starts, *lengths; /* [queries->n] where each live sentence's memory stands */
    int64_t memory_rows;             /* of all sentences, live or not */
    int64_t longest_memory;
    /* The same a row, at `position`: hypotheses of one sentence are no queries one after another
     * to mechanisms that go by position. */
    heed__slots each;
} heed__step;

typedef struct heed__decoder_kind {
    const char *name, *summary;
    /* memory_width 0: there is no source. *width receives the columns of its states. */
    heed_status (*create)(heed__params *params, const heed_config *config, int64_t memory_width,
                          void **out, int64_t *width);
    /* Whole targets; pass->ragged are the targets, embedded [target rows, input width]. */
    heed__decoded (*apply)(void *decoder, const heed__pass *pass, const heed__memory *memory,
                           heed__var embedded, heed__sites *sites);
    /* Search. begin records what all steps need of the memory (projected keys, first states) and
     * keeps it (heed__tape_keep); begun takes it from the tape that ran. memory->states NO_VAR =
     * no source; then pass->ragged says how many texts there are. */
    heed_status (*open)(void *decoder, void **state);
    void (*begin)(void *decoder, void *state, const heed__pass *pass, const heed__memory *memory);
    heed_status (*begun)(void *decoder, void *state, const heed__tape *tape);
    /* step records; stepped takes what the next step needs (caches, states). */
    heed__decoded (*step)(void *decoder, void *state, const heed__pass *pass,
                          const heed__step *step, heed__var embedded, heed__sites *sites);
    heed_status (*stepped)(void *decoder, void *state, const heed__tape *tape);
    void (*close)(void *decoder, void *state);
    void (*destroy)(void *decoder);
} heed__decoder_kind;

extern const heed__decoder_kind heed__decoder_gru, heed__decoder_lstm, heed__decoder_transformer;
/* NULL: no such kind. */
const heed__decoder_kind *heed__decoder_find(const char *name);
const heed__decoder_kind *heed__decoder_at(size_t index); /* NULL past the end */

#endif
