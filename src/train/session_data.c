/* SPDX-License-Identifier: MIT */
/* What a run reads, and what its model says of it. */
#include "train/session.h"

#include "base/fail.h"
#include "base/parallel.h"
#include "heed/version.h"

#include <stdio.h>

static heed_status read_parallel(heed__session *s)
{
    const heed_train_options *o = s->options;
    HEED_TRY(heed_dataset_read_parallel(s->context, o->paths, o->n_paths, o->target_paths,
                                        o->n_target_paths, o->read, &s->train.rows));
    if (!o->valid_paths) return HEED_OK;
    return heed_dataset_read_parallel(s->context, o->valid_paths, o->n_valid_paths,
                                      o->valid_target_paths, o->n_valid_target_paths, o->read,
                                      &s->valid.rows);
}

static heed_status read_columns(heed__session *s)
{
    const heed_train_options *o = s->options;
    heed_read_options read = o->read ? *o->read : (heed_read_options){0};
    read.kind = s->job->task == HEED_TASK_TRANSLATE  ? HEED_READ_PAIRS
                : s->job->task == HEED_TASK_LANGUAGE ? HEED_READ_LANGUAGE
                                                     : HEED_READ_LABELS;
    HEED_TRY(heed_dataset_read(s->context, o->paths, o->n_paths, &read, &s->train.rows));
    if (!o->valid_paths) return HEED_OK;
    const heed_layout *layout = heed_dataset_layout(s->train.rows);
    if (*layout->text) read.text = layout->text;
    if (*layout->label) read.label = layout->label;
    return heed_dataset_read(s->context, o->valid_paths, o->n_valid_paths, &read, &s->valid.rows);
}

/* What says how to be guided is for a guide. */
static void warn_unguided(const heed__session *s)
{
    static const char *const keys[] = {"train.guide_weight", "train.guide_rest",
                                       "decoder.guide_layer", "decoder.guide_head"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (heed_config_is_set(s->config, keys[i]))
            heed__log(s->context, HEED_LOG_WARNING, "%s = %s has no effect without --guide",
                      keys[i], heed_config_get(s->config, keys[i]));
}

/* Links find their pairs by file and line: before any row has left. */
static heed_status read_guide(heed__session *s)
{
    const heed_train_options *o = s->options;
    if (s->job->task != HEED_TASK_TRANSLATE)
        return heed__fail(HEED_E_INVALID, "--guide: links belong to pairs of texts; give --source "
                                          "and --target or --task translate");
    if (o->n_paths > 1)
        return heed__fail(HEED_E_INVALID,
                          "--guide: one file of links for %d files of pairs; put "
                          "these together into one",
                          o->n_paths);
    return heed__guide_read(&o->guide_path, o->paths, 1, s->train.rows, &s->guide_files);
}

heed_status heed__session_read(heed__session *s)
{
    HEED_TRY(s->options->target_paths ? read_parallel(s) : read_columns(s));
    if (s->options->guide_path)
        HEED_TRY(read_guide(s));
    else
        warn_unguided(s);
    if (!s->options->valid_paths) {
        double share = heed__config_number(s->config, "train.valid_share");
        uint64_t seed = (uint64_t)heed__config_integer(s->config, "train.seed");
        HEED_TRY(heed_dataset_split(s->train.rows, share, seed, &s->valid.rows));
    }
    int train = heed_dataset_layout(s->train.rows)->n_outputs;
    int valid = heed_dataset_layout(s->valid.rows)->n_outputs;
    if (train != valid)
        return heed__fail(HEED_E_DATA,
                          "the validation data has %d label columns, the training "
                          "data %d; name the same ones in both",
                          valid, train);
    if (train > HEED_MODEL_OUTPUTS)
        return heed__fail(HEED_E_DATA, "%d label columns; at most %d", train, HEED_MODEL_OUTPUTS);
    heed_dataset_hash(s->train.rows, s->data_hash);
    heed_dataset_hash(s->valid.rows, s->valid_hash);
    if (s->guide_files) heed__guide_hash(s->guide_files, s->guide_hash);
    if (s->options->vectors_path)
        HEED_TRY(heed__vectors_hash(s->options->vectors_path, s->vectors_hash));
    return HEED_OK;
}

heed_status heed__session_vectors(heed__session *s)
{
    const char *path = s->options->vectors_path;
    heed__param *table = s->model->embedding;
    heed__vectors_found found;
    if (!path && heed_config_is_set(s->config, "input.freeze"))
        heed__log(s->context, HEED_LOG_WARNING,
                  "input.freeze = %s without --vectors: embeddings stay as chance made them",
                  heed_config_get(s->config, "input.freeze"));
    if (!path) return HEED_OK;
    if (s->parent)
        return heed__fail(HEED_E_INVALID,
                          "--vectors %s: --from takes the embeddings of the model; leave one of "
                          "them out",
                          path);
    if (!table)
        return heed__fail(HEED_E_UNSUPPORTED,
                          "--vectors %s: a language model has no embeddings of "
                          "sources; leave it out",
                          path);
    HEED_TRY(heed__vectors_read(path, s->model->tokenizer, table->cols, table->data, &found));
    heed__log(s->context, HEED_LOG_INFO, "%s: vectors of %lld of %lld tokens", path,
              (long long)found.found, (long long)table->rows);
    return HEED_OK;
}

/* Unknown tokens among the targets that are trained on: a model that met none writes none. */
static int64_t unknown_targets(const heed__session *s)
{
    const heed__examples *targets = &s->train.written;
    int64_t count = 0;
    for (int64_t i = 0; i < targets->tokens; i++) count += targets->ids[i] == HEED_TOKEN_UNKNOWN;
    return count;
}

/* What the file says about where the model came from; no clock, no host, no path. The steps are
 * part of the configuration, however they were found, so that they rebuild the same file. */
heed_status heed__session_note(heed__session *s)
{
    char text[896], steps[32], guide[96] = "", parent[96] = "", vectors[96] = "", unknown[48] = "",
                               arithmetic[64] = "";
    if (heed__session_arithmetic(s))
        snprintf(arithmetic, sizeof arithmetic, ", \"arithmetic\": \"%s\"",
                 heed__session_arithmetic(s));
    snprintf(steps, sizeof steps, "%lld", (long long)s->steps);
    HEED_TRY(heed_config_set(s->whole->config, "train.steps", steps));
    if (*s->guide_hash) snprintf(guide, sizeof guide, ", \"guide_sha256\": \"%s\"", s->guide_hash);
    if (s->parent) snprintf(parent, sizeof parent, ", \"parent_sha256\": \"%s\"", s->parent_hash);
    if (*s->vectors_hash)
        snprintf(vectors, sizeof vectors, ", \"vectors_sha256\": \"%s\"", s->vectors_hash);
    if (s->job->task == HEED_TASK_TRANSLATE)
        snprintf(unknown, sizeof unknown, ", \"unknown_targets\": %lld",
                 (long long)unknown_targets(s));
    snprintf(text, sizeof text,
             "{\"data_sha256\": \"%s\", \"rows\": %lld, \"valid_sha256\": \"%s\", "
             "\"valid_rows\": %lld, \"valid_is_share\": %s, \"parallel\": %s, \"seed\": %s, "
             "\"planned_steps\": %lld%s%s%s%s%s}",
             s->data_hash, (long long)heed_dataset_rows(s->train.rows), s->valid_hash,
             (long long)heed_dataset_rows(s->valid.rows),
             s->options->valid_paths ? "false" : "true",
             s->options->target_paths ? "true" : "false", heed_config_get(s->config, "train.seed"),
             (long long)s->steps, unknown, guide, parent, vectors, arithmetic);
    const heed_layout *layout = heed_dataset_layout(s->train.rows);
    HEED_TRY(heed__model_note(s->whole, "heed.version", heed_version()));
    HEED_TRY(heed__model_note(s->whole, "heed.text_columns", layout->text));
    HEED_TRY(heed__model_note(s->whole, "heed.label_columns", layout->label));
    return heed__model_note(s->whole, "heed.data", text);
}

heed__tokenizer_settings heed__session_tokenizer(const heed_config *config)
{
    heed__tokenizer_settings s = {0};
    s.lower = heed__config_boolean(config, "input.lowercase");
    s.min_count = heed__config_integer(config, "input.min_count");
    s.max_vocabulary = heed__config_integer(config, "input.vocabulary");
    s.ngrams = heed__config_integer(config, "input.ngrams");
    s.ngram_min_count = heed__config_integer(config, "input.ngram_min_count");
    s.ngram_max_vocabulary = heed__config_integer(config, "input.ngram_vocabulary");
    s.characters = heed__config_integer(config, "input.characters");
    s.characters_from = heed__config_integer(config, "input.characters_from");
    s.max_length = heed__config_integer(config, "input.max_length");
    s.start = heed__config_is(config, "pool.kind", "cls");
    return s;
}
