/* SPDX-License-Identifier: MIT */
#include "optim/optimizer.h"

#include "base/fail.h"
#include "base/memory.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Work is cut into pieces of one tensor each, whatever the number of threads. */
enum { PIECE = 16384 };

typedef struct heed__piece {
    size_t tensor;
    int64_t first, count;
} heed__piece;

extern const heed__optimizer_kind heed__optimizer_adamw, heed__optimizer_sgd;

static const heed__optimizer_kind *const kinds[] = {
    &heed__optimizer_adamw,
    &heed__optimizer_sgd,
};

const heed__optimizer_kind *const *heed__optimizer_kinds(size_t *count)
{
    *count = sizeof kinds / sizeof *kinds;
    return kinds;
}

const heed__optimizer_kind *heed__optimizer_find(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i]->name, name) == 0) return kinds[i];
    return NULL;
}

static int slot_count(const heed__optimizer_kind *kind)
{
    int count = 0;
    while (count < HEED_OPTIMIZER_SLOTS && kind->slots[count]) count++;
    return count;
}

static size_t padded(int64_t count)
{
    const size_t line = HEED_ALIGNMENT / sizeof(heed_real);
    return ((size_t)count + line - 1) / line * line;
}

static heed_status make_state(heed__optimizer *o)
{
    int slots = slot_count(o->kind);
    size_t total = 0;
    for (size_t i = 0; i < o->count; i++) total += padded(o->tensors[i].count) * (size_t)slots;
    HEED_TRY(heed__alloc(total, sizeof(heed_real), "the optimiser's state", &o->state));
    HEED_TRY(
        heed__alloc(o->count * HEED_OPTIMIZER_SLOTS, sizeof *o->slots, "an optimiser", &o->slots));
    heed_real *at = o->state;
    for (size_t i = 0; i < o->count; i++)
        for (int slot = 0; slot < slots; slot++) {
            o->slots[i * HEED_OPTIMIZER_SLOTS + (size_t)slot] = at;
            at += padded(o->tensors[i].count);
        }
    return HEED_OK;
}

static heed_status make_pieces(heed__optimizer *o)
{
    for (size_t i = 0; i < o->count; i++)
        o->piece_count += (size_t)((o->tensors[i].count + PIECE - 1) / PIECE);
    HEED_TRY(heed__alloc(o->piece_count, sizeof *o->pieces, "an optimiser", &o->pieces));
    HEED_TRY(heed__alloc(o->piece_count, sizeof *o->sums, "an optimiser", &o->sums));
    size_t made = 0;
    for (size_t i = 0; i < o->count; i++)
        for (int64_t first = 0; first < o->tensors[i].count; first += PIECE) {
            int64_t left = o->tensors[i].count - first;
            o->pieces[made++] = (heed__piece){i, first, left < PIECE ? left : PIECE};
        }
    return HEED_OK;
}

heed_status heed__optimizer_create(const heed__optimizer_kind *kind, const double *settings,
                                   const heed__trained *tensors, size_t count,
                                   heed__optimizer **out)
{
    *out = NULL;
    heed__optimizer *o = NULL;
    HEED_TRY(heed__alloc(1, sizeof *o, "an optimiser", &o));
    o->kind = kind;
    o->count = count;
    heed_status status =
        heed__settings_fill(kind->name, kind->settings, kind->setting_count, settings, o->settings);
    if (status == HEED_OK)
        status = heed__alloc(count, sizeof *o->tensors, "an optimiser", &o->tensors);
    if (status == HEED_OK) {
        if (count) memcpy(o->tensors, tensors, count * sizeof *tensors);
        status = make_state(o);
    }
    if (status == HEED_OK) status = make_pieces(o);
    if (status != HEED_OK) {
        heed__optimizer_destroy(&o);
        return status;
    }
    heed__optimizer_resume(o, 0);
    *out = o;
    return HEED_OK;
}

void heed__optimizer_destroy(heed__optimizer **optimizer)
{
    if (!optimizer || !*optimizer) return;
    heed__optimizer *o = *optimizer;
    heed__free(o->tensors);
    heed__free(o->slots);
    heed__free(o->state);
    heed__free(o->pieces);
    heed__free(o->sums);
    heed__free(o);
    *optimizer = NULL;
}

void heed__optimizer_resume(heed__optimizer *o, uint64_t steps)
{
    o->steps = 0;
    o->carried[0] = o->carried[1] = 1;
    while (o->steps < steps) { /* the same multiplications as in the steps themselves */
        if (o->kind->advance) o->kind->advance(o);
        o->steps++;
    }
}

size_t heed__optimizer_state_count(const heed__optimizer *o)
{
    return o->count * (size_t)slot_count(o->kind);
}

void heed__optimizer_state(const heed__optimizer *o, size_t index, char *name, size_t room,
                           const heed__trained **tensor, heed_real **data)
{
    size_t slots = (size_t)slot_count(o->kind), slot = index % slots;
    *tensor = &o->tensors[index / slots];
    *data = o->slots[index / slots * HEED_OPTIMIZER_SLOTS + slot];
    snprintf(name, room, "%s.%s", o->kind->slots[slot], (*tensor)->name);
}

static void add_squares(void *arg, int64_t task, int thread)
{
    (void)thread;
    heed__optimizer *o = arg;
    const heed__piece *piece = &o->pieces[task];
    const heed_real *grad = o->tensors[piece->tensor].grad;
    o->sums[task] = 0;
    if (!grad) return;
    grad += piece->first;
    o->sums[task] = (double)heed__kernels_best()->dot(piece->count, grad, grad);
    if (isfinite(o->sums[task])) return;
    o->sums[task] = 0; /* a square may have overflowed: float64 tells that from bad gradients */
    for (int64_t i = 0; i < piece->count; i++) o->sums[task] += (double)grad[i] * (double)grad[i];
}

static heed_status name_bad_element(const heed__optimizer *o, const heed__piece *piece)
{
    const heed__trained *tensor = &o->tensors[piece->tensor];
    int64_t i = piece->first;
    while (isfinite(tensor->grad[i])) i++;
    return heed__fail(HEED_E_NUMERIC,
                      "the gradient of '%s' is %g at element %lld; use a lower learning rate or "
                      "clip gradients to a smaller norm",
                      tensor->name, (double)tensor->grad[i], (long long)i);
}

heed_status heed__optimizer_norm(heed_context *context, heed__optimizer *o, double *out)
{
    *out = NAN;
    heed__parallel(context, (int64_t)o->piece_count, add_squares, o);
    double sum = 0;
    for (size_t i = 0; i < o->piece_count; i++) {
        if (!isfinite(o->sums[i])) return name_bad_element(o, &o->pieces[i]);
        sum += o->sums[i];
    }
    *out = sqrt(sum);
    return HEED_OK;
}

heed_real heed__clip_scale(double norm, double limit)
{
    return limit > 0 && norm > limit ? (heed_real)(limit / norm) : 1;
}

typedef struct step {
    const heed__optimizer *optimizer;
    double rate;
    heed_real grad_scale;
} step;

static void update_piece(void *arg, int64_t task, int thread)
{
    (void)thread;
    const step *s = arg;
    const heed__optimizer *o = s->optimizer;
    const heed__piece *piece = &o->pieces[task];
    const heed__trained *tensor = &o->tensors[piece->tensor];
    if (!tensor->grad) return;
    heed_real *slots[HEED_OPTIMIZER_SLOTS] = {0};
    for (size_t i = 0; i < HEED_OPTIMIZER_SLOTS; i++) {
        heed_real *slot = o->slots[piece->tensor * HEED_OPTIMIZER_SLOTS + i];
        if (slot) slots[i] = slot + piece->first;
    }
    o->kind->update(o, tensor, s->rate * tensor->scale, s->grad_scale, piece->count,
                    tensor->grad + piece->first, tensor->data + piece->first, slots);
}

void heed__optimizer_step(heed_context *context, heed__optimizer *o, double rate,
                          heed_real grad_scale)
{
    if (o->kind->advance) o->kind->advance(o);
    o->steps++;
    step s = {.optimizer = o, .rate = rate, .grad_scale = grad_scale};
    heed__parallel(context, (int64_t)o->piece_count, update_piece, &s);
}
