/* SPDX-License-Identifier: MIT */
/* Rows taken and stacked, and one step of a recurrent layer. */
#include "nn/steps.h"

#include "base/fail.h"

#include <stdio.h>

heed__var heed__take(const heed__pass *pass, heed__var x, const int64_t *rows, int64_t count)
{
    heed__take_rows take = {rows, count};
    return heed__tape_apply(pass->tape, &heed__op_take_rows, &x, 1, &take, sizeof take);
}

heed__var heed__take_first(const heed__pass *pass, heed__var x, int64_t rows)
{
    heed__slice slice = {0, rows, 0, -1};
    return heed__tape_apply(pass->tape, &heed__op_slice, &x, 1, &slice, sizeof slice);
}

heed__var heed__take_columns(const heed__pass *pass, heed__var x, int64_t first, int64_t count)
{
    heed__slice slice = {0, -1, first, count};
    return heed__tape_apply(pass->tape, &heed__op_slice, &x, 1, &slice, sizeof slice);
}

/* Stacks are part of the numbers: masks of dropout go by an operation's place on the tape. */
enum { STACKED = 12 };

heed__var heed__stack(const heed__pass *pass, heed__var *parts, int64_t count)
{
    while (count > 1) {
        int64_t stacks = 0;
        for (int64_t i = 0; i < count; i += STACKED) {
            int some = (int)(count - i < STACKED ? count - i : STACKED);
            parts[stacks++] =
                heed__tape_apply(pass->tape, &heed__op_stack_rows, parts + i, some, NULL, 0);
        }
        count = stacks;
    }
    return parts[0];
}

heed__var heed__side_by_side(const heed__pass *pass, const heed__var *parts, int count)
{
    return heed__tape_apply(pass->tape, &heed__op_concat, parts, count, NULL, 0);
}

heed__var heed__drop_at(const heed__pass *pass, heed__var x, const int64_t *ids, int64_t position)
{
    heed__dropout dropout = {.rate = pass->dropout, .ids = ids, .position = position};
    if (!(pass->dropout > 0)) return x;
    return heed__tape_apply(pass->tape, &heed__op_dropout, &x, 1, &dropout, sizeof dropout);
}

heed_status heed__cell_layer_create(heed__params *params, const char *name, int lstm, int64_t in,
                                    int64_t fed, int64_t size, heed__cell_layer *layer)
{
    char part[160];
    int64_t gates = (lstm ? 4 : 3) * size;
    heed__param_options weight = {.init = HEED_INIT_XAVIER, .decay = 1};
    heed__param_options bias = {.init = HEED_INIT_ZERO, .vector = 1};
    layer->size = size;
    layer->lstm = lstm;
    snprintf(part, sizeof part, "%s.input", name);
    HEED_TRY(heed__linear_create(params, part, in, gates, 1, &layer->input));
    snprintf(part, sizeof part, "%s.feed", name);
    if (fed) HEED_TRY(heed__linear_create(params, part, fed, gates, 0, &layer->feed));
    HEED_TRY(
        heed__params_add(params, gates, size, weight, &layer->hidden, "%s.hidden.weight", name));
    if (!lstm)
        return heed__params_add(params, 1, gates, bias, &layer->hidden_bias, "%s.hidden.bias",
                                name);
    /* Forget gates start open, as in the encoder. */
    for (int64_t j = size; !params->source && j < 2 * size; j++) layer->input.bias->data[j] = 1;
    return HEED_OK;
}

heed__var heed__cell_layer_step(const heed__cell_layer *layer, const heed__pass *pass,
                                heed__var gates, heed__var before)
{
    heed__var in[4] = {gates, before, heed__tape_param(pass->tape, layer->hidden), HEED_NO_VAR};
    if (layer->lstm) return heed__tape_apply(pass->tape, &heed__op_lstm_step, in, 3, NULL, 0);
    in[3] = heed__tape_param(pass->tape, layer->hidden_bias);
    return heed__tape_apply(pass->tape, &heed__op_gru_step, in, 4, NULL, 0);
}

heed__var heed__cell_layer_hidden(const heed__cell_layer *layer, const heed__pass *pass,
                                  heed__var state)
{
    return layer->lstm ? heed__take_columns(pass, state, 0, layer->size) : state;
}
