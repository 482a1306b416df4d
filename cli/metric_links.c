/* SPDX-License-Identifier: MIT */
#include "cli/metric_links.h"

#include "cli/align.h"
#include "cli/output.h"
#include "cli/report.h"

#include "heed/version.h"

#include <math.h>
#include <string.h>

static const char name[] = "aer";

int metric_links_named(const char *list)
{
    for (const char *at = list;; at++) {
        size_t size = strcspn(at, ",");
        if (size == sizeof name - 1 && strncmp(at, name, size) == 0) return 1;
        at += size;
        if (!*at) return 0;
    }
}

/* Links are no texts: what is said of texts would be without effect. */
static heed_status check_options(const options *given)
{
    static const char *const of_texts[] = {"tokenize",     "lowercase", "smooth",
                                           "smooth-value", "sentence",  "tabs"};
    if (strcmp(given->arguments[0], name) != 0)
        return report(HEED_E_INVALID, "%s: aer compares links, the others texts; ask for it alone",
                      given->arguments[0]);
    if (given->n_arguments > 3)
        return report(HEED_E_INVALID, "%s: aer takes one file of known links", given->arguments[3]);
    for (size_t i = 0; i < sizeof of_texts / sizeof *of_texts; i++)
        if (options_given(given, of_texts[i]))
            return report(HEED_E_INVALID, "--%s is for texts; aer compares links", of_texts[i]);
    return HEED_OK;
}

static void show_share(const char *what, double value)
{
    if (isnan(value))
        output_format("%s = none", what);
    else
        output_format("%s = %.2f", what, 100 * value);
}

static heed_status show(const options *given, const heed_alignment_score *score, int64_t pairs)
{
    if (isnan(score->error_rate))
        return report(HEED_E_DATA, "%s and %s: neither has a link to count", given->arguments[1],
                      given->arguments[2]);
    if (options_flag(given, "json")) {
        json_t *object = align_score_object(score);
        json_object_set_new(object, "pairs", json_integer(pairs));
        return output_json(object);
    }
    output_format("%.2f AER|version:heed-%s ", 100 * score->error_rate, heed_version());
    show_share("(precision", score->precision);
    show_share(" recall", score->recall);
    output_format(" links = %lld sure = %lld pairs = %lld)\n", (long long)score->links,
                  (long long)score->sure, (long long)pairs);
    return output_status();
}

/* Pairs without links at the end of a gold file leave no line in it. */
static heed_status read_links(const options *given, heed_links **links, heed_links **gold)
{
    heed_status status = heed_links_read(given->arguments[1], NULL, links);
    if (status != HEED_OK) return status;
    const heed_links_options how = {.pairs = heed_links_pairs(*links),
                                    .reversed =
                                        strcmp(options_text(given, "gold-side"), "target") == 0};
    return heed_links_read(given->arguments[2], &how, gold);
}

heed_status metric_links(const options *given)
{
    heed_links *links = NULL, *gold = NULL;
    heed_alignment_score score;
    heed_status status = check_options(given);
    if (status == HEED_OK) status = read_links(given, &links, &gold);
    if (status == HEED_OK) status = heed_links_score(links, gold, &score);
    if (status == HEED_OK) status = show(given, &score, heed_links_pairs(links));
    heed_links_destroy(&links);
    heed_links_destroy(&gold);
    return status;
}
