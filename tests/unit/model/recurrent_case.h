/* SPDX-License-Identifier: MIT */
/* A small recurrent decoder with random parameters, sources and targets. */
#ifndef HEED_TESTS_RECURRENT_CASE_H
#define HEED_TESTS_RECURRENT_CASE_H

#include "check.h"

#include "base/random.h"
#include "heed/config.h"
#include "model/decoder.h"

#include <string.h>

enum { SENTENCES = 5, MEMORY = 6, EMBEDDED = 4, MOST_ROWS = 64 };

/* A ragged batch that owns its arrays. */
typedef struct batch {
    heed__ragged ragged;
    int64_t offsets[SENTENCES + 1], order[SENTENCES], ids[SENTENCES];
} batch;

static inline void batch_fill(batch *b, int64_t n, const int64_t *lengths, const int64_t *ids)
{
    b->ragged = (heed__ragged){n, 0, 0, b->offsets, b->order, b->ids};
    b->offsets[0] = 0;
    for (int64_t s = 0; s < n; s++) {
        b->offsets[s + 1] = b->offsets[s] + lengths[s];
        b->ids[s] = ids[s];
        if (lengths[s] > b->ragged.longest) b->ragged.longest = lengths[s];
        int64_t at = s; /* longest first, equal ones in their order */
        for (; at > 0 && lengths[b->order[at - 1]] < lengths[s]; at--)
            b->order[at] = b->order[at - 1];
        b->order[at] = s;
    }
    b->ragged.rows = b->offsets[n];
}

typedef struct decoder_case {
    heed__params params;
    heed_config *config;
    const heed__decoder_kind *kind;
    void *decoder;
    int64_t width;
    heed__tape *tape;
} decoder_case;

/* settings: key, value, key, value, ..., NULL. memory 0 = no source. */
static inline void case_open(decoder_case *c, const heed__decoder_kind *kind,
                             const char *const *settings, int64_t memory)
{
    memset(c, 0, sizeof *c);
    c->kind = kind;
    c->params.trains = 1;
    heed__random_start(&c->params.random, 7, HEED_RANDOM_WEIGHTS);
    check_ok(heed_config_create(&c->config));
    check_ok(heed_config_set(c->config, "encoder.dim", "6"));
    check_ok(heed_config_set(c->config, "input.dim", "4"));
    for (; *settings; settings += 2) check_ok(heed_config_set(c->config, settings[0], settings[1]));
    check_ok(kind->create(&c->params, c->config, memory, &c->decoder, &c->width));
    for (size_t p = 0; p < c->params.count; p++) { /* biases count too */
        heed__param *param = c->params.items[p];
        for (int64_t i = 0; i < param->rows * param->cols; i++)
            param->data[i] += 0.2f * ((float)heed__random_uniform(&c->params.random) - 0.5f);
    }
    check_ok(heed__tape_create(NULL, &c->tape));
}

static inline void case_close(decoder_case *c)
{
    heed__tape_destroy(&c->tape);
    c->kind->destroy(c->decoder);
    heed__params_clear(&c->params);
    heed_config_destroy(&c->config);
}

/* Numbers of a row: a function of what the row stands for only. */
static inline void fill_row(heed_real *row, int64_t columns, uint64_t name)
{
    heed__random random;
    heed__random_start(&random, name, HEED_RANDOM_WEIGHTS);
    for (int64_t i = 0; i < columns; i++) row[i] = 2 * (heed_real)heed__random_uniform(&random) - 1;
}

/* Each sequence's rows, named by what it is called and by its place; `kind` tells data apart. */
static inline void fill_rows(heed_real *data, int64_t columns, const heed__ragged *ragged, int kind)
{
    for (int64_t s = 0; s < ragged->n; s++)
        for (int64_t r = ragged->offsets[s]; r < ragged->offsets[s + 1]; r++)
            fill_row(data + r * columns, columns,
                     (uint64_t)(kind * 100000 + ragged->ids[s] * 100 + r - ragged->offsets[s]));
}

#endif
