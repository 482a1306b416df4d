/* SPDX-License-Identifier: MIT */
#include "base/fail.h"
#include "kernels/kernels.h"
#include "nn/transformer.h"

#include <string.h>

heed_status heed__positions_create(heed__params *params, const char *name, const char *kind,
                                   int64_t rows, int64_t size, float scale, heed__positions *layer)
{
    layer->most_rows = rows;
    layer->size = size;
    layer->scale = scale;
    layer->fixed = strcmp(kind, "sinusoidal") == 0;
    if (strcmp(kind, "learned") != 0) return HEED_OK;
    heed__param_options options = {.init = HEED_INIT_NORMAL, .scale = scale};
    return heed__params_add(params, rows, size, options, &layer->learned, "%s", name);
}

void heed__positions_clear(heed__positions *layer)
{
    heed__free(layer->sinusoid);
    layer->sinusoid = NULL;
    layer->rows = 0;
}

/* A row's values do not depend on how many rows there are. */
static heed_status lengthen(heed__positions *p, int64_t longest)
{
    enum { FIRST_ROWS = 64 };
    heed_real *table = NULL;
    int64_t rows = p->rows ? p->rows : FIRST_ROWS;
    if (p->rows && longest <= p->rows) return HEED_OK;
    while (rows < longest) rows *= 2;
    if (rows > p->most_rows && p->most_rows >= longest) rows = p->most_rows;
    size_t count = (size_t)(rows * p->size);
    HEED_TRY(heed__alloc(count, sizeof *table, "positions", &table));
    heed__sinusoid_fill(rows, p->size, table);
    heed__kernels_best()->scale((int64_t)count, (heed_real)p->scale, table, table);
    heed__free(p->sinusoid);
    p->sinusoid = table;
    p->rows = rows;
    return HEED_OK;
}

static heed__var add(const heed__pass *pass, heed__var x, heed__var table)
{
    heed__add_position position = {pass->ragged};
    heed__var in[2] = {x, table};
    return heed__tape_apply(pass->tape, &heed__op_position, in, 2, &position, sizeof position);
}

heed__var heed__positions_apply(heed__positions *p, const heed__pass *pass, heed__var x)
{
    if (!p->learned && !p->fixed) return x;
    heed_status status = p->fixed ? lengthen(p, pass->ragged->longest) : HEED_OK;
    if (status != HEED_OK) heed__tape_fail(pass->tape, status);
    heed__var table = p->learned ? heed__tape_param(pass->tape, p->learned)
                                 : heed__tape_constant(pass->tape, p->rows, p->size, p->sinusoid);
    return add(pass, x, table);
}

heed__var heed__positions_step(heed__positions *p, const heed__pass *pass, heed__var x,
                               int64_t position)
{
    if (!p->learned && !p->fixed) return x;
    heed_status status = p->fixed ? lengthen(p, position + 1) : HEED_OK;
    if (status != HEED_OK) heed__tape_fail(pass->tape, status);
    int64_t row = p->learned && position >= p->most_rows ? p->most_rows - 1 : position;
    const heed_real *table = p->learned ? p->learned->data : p->sinusoid;
    return add(pass, x, heed__tape_constant(pass->tape, 1, p->size, table + row * p->size));
}
