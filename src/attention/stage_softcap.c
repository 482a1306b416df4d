/* SPDX-License-Identifier: MIT */
/* Softcap (Gemma 2): s = c tanh(s / c). Before a bias or after it are two results: the order of the
 * stages says which. ds = d (1 - tanh^2). */
#include "attention/tables.h"
#include "base/fail.h"

static heed_real cap_of(const heed__self *self)
{
    const heed_attention_softcap *record = self->record;
    return record && record->cap != 0 ? record->cap : 50;
}

static void cap_forward(const heed__self *self, const heed__line *line, heed_real *s)
{
    heed_real cap = cap_of(self);
    self->kernels->scale(line->n, 1 / cap, s, s);
    self->kernels->tanh(line->n, s, s);
    self->kernels->scale(line->n, cap, s, s);
}

static void cap_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                         heed_real *d)
{
    heed_real bent[HEED_KEY_BLOCK];
    self->kernels->scale(line->n, 1 / cap_of(self), s, bent);
    self->kernels->tanh(line->n, bent, bent);
    for (int64_t t = 0; t < line->n; t++) d[t] *= 1 - bent[t] * bent[t];
}

static heed_status cap_check(const void *record, const heed_attention_options *options)
{
    const heed_attention_softcap *r = record;
    (void)options;
    if (!r || (r->cap >= 0 && r->cap - r->cap == 0)) return HEED_OK;
    return heed__fail(HEED_E_INVALID,
                      "stage \"softcap\": cap = %g; it must be above 0 (0 = 50) and finite",
                      (double)r->cap);
}

static const heed__field fields[] = {
    {"cap", HEED_ATTENTION_REAL, offsetof(heed_attention_softcap, cap), "above 0; 50"},
    {.name = NULL},
};

const heed__shaper heed__stage_softcap = {
    .entry = {.name = "softcap",
              .help = "c tanh(s / c), so that scores stay within c",
              .record = sizeof(heed_attention_softcap),
              .fields = fields,
              .check = cap_check},
    .forward = cap_forward,
    .backward = cap_backward,
};
