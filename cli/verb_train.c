/* SPDX-License-Identifier: MIT */
/* heed train: labelled data in, a model file out. */
#define _POSIX_C_SOURCE 200809L /* sigaction */
#include "cli/output.h"
#include "cli/places.h"
#include "cli/progress.h"
#include "cli/reading.h"
#include "cli/report.h"
#include "cli/run_report.h"
#include "cli/session.h"
#include "cli/settings.h"
#include "cli/training.h"
#include "cli/tuning.h"

#include "heed/train.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static volatile int stop_asked;

static void ask_to_stop(int signal)
{
    (void)signal;
    stop_asked = 1;
}

/* Once: save and stop. Twice: the system's own way. */
static void catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = ask_to_stop, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* "90", "90s", "10m", "2h" */
static heed_status read_time(const options *given, const char *flag, double *seconds)
{
    const char *text = options_text(given, flag);
    *seconds = 0;
    if (!text) return HEED_OK;
    char *end;
    double value = strtod(text, &end);
    double unit = strcmp(end, "h") == 0            ? 3600
                  : strcmp(end, "m") == 0          ? 60
                  : strcmp(end, "s") == 0 || !*end ? 1
                                                   : 0;
    *seconds = value * unit;
    if (end != text && *seconds >= 1 && *seconds <= 1e7) return HEED_OK;
    return report(HEED_E_INVALID, "--%s %s: it must be a time such as 90s, 10m or 2h", flag, text);
}

static heed_status make_config(const options *given, heed_config **out)
{
    heed_status status = heed_config_create(out);
    const char *file = options_text(given, "config");
    if (status == HEED_OK && file) status = heed_config_read(*out, file);
    if (status == HEED_OK) status = settings_apply(given, *out);
    return status;
}

static heed_status show_result(const options *given, const heed_train_result *r, const char *path,
                               const json_t *record)
{
    if (options_flag(given, "json")) {
        json_t *all =
            json_pack("{s:s, s:I, s:I, s:I, s:I, s:s, s:f, s:f, s:b, s:O*}", "model", path, "steps",
                      (json_int_t)r->steps, "best_step", (json_int_t)r->best_step, "rows",
                      (json_int_t)r->rows, "valid_rows", (json_int_t)r->valid_rows, "metric",
                      r->metric_name, "value", r->metric, "valid_loss", r->loss, "stopped_early",
                      r->stopped_early, "tune", record);
        json_t *each = json_array();
        for (int i = 0; i < r->members; i++) json_array_append_new(each, json_real(r->each[i]));
        if (all && r->members > 1) json_object_set(all, "members", each);
        json_decref(each);
        return output_json(all);
    }
    if (record) tuning_show(record);
    output_format("%s: %s %.4f on %lld validation rows, ", path, r->metric_name, r->metric,
                  (long long)r->valid_rows);
    if (r->members > 1) {
        output_format("%d members together (alone", r->members);
        for (int i = 0; i < r->members; i++) output_format(" %.4f", r->each[i]);
        output_text(")\n");
    } else {
        output_format("at step %lld%s\n", (long long)r->best_step,
                      r->stopped_early ? " (stopped early)" : "");
    }
    return output_status();
}

/* Who is told of steps and validations. */
typedef struct listeners {
    progress_line line;
    run_report page;
} listeners;

static void tell(void *user, const heed_progress *progress)
{
    listeners *all = user;
    progress_show(&all->line, progress);
    run_report_follow(&all->page, progress);
}

static heed_status train(const options *given, heed_context *context, heed_config *config)
{
    heed_read_options read;
    heed_train_result result;
    training_data data;
    double search = 0;
    json_t *record = NULL;
    listeners all = {.line = progress_start(options_flag(given, "quiet"))};
    heed_train_options wanted = {.model_path = options_text(given, "output"),
                                 .read = &read,
                                 .config = config,
                                 .resume = options_flag(given, "resume"),
                                 .from_path = options_text(given, "from"),
                                 .stop = &stop_asked,
                                 .progress = tell,
                                 .progress_user = &all};
    heed_status status = reading_options(given, &read);
    if (status == HEED_OK) status = run_report_start(&all.page, given, context);
    if (status == HEED_OK) status = read_time(given, "time", &wanted.seconds);
    if (status == HEED_OK) status = read_time(given, "tune", &search);
    if (status == HEED_OK) status = training_memory(options_text(given, "memory"), &wanted.memory);
    if (status != HEED_OK) return status;
    status = training_data_take(given, &data, &wanted);
    if (status == HEED_OK) {
        catch_interrupts();
        status = tuning_run(given, context, &wanted, search, &result, &record);
        progress_end(&all.line);
        run_report_end(&all.page, status);
    }
    training_data_free(&data);
    if (status == HEED_OK) status = show_result(given, &result, wanted.model_path, record);
    json_decref(record);
    return status;
}

/* What no single option can know: that another one would go unheard, or input be written over. */
static heed_status check_options(const options *given, const heed_config *config)
{
    static const char *const lengths[] = {"steps", "epochs"};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        if (options_given(given, "time") && options_given(given, lengths[i]))
            return report(HEED_E_INVALID, "--time and --%s both say how long; give one",
                          lengths[i]);
    heed_status status = training_check(given, config);
    if (status == HEED_OK) status = tuning_check(given);
    if (status != HEED_OK) return status;
    if (!options_given(given, "output"))
        return report(HEED_E_INVALID, "where shall the model go? name it with --output FILE");
    return places_check(given, "output", options_text(given, "output"));
}

static heed_status run(const options *given)
{
    heed_context *context = NULL;
    heed_config *config = NULL;
    heed_status status = make_config(given, &config);
    if (status == HEED_OK) status = check_options(given, config);
    if (status == HEED_OK) status = session_start(given, &context);
    if (status == HEED_OK) status = train(given, context, config);
    heed_config_destroy(&config);
    heed_context_destroy(&context);
    return status;
}

static const option_row rows[] = {
    {"output", 'o', "FILE", OPTION_TEXT, NULL, NULL, 0, 0, "the model file to write"},
    {"source", 0, "FILE", OPTION_TEXT, NULL, NULL, 0, 0,
     "pairs of texts: a file with a text to translate on each line; may be repeated"},
    {"target", 0, "FILE", OPTION_TEXT, NULL, NULL, 0, 0,
     "and a file with its translation on the same line; one for each --source"},
    {"valid", 0, "FILE", OPTION_TEXT, NULL, NULL, 0, 0,
     "data to validate on; may be repeated; without it a share of the training data is kept back"},
    {"valid-source", 0, "FILE", OPTION_TEXT, NULL, NULL, 0, 0,
     "pairs to validate on: the texts; may be repeated"},
    {"valid-target", 0, "FILE", OPTION_TEXT, NULL, NULL, 0, 0, "and their translations"},
    {"guide", 0, "FILE", OPTION_TEXT, NULL, NULL, 0, 0,
     "word links of the training pairs (Pharaoh lines, 0-0 1-2) that attention is trained towards"},
    {"from", 0, "MODEL", OPTION_TEXT, NULL, NULL, 0, 0,
     "go on from a model: its settings, words, labels and parameters are kept; new labels and "
     "words join"},
    {"vectors", 0, "FILE", OPTION_TEXT, NULL, NULL, 0, 0,
     "word vectors that embeddings begin with: text of word2vec, GloVe or fastText, also .gz; "
     "words not there begin by chance"},
    {"config", 'c', "FILE", OPTION_TEXT, NULL, NULL, 0, 0,
     "settings from a JSON file; flags win over it"},
    {"time", 0, "TIME", OPTION_TEXT, NULL, NULL, 0, 0,
     "train about this long (90s, 10m, 2h): turned into a number of steps"},
    {"tune", 0, "TIME", OPTION_TEXT, NULL, NULL, 0, 0,
     "search for good settings within about this time, the training included; what is set is kept"},
    {"tune-trials", 0, "N", OPTION_INTEGER, NULL, NULL, 1, 1000000,
     "search by number: so many candidates to begin with; without it 9"},
    {"tune-steps", 0, "N", OPTION_INTEGER, NULL, NULL, 1, 1e9,
     "and so many steps for each of them; without it a ninth of the full number"},
    {"memory", 0, "SIZE", OPTION_TEXT, NULL, NULL, 0, 0,
     "most memory a step may take (512M, 2G): layers are run again, then batches shrink; without "
     "it they need not"},
    {"report", 0, "FILE", OPTION_TEXT, NULL, NULL, 0, 0,
     "the page with curves, mistakes and samples; without it MODEL.html, none = no page"},
    {"resume", .help = "go on where an interrupted run of the same command stopped"},
    {0},
};

static const verb_example examples[] = {
    {"heed train reviews.csv -o reviews.heed", "columns and task are guessed, and said"},
    {"heed train mail.tsv --text subject,body --label topic,priority -o mail.heed",
     "two outputs from two text columns"},
    {"heed train a.tsv --valid b.tsv --encoder transformer --time 10m -o m.heed",
     "a transformer, for ten minutes"},
    {"heed train a.tsv -o m.heed --tune 10m", "with settings that are searched for"},
    {"heed train --source a.de --target a.en -o de-en.heed",
     "a translator, from two files of lines"},
    {"heed train poems.txt --task language -o poems.heed", "a language model, from plain text"},
    {NULL, NULL},
};

const verb verb_train = {
    .name = "train",
    .summary = "train a model on labelled text, pairs of texts or plain text",
    .arguments = "[FILE...]",
    .description =
        "Reads labelled text (TSV, CSV, JSON lines, fastText lines, a folder of folders; each also "
        "as .gz, or - for standard input), or pairs of texts for a translator (two files of lines "
        "with --source and --target, or rows with --task translate), or plain text for a language "
        "model (--task language), builds the tokenizer, trains, and keeps the model that "
        "does best on validation data. The same data, settings and number of steps give the same "
        "file, byte for byte, for any number of threads and on every processor. Beside the model "
        "two files are written: .state while training, to resume from, and .metrics.jsonl with a "
        "line for each validation; and .html, a page to be watched while it trains (curves), and "
        "read at its end (mistakes, samples). Ctrl-C saves and stops.",
    .least_arguments = 0,
    .most_arguments = -1,
    .options = rows,
    .more_options = settings_option,
    .more_heading = "Settings",
    .common = COMMON_THREADS | COMMON_JSON | COMMON_QUIET | COMMON_READING,
    .examples = examples,
    .run = run,
};
