/* SPDX-License-Identifier: MIT */
/* Which of a writer's weights alignments are made of. */
#include "base/fail.h"
#include "model/stack.h"
#include "model/writer.h"

#include <stdio.h>
#include <string.h>

static int is_transformer(const heed__writer *w)
{
    return w->kind == &heed__decoder_transformer;
}

const heed__site *heed__writer_site(const heed__writer *w, const heed_align_choice *choice,
                                    const heed__sites *sites)
{
    int last = sites->count - 1;
    int own = is_transformer(w) && last > 0 ? last - 1 : last;
    if (last < 0) return NULL;
    return &sites->items[choice->layer > 0 && choice->layer <= last + 1 ? choice->layer - 1 : own];
}

/* The one layer of a shallow Transformer has to find what is written next. */
heed_align_rule heed__writer_rule(const heed_model *model, heed_align_rule asked)
{
    const heed__writer *w = &model->writer;
    if (asked != HEED_ALIGN_DEFAULT) return asked;
    if (w->choice.rule != HEED_ALIGN_DEFAULT) return w->choice.rule;
    int deep = is_transformer(w) && heed__decoder_integer(model->config, "layers") > 1;
    return deep ? HEED_ALIGN_INPUT : HEED_ALIGN_OUTPUT;
}

void heed_model_alignment_sites(const heed_model *model, int64_t *layers, int64_t *heads)
{
    *layers = *heads = 0;
    if (model->task != HEED_TASK_TRANSLATE) return;
    if (is_transformer(&model->writer)) {
        *layers = heed__decoder_integer(model->config, "layers");
        *heads = heed__decoder_integer(model->config, "heads");
    } else if (!heed__config_is(model->config, "decoder.attention", "none"))
        *layers = *heads = 1;
}

heed_status heed__writer_check_choice(const heed_model *model, const heed_align_choice *choice)
{
    int64_t layers, heads;
    heed_model_alignment_sites(model, &layers, &heads);
    if (choice->layer < 0 || choice->layer > layers)
        return heed__fail(HEED_E_INVALID, "layer = %lld; it must be from 1 to %lld, or 0",
                          (long long)choice->layer, (long long)layers);
    if (choice->head < 0 || choice->head > heads)
        return heed__fail(HEED_E_INVALID, "head = %lld; it must be from 1 to %lld, or 0",
                          (long long)choice->head, (long long)heads);
    if (choice->head && !choice->layer)
        return heed__fail(HEED_E_INVALID, "head = %lld without a layer; name the layer too",
                          (long long)choice->head);
    if (choice->rule < HEED_ALIGN_DEFAULT || choice->rule > HEED_ALIGN_INPUT)
        return heed__fail(HEED_E_INVALID, "rule = %d; it must be a heed_align_rule",
                          (int)choice->rule);
    if (!(choice->threshold >= 0 && choice->threshold <= 1))
        return heed__fail(HEED_E_INVALID, "threshold = %g; it must be from 0 to 1",
                          choice->threshold);
    return HEED_OK;
}

/* In the file: layer, head and rule as three numbers. */
heed_status heed_model_choose_alignment(heed_model *model, const heed_align_choice *choice)
{
    char text[64];
    HEED_TRY(heed__writer_check_choice(model, choice));
    model->writer.choice = *choice;
    snprintf(text, sizeof text, "%lld %lld %d", (long long)choice->layer, (long long)choice->head,
             (int)choice->rule);
    return heed__model_note(model, "heed.alignment", text);
}

heed_status heed__writer_read_choice(heed_model *model)
{
    const char *text = heed__model_note_find(model, "heed.alignment");
    heed_align_choice choice = {0};
    int layer, head, rule;
    if (!text) return HEED_OK;
    if (sscanf(text, "%9d %9d %9d", &layer, &head, &rule) != 3)
        return heed__fail(HEED_E_FORMAT, "heed.alignment is '%s', not three numbers", text);
    choice.layer = layer;
    choice.head = head;
    choice.rule = (heed_align_rule)rule;
    HEED_TRY(heed__writer_check_choice(model, &choice));
    model->writer.choice = choice;
    return HEED_OK;
}
