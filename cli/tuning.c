/* SPDX-License-Identifier: MIT */
#include "cli/tuning.h"

#include "cli/output.h"
#include "cli/report.h"

#include "heed/tune.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tuning_wanted(const options *given)
{
    return options_given(given, "tune") || options_given(given, "tune-trials") ||
           options_given(given, "tune-steps");
}

heed_status tuning_check(const options *given)
{
    static const char *const counts[] = {"tune-trials", "tune-steps"};
    if (!tuning_wanted(given)) return HEED_OK;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (options_given(given, "tune") && options_given(given, counts[i]))
            return report(HEED_E_INVALID,
                          "--tune and --%s both say how much is tried; give one of them",
                          counts[i]);
    if (options_given(given, "time"))
        return report(HEED_E_INVALID,
                      "--time does not go with a search; --tune TIME is for search and training "
                      "together, --steps says how long the last training is");
    for (int i = 0; i < given->n_arguments; i++)
        if (strcmp(given->arguments[i], "-") == 0)
            return report(HEED_E_INVALID, "a search reads its data many times, standard input can "
                                          "be read once; name a file");
    return HEED_OK;
}

heed_status tuning_run(const options *given, heed_context *context, const heed_train_options *train,
                       double seconds, heed_train_result *result, json_t **record)
{
    *record = NULL;
    if (!tuning_wanted(given)) return heed_train(context, train, result);
    char *text = NULL;
    const heed_tune_options wanted = {.size = sizeof wanted,
                                      .train = train,
                                      .seconds = seconds,
                                      .trials = options_integer(given, "tune-trials"),
                                      .steps = options_integer(given, "tune-steps")};
    heed_status status = heed_tune(context, &wanted, result, &text);
    if (status == HEED_OK) *record = json_loads(text, 0, NULL);
    heed_text_free(text);
    if (status == HEED_OK && !*record) return report(HEED_E_NOMEM, "no memory for the search");
    return status;
}

/* ---- the table ---- */

static int64_t steps_of(const json_t *candidate, size_t round)
{
    const json_t *result = json_array_get(json_object_get(candidate, "results"), round);
    return json_integer_value(json_object_get(result, "steps"));
}

static double figure(const json_t *candidate, size_t round, const char *key)
{
    const json_t *result = json_array_get(json_object_get(candidate, "results"), round);
    const json_t *value = json_object_get(result, key);
    return json_is_number(value) ? json_number_value(value) : -1e300;
}

/* Models that write are compared by loss. */
static int by_loss(const json_t *record)
{
    const char *metric = json_string_value(json_object_get(record, "metric"));
    return metric && strcmp(metric, "token_accuracy") == 0;
}

static size_t rounds_of(const json_t *candidate)
{
    return json_array_size(json_object_get(candidate, "results"));
}

/* Which of two stands higher: the one that lasted longer, then the one that did better. */
static int stands_higher(const json_t *record, const json_t *a, const json_t *b)
{
    if (rounds_of(a) != rounds_of(b)) return rounds_of(a) > rounds_of(b);
    if (!rounds_of(a)) return 0;
    size_t last = rounds_of(a) - 1;
    if (by_loss(record)) return figure(a, last, "loss") < figure(b, last, "loss");
    if (figure(a, last, "metric") > figure(b, last, "metric")) return 1;
    return !(figure(a, last, "metric") < figure(b, last, "metric")) &&
           figure(a, last, "loss") < figure(b, last, "loss");
}

static void show_settings(const json_t *candidate)
{
    const char *key;
    json_t *value, *settings = json_object_get(candidate, "settings");
    int shown = 0;
    json_object_foreach(settings, key, value)
        output_format("%s%s %s", shown++ ? ", " : "", key, json_string_value(value));
    output_text(shown ? "\n" : "the defaults\n");
}

static void show_candidate(const json_t *record, size_t number, size_t rounds)
{
    const json_t *c = json_array_get(json_object_get(record, "candidates"), number);
    int best = json_integer_value(json_object_get(record, "best")) == (json_int_t)number;
    output_format("%c%8zu", best ? '*' : ' ', number);
    for (size_t i = 0; i < rounds; i++) {
        if (i >= rounds_of(c))
            output_text("            ");
        else if (figure(c, i, "metric") < -1e299)
            output_text("        none");
        else
            output_format("%12.4f", figure(c, i, by_loss(record) ? "loss" : "metric"));
    }
    output_text("  ");
    show_settings(c);
}

void tuning_show(const json_t *record)
{
    const json_t *all = json_object_get(record, "candidates");
    size_t n = json_array_size(all), rounds = 0, *order = calloc(n + 1, sizeof *order);
    const json_t *longest = NULL;
    for (size_t i = 0; i < n; i++)
        if (rounds_of(json_array_get(all, i)) > rounds) {
            longest = json_array_get(all, i);
            rounds = rounds_of(longest);
        }
    for (size_t i = 0; order && i < n; i++) {
        size_t at = i;
        for (; at > 0 &&
               stands_higher(record, json_array_get(all, i), json_array_get(all, order[at - 1]));
             at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    output_format("candidate");
    for (size_t i = 0; i < rounds; i++) {
        char head[32];
        snprintf(head, sizeof head, "%lld steps", (long long)steps_of(longest, i));
        output_format("%12s", head);
    }
    output_format("  settings (%s on the validation rows)\n",
                  by_loss(record) ? "loss" : json_string_value(json_object_get(record, "metric")));
    for (size_t i = 0; order && i < n; i++) show_candidate(record, order[i], rounds);
    free(order);
    output_format("the same search again: %s\n",
                  json_string_value(json_object_get(record, "repeat")));
}
