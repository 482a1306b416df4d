/* SPDX-License-Identifier: MIT */
/* First values of the learned arrays. */
#include "attention/plan.h"
#include "base/fail.h"
#include "base/real.h"

#include <string.h>

void heed__begin_ones(const heed__beginning *b, int64_t head, heed_real *row)
{
    (void)head;
    for (int64_t c = 0; c < b->columns; c++) row[c] = 1;
}

void heed__begin_matrix(const heed__beginning *b, int64_t in, int64_t out, int64_t n,
                        heed_real *row)
{
    heed_real limit = heed__sqrt(6 / (heed_real)(in + out));
    for (int64_t i = 0; i < n; i++)
        row[i] = limit * (2 * (heed_real)heed__random_uniform(b->random) - 1);
}

void heed__begin_glorot(const heed__beginning *b, int64_t head, heed_real *row)
{
    (void)head;
    heed__begin_matrix(b, b->heads, b->columns, b->columns, row);
}

void heed__plan_begin(const heed_attention_plan *plan, size_t index, heed__random *random,
                      heed_real *out)
{
    const heed__parameter *p = &plan->parameter[index];
    heed__beginning b = {&plan->options, p->record, p->heads, p->columns, random};
    memset(out, 0, (size_t)(p->heads * p->columns) * sizeof *out);
    for (int64_t head = 0; head < p->heads && p->begin; head++)
        p->begin(&b, head, out + head * p->columns);
}

heed_status heed_attention_plan_begin(const heed_attention_plan *plan, size_t index, uint64_t seed,
                                      heed_real *out)
{
    heed__random random;
    if (index >= (size_t)plan->parameters || !out)
        return heed__fail(HEED_E_INVALID, "parameter %zu, out %s; the plan has %d parameters",
                          index, out ? "given" : "NULL", plan->parameters);
    heed__random_start(&random, seed, HEED_RANDOM_WEIGHTS);
    heed__plan_begin(plan, index, &random, out);
    return HEED_OK;
}
