/* SPDX-License-Identifier: MIT */
/* Weights of attention, looked at where they arose; only the rows asked for are ever computed. */
#include "base/fail.h"
#include "explain/reading.h"

static heed_status run_and_visit(heed__reading *r, heed__sites *sites, int back,
                                 heed__site_visitor visit, void *user)
{
    heed__tape *tape = r->model->tape;
    heed__model_vars vars = {.sites = sites};
    heed__tape_start(tape, HEED_TAPE_SAVE, (heed__draw){0});
    heed__model_record(r->model, tape, &r->batch, &vars);
    for (int i = 0; i < sites->count; i++) heed__site_keep(&sites->items[i].at, tape);
    HEED_TRY(heed__tape_run(tape, HEED_NO_VAR));
    for (int i = 0; i < sites->count; i++)
        HEED_TRY(visit(r, &sites->items[back ? sites->count - 1 - i : i], user));
    return HEED_OK;
}

static heed_status visit_all(heed__reading *r, int back, heed__site_visitor visit, void *user)
{
    heed__sites *sites = NULL;
    HEED_TRY(heed__alloc(1, sizeof *sites, "attention sites", &sites));
    heed_status status = run_and_visit(r, sites, back, visit, user);
    heed__free(sites);
    return status;
}

heed_status heed__reading_visit(heed__reading *r, heed__site_visitor visit, void *user)
{
    return visit_all(r, 0, visit, user);
}

heed_status heed__reading_visit_back(heed__reading *r, heed__site_visitor visit, void *user)
{
    return visit_all(r, 1, visit, user);
}

int64_t heed__site_heads(const heed__site *site)
{
    return site->at.attend.attender->options.heads;
}

static heed_status take_workspace(const heed__site *site, heed_real **out)
{
    heed_attention_sizes sizes = {.size = sizeof sizes};
    HEED_TRY(heed_attention_plan_sizes(site->at.attend.attender->plan, &sizes));
    return heed__alloc(sizes.inspect, sizeof **out, "attention weights", out);
}

heed_status heed__site_weights(heed__reading *r, const heed__site *site, int64_t head,
                               float *weights)
{
    heed__site_view view;
    heed_real *workspace = NULL;
    heed__site_look(&site->at, r->model->tape, &view);
    HEED_TRY(take_workspace(site, &workspace));
    int64_t rows = site->at.attend.queries ? r->encoding.length : 1;
    heed_status status =
        heed_attention_weights(site->at.attend.attender->plan, &view.batch, &view.tensors, 0, head,
                               0, rows, weights, workspace);
    heed__free(workspace);
    return status;
}

heed_status heed__site_mass(heed__reading *r, const heed__site *site, float *mass)
{
    heed__site_view view;
    heed_real *workspace = NULL;
    heed__site_look(&site->at, r->model->tape, &view);
    int64_t heads = heed__site_heads(site);
    heed_attention_summary summary = {.size = sizeof summary, .mass = {mass, 0, heads, 1}};
    HEED_TRY(take_workspace(site, &workspace));
    heed_status status = heed_attention_summarise(site->at.attend.attender->plan, &view.batch,
                                                  &view.tensors, &summary, workspace);
    heed__free(workspace);
    return status;
}

heed_status heed__site_left_product(heed__reading *r, const heed__site *site, const float *x,
                                    float *y)
{
    heed__site_view view;
    heed_real *workspace = NULL;
    heed__site_look(&site->at, r->model->tape, &view);
    heed_attention_product product = {.size = sizeof product,
                                      .left = 1,
                                      .x = {x, 0, 1, 0},
                                      .y = {y, 0, heed__site_heads(site), 1}};
    HEED_TRY(take_workspace(site, &workspace));
    heed_status status = heed_attention_multiply(site->at.attend.attender->plan, &view.batch,
                                                 &view.tensors, &product, workspace);
    heed__free(workspace);
    return status;
}
