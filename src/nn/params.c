/* SPDX-License-Identifier: MIT */
#include "nn/params.h"

#include "base/fail.h"
#include "kernels/gemm.h"
#include "kernels/kernels.h"

#include <math.h> /* isfinite */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Marsaglia's polar method, with heed's own logarithm: the same bits on every machine. */
static heed_real draw_normal(heed__random *random)
{
    for (;;) {
        heed_real u = 2 * (heed_real)heed__random_uniform(random) - 1;
        heed_real v = 2 * (heed_real)heed__random_uniform(random) - 1;
        heed_real s = u * u + v * v, log_s;
        if (s >= 1 || s == 0) continue;
        heed__kernels_best()->log(1, &s, &log_s);
        return u * heed__sqrt(-2 * log_s / s);
    }
}

static void fill(heed__random *random, heed__param *param, heed__param_options options)
{
    int64_t count = param->rows * param->cols;
    if (options.begin) {
        options.begin(options.begin_user, random, param->data);
        return;
    }
    heed_real scale = options.scale > 0 ? (heed_real)options.scale : 1;
    if (options.init == HEED_INIT_XAVIER)
        scale *= heed__sqrt(6 / (heed_real)(param->rows + param->cols));
    for (int64_t i = 0; i < count; i++) {
        switch (options.init) {
        case HEED_INIT_ZERO:
            break;
        case HEED_INIT_ONE:
            param->data[i] = 1;
            break;
        case HEED_INIT_NORMAL:
            param->data[i] = scale * draw_normal(random);
            break;
        case HEED_INIT_XAVIER:
        case HEED_INIT_UNIFORM:
            param->data[i] = scale * (2 * (heed_real)heed__random_uniform(random) - 1);
            break;
        }
    }
}

/* While training a parameter stands in memory with its gradient and two numbers of the optimiser.
 * All of them together are held against the machine, since the system grants each one. */
static heed_status check_memory(const heed__params *params, const heed__param *param)
{
    double total = (double)heed__params_total(params) + (double)param->rows * (double)param->cols;
    double bytes = total * (params->trains ? 4 : 1) * (double)sizeof(heed_real);
    double there = (double)heed__memory_there();
    if (bytes <= there) return HEED_OK;
    return heed__fail(HEED_E_NOMEM,
                      "%s: the parameters up to here need %.1f GB and this machine has %.1f GB; "
                      "lower --dim, --layers, --ffn or --vocabulary",
                      param->name, bytes / 1e9, there / 1e9);
}

heed_status heed__params_add(heed__params *params, int64_t rows, int64_t cols,
                             heed__param_options options, heed__param **out, const char *name, ...)
{
    char text[128];
    va_list arguments;
    va_start(arguments, name);
    vsnprintf(text, sizeof text, name, arguments);
    va_end(arguments);
    heed__param *param = NULL;
    HEED_TRY(heed__grow(&params->items, &params->capacity, params->count + 1, sizeof *params->items,
                        "parameters"));
    HEED_TRY(heed__arena_take(&params->arena, 1, sizeof *param, "parameters", &param));
    HEED_TRY(heed__arena_text(&params->arena, text, strlen(text), &param->name));
    param->rows = rows;
    param->cols = cols;
    param->rank = options.vector ? 1 : 2;
    param->decay = options.decay;
    param->lr_scale = options.lr_scale > 0 ? options.lr_scale : 1;
    param->share = options.share;
    param->price = options.price;
    if (params->source) HEED_TRY(params->source(params->source_user, param, NULL));
    HEED_TRY(check_memory(params, param));
    size_t count = params->rehearses ? 0 : (size_t)(rows * cols);
    HEED_TRY(heed__alloc(count, sizeof(heed_real), param->name, &param->data));
    params->items[params->count++] = param; /* from here on, clear frees it */
    if (params->trains) HEED_TRY(heed__alloc(count, sizeof(heed_real), param->name, &param->grad));
    *out = param;
    if (params->rehearses) return HEED_OK;
    if (!params->source || params->overlays) fill(&params->random, param, options);
    return params->source ? params->source(params->source_user, param, param->data) : HEED_OK;
}

heed_status heed__params_pack(heed__params *params, heed_context *context)
{
    for (size_t i = 0; i < params->count && !params->trains; i++) {
        heed__param *p = params->items[i];
        if (p->rank != 2 || p->packed) continue;
        heed__gemm product = {.n = p->rows, .k = p->cols, .b = p->data, .b_row = 1};
        product.b_col = p->cols;
        product.precision = heed_context_precision(context);
        HEED_TRY(heed__alloc(heed__gemm_packed(product.precision, p->rows, p->cols),
                             sizeof *p->packed, p->name, &p->packed));
        heed__gemm_pack(context, &product, p->packed);
    }
    return HEED_OK;
}

void heed__params_clear(heed__params *params)
{
    for (size_t i = 0; i < params->count; i++) {
        heed__free(params->items[i]->data);
        heed__free(params->items[i]->grad);
        heed__free(params->items[i]->packed);
    }
    free(params->items);
    heed__arena_free(&params->arena);
    memset(params, 0, sizeof *params);
}

heed_status heed__params_check(const heed__params *params)
{
    for (size_t i = 0; i < params->count; i++) {
        const heed__param *p = params->items[i];
        for (int64_t j = 0; j < p->rows * p->cols; j++)
            if (!isfinite(p->data[j]))
                return heed__fail(HEED_E_NUMERIC,
                                  "tensor '%s' holds %g; use a lower learning rate or check the "
                                  "data",
                                  p->name, (double)p->data[j]);
    }
    return HEED_OK;
}

void heed__params_start_grads(heed__params *params)
{
    for (size_t i = 0; i < params->count; i++) params->items[i]->fresh = 1;
}

void heed__params_end_grads(heed__params *params)
{
    for (size_t i = 0; i < params->count; i++) {
        heed__param *p = params->items[i];
        if (p->fresh && p->grad) memset(p->grad, 0, (size_t)(p->rows * p->cols) * sizeof *p->grad);
        p->fresh = 0;
    }
}

void heed__params_pay(heed__params *params, int64_t batches)
{
    for (size_t i = 0; i < params->count; i++) {
        heed__param *p = params->items[i];
        for (int64_t j = 0; p->price != 0 && j < p->rows * p->cols; j++)
            p->grad[j] += p->price * (heed_real)batches;
    }
}

/* A NaN stays one. */
void heed__params_hold(heed__params *params)
{
    for (size_t i = 0; i < params->count; i++) {
        heed__param *p = params->items[i];
        for (int64_t j = 0; p->share && j < p->rows * p->cols; j++)
            p->data[j] = p->data[j] < 0 ? 0 : p->data[j] > 1 ? 1 : p->data[j];
    }
}

int64_t heed__params_total(const heed__params *params)
{
    int64_t total = 0;
    for (size_t i = 0; i < params->count; i++)
        total += params->items[i]->rows * params->items[i]->cols;
    return total;
}

void heed__params_copy_out(const heed__params *params, heed_real *to)
{
    for (size_t i = 0; i < params->count; i++) {
        const heed__param *p = params->items[i];
        size_t count = (size_t)(p->rows * p->cols);
        memcpy(to, p->data, count * sizeof *to);
        to += count;
    }
}

void heed__params_copy_in(heed__params *params, const heed_real *from)
{
    for (size_t i = 0; i < params->count; i++) {
        heed__param *p = params->items[i];
        size_t count = (size_t)(p->rows * p->cols);
        memcpy(p->data, from, count * sizeof *from);
        from += count;
    }
}

void heed__params_settle(heed__params *params)
{
    params->trains = 0;
    for (size_t i = 0; i < params->count; i++) {
        heed__free(params->items[i]->grad);
        params->items[i]->grad = NULL;
    }
}
