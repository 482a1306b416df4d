/* SPDX-License-Identifier: MIT */
/* A gate a head: its weights, and so its output, times a learned number, or the sigmoid of one. lse
 * is that of before. dgate = sum of d p over rows and keys. */
#include "attention/tables.h"
#include "base/fail.h"

static int through_sigmoid(const heed__self *self)
{
    const heed_attention_gate *record = self->record;
    return record && record->sigmoid;
}

static heed_real gate_of(const heed__self *self, int64_t head)
{
    heed_real gate = self->parameter[0][head];
    if (through_sigmoid(self)) self->kernels->sigmoid(1, &gate, &gate);
    return gate;
}

static void gate_weigh(const heed__self *self, const heed__line *line, heed_real *p)
{
    self->kernels->scale(line->n, gate_of(self, line->place->head), p, p);
}

static void gate_weigh_back(const heed__self *self, const heed__line *line, const heed_real *p,
                            heed_real *d)
{
    heed_real gate = gate_of(self, line->place->head);
    heed_real slope = through_sigmoid(self) ? gate * (1 - gate) : 1;
    if (line->dp[0])
        *line->dp[0] = heed__fma(slope, self->kernels->dot(line->n, d, p), *line->dp[0]);
    self->kernels->scale(line->n, gate, d, d);
}

static int64_t one(const heed_attention_options *options, const void *record)
{
    (void)options, (void)record;
    return 1;
}

static heed_status check(const void *record, const heed_attention_options *options)
{
    const heed_attention_gate *r = record;
    (void)options;
    if (!r || (r->sigmoid >= 0 && r->sigmoid <= 1)) return HEED_OK;
    return heed__fail(HEED_E_INVALID, "stage \"gate\": sigmoid = %lld; it must be 0 or 1",
                      (long long)r->sigmoid);
}

static const heed__field fields[] = {
    {"sigmoid", HEED_ATTENTION_INTEGER, offsetof(heed_attention_gate, sigmoid),
     "1: the gate is the sigmoid of what is learned; 0"},
    {.name = NULL},
};

const heed__shaper heed__stage_gate = {
    .entry = {.name = "gate",
              .help = "each head's weights times a learned number, or its sigmoid",
              .record = sizeof(heed_attention_gate),
              .fields = fields,
              .check = check,
              .slots = {{.name = "gate.heads", .columns = one, .side = HEED_SIDE_QUERY}},
              .begin = {heed__begin_ones}},
    .weigh = gate_weigh,
    .weigh_back = gate_weigh_back,
};
