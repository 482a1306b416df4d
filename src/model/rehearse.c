/* SPDX-License-Identifier: MIT */
/* The parts of a model that need no vocabulary, declared and thrown away. */
#include "base/fail.h"
#include "model/hierarchy.h"
#include "model/stack.h"
#include "model/writer.h"

/* Any parameter of any shape is there. */
static heed_status all_there(void *user, const heed__param *param, heed_real *data)
{
    (void)user;
    (void)param;
    (void)data;
    return HEED_OK;
}

static heed_status rehearse_encoder(heed__params *params, const heed_config *config)
{
    const heed__encoder_kind *kind = heed__encoder_find(heed_config_get(config, "encoder.kind"));
    void *encoder = NULL;
    heed__hierarchy *hierarchy = NULL;
    heed_status status =
        kind->create(params, config, "encoder", heed__source_dim(config), &encoder);
    if (status == HEED_OK && heed__hierarchy_asked(config))
        status = heed__hierarchy_create(params, config, kind, &hierarchy);
    heed__hierarchy_destroy(&hierarchy);
    if (encoder) kind->destroy(encoder);
    return status;
}

static heed_status rehearse_pool(heed__params *params, const heed_config *config)
{
    heed__pool pool = {0};
    heed_status status = heed__pool_create(params, config, &pool);
    heed__pool_clear(&pool);
    return status;
}

static heed_status rehearse_writer(heed__params *params, const heed_config *config, heed_task task)
{
    const heed__decoder_kind *kind;
    void *decoder = NULL;
    int64_t width;
    int tie;
    HEED_TRY(heed__writer_kind(config, &kind));
    HEED_TRY(heed__config_check_copy(config, task == HEED_TASK_LANGUAGE));
    HEED_TRY(heed__writer_tie(config, task, heed__config_joint(config), &tie));
    heed_status status =
        kind->create(params, config, heed__writer_memory(config, task), &decoder, &width);
    if (decoder) kind->destroy(decoder);
    return status;
}

heed_status heed__model_rehearse(const heed_config *config, heed_task task)
{
    heed__params params = {.trains = 1, .rehearses = 1, .source = all_there};
    heed_status status = HEED_OK;
    if (task != HEED_TASK_LANGUAGE) status = rehearse_encoder(&params, config);
    if (status == HEED_OK)
        status = task == HEED_TASK_CLASSIFY ? rehearse_pool(&params, config)
                                            : rehearse_writer(&params, config, task);
    heed__params_clear(&params);
    return status;
}
