/* SPDX-License-Identifier: MIT */
/*
 * Training that goes on from a model: its settings, tokenizers, labels and parameters are kept. New
 * labels come behind the old ones, and their rows of the output layer begin by chance; new words
 * come behind the old ones too, and each begins as the unknown word that it was. Optimiser and
 * schedule begin anew. The file says whose parameters it began with.
 */
#include "base/fail.h"
#include "train/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 8 };

/* What does not touch what parameters mean. */
int heed__from_is_free(const char *key)
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

/* Whether new words are learned. What is written with keeps its words: they are its outputs. */
static int grows(const heed__session *s)
{
    return s->parent->task == HEED_TASK_CLASSIFY &&
           heed__tokenizer_can_grow(s->parent->tokenizer) &&
           heed__config_boolean(s->config, "train.new_words");
}

/* What says which words and n-grams there are says it of new ones. */
static int is_growth(const char *key)
{
    static const char *const keys[] = {"input.min_count", "input.vocabulary",
                                       "input.ngram_min_count", "input.ngram_vocabulary"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0) return 1;
    return 0;
}

/* A flag may say again what the model has. */
static heed_status check_flags(const heed__session *s)
{
    const heed_setting *setting;
    for (size_t i = 0; (setting = heed_setting_at(i)); i++) {
        const char *asked = heed_config_get(s->config, setting->key);
        const char *has = heed_config_get(s->parent->config, setting->key);
        if (heed__from_is_free(setting->key) || (grows(s) && is_growth(setting->key)) ||
            !heed_config_is_set(s->config, setting->key) || strcmp(asked, has) == 0)
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
    if (!s->options->from_path && heed_config_is_set(s->config, "train.new_words"))
        heed__log(s->context, HEED_LOG_WARNING, "train.new_words = %s has no effect without --from",
                  heed_config_get(s->config, "train.new_words"));
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

heed_status heed__from_tokenizers(heed__session *s, heed__model_parts *parts)
{
    const heed_model *parent = s->parent;
    heed__tokenizer_settings limits = heed__session_tokenizer(s->config);
    HEED_TRY(copy_tokenizer(parent->tokenizer, &parts->tokenizer));
    if (grows(s))
        HEED_TRY(
            heed__tokenizer_grow_dataset(parts->tokenizer, &limits, s->train.rows, &s->growth));
    if (parent->task == HEED_TASK_CLASSIFY || parent->writer.tokenizer == parent->tokenizer)
        return HEED_OK;
    return copy_tokenizer(parent->writer.tokenizer, &parts->target_tokenizer);
}

/* " (one, two, ...)": what is new, as far as there is room. */
typedef struct shown {
    char text[256];
    size_t used;
    int n;
} shown;

static void show(shown *names, const char *name)
{
    enum { TAIL = 8 }; /* ", ...)" */
    size_t room = sizeof names->text - names->used;
    const char *before = names->n ? ", " : " (";
    if (names->n > SHOWN) return;
    if (names->n == SHOWN || strlen(name) + TAIL + 2 > room) {
        names->used += (size_t)snprintf(names->text + names->used, room, "%s...", before);
        names->n = SHOWN;
    } else {
        names->used += (size_t)snprintf(names->text + names->used, room, "%s%s", before, name);
    }
    names->n++;
}

static const char *shown_end(shown *names)
{
    if (names->n) snprintf(names->text + names->used, sizeof names->text - names->used, ")");
    return names->text;
}

static void say_labels(const heed__session *s, const heed__labels *old, const heed__labels *all)
{
    shown names = {"", 0, 0};
    for (int64_t i = old->n; i < all->n; i++) show(&names, all->names[i]);
    heed__log(s->context, HEED_LOG_INFO, "label '%s': %lld kept, %lld new%s", old->output,
              (long long)old->n, (long long)(all->n - old->n), shown_end(&names));
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
    return HEED_OK;
}

/* ---- parameters ---- */

static const heed__param *find_param(const heed_model *model, const char *name)
{
    for (size_t i = 0; i < model->params.count; i++)
        if (strcmp(model->params.items[i]->name, name) == 0) return model->params.items[i];
    return NULL;
}

/* Those that may have more rows than they had: of labels, tokens and n-grams. */
static int may_widen(const char *name)
{
    return strncmp(name, "output.", 7) == 0 || strcmp(name, "embedding.weight") == 0 ||
           strcmp(name, "ngrams.weight") == 0 || strcmp(name, "characters.weight") == 0;
}

static int is_moves(const char *name)
{
    size_t size = strlen(name), tail = strlen(".moves");
    return size > tail && strcmp(name + size - tail, ".moves") == 0;
}

/* Of tags in a chain (ops/chain.h): between the old ones, into them and out of them they are what
 * they were; those of new ones begin at zero. */
static heed_status take_moves(const heed__param *old, const heed__param *param, heed_real *data)
{
    int64_t had = old->cols, has = param->cols;
    for (int64_t row = 0; data && row < old->rows; row++) {
        int64_t to = row < had ? row : has + row - had; /* the beginning and the end come last */
        memcpy(data + to * has, old->data + row * had, (size_t)had * sizeof *data);
    }
    return HEED_OK;
}

/* Of a wider one the first rows, or numbers of a bias, are the old ones. New tokens begin where the
 * unknown one stands, new n-grams at zero: the model says what it said until it has learned. */
static heed_status take_param(void *user, const heed__param *param, heed_real *data)
{
    const heed__param *old = find_param(user, param->name);
    int64_t have = old ? old->rows * old->cols : 0, want = param->rows * param->cols;
    if (old && is_moves(param->name) && old->cols <= param->cols)
        return take_moves(old, param, data);
    if (!old || old->rank != param->rank || have > want ||
        (have < want && !may_widen(param->name)) || (param->rank == 2 && old->cols != param->cols))
        return heed__fail(HEED_E_INVALID,
                          "%s: %lld x %lld does not go on from %lld x %lld; train anew without "
                          "--from",
                          param->name, (long long)param->rows, (long long)param->cols,
                          (long long)(old ? old->rows : 0), (long long)(old ? old->cols : 0));
    if (data) memcpy(data, old->data, (size_t)have * sizeof *data);
    if (data && strcmp(param->name, "embedding.weight") == 0)
        for (int64_t row = old->rows; row < param->rows; row++)
            memcpy(data + row * param->cols, old->data + HEED_TOKEN_UNKNOWN * param->cols,
                   (size_t)param->cols * sizeof *data);
    return HEED_OK;
}

heed__param_source heed__from_source(const heed__session *s, int member, void **user)
{
    if (!s->parent) return NULL;
    *user = heed__member_at(s->parent, member % heed_model_members(s->parent));
    return take_param;
}

/* ---- what is said ---- */

/* Tokens of the new data that the model did not know, and those that it still does not. */
typedef struct strangers {
    int64_t all, unknown, fresh;
} strangers;

static void count_strangers(const heed__session *s, const heed__examples *x, strangers *out)
{
    int64_t kept = s->growth.tokens ? s->growth.tokens : INT64_MAX;
    out->all += x->tokens;
    for (int64_t i = 0; i < x->tokens; i++) {
        out->unknown += x->ids[i] == HEED_TOKEN_UNKNOWN;
        out->fresh += x->ids[i] >= kept;
    }
}

static const char *why_kept(const heed__session *s)
{
    return s->parent->task != HEED_TASK_CLASSIFY
               ? "the vocabulary is kept, since the model writes with it"
           : !heed__tokenizer_can_grow(s->parent->tokenizer)
               ? "the pieces of the tokenizer are kept, since they were chosen together"
               : "the vocabulary is kept (--new-words false)";
}

static void say_words(const heed__session *s, double unknown, double before, int64_t all)
{
    const heed__tokenizer *t = s->model->tokenizer;
    const heed__growth *g = &s->growth;
    shown names = {"", 0, 0};
    char ngrams[128] = "";
    for (int64_t id = g->tokens; id < heed__tokenizer_vocabulary(t); id++)
        show(&names, heed__tokenizer_token(t, id).bytes);
    for (int i = 0; i < HEED_BAGS; i++) {
        size_t used = strlen(ngrams);
        int64_t there = heed__tokenizer_ngrams(t, i) - 1;
        if (there >= 0)
            snprintf(ngrams + used, sizeof ngrams - used, "; n-grams of %s: %lld kept, %lld new",
                     i == HEED_BAGS_TOKENS ? "tokens" : "characters", (long long)g->ngrams[i],
                     (long long)(there - g->ngrams[i]));
    }
    heed__log(s->context, HEED_LOG_INFO,
              "tokens: %lld kept, %lld new%s%s%s; %.2f %% of the %lld tokens of the new data were "
              "unknown, %.2f %% are",
              (long long)g->tokens, (long long)(heed__tokenizer_vocabulary(t) - g->tokens),
              shown_end(&names), g->full ? ", and no room for more (--vocabulary)" : "", ngrams,
              before, (long long)all, unknown);
}

void heed__from_say(const heed__session *s)
{
    strangers x = {0, 0, 0};
    if (!s->parent) return;
    int64_t kept = heed__params_total(&s->parent->params);
    int64_t all = heed__params_total(&s->whole->params);
    count_strangers(s, &s->train.examples, &x);
    count_strangers(s, &s->train.written, &x);
    double share = x.all ? 100 / (double)x.all : 0, unknown = share * (double)x.unknown;
    heed__log(s->context, HEED_LOG_INFO, "from %s (%.12s...): %lld parameters kept, %lld new",
              s->options->from_path, s->parent_hash, (long long)kept, (long long)(all - kept));
    if (grows(s))
        say_words(s, unknown, unknown + share * (double)x.fresh, x.all);
    else
        heed__log(s->context, HEED_LOG_INFO,
                  "%s; %.2f %% of the %lld tokens of the new data are unknown to it", why_kept(s),
                  unknown, (long long)x.all);
}
