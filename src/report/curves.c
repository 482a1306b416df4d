/* SPDX-License-Identifier: MIT */
#include "report/curves.h"

#include "base/fail.h"
#include "base/file.h"

#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const size_t most_bytes = (size_t)1 << 30;

/* Their names in the file; the metric has one of its own. */
static const char *const keys[HEED_CURVES] = {[HEED_CURVE_STEP] = "step",
                                              [HEED_CURVE_EPOCH] = "epoch",
                                              [HEED_CURVE_VALID_LOSS] = "valid_loss",
                                              [HEED_CURVE_METRIC] = NULL,
                                              [HEED_CURVE_BLEU] = "bleu",
                                              [HEED_CURVE_LOSS] = "loss",
                                              [HEED_CURVE_RATE] = "lr",
                                              [HEED_CURVE_NORM] = "gradient_norm",
                                              [HEED_CURVE_SPEED] = "tokens_per_second",
                                              [HEED_CURVE_MEMORY] = "memory",
                                              [HEED_CURVE_SECONDS] = "seconds"};

static heed_status grow(heed__columns *c)
{
    size_t room = 0;
    for (int k = 0; k < HEED_CURVES; k++) {
        room = c->room;
        HEED_TRY(heed__grow(&c->column[k], &room, c->n + 1, sizeof(double), "curves"));
    }
    c->room = room;
    return HEED_OK;
}

/* A run that went back: what came from the step on is no more. */
static void go_back(heed__columns *c, double step)
{
    while (c->n && c->column[HEED_CURVE_STEP][c->n - 1] >= step) c->n--;
}

static double number_of(const json_t *value)
{
    return json_is_number(value) ? json_number_value(value) : NAN;
}

double heed__columns_last(const heed__columns *c, heed__curve curve)
{
    for (size_t i = c->n; i-- > 0;)
        if (isfinite(c->column[curve][i])) return c->column[curve][i];
    return NAN;
}

static void take_figures(heed__curves *curves, const json_t *line, double out[HEED_CURVES])
{
    const char *metric = json_string_value(json_object_get(line, "metric"));
    for (int k = 0; k < HEED_CURVES; k++)
        out[k] = keys[k] ? number_of(json_object_get(line, keys[k])) : NAN;
    if (!metric) return;
    out[HEED_CURVE_METRIC] = number_of(json_object_get(line, metric));
    size_t size = strlen(metric);
    if (size < sizeof curves->metric) memcpy(curves->metric, metric, size + 1);
}

static heed_status add_validation(heed__run *run, const json_t *line,
                                  const double figures[HEED_CURVES])
{
    heed__columns *c = &run->valid;
    go_back(c, figures[HEED_CURVE_STEP]);
    HEED_TRY(grow(c));
    for (int k = 0; k < HEED_CURVES; k++) c->column[k][c->n] = figures[k];
    if (json_is_true(json_object_get(line, "better"))) run->best_step = figures[HEED_CURVE_STEP];
    c->n++;
    return HEED_OK;
}

static heed_status add_trace(heed__run *run, const json_t *trace)
{
    heed__columns *c = &run->trace;
    const json_t *steps = json_object_get(trace, keys[HEED_CURVE_STEP]);
    for (size_t i = 0; i < json_array_size(steps); i++) {
        if (i == 0) go_back(c, number_of(json_array_get(steps, 0)));
        HEED_TRY(grow(c));
        for (int k = 0; k < HEED_CURVES; k++) {
            const json_t *column = keys[k] ? json_object_get(trace, keys[k]) : NULL;
            c->column[k][c->n] = number_of(json_array_get(column, i));
        }
        c->n++;
    }
    return HEED_OK;
}

/* The run that a line is about; NULL where it is about none. */
static heed__run *run_of(heed__curves *curves, const json_t *line)
{
    const json_t *number = json_object_get(line, "member");
    json_int_t member = json_is_integer(number) ? json_integer_value(number) : 1;
    if (member < 1 || member > HEED_CURVE_RUNS) return NULL;
    for (; curves->n < member; curves->n++) curves->runs[curves->n] = (heed__run){.best_step = NAN};
    return &curves->runs[member - 1];
}

static heed_status add_figures(heed__curves *curves, const json_t *line)
{
    double figures[HEED_CURVES];
    const json_t *together = json_object_get(line, "together");
    if (!isfinite(number_of(json_object_get(line, keys[HEED_CURVE_STEP])))) return HEED_OK;
    take_figures(curves, line, figures);
    if (together) {
        curves->together = (int)json_integer_value(together);
        memcpy(curves->together_says, figures, sizeof figures);
        return HEED_OK;
    }
    heed__run *run = run_of(curves, line);
    if (!run) return HEED_OK;
    if (json_object_get(line, "rewound_from")) { /* to the end of this step */
        go_back(&run->valid, figures[HEED_CURVE_STEP] + 1);
        go_back(&run->trace, figures[HEED_CURVE_STEP] + 1);
        return HEED_OK;
    }
    HEED_TRY(add_validation(run, line, figures));
    return add_trace(run, json_object_get(line, "trace"));
}

static heed_status add_line(heed__curves *curves, const char *text, size_t size)
{
    json_t *line = json_loadb(text, size, 0, NULL);
    heed_status status = add_figures(curves, line);
    json_decref(line);
    return status;
}

heed_status heed__curves_read(const char *path, heed__curves *out)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    *out = (heed__curves){0};
    HEED_TRY(heed__file_read(path, most_bytes, &bytes, &size));
    heed_status status = HEED_OK;
    for (const char *at = (const char *)bytes, *end = at + size; at < end && status == HEED_OK;) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        const char *stop = feed ? feed : end;
        status = add_line(out, at, (size_t)(stop - at));
        at = stop + 1;
    }
    heed__free(bytes);
    if (status != HEED_OK) heed__curves_free(out);
    return status;
}

void heed__curves_free(heed__curves *curves)
{
    for (int i = 0; i < curves->n; i++)
        for (int k = 0; k < HEED_CURVES; k++) {
            free(curves->runs[i].valid.column[k]);
            free(curves->runs[i].trace.column[k]);
        }
    *curves = (heed__curves){0};
}
