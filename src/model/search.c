/* SPDX-License-Identifier: MIT */
/* Options, and the life of a search. */
#include "model/search.h"

#include "base/fail.h"
#include "base/memory.h"
#include "data/tokenizer.h"
#include "model/search_inside.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* More would be a slip of the pen. */
enum { MOST_WIDTH = 1 << 20 };

heed__search_options heed__search_defaults(void)
{
    return (heed__search_options){.beam = 4,
                                  .best = 1,
                                  .patience = 1,
                                  .norm = HEED_LENGTH_AVERAGE,
                                  .alpha = 1,
                                  .temperature = 1,
                                  .top_p = 1,
                                  .most = 256,
                                  .start = HEED_TOKEN_START,
                                  .end = HEED_TOKEN_START};
}

static heed_status check_integer(const char *name, int64_t value, int64_t least, int64_t most)
{
    if (value >= least && value <= most) return HEED_OK;
    return heed__fail(HEED_E_INVALID,
                      "search: %s = %" PRId64 "; it must be %" PRId64 " to %" PRId64, name, value,
                      least, most);
}

static heed_status check_number(const char *name, double value, double least, double most)
{
    if (value >= least && value <= most) return HEED_OK;
    return heed__fail(HEED_E_INVALID, "search: %s = %g; it must be %g to %g", name, value, least,
                      most);
}

static heed_status check_options(const heed__search_options *o)
{
    HEED_TRY(check_integer("beam", o->beam, 1, MOST_WIDTH));
    HEED_TRY(check_integer("best", o->best, 1, o->beam));
    HEED_TRY(check_integer("samples", o->samples, 0, MOST_WIDTH));
    HEED_TRY(check_integer("top_k", o->top_k, 0, INT32_MAX));
    HEED_TRY(check_integer("most", o->most, 0, INT32_MAX));
    HEED_TRY(check_integer("most_plus", o->most_plus, 0, INT32_MAX));
    HEED_TRY(check_integer("least", o->least, 0, INT32_MAX));
    HEED_TRY(check_integer("start", o->start, 0, INT32_MAX));
    HEED_TRY(check_integer("end", o->end, 0, INT32_MAX));
    HEED_TRY(check_number("patience", o->patience, 1, 1e6));
    HEED_TRY(check_number("alpha", o->alpha, 0, 10));
    HEED_TRY(check_number("coverage", o->coverage, 0, 1000));
    HEED_TRY(check_number("temperature", o->temperature, 0.01, 100));
    HEED_TRY(check_number("top_p", o->top_p, 1e-9, 1));
    HEED_TRY(check_number("most_per_source", o->most_per_source, 0, 1000));
    HEED_TRY(check_number("least_per_source", o->least_per_source, 0, 1000));
    for (int64_t i = 0; i < o->n_forbidden; i++)
        HEED_TRY(check_integer("a forbidden token", o->forbidden[i], 0, INT32_MAX));
    if (o->most && o->least > o->most)
        return heed__fail(HEED_E_INVALID,
                          "search: least = %" PRId64 " is above most = %" PRId64
                          "; nothing could be written",
                          o->least, o->most);
    if (!o->most && !(o->most_per_source > 0))
        return heed__fail(HEED_E_INVALID, "search: neither most nor most_per_source bounds the "
                                          "length; set one of them");
    return HEED_OK;
}

heed_status heed__search_create(heed_context *context, const heed__search_options *options,
                                heed__search **out)
{
    heed__search_options defaults = heed__search_defaults();
    heed__search *search = NULL;
    heed_status status = HEED_OK;
    *out = NULL;
    if (!options) options = &defaults;
    HEED_TRY(check_options(options));
    HEED_TRY(heed__alloc(1, sizeof *search, "a search", &search));
    search->context = context;
    search->options = *options;
    search->kernels = heed__kernels_best();
    search->width = options->samples ? options->samples : options->beam;
    HEED_TRY_CLEAN(heed__alloc((size_t)heed_context_threads(context), sizeof *search->scratch,
                               "a search", &search->scratch));
    HEED_TRY_CLEAN(heed__alloc((size_t)options->n_forbidden + 1, sizeof *search->forbidden,
                               "forbidden tokens", &search->forbidden));
    if (options->n_forbidden)
        memcpy(search->forbidden, options->forbidden,
               (size_t)options->n_forbidden * sizeof *search->forbidden);
    search->forbidden[options->n_forbidden] = options->end;
    search->options.forbidden = search->forbidden;
cleanup:
    if (status != HEED_OK) heed__search_destroy(&search);
    *out = search;
    return status;
}

static void free_pools(heed__search_pools *pools)
{
    free(pools->sentences);
    free(pools->live);
    free(pools->ended);
    free(pools->coverage);
    free(pools->active);
    free(pools->parents);
    free(pools->row_sentences);
    free(pools->tokens);
    free(pools->nodes);
    free(pools->weights);
}

static void free_output(heed__search_output *output)
{
    free(output->offsets);
    free(output->hypotheses);
    free(output->tokens);
    free(output->log_probs);
    free(output->weights);
}

void heed__search_destroy(heed__search **search)
{
    if (!search || !*search) return;
    heed__search *s = *search;
    for (int i = 0; s->scratch && i < heed_context_threads(s->context); i++) {
        free(s->scratch[i].items);
        free(s->scratch[i].ends);
        free(s->scratch[i].weights);
        free(s->scratch[i].most);
        free(s->scratch[i].row);
    }
    heed__free(s->scratch);
    heed__free(s->forbidden);
    free_pools(&s->pools);
    free_output(&s->output);
    heed__free(s);
    *search = NULL;
}
