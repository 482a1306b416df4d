/* SPDX-License-Identifier: MIT */
/* What a validation writes down: a line of the metrics file, and the model's own figures. */
#include "base/fail.h"
#include "heed/evaluate.h"
#include "io/json.h"
#include "train/session.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum { DIGITS = 9 };

/* On request: how each head attends (heed/evaluate.h), over some of the validation texts. */
static heed_status add_heads(heed__session *session, json_t *line)
{
    int64_t texts = heed__config_integer(session->config, "train.watch");
    char *heads = NULL;
    if (!texts) return HEED_OK;
    HEED_TRY(heed_evaluate_attention(session->model, session->valid.rows, texts, 0, &heads));
    json_object_set_new(line, "attention", json_loads(heads, 0, NULL));
    heed__free(heads);
    return HEED_OK;
}

static heed_status metrics_text(heed__session *session, const heed_progress *p, char **out)
{
    json_t *line = json_object();
    if (p->together) json_object_set_new(line, "together", json_integer(p->together));
    if (p->members > 1 && !p->together)
        json_object_set_new(line, "member", json_integer(p->member));
    json_object_set_new(line, "step", json_integer(p->step));
    json_object_set_new(line, "epoch", json_integer(p->epoch));
    json_object_set_new(line, "loss", heed__json_real(p->loss));
    json_object_set_new(line, "valid_loss", heed__json_real(p->valid_loss));
    json_object_set_new(line, "metric", json_string(p->metric_name));
    json_object_set_new(line, p->metric_name, heed__json_real(p->metric));
    if (p->bleu == p->bleu) json_object_set_new(line, "bleu", heed__json_real(p->bleu));
    json_object_set_new(line, "better", json_boolean(p->better));
    if (p->mean_of) json_object_set_new(line, "mean_of", json_integer(p->mean_of));
    json_object_set_new(line, "lr", heed__json_real(p->rate));
    json_object_set_new(line, "gradient_norm", heed__json_real(p->gradient_norm));
    json_object_set_new(line, "tokens_per_second", heed__json_real(p->tokens_per_second));
    json_object_set_new(line, "memory", json_integer((json_int_t)p->resident));
    json_object_set_new(line, "seconds", heed__json_real(p->seconds));
    json_object_set_new(line, "unix_time", json_integer((json_int_t)time(NULL)));
    if (session->trace.n) json_object_set_new(line, "trace", heed__trace_json(&session->trace));
    heed_status status = add_heads(session, line);
    if (status == HEED_OK) status = heed__json_text(line, DIGITS, 0, out);
    json_decref(line);
    return status;
}

static heed_status write_line(const heed__session *session, FILE *file, char *text)
{
    int failed = fprintf(file, "%s\n", text) < 0 || fflush(file) != 0;
    heed__free(text);
    if (!failed) return HEED_OK;
    return heed__fail(HEED_E_IO, "%s: cannot be written: %s", session->metrics_path,
                      strerror(errno));
}

heed_status heed__log_metrics(heed__session *session, FILE *file, const heed_progress *progress)
{
    char *text = NULL;
    HEED_TRY(metrics_text(session, progress, &text));
    return write_line(session, file, text);
}

heed_status heed__log_rewind(heed__session *session, FILE *file, int64_t step, const char *why)
{
    char *text = NULL;
    json_t *line = json_object();
    json_object_set_new(line, "rewound_from", json_integer(step));
    if (session->best) json_object_set_new(line, "member", json_integer(session->member + 1));
    json_object_set_new(line, "step", json_integer(session->cursor.step));
    json_object_set_new(line, "rewinds", json_integer(session->guard.rewinds));
    json_object_set_new(line, "rate_times", heed__json_real(heed__guard_scale(&session->guard)));
    json_object_set_new(line, "why", json_string(why));
    heed_status status = heed__json_text(line, DIGITS, 0, &text);
    json_decref(line);
    return status == HEED_OK ? write_line(session, file, text) : status;
}

/* What each member was at its best. */
static json_t *members_json(const heed__session *session)
{
    json_t *list = json_array();
    for (int i = 0; i <= session->member; i++) {
        const heed__cursor *c = &session->done[i];
        json_t *item = json_object();
        json_object_set_new(item, "step", json_integer(c->best_step));
        json_object_set_new(item, session->job->metric_name(session->whole),
                            heed__json_real(c->best_metric));
        json_object_set_new(item, "valid_loss", heed__json_real(c->best_loss));
        json_array_append_new(list, item);
    }
    return list;
}

heed_status heed__note_metrics(heed__session *session, int64_t step, const heed__scores *scores)
{
    heed_model *model = session->whole;
    char *text = NULL;
    json_t *object = json_object();
    if (model->n_others)
        json_object_set_new(object, "members", members_json(session));
    else
        json_object_set_new(object, "step", json_integer(step));
    json_object_set_new(object, session->job->metric_name(model), heed__json_real(scores->metric));
    json_object_set_new(object, "valid_loss", heed__json_real(scores->loss));
    if (scores->bleu == scores->bleu)
        json_object_set_new(object, "bleu", heed__json_real(scores->bleu));
    heed_status status = heed__json_text(object, DIGITS, 0, &text);
    json_decref(object);
    if (status == HEED_OK) status = heed__model_note(model, "heed.metrics", text);
    heed__free(text);
    return status;
}
