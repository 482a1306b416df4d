/* SPDX-License-Identifier: MIT */
/* BLEU of a few validation sources translated greedily: how the model writes, not only how it
 * judges. The sample is the same at every validation. */
#include "base/fail.h"
#include "train/metric.h"
#include "train/session.h"

#include <math.h> /* NAN */
#include <string.h>

typedef struct sample {
    heed_text *sources, *references, *written;
    heed_translations *translations;
} sample;

/* Sources spread evenly over the validation rows. */
static heed_status translate_sample(heed__session *s, int64_t n, sample *a)
{
    heed_translate_options options = {.size = sizeof options, .beam = 1, .unscored = 1};
    int64_t rows = heed_dataset_rows(s->valid.rows);
    HEED_TRY(heed__alloc((size_t)n, sizeof *a->sources, "a sample", &a->sources));
    HEED_TRY(heed__alloc((size_t)n, sizeof *a->references, "a sample", &a->references));
    HEED_TRY(heed__alloc((size_t)n, sizeof *a->written, "a sample", &a->written));
    for (int64_t i = 0; i < n; i++) {
        a->sources[i] = heed_dataset_text(s->valid.rows, i * rows / n);
        a->references[i] = heed_dataset_label(s->valid.rows, i * rows / n, 0);
    }
    HEED_TRY(heed_translate(s->model, a->sources, n, &options, &a->translations));
    for (int64_t i = 0; i < n; i++) {
        const heed_translation *t = heed_translations_at(a->translations, i, 0);
        a->written[i] = (heed_text){t->text, strlen(t->text)};
    }
    return HEED_OK;
}

heed_status heed__score_sample(heed__session *s, double *bleu)
{
    int64_t n = heed__config_integer(s->config, "train.bleu_sample");
    int64_t rows = heed_dataset_rows(s->valid.rows);
    int lower = heed__config_boolean(s->config, "input.lowercase");
    sample a = {0};
    *bleu = NAN;
    if (n > rows) n = rows;
    if (n == 0) return HEED_OK;
    heed_status status = translate_sample(s, n, &a);
    if (status == HEED_OK) status = heed__corpus_bleu(n, a.written, a.references, lower, bleu);
    heed_translations_destroy(&a.translations);
    heed__free(a.sources);
    heed__free(a.references);
    heed__free(a.written);
    return status;
}
