/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L /* access */
#include "train/tune_inside.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/memory.h"
#include "io/json.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECORD_LIMIT = 1 << 26 };

heed_status heed__tune_put(heed__tuning *t, json_t *line)
{
    char *text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(17));
    int failed = !text || fprintf(t->record, "%s\n", text) < 0 || fflush(t->record) != 0;
    free(text);
    json_decref(line);
    if (!failed) return HEED_OK;
    return heed__fail(HEED_E_IO, "%s: cannot be written", t->record_path);
}

/* What a search must have in common with the one that is resumed: its own options and settings. */
static heed_status identity(const heed__tuning *t, json_t **out)
{
    char *config = NULL;
    HEED_TRY(heed_config_json(t->base, 0, &config));
    *out = json_pack("{s:s, s:f, s:I, s:I}", "config", config, "seconds", t->options->seconds,
                     "asked_trials", (json_int_t)t->options->trials, "asked_steps",
                     (json_int_t)t->options->steps);
    heed_text_free(config);
    return *out ? HEED_OK : heed__fail(HEED_E_NOMEM, "no memory for a search");
}

static int64_t whole(const json_t *line, const char *key)
{
    return json_integer_value(json_object_get(line, key));
}

heed_status heed__tune_read(heed__tuning *t)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    if (access(t->record_path, F_OK) != 0)
        return heed__fail(
            HEED_E_INVALID,
            "%s: there is no such file, so no search to resume; tune without --resume",
            t->record_path);
    HEED_TRY(heed__file_read(t->record_path, RECORD_LIMIT, &bytes, &size));
    t->known = json_array();
    for (char *at = (char *)bytes; at && *at;) {
        char *end = strchr(at, '\n');
        if (!end) break; /* cut by a crash */
        json_t *line = json_loadb(at, (size_t)(end - at), 0, NULL);
        if (line) json_array_append_new(t->known, line);
        at = end + 1;
    }
    heed__free(bytes);
    const json_t *head = json_array_get(t->known, 0);
    json_t *mine = NULL;
    HEED_TRY(identity(t, &mine));
    int same = json_equal(json_object_get(head, "search"), mine);
    json_decref(mine);
    t->trials = whole(head, "trials");
    t->steps = whole(head, "steps");
    t->full = whole(head, "full_steps");
    if (same && t->trials >= 1 && t->trials <= 1000000 && t->steps >= 1 && t->full >= t->steps)
        return HEED_OK;
    return heed__fail(HEED_E_INVALID,
                      "%s: belongs to another search; give the same options or tune without "
                      "--resume",
                      t->record_path);
}

/* Opens the record: what a crash cut is written anew, line by line. */
heed_status heed__tune_open(heed__tuning *t)
{
    json_t *mine = NULL;
    t->record = fopen(t->record_path, "w");
    if (!t->record) return heed__fail(HEED_E_IO, "%s: cannot be written", t->record_path);
    for (size_t i = 0; i < json_array_size(t->known); i++)
        HEED_TRY(heed__tune_put(t, json_incref(json_array_get(t->known, i))));
    if (t->known) return HEED_OK;
    HEED_TRY(identity(t, &mine));
    return heed__tune_put(t, json_pack("{s:o, s:I, s:I, s:I, s:s}", "search", mine, "trials",
                                       (json_int_t)t->trials, "steps", (json_int_t)t->steps,
                                       "full_steps", (json_int_t)t->full, "metric", t->metric));
}

const json_t *heed__tune_known(const heed__tuning *t, int64_t number, int round)
{
    for (size_t i = 1; i < json_array_size(t->known); i++) {
        const json_t *line = json_array_get(t->known, i);
        if (json_is_integer(json_object_get(line, "candidate")) &&
            whole(line, "candidate") == number && whole(line, "round") == round)
            return line;
    }
    return NULL;
}

int heed__tune_final_begun(const heed__tuning *t)
{
    for (size_t i = 1; i < json_array_size(t->known); i++)
        if (json_object_get(json_array_get(t->known, i), "final")) return 1;
    return 0;
}

static json_t *candidate_json(const heed__tuned *c)
{
    json_t *results = json_array();
    for (int i = 0; i < c->rounds; i++)
        json_array_append_new(
            results, json_pack("{s:I, s:o, s:o}", "steps", (json_int_t)c->steps[i], "metric",
                               heed__json_real(c->metric[i]), "loss", heed__json_real(c->loss[i])));
    return json_pack("{s:O, s:o}", "settings", c->settings, "results", results);
}

heed_status heed__tune_record(const heed__tuning *t, int64_t best, char **out)
{
    char repeat[128];
    json_t *all = json_array();
    snprintf(repeat, sizeof repeat, "--tune-trials %lld --tune-steps %lld --steps %lld",
             (long long)t->trials, (long long)t->steps, (long long)t->full);
    for (int64_t i = 0; i < t->trials; i++)
        json_array_append_new(all, candidate_json(&t->candidates[i]));
    json_t *root =
        json_pack("{s:I, s:I, s:I, s:s, s:s, s:I, s:o}", "trials", (json_int_t)t->trials, "steps",
                  (json_int_t)t->steps, "full_steps", (json_int_t)t->full, "metric", t->metric,
                  "repeat", repeat, "best", (json_int_t)best, "candidates", all);
    heed_status status = heed__json_text(root, 9, 0, out);
    json_decref(root);
    return status;
}
