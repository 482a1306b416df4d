/* SPDX-License-Identifier: MIT */
#include "train/trace.h"

#include "io/json.h"

#include <math.h> /* NAN */

static void join(heed__trace_point *to, const heed__trace_point *from)
{
    to->step = from->step;
    to->count += from->count;
    to->loss += from->loss;
    to->norm += from->norm;
    to->rate += from->rate;
}

/* Half as many points, of twice as many steps. */
static void halve(heed__trace *t)
{
    for (int i = 0; 2 * i < t->n; i++) {
        t->points[i] = t->points[2 * i];
        if (2 * i + 1 < t->n) join(&t->points[i], &t->points[2 * i + 1]);
    }
    t->n = (t->n + 1) / 2;
    t->width *= 2;
}

void heed__trace_add(heed__trace *t, int64_t step, double loss, double norm, double rate)
{
    const heed__trace_point one = {step, 1, loss, norm, rate};
    while (t->n && t->points[t->n - 1].step >= step) t->n--;
    if (!t->width) t->width = 1;
    if (t->n && t->points[t->n - 1].count < t->width) {
        join(&t->points[t->n - 1], &one);
        return;
    }
    if (t->n == HEED_TRACE_POINTS) halve(t);
    t->points[t->n++] = one;
}

void heed__trace_clear(heed__trace *t)
{
    *t = (heed__trace){0};
}

double heed__trace_norm(const heed__trace *t)
{
    double sum = 0;
    int64_t count = 0;
    for (int i = 0; i < t->n; i++) {
        sum += t->points[i].norm;
        count += t->points[i].count;
    }
    return count ? sum / (double)count : NAN;
}

json_t *heed__trace_json(const heed__trace *t)
{
    json_t *steps = json_array(), *losses = json_array(), *norms = json_array();
    json_t *rates = json_array();
    for (int i = 0; i < t->n; i++) {
        const heed__trace_point *p = &t->points[i];
        double count = (double)p->count;
        json_array_append_new(steps, json_integer(p->step));
        json_array_append_new(losses, heed__json_real(p->loss / count));
        json_array_append_new(norms, heed__json_real(p->norm / count));
        json_array_append_new(rates, heed__json_real(p->rate / count));
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "step", steps, "loss", losses, "gradient_norm", norms,
                     "lr", rates);
}
