/* SPDX-License-Identifier: MIT */
/*
 * Gumbel-softmax (Jang, Gu, Poole 2017; Maddison, Mnih, Teh 2017): softmax((s + G) / tau), G drawn
 * by counter, so that the backward pass and a look at the weights see the same. With `hard` its
 * largest key alone, straight through. lse is that of (s + G) / tau. At evaluation G is 0.
 */
#include "attention/choice.h"
#include "attention/gumbel.h"
#include "attention/softmax.h"
#include "attention/tables.h"
#include "base/fail.h"

static heed_real tau_of(const heed__self *self)
{
    const heed_attention_gumbel *record = self->record;
    return record && record->tau != 0 ? record->tau : 1;
}

static void noise_forward(const heed__self *self, const heed__line *line, heed_real *s)
{
    heed_real noise[HEED_KEY_BLOCK];
    heed__gumbel(self, line, line->key, line->n, noise);
    self->kernels->add(line->n, noise, s);
    self->kernels->scale(line->n, 1 / tau_of(self), s, s);
}

static void noise_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                           heed_real *d)
{
    (void)s;
    self->kernels->scale(line->n, 1 / tau_of(self), d, d);
}

static const heed__shaper noise = {
    .entry = {.name = "gumbel", .help = "(s + G) / tau"},
    .forward = noise_forward,
    .backward = noise_backward,
};

static const heed__normaliser hard = {
    .entry = {.name = "gumbel", .help = "straight-through on (s + G) / tau"},
    .shaper = &noise,
    .whole = 1,
    .lse_gradient = 1,
    .row = heed__straight_row,
    .weights = heed__choice_weights,
    .gather = heed__straight_gather,
    .backward = heed__straight_backward,
};

static const heed__normaliser *choose(const void *record)
{
    const heed_attention_gumbel *r = record;
    return r && r->hard ? &hard : &heed__normaliser_gumbel;
}

static heed_status check(const void *record, const heed_attention_options *options)
{
    const heed_attention_gumbel *r = record;
    (void)options;
    if (r && !(r->tau >= 0 && r->tau - r->tau == 0))
        return heed__fail(HEED_E_INVALID,
                          "normaliser \"gumbel\": tau = %g; it must be above 0 (0 = 1) and finite",
                          (double)r->tau);
    if (r && r->hard != 0 && r->hard != 1)
        return heed__fail(HEED_E_INVALID, "normaliser \"gumbel\": hard = %lld; it must be 0 or 1",
                          (long long)r->hard);
    return HEED_OK;
}

static const heed__field fields[] = {
    {"tau", HEED_ATTENTION_REAL, offsetof(heed_attention_gumbel, tau), "above 0; 1"},
    {"hard", HEED_ATTENTION_INTEGER, offsetof(heed_attention_gumbel, hard),
     "1: one key, straight through; 0"},
    {.name = NULL},
};

const heed__normaliser heed__normaliser_gumbel = {
    .entry = {.name = "gumbel",
              .help = "softmax((s + G) / tau), G Gumbel noise",
              .record = sizeof(heed_attention_gumbel),
              .fields = fields,
              .check = check},
    .choose = choose,
    .shaper = &noise,
    .lse_gradient = 1,
    .block = heed__softmax_block,
    .finish = heed__softmax_finish,
    .weights = heed__softmax_weights,
    .backward = heed__softmax_backward,
    .weights_and_backward = heed__softmax_weights_and_backward,
};
