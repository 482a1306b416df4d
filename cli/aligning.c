/* SPDX-License-Identifier: MIT */
#include "cli/aligning.h"

#include "cli/report.h"

#include <string.h>

int aligning_given(const options *given)
{
    return options_given(given, "layer") || options_given(given, "head") ||
           options_given(given, "rule") || options_given(given, "threshold") ||
           options_flag(given, "boundary");
}

heed_status aligning_check_links(const options *given, int shown)
{
    int threshold = options_given(given, "threshold");
    if (shown || (!threshold && !options_flag(given, "boundary"))) return HEED_OK;
    return report(HEED_E_INVALID, "--%s says which links there are, and none are shown",
                  threshold ? "threshold" : "boundary");
}

static heed_status check_site(const char *flag, int64_t value, int64_t most)
{
    if (value <= most) return HEED_OK;
    return report(HEED_E_INVALID,
                  "--%s %lld: the model's attention over the source has %lld; give one from 1 to "
                  "%lld, or leave it out",
                  flag, (long long)value, (long long)most, (long long)most);
}

heed_status aligning_choice(const options *given, const heed_model *model, heed_align_choice *out)
{
    int64_t layers, heads;
    const char *rule = options_text(given, "rule"), *name;
    *out = (heed_align_choice){.layer = options_integer(given, "layer"),
                               .head = options_integer(given, "head"),
                               .threshold = options_number(given, "threshold"),
                               .boundary = options_flag(given, "boundary")};
    for (int i = 0; (name = heed_align_rule_name((heed_align_rule)i)); i++)
        if (strcmp(rule, name) == 0) out->rule = (heed_align_rule)i;
    if (out->head && !out->layer)
        return report(HEED_E_INVALID, "--head %lld: of which layer? name it with --layer",
                      (long long)out->head);
    heed_model_alignment_sites(model, &layers, &heads);
    if (!layers) return HEED_OK; /* a model without attention says so itself */
    heed_status status = check_site("layer", out->layer, layers);
    return status == HEED_OK ? check_site("head", out->head, heads) : status;
}
