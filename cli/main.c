/* SPDX-License-Identifier: MIT */
/* heed VERB [OPTION...] [ARGUMENT...]: finds the verb, reads its options, runs it, and turns what
 * it returned into one message and an exit code. */
#include "cli/help.h"
#include "cli/nearest.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/report.h"

#include "heed/version.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const verb *const verbs[] = {&verb_train,  &verb_eval,   &verb_predict, &verb_translate,
                                    &verb_sample, &verb_score,  &verb_align,   &verb_explain,
                                    &verb_report, &verb_attend, &verb_bench,   &verb_metric,
                                    &verb_list,   &verb_info};

const verb *verb_at(size_t index)
{
    return index < sizeof verbs / sizeof *verbs ? verbs[index] : NULL;
}

static const char *verb_name(size_t index, const void *unused)
{
    (void)unused;
    const verb *v = verb_at(index);
    return v ? v->name : NULL;
}

static heed_status find_verb(const char *name, const verb **out)
{
    for (size_t i = 0; (*out = verb_at(i)); i++)
        if (strcmp((*out)->name, name) == 0) return HEED_OK;
    const char *near = nearest(name, verb_name, NULL);
    if (near)
        return report(HEED_E_INVALID, "there is no verb %s; the nearest is %s (see heed --help)",
                      name, near);
    return report(HEED_E_INVALID, "there is no verb %s; see heed --help", name);
}

/* Runs `show` on a verb's gathered rows. */
static heed_status show_verb(const char *name, void (*show)(const options *, help_writer))
{
    const verb *v;
    options rows;
    heed_status status = find_verb(name, &v);
    if (status == HEED_OK) status = options_gather(v, &rows);
    if (status != HEED_OK) return status;
    show(&rows, output_text);
    options_free(&rows);
    return HEED_OK;
}

static heed_status show_help(int argc, char **argv)
{
    if (argc > 0) return show_verb(argv[0], help_verb);
    help_overview(output_text);
    return HEED_OK;
}

static heed_status show_markdown(int argc, char **argv)
{
    if (argc > 0) return show_verb(argv[0], help_markdown);
    help_markdown_overview(output_text);
    return HEED_OK;
}

static heed_status run_verb(const verb *v, int argc, char **argv)
{
    options given;
    heed_status status = options_gather(v, &given);
    if (status != HEED_OK) return status;
    status = options_parse(&given, argc, argv);
    if (status == HEED_OK) {
        if (given.help)
            help_verb(&given, output_text);
        else
            status = v->run(&given);
    }
    options_free(&given);
    return status;
}

static int is(const char *word, const char *a, const char *b)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

/* *out_verb is left NULL where no verb was reached. */
static heed_status run(int argc, char **argv, const verb **out_verb)
{
    if (argc < 2) return report(HEED_E_INVALID, "what shall be done? see heed --help");
    const char *word = argv[1];
    if (is(word, "--help", "-h") || strcmp(word, "help") == 0) return show_help(argc - 2, argv + 2);
    if (strcmp(word, "--markdown") == 0) return show_markdown(argc - 2, argv + 2);
    if (strcmp(word, "--version") == 0) {
        output_format("heed %s\n", heed_version());
        return HEED_OK;
    }
    heed_status status = find_verb(word, out_verb);
    return status == HEED_OK ? run_verb(*out_verb, argc - 2, argv + 2) : status;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a write then fails with EPIPE, which output.c knows */
    const verb *v = NULL;
    heed_status status = run(argc, argv, &v);
    if (output_status() == HEED_OK && output_flush() != HEED_OK && status == HEED_OK)
        status = output_status();
    if (output_status() == HEED_E_STOPPED) return HEED_E_STOPPED; /* nobody is there to be told */
    if (status != HEED_OK)
        fprintf(stderr, "heed%s%s: %s\n", v ? " " : "", v ? v->name : "", report_message());
    return (int)status;
}
