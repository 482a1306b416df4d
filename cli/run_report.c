/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include "cli/run_report.h"

#include "cli/places.h"
#include "cli/report.h"

#include "heed/config.h"
#include "heed/file.h"
#include "heed/report.h"

#include <math.h> /* NAN */
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { AGAIN = 10 /* seconds until a browser looks again */ };

static const double share = 0.01; /* of the time, for pages */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

heed_status run_report_start(run_report *r, const options *given, heed_context *context)
{
    const char *wanted = options_text(given, "report"), *model = options_text(given, "output");
    *r = (run_report){.context = context, .drawn = -INFINITY};
    if (wanted && strcmp(wanted, "none") == 0) return HEED_OK;
    size_t room = sizeof r->path;
    if ((size_t)snprintf(r->path, room, "%s%s", wanted ? wanted : model, wanted ? "" : ".html") >=
            room ||
        (size_t)snprintf(r->metrics_path, room, "%s.metrics.jsonl", model) >= room)
        return report(HEED_E_INVALID, "--report: the name is longer than %zu bytes", room - 16);
    r->model_path = model;
    if (strcmp(r->path, model) == 0)
        return report(HEED_E_INVALID, "--report %s: it is the model's name too", r->path);
    return places_check(given, "report", r->path);
}

static void draw(run_report *r, const heed_report_options *wanted)
{
    const char *name = strrchr(r->model_path, '/');
    heed_report_options o = *wanted;
    char *page = NULL;
    size_t size = 0;
    double begin = now();
    o.size = sizeof o;
    o.title = name ? name + 1 : r->model_path;
    o.metrics_path = r->metrics_path;
    o.rows_name = "validation rows";
    heed_status status = heed_report(&o, &page, &size);
    if (status == HEED_OK) status = heed_file_write(r->path, page, size);
    heed_text_free(page);
    if (status != HEED_OK && !r->failed)
        fprintf(stderr, "heed: warning: %s: no report: %s\n", r->path, heed_status_message());
    r->failed = status != HEED_OK;
    r->drawn = now();
    r->cost = r->drawn - begin;
}

/* The best model, as it was saved, about the rows where there are any. */
static void draw_saved(run_report *r, const heed_dataset *rows)
{
    heed_model *model = NULL;
    heed_status status = heed_model_load(r->context, r->model_path, &model);
    heed_report_options o = {.model = model, .rows = status == HEED_OK ? rows : NULL};
    draw(r, &o);
    heed_model_destroy(&model);
}

void run_report_follow(run_report *r, const heed_progress *p)
{
    if (!r->model_path) return;
    if (p->event == HEED_TRAIN_END) {
        draw_saved(r, p->valid_rows);
        r->finished = 1;
    } else if (p->event == HEED_TRAIN_VALIDATE && now() - r->drawn >= r->cost / share) {
        const heed_report_options o = {.model = p->model,
                                       .again = AGAIN,
                                       .step = p->step,
                                       .steps = p->steps,
                                       .member = p->member,
                                       .members = p->members,
                                       .seconds_left = p->seconds_left};
        draw(r, &o);
    }
}

void run_report_end(run_report *r, heed_status status)
{
    if (!r->model_path || r->finished || (status != HEED_OK && !(r->drawn > 0))) return;
    char message[1024]; /* of the failure, which drawing may write over */
    snprintf(message, sizeof message, "%s", heed_status_message());
    draw_saved(r, NULL);
    if (status != HEED_OK) (void)report(status, "%s", message);
}
