/* SPDX-License-Identifier: MIT */
/* What a search tries: for each task the settings that matter most for it, and values around those
 * that do well on most data (docs/defaults.md). A value twice is drawn twice as often. */
#include "train/tune_table.h"

#include "base/fail.h"
#include "heed/tune.h"
#include "model/config.h"
#include "train/session.h"

#include <stdio.h>
#include <string.h>

typedef struct tune_row {
    const char *task, *key, *values;
    const char *needs, *value; /* another setting that must not have that value; NULL = none */
} tune_row;

static const tune_row rows[] = {
    {"classify", "encoder.kind", "none|none|gru|transformer", NULL, NULL},
    {"classify", "train.lr", "0.001|0.002|0.003|0.005", NULL, NULL},
    {"classify", "encoder.dim", "64|128", NULL, NULL},
    {"classify", "input.ngrams", "1|2|2", NULL, NULL},
    {"classify", "input.dropout", "0.3|0.5|0.6", NULL, NULL},
    {"classify", "input.word_dropout", "0|0.05|0.1|0.2", NULL, NULL},
    {"classify", "output.dropout", "0.3|0.5|0.6", NULL, NULL},
    {"classify", "output.smoothing", "0|0.05|0.1|0.2", NULL, NULL},
    {"classify", "encoder.dropout", "0.1|0.2|0.3", "encoder.kind", "none"},
    {"classify", "train.weight_decay", "0.01|0.1", NULL, NULL},
    {"translate", "train.lr", "0.0005|0.001|0.002|0.003", NULL, NULL},
    {"translate", "encoder.dropout", "0.1|0.2|0.3|0.4", NULL, NULL},
    {"translate", "input.dropout", "0|0.1|0.3", NULL, NULL},
    {"translate", "output.smoothing", "0|0.1|0.2", NULL, NULL},
    {"translate", "train.batch_tokens", "2048|4096|8192", NULL, NULL},
    {"translate", "train.warmup", "0.05|0.1|0.2", NULL, NULL},
    {"translate", "train.weight_decay", "0.0001|0.01|0.1", NULL, NULL},
    {"language", "train.lr", "0.001|0.002|0.003|0.005", NULL, NULL},
    {"language", "encoder.dropout", "0|0.1|0.2", NULL, NULL},
    {"language", "train.warmup", "0.05|0.1", NULL, NULL},
    {"language", "train.weight_decay", "0.0001|0.01|0.1", NULL, NULL},
    {"language", "train.batch_tokens", "2048|4096|8192", NULL, NULL},
};

enum { ROWS = sizeof rows / sizeof *rows };

int heed_tune_row_at(size_t index, const char **task, const char **key, const char **values)
{
    if (index >= ROWS) return 0;
    *task = rows[index].task;
    *key = rows[index].key;
    *values = rows[index].values;
    return 1;
}

/* Draws one of the values, joined by '|'. */
static void draw(heed__random *random, const char *values, char *out, size_t room)
{
    uint64_t count = 1;
    for (const char *at = values; (at = strchr(at, '|')); at++) count++;
    const char *at = values;
    for (uint64_t skip = heed__random_below(random, count); skip; skip--) at = strchr(at, '|') + 1;
    snprintf(out, room, "%.*s", (int)strcspn(at, "|"), at);
}

heed_status heed__tune_draw(heed__random *random, const char *task, const heed_config *base,
                            int goes_on, heed_config *config)
{
    for (size_t i = 0; i < ROWS; i++) {
        char value[32];
        const tune_row *row = &rows[i];
        if (strcmp(row->task, task) != 0) continue;
        draw(random, row->values, value, sizeof value); /* always: what is fixed shifts nothing */
        int idle = row->needs && heed__config_is(config, row->needs, row->value);
        int bound = goes_on && !heed__from_is_free(row->key);
        if (heed_config_is_set(base, row->key) || idle || bound) continue;
        HEED_TRY(heed_config_set(config, row->key, value));
    }
    return HEED_OK;
}

json_t *heed__tune_settings(const char *task, const heed_config *base, const heed_config *config)
{
    json_t *object = json_object();
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].task, task) == 0 && !heed_config_is_set(base, rows[i].key) &&
            heed_config_is_set(config, rows[i].key))
            json_object_set_new(object, rows[i].key,
                                json_string(heed_config_get(config, rows[i].key)));
    return object;
}
