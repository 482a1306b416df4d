/* SPDX-License-Identifier: MIT */
/* A caller's own stage: a function of each score and of where it stands, its derivative, and a
 * learned array if it wants one. */
#include "attention/tables.h"
#include "base/fail.h"

static heed_attention_user_row row_of(const heed__self *self, const heed__line *line)
{
    const heed_attention_user *record = self->record;
    int64_t head = line->place->head;
    return (heed_attention_user_row){
        .sequence = line->place->sequence,
        .head = head,
        .query = line->query,
        .position = line->query + line->place->offset,
        .key = line->key,
        .keys = line->n,
        .parameter = self->parameter[0] ? self->parameter[0] + head * record->columns : NULL,
        .gradient = line->dp[0]};
}

static void user_forward(const heed__self *self, const heed__line *line, heed_real *s)
{
    const heed_attention_user *record = self->record;
    heed_attention_user_row row = row_of(self, line);
    row.gradient = NULL;
    record->forward(record->user, &row, s);
}

/* Scores without a gradient (the masked ones among them) are to have none, whatever the function
 * makes of them. */
static void user_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                          heed_real *d)
{
    const heed_attention_user *record = self->record;
    heed_attention_user_row row = row_of(self, line);
    unsigned char wanted[HEED_KEY_BLOCK];
    for (int64_t t = 0; t < line->n; t++) wanted[t] = d[t] != 0;
    record->backward(record->user, &row, s, d);
    for (int64_t t = 0; t < line->n; t++)
        if (!wanted[t]) d[t] = 0;
}

static int64_t columns(const heed_attention_options *options, const void *record)
{
    (void)options;
    return ((const heed_attention_user *)record)->columns;
}

static int by_position(const void *record)
{
    return ((const heed_attention_user *)record)->uses_positions;
}

static heed_status check(const void *record, const heed_attention_options *options)
{
    const heed_attention_user *r = record;
    (void)options;
    if (!r || !r->forward || !r->backward)
        return heed__fail(HEED_E_INVALID,
                          "stage \"user\": %s is NULL; fill a heed_attention_user, which text "
                          "cannot",
                          r && r->forward ? "backward" : "forward");
    if (r->columns < 0)
        return heed__fail(HEED_E_INVALID, "stage \"user\": columns = %lld; it must be 0 or more",
                          (long long)r->columns);
    return HEED_OK;
}

const heed__shaper heed__stage_user = {
    .entry = {.name = "user",
              .help = "the caller's own function of each score, and its derivative",
              .record = sizeof(heed_attention_user),
              .check = check,
              .slots = {{.name = "user.parameter", .columns = columns, .side = HEED_SIDE_QUERY}},
              .by_position = by_position},
    .forward = user_forward,
    .backward = user_backward,
};
