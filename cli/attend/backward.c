/* SPDX-License-Identifier: MIT */
/* Gradients of everything, from those of o and lse. */
#include "cli/attend/attend.h"

#include "cli/report.h"

#include <string.h>

static const char *const flags[] = {"grad-q",        "grad-k",          "grad-v",
                                    "grad-past-key", "grad-past-value", "grad-parameter",
                                    "grad-array"};

int attend_wants_gradients(const options *given)
{
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (options_given(given, flags[i])) return 1;
    return 0;
}

heed_status attend_read_gradients(attend *a)
{
    const char *o = options_text(a->given, "grad-output"),
               *lse = options_text(a->given, "grad-lse");
    heed_status status = HEED_OK;
    if (o) status = attend_read_like(a, "grad-output", o, a->o, "the output", &a->d_o);
    if (status == HEED_OK && lse)
        status = attend_read_like(a, "grad-lse", lse, a->lse, "lse", &a->d_lse);
    return status;
}

/* Without a gradient of o: zeros, if there is one of lse. */
static heed_status take_given(attend *a, heed_attention_backward_tensors *t)
{
    heed_array *d_o = a->d_o;
    heed_status status = HEED_OK;
    if (!d_o && !a->d_lse)
        return report(HEED_E_INVALID, "gradients are asked for: give --grad-output FILE.npy, the "
                                      "gradient of the output (or --grad-lse, that of lse)");
    if (!d_o) status = attend_array(a, REAL_KIND, a->o->rank, a->o->shape, "grad-output", &d_o);
    if (status != HEED_OK) return status;
    t->d_o = attend_view(a, d_o, a->heads, a->queries, a->value_size);
    if (a->d_lse)
        t->d_lse = (heed_attention_input){a->d_lse->data, a->heads * a->queries, 1, a->queries};
    return HEED_OK;
}

static heed_attention_output output_of(heed_array *array, heed_attention_input at)
{
    return (heed_attention_output){array->data, at.sequence_stride, at.row_stride, at.head_stride};
}

/* Room for the gradient of keys or values: of all of them, the past's too. */
static heed_status side_room(attend *a, const heed_array *given, int64_t size, int wanted,
                             heed_array **out, heed_attention_output *at)
{
    *out = NULL;
    if (!wanted) return HEED_OK;
    heed_status status =
        a->past || options_given(a->given, "past-key")
            ? attend_made(a, REAL_KIND, a->batch, a->key_heads, a->keys, size, "a gradient", out)
            : attend_array(a, REAL_KIND, given->rank, given->shape, "a gradient", out);
    if (status == HEED_OK) *at = output_of(*out, attend_view(a, *out, a->key_heads, a->keys, size));
    return status;
}

/* Rows first to first + count - 1 of the gradient of all keys, shaped as `like` says. */
static heed_status write_part(attend *a, const char *flag, const heed_array *all, int64_t size,
                              int64_t first, int64_t count, const heed_array *like)
{
    heed_array *part;
    if (!options_given(a->given, flag)) return HEED_OK;
    if (count == a->keys && all->rank == (like ? like->rank : 4))
        return attend_write(a, flag, all, a->kind);
    heed_status status =
        like ? attend_array(a, REAL_KIND, like->rank, like->shape, flag, &part)
             : attend_made(a, REAL_KIND, a->batch, a->key_heads, count, size, flag, &part);
    if (status != HEED_OK) return status;
    heed_attention_input from = attend_view(a, all, a->key_heads, a->keys, size);
    heed_attention_input to = attend_view(a, part, a->key_heads, count, size);
    for (int64_t b = 0; b < a->batch; b++)
        for (int64_t h = 0; h < a->key_heads; h++)
            for (int64_t j = 0; j < count; j++)
                memcpy((heed_real *)part->data + b * to.sequence_stride + h * to.head_stride +
                           j * to.row_stride,
                       from.data + b * from.sequence_stride + h * from.head_stride +
                           (first + j) * from.row_stride,
                       (size_t)size * sizeof(heed_real));
    return attend_write(a, flag, part, a->kind);
}

static heed_status check_past(const attend *a)
{
    for (int i = 3; i < 5; i++)
        if (options_given(a->given, flags[i]) && !options_given(a->given, "past-key"))
            return report(HEED_E_INVALID, "--%s: there is no past; give --past-key", flags[i]);
    return HEED_OK;
}

heed_status attend_backward(attend *a)
{
    const options *given = a->given;
    heed_array *dq = NULL, *dk, *dv;
    heed_attention_backward_tensors t = {.size = sizeof t,
                                         .q = a->in_q,
                                         .k = a->in_k,
                                         .v = a->in_v,
                                         .parameters = a->parameters,
                                         .d_parameters = a->d_parameters};
    const heed_attention_output *o = &a->out_o, *lse = &a->out_lse;
    t.o = (heed_attention_input){o->data, o->sequence_stride, o->row_stride, o->head_stride};
    t.lse =
        (heed_attention_input){lse->data, lse->sequence_stride, lse->row_stride, lse->head_stride};
    int keys = options_given(given, "grad-k") || options_given(given, "grad-past-key");
    int values = options_given(given, "grad-v") || options_given(given, "grad-past-value");
    int64_t added = a->keys - a->past;
    heed_status status = check_past(a);
    if (status == HEED_OK) status = take_given(a, &t);
    if (status == HEED_OK && options_given(given, "grad-q")) {
        status = attend_array(a, REAL_KIND, a->q->rank, a->q->shape, "the gradient of q", &dq);
        if (status == HEED_OK) t.dq = output_of(dq, a->in_q);
    }
    if (status == HEED_OK) status = side_room(a, a->k, a->head_size, keys, &dk, &t.dk);
    if (status == HEED_OK) status = side_room(a, a->v, a->value_size, values, &dv, &t.dv);
    if (status == HEED_OK)
        status = heed_attention_backward(a->plan, &a->batch_of, &t, a->workspace);
    if (status == HEED_OK) status = attend_write(a, "grad-q", dq, a->kind);
    if (status == HEED_OK) status = write_part(a, "grad-k", dk, a->head_size, a->past, added, a->k);
    if (status == HEED_OK)
        status = write_part(a, "grad-v", dv, a->value_size, a->past, added, a->v);
    if (status == HEED_OK)
        status = write_part(a, "grad-past-key", dk, a->head_size, 0, a->past, NULL);
    if (status == HEED_OK)
        status = write_part(a, "grad-past-value", dv, a->value_size, 0, a->past, NULL);
    return status == HEED_OK ? attend_write_named(a) : status;
}
