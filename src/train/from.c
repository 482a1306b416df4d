/* SPDX-License-Identifier: MIT */
/*
 * Training that goes on from a model: its settings, tokenizers, labels and parameters are kept. New
 * labels come behind the old ones, and their rows of the output layer begin by chance; optimiser
 * and schedule begin anew. The file says whose parameters it began with.
 */
#include "base/fail.h"
#include "train/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABELS_SHOWN = 8 };

/* What does not touch what parameters mean. */
static int is_free(const char *key)
{
    static const char *const beginnings[] = {
        "train.",      "output.smoothing", "output.class_weights",  "output.consistency",
        "output.kind", "decoder.guide_",   "decoder.coverage_loss", "input.max_length",
        "input.block"};
    if (strstr(key, "dropout")) return 1;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (strncmp(key, beginnings[i], strlen(beginnings[i])) == 0) return 1;
    return 0;
}

/* A flag may say again what the model has. */
static heed_status check_flags(const heed__session *s)
{
    const heed_setting *setting;
    for (size_t i = 0; (setting = heed_setting_at(i)); i++) {
        const char *asked = heed_config_get(s->config, setting->key);
        const char *has = heed_config_get(s->parent->config, setting->key);
        if (is_free(setting->key) || !heed_config_is_set(s->config, setting->key) ||
            strcmp(asked, has) == 0)
            continue;
        return heed__fail(HEED_E_INVALID,
                          "--%s %s: %s has %s, which its parameters were trained for; leave it "
                          "out, or train anew without --from",
                          setting->flag, asked, s->options->from_path, has);
    }
    return HEED_OK;
}

static const char *task_of(const heed_config *config)
{
    return heed__config_is(config, "output.kind", "translate")  ? "translate"
           : heed__config_is(config, "output.kind", "language") ? "language"
                                                                : "labels";
}

heed_status heed__from_open(heed__session *s)
{
    if (!s->options->from_path) return HEED_OK;
    HEED_TRY(heed_model_load(s->context, s->options->from_path, &s->parent));
    HEED_TRY(check_flags(s));
    if (s->options->target_paths && s->parent->task != HEED_TASK_TRANSLATE)
        return heed__fail(HEED_E_INVALID, "%s is no translator, and cannot go on with pairs",
                          s->options->from_path);
    if (heed_config_is_set(s->config, "output.kind") &&
        strcmp(task_of(s->config), task_of(s->parent->config)) != 0)
        return heed__fail(HEED_E_INVALID,
                          "--task %s: %s is a model of another task (%s); leave --task out",
                          heed_config_get(s->config, "output.kind"), s->options->from_path,
                          heed_config_get(s->parent->config, "output.kind"));
    snprintf(s->parent_hash, sizeof s->parent_hash, "%s",
             heed__model_note_find(s->parent, "heed.checksum"));
    int steps = heed_config_is_set(s->config, "train.steps");
    HEED_TRY(heed__config_inherit(s->config, s->parent->config));
    return steps ? HEED_OK : heed__config_reset(s->config, "train.steps");
}

/* ---- tokenizers and labels ---- */

static heed_status copy_tokenizer(const heed__tokenizer *from, heed__tokenizer **out)
{
    unsigned char *bytes = NULL;
    size_t size;
    HEED_TRY(heed__tokenizer_save(from, &bytes, &size));
    heed_status status = heed__tokenizer_load(bytes, size, out);
    free(bytes);
    return status;
}

heed_status heed__from_tokenizers(const heed__session *s, heed__model_parts *parts)
{
    const heed_model *parent = s->parent;
    HEED_TRY(copy_tokenizer(parent->tokenizer, &parts->tokenizer));
    if (parent->task == HEED_TASK_CLASSIFY || parent->writer.tokenizer == parent->tokenizer)
        return HEED_OK;
    return copy_tokenizer(parent->writer.tokenizer, &parts->target_tokenizer);
}

static void say_labels(const heed__session *s, const heed__labels *old, const heed__labels *all)
{
    char names[256] = "";
    size_t used = 0;
    for (int64_t i = old->n; i < all->n && i < old->n + LABELS_SHOWN; i++) {
        int wrote =
            snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", all->names[i]);
        if (wrote < 0 || used + (size_t)wrote >= sizeof names) break;
        used += (size_t)wrote;
    }
    heed__log(s->context, HEED_LOG_INFO, "label '%s': %lld kept, %lld new%s%s%s", old->output,
              (long long)old->n, (long long)(all->n - old->n), all->n > old->n ? " (" : "", names,
              all->n - old->n > LABELS_SHOWN ? ", ...)"
              : all->n > old->n              ? ")"
                                             : "");
}

/* The old ones in their order, then those that only the new data has. */
static heed_status join_labels(const heed__labels *old, const heed__labels *fresh,
                               heed__labels **out)
{
    const char **names = NULL;
    int64_t n = old->n;
    HEED_TRY(heed__alloc((size_t)(old->n + fresh->n), sizeof *names, "labels", &names));
    memcpy(names, old->names, (size_t)old->n * sizeof *names);
    for (int64_t i = 0; i < fresh->n; i++)
        if (heed__labels_find(old, fresh->names[i], strlen(fresh->names[i])) < 0)
            names[n++] = fresh->names[i];
    heed_status status = heed__labels_create(old->output, old->kind, n, names, out);
    for (int64_t i = 0; i < n && status == HEED_OK; i++) {
        int64_t at = heed__labels_find(fresh, names[i], strlen(names[i]));
        (*out)->counts[i] = at < 0 ? 0 : fresh->counts[at];
    }
    heed__free(names);
    return status;
}

heed_status heed__from_labels(const heed__session *s, int output, heed__labels **labels)
{
    heed__labels *old, *fresh = *labels, *all = NULL;
    if (output >= s->parent->n_outputs)
        return heed__fail(HEED_E_DATA, "more label columns than the %d of %s; name them (--label)",
                          s->parent->n_outputs, s->options->from_path);
    old = s->parent->outputs[output].labels;
    if (old->kind == HEED_LABEL_NUMBER) return HEED_OK;
    HEED_TRY(join_labels(old, fresh, &all));
    heed__labels_destroy(labels);
    *labels = all;
    say_labels(s, old, all);
    if (old->kind != HEED_LABEL_TAGS || all->n == old->n) return HEED_OK;
    return heed__fail(HEED_E_UNSUPPORTED,
                      "label '%s': tags that %s does not know; new ones need a training anew, "
                      "without --from",
                      old->output, s->options->from_path);
}

/* ---- parameters ---- */

static const heed__param *find_param(const heed_model *model, const char *name)
{
    for (size_t i = 0; i < model->params.count; i++)
        if (strcmp(model->params.items[i]->name, name) == 0) return model->params.items[i];
    return NULL;
}

/* Of an output layer with more labels the first rows, or numbers of a bias, are the old ones. */
static heed_status take_param(void *user, const heed__param *param, heed_real *data)
{
    const heed__param *old = find_param(user, param->name);
    int64_t have = old ? old->rows * old->cols : 0, want = param->rows * param->cols;
    int grows = strncmp(param->name, "output.", 7) == 0;
    if (!old || old->rank != param->rank || have > want || (have < want && !grows) ||
        (param->rank == 2 && old->cols != param->cols))
        return heed__fail(HEED_E_INVALID,
                          "%s: %lld x %lld does not go on from %lld x %lld; train anew without "
                          "--from",
                          param->name, (long long)param->rows, (long long)param->cols,
                          (long long)(old ? old->rows : 0), (long long)(old ? old->cols : 0));
    if (data) memcpy(data, old->data, (size_t)have * sizeof *data);
    return HEED_OK;
}

heed__param_source heed__from_source(const heed__session *s, int member, void **user)
{
    if (!s->parent) return NULL;
    *user = heed__member_at(s->parent, member % heed_model_members(s->parent));
    return take_param;
}

/* ---- what is said ---- */

static int64_t count_unknown(const heed__examples *x)
{
    int64_t count = 0;
    for (int64_t i = 0; i < x->tokens; i++) count += x->ids[i] == HEED_TOKEN_UNKNOWN;
    return count;
}

void heed__from_say(const heed__session *s)
{
    if (!s->parent) return;
    int64_t kept = heed__params_total(&s->parent->params);
    int64_t all = heed__params_total(&s->whole->params);
    int64_t tokens = s->train.examples.tokens + s->train.written.tokens;
    int64_t unknown = count_unknown(&s->train.examples) + count_unknown(&s->train.written);
    heed__log(s->context, HEED_LOG_INFO,
              "from %s (%.12s...): %lld parameters kept, %lld new; the tokenizer is kept, and %.2f "
              "%% of the %lld tokens of the new data are unknown to it",
              s->options->from_path, s->parent_hash, (long long)kept, (long long)(all - kept),
              tokens ? 100 * (double)unknown / (double)tokens : 0, (long long)tokens);
}
