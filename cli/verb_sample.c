/* SPDX-License-Identifier: MIT */
/* heed sample: texts drawn from a model. */
#include "cli/gather.h"
#include "cli/output.h"
#include "cli/prefixes.h"
#include "cli/reading.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/tasks.h"
#include "cli/written.h"

#include <string.h>

typedef struct sampling {
    const options *given;
    heed_model *model;
    gathering g;
    prefixes p;
    heed_sample_options how;
    int json, language;
    const char *prompt; /* instead of files */
    long long answered;
} sampling;

/* ---- what comes out ---- */

static void show_json(json_t *object, const char *name, const heed_translations *all, int i)
{
    json_t *samples = json_array();
    for (int64_t k = 0; k < heed_translations_count(all, i); k++) {
        json_t *one = json_object();
        written_object(heed_translations_at(all, i, k), name, ALIGNMENT_NONE, one);
        json_object_del(one, "normalised"); /* nothing competed */
        json_array_append_new(samples, one);
    }
    json_object_set_new(object, "samples", samples);
    written_json_line(object);
}

/* Whole texts, line feeds and all; a heading over each where there are several. */
static void show_continuations(const sampling *s, heed_text prompt, const heed_translations *all,
                               int i)
{
    int64_t count = heed_translations_count(all, i);
    for (int64_t k = 0; k < count; k++) {
        if (!s->prompt)
            output_format("%s==> prompt %lld, sample %lld <==\n", s->answered || k ? "\n" : "",
                          s->answered + 1, (long long)k + 1);
        else if (count > 1)
            output_format("%s==> sample %lld <==\n", k ? "\n" : "", (long long)k + 1);
        output_bytes(prompt.bytes, strlen(prompt.bytes));
        output_text(heed_translations_at(all, i, k)->text);
        output_text("\n");
    }
}

static void show_lines(const sampling *s, const heed_translations *all, int i)
{
    int64_t count = heed_translations_count(all, i);
    for (int64_t k = 0; k < count; k++) {
        const heed_translation *one = heed_translations_at(all, i, k);
        if (s->how.samples > 1) output_format("%lld ||| ", s->answered);
        written_text(one->text);
        if (s->how.samples > 1) output_format(" ||| %.6f", one->score);
        output_text("\n");
    }
}

static void show(sampling *s, heed_text text, json_t *fields, const heed_translations *all, int i)
{
    if (s->json)
        show_json(json_incref(fields), s->language ? "text" : "target", all, i);
    else if (s->language)
        show_continuations(s, text, all, i);
    else
        show_lines(s, all, i);
    s->answered++;
}

/* ---- asking ---- */

static heed_status answer_some(sampling *s, int first, int n)
{
    heed_translations *all = NULL;
    heed_sample_options how = s->how;
    if (how.prefixes) how.prefixes += first;
    heed_status status = heed_sample(s->model, s->g.texts + first, n, &how, &all);
    for (int i = 0; i < n && status == HEED_OK; i++)
        show(s, s->g.texts[first + i], s->g.fields[first + i], all, i);
    heed_translations_destroy(&all);
    return status;
}

static heed_status answer(sampling *s)
{
    heed_status status = prefixes_next(&s->p, s->g.n, &s->how.prefixes);
    if (status != HEED_OK) return status;
    status = answer_some(s, 0, s->g.n);
    for (int i = 0; i < s->g.n && status == HEED_E_DATA; i++) { /* which one? */
        heed_status one = answer_some(s, i, 1);
        if (one != HEED_OK) return gather_blame(&s->g, i, one);
    }
    if (status == HEED_OK && gather_waits(&s->g)) status = output_flush();
    return status == HEED_OK ? output_status() : status;
}

static heed_status answer_files(sampling *s, heed_context *context)
{
    heed_read_options read;
    heed_status status = reading_for_model(s->given, s->model, &read);
    if (status == HEED_OK) status = gather_open(&s->g, s->given, 1, context, &read);
    while (status == HEED_OK && (status = gather_next(&s->g)) == HEED_OK && s->g.n)
        status = answer(s);
    return status == HEED_OK ? prefixes_end(&s->p) : status;
}

static heed_status answer_prompt(sampling *s)
{
    const heed_text text = {s->prompt, strlen(s->prompt)};
    const heed_text *begin;
    heed_translations *all = NULL;
    heed_status status = prefixes_next(&s->p, 1, &begin);
    s->how.prefixes = begin;
    if (status != HEED_OK) return status;
    status = heed_sample(s->model, &text, 1, &s->how, &all);
    if (status == HEED_E_DATA) status = gather_blame_at("--prompt", status);
    if (status == HEED_OK) {
        json_t *fields = json_object();
        json_object_set_new(fields, s->g.names[0], json_string(s->prompt));
        show(s, text, fields, all, 0);
        json_decref(fields);
    }
    heed_translations_destroy(&all);
    return status == HEED_OK ? output_status() : status;
}

/* ---- what is wanted ---- */

static heed_status sample(sampling *s, heed_context *context)
{
    const options *given = s->given;
    s->language = heed_model_task(s->model) == HEED_TASK_LANGUAGE;
    s->g.names[0] = s->language ? "prompt" : "source";
    s->prompt = options_text(given, "prompt");
    if (!s->prompt && s->language && given->n_arguments < 2) s->prompt = "";
    if (s->language && (options_given(given, "prefix") || options_given(given, "prefixes")))
        return report(HEED_E_INVALID,
                      "%s: is a language model, and goes on from --prompt; --prefix "
                      "is for translations",
                      given->arguments[0]);
    heed_status status = prefixes_open(&s->p, given, context, s->g.most);
    if (status != HEED_OK) return status;
    return s->prompt ? answer_prompt(s) : answer_files(s, context);
}

static void read_options(const options *given, heed_sample_options *how)
{
    *how = (heed_sample_options){.size = sizeof *how,
                                 .temperature = options_number(given, "temperature"),
                                 .top_k = options_integer(given, "top-k"),
                                 .top_p = options_number(given, "top-p"),
                                 .seed = (uint64_t)options_integer(given, "seed"),
                                 .samples = options_integer(given, "samples"),
                                 .max_length = options_integer(given, "max-length")};
    if (how->temperature > 0) return;
    how->temperature = 1; /* the limit: the likeliest token always */
    how->top_k = 1;
}

static heed_status run(const options *given)
{
    heed_context *context = NULL;
    sampling s = {.given = given, .json = options_flag(given, "json")};
    s.g = (gathering){.most = 64, .json = s.json};
    if (options_given(given, "prompt") && given->n_arguments > 1)
        return report(HEED_E_INVALID, "--prompt and %s were both given; choose one",
                      given->arguments[1]);
    read_options(given, &s.how);
    heed_status status = session_start(given, &context);
    if (status == HEED_OK)
        status = tasks_load(given, context, TASK_TRANSLATE | TASK_LANGUAGE, &s.model);
    if (status == HEED_OK) status = sample(&s, context);
    gather_close(&s.g);
    prefixes_close(&s.p);
    heed_model_destroy(&s.model);
    heed_context_destroy(&context);
    return status;
}

static const option_row rows[] = {
    {"prompt", 0, "TEXT", OPTION_TEXT, NULL, NULL, 0, 0,
     "the text to continue (a language model) or translate, instead of files"},
    {"temperature", 'T', "X", OPTION_NUMBER, "1", NULL, 0, 100,
     "log-probabilities are divided by it; 0 = the likeliest token always"},
    {"top-k", 0, "N", OPTION_INTEGER, "0", NULL, 0, 4000000,
     "draw from the N likeliest tokens only; 0 = all"},
    {"top-p", 0, "X", OPTION_NUMBER, "0", NULL, 0, 1,
     "draw from the fewest tokens whose probabilities reach X; 0 = all"},
    {"samples", 'n', "N", OPTION_INTEGER, "1", NULL, 1, 100000, "how many for each text"},
    {"max-length", 0, "N", OPTION_INTEGER, "0", NULL, 0, 1048576,
     "most tokens; 0 = 256, or for a translation twice the source's and 10"},
    {"prefix", 'p', "TEXT", OPTION_TEXT, NULL, NULL, 0, 0, "how every translation begins"},
    {"prefixes", 0, "FILE", OPTION_TEXT, NULL, NULL, 0, 0, "how each begins, a line for each text"},
    {0},
};

static const verb_example examples[] = {
    {"heed sample poems.heed --max-length 500", "from nothing"},
    {"heed sample poems.heed --prompt 'To be' -T 0.8 --top-p 0.9 -n 3 --seed 7",
     "three continuations"},
    {"echo 'ein Hund' | heed sample de-en.heed -n 5", "five translations, drawn"},
    {NULL, NULL},
};

const verb verb_sample = {
    .name = "sample",
    .summary = "draw texts from a model",
    .arguments = "MODEL [FILE...]",
    .description =
        "Draws continuations of prompts from a language model, or translations of texts from a "
        "translator: from --prompt, or from files or standard input, one a line. A language model "
        "that is given nothing begins with nothing. The same seed gives the same texts, whatever "
        "else is asked.",
    .least_arguments = 1,
    .most_arguments = -1,
    .options = rows,
    .common = COMMON_THREADS | COMMON_PRECISION | COMMON_SEED | COMMON_JSON | COMMON_QUIET |
              COMMON_READING,
    .examples = examples,
    .run = run,
};
