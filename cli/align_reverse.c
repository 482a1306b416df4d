/* SPDX-License-Identifier: MIT */
/* heed align --reverse: the links of the other direction, put to those of this one. */
#include "cli/align.h"
#include "cli/report.h"

#include <stdlib.h>
#include <string.h>

heed_status align_read_reverse(aligning *a)
{
    const char *model = options_text(a->given, "reverse"), *name;
    const char *links = options_text(a->given, "reverse-links");
    for (int i = 0; (name = heed_symmetrise_name((heed_symmetrise)i)); i++)
        if (strcmp(name, options_text(a->given, "symmetrise")) == 0) a->way = (heed_symmetrise)i;
    if (links) return heed_links_read(links, NULL, &a->reverse_links);
    if (!model) return HEED_OK;
    heed_status status = heed_model_load(a->context, model, &a->reverse);
    if (status == HEED_OK && heed_model_task(a->reverse) != HEED_TASK_TRANSLATE)
        return report(HEED_E_INVALID, "--reverse %s: the model does not translate", model);
    return status;
}

static heed_status add_turned(heed_links *links, const heed_translation *t)
{
    heed_link *turned = calloc((size_t)t->n_links + 1, sizeof *turned);
    if (!turned) return report(HEED_E_NOMEM, "no memory for links");
    for (int64_t i = 0; i < t->n_links; i++)
        turned[i] = (heed_link){t->links[i].target, t->links[i].source};
    heed_status status = heed_links_add(links, turned, NULL, t->n_links);
    free(turned);
    return status;
}

static heed_status ask_reverse(aligning *a, heed_links *out)
{
    const heed_score_options how = {.size = sizeof how, .weights = 1};
    heed_translations *all = NULL;
    heed_status status = heed_score(a->reverse, a->g.seconds, a->g.texts, a->g.n, &how, &all);
    for (int i = 0; i < a->g.n && status == HEED_OK; i++)
        status = add_turned(out, heed_translations_at(all, i, 0));
    heed_translations_destroy(&all);
    return status;
}

static heed_status take_reverse(const aligning *a, heed_links *out)
{
    heed_status status = HEED_OK;
    for (int i = 0; i < a->g.n && status == HEED_OK; i++) {
        if (a->pairs + i >= heed_links_pairs(a->reverse_links))
            return report(HEED_E_DATA, "--reverse-links %s: has %lld lines, and the texts go on",
                          options_text(a->given, "reverse-links"),
                          (long long)heed_links_pairs(a->reverse_links));
        heed_pair_links pair = heed_links_at(a->reverse_links, a->pairs + i);
        status = heed_links_add(out, pair.items, NULL, pair.n);
    }
    return status;
}

heed_status align_symmetrise(aligning *a, heed_links **links)
{
    heed_links *backward = NULL, *both = NULL;
    if (!a->reverse && !a->reverse_links) return HEED_OK;
    heed_status status = heed_links_create(&backward);
    if (status == HEED_OK)
        status = a->reverse ? ask_reverse(a, backward) : take_reverse(a, backward);
    if (status == HEED_OK) status = heed_links_symmetrise(*links, backward, a->way, &both);
    heed_links_destroy(&backward);
    if (status != HEED_OK) return status;
    heed_links_destroy(links);
    *links = both;
    return HEED_OK;
}
