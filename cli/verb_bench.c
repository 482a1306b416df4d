/* SPDX-License-Identifier: MIT */
/* heed bench: what the attention operator costs here, for sizes and mechanisms given as options. */
#include "cli/bench.h"
#include "cli/mechanisms.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/session.h"

#include <stdlib.h>

enum { MOST_LENGTHS = 64 };
static const long long longest = 1 << 30;

/* "1024,4096" */
static heed_status read_lengths(const char *text, int64_t lengths[MOST_LENGTHS], int *count)
{
    const char *at = text;
    char *end;
    for (*count = 0; *count < MOST_LENGTHS; at = end + 1) {
        long long n = strtoll(at, &end, 10);
        if (end == at || n < 1 || n > longest || (*end && *end != ',')) break;
        lengths[(*count)++] = n;
        if (!*end) return HEED_OK;
    }
    return report(
        HEED_E_INVALID,
        "--keys %s: it must be up to %d whole numbers from 1 to %lld, with commas between "
        "them",
        text, MOST_LENGTHS, longest);
}

/* The plan's text goes before the table; it is that of the first length. */
static heed_status show(const bench_case *c, int first, int quiet, json_t *all)
{
    if (all) return json_array_append_new(all, bench_json(c)) ? HEED_E_NOMEM : HEED_OK;
    if (first && !quiet) {
        char *plan = bench_plan_text(c);
        if (plan) output_text(plan);
        free(plan);
    }
    if (first) bench_show_heading();
    bench_show_rows(c);
    return output_flush();
}

static heed_status bench_length(const options *given, heed_context *context, int64_t keys,
                                int first, json_t *all)
{
    bench_case *c = calloc(1, sizeof *c);
    if (!c) return report(HEED_E_NOMEM, "no memory");
    heed_status status = bench_case_make(c, given, context, keys);
    if (status == HEED_OK)
        status = attend_translate(bench_measure(c, (int)options_integer(given, "rounds")));
    if (status == HEED_OK) status = show(c, first, options_flag(given, "quiet"), all);
    bench_case_free(c);
    free(c);
    return status;
}

static heed_status run(const options *given)
{
    int64_t lengths[MOST_LENGTHS];
    int count = 0;
    heed_context *context = NULL;
    json_t *all = options_flag(given, "json") ? json_array() : NULL;
    heed_status status = read_lengths(options_text(given, "keys"), lengths, &count);
    if (status == HEED_OK) status = session_start(given, &context);
    for (int i = 0; i < count && status == HEED_OK; i++)
        status = bench_length(given, context, lengths[i], i == 0, all);
    if (status == HEED_OK && all)
        status = output_json(
            json_pack("{s:i, s:O}", "threads", heed_context_threads(context), "cases", all));
    json_decref(all);
    heed_context_destroy(&context);
    return status;
}

static const option_row rows[] = {
    {"batch", 0, "N", OPTION_INTEGER, "1", NULL, 1, 1048576, "sequences"},
    {"heads", 0, "N", OPTION_INTEGER, "8", NULL, 1, 65536, "query heads"},
    {"kv-heads", 0, "N", OPTION_INTEGER, "0", NULL, 0, 65536,
     "key and value heads; 0 = as many as query heads"},
    {"keys", 0, "N,N,...", OPTION_TEXT, "1024", NULL, 0, 0,
     "keys of a sequence; several lengths make a table"},
    {"queries", 0, "N", OPTION_INTEGER, "0", NULL, 0, 1073741824,
     "queries of a sequence; 0 = as many as keys"},
    {"dim", 0, "N", OPTION_INTEGER, "64", NULL, 1, 65536, "numbers of a query and of a key"},
    {"value-dim", 0, "N", OPTION_INTEGER, "0", NULL, 0, 65536,
     "numbers of a value; 0 = as many as of a key"},
    {"pass", 0, "PASS", OPTION_CHOICE, "both", "both|forward|backward", 0, 0, "what is timed"},
    {"rounds", 0, "N", OPTION_INTEGER, "5", NULL, 1, 100000,
     "rounds after a first run; the figures are of their median"},
    {0},
};

static const verb_example examples[] = {
    {"heed bench --causal --keys 1024,4096,16384", "how cost grows with length"},
    {"heed bench --batch 32 --keys 128 --heads 4 --pass forward --threads 1",
     "many short sequences"},
    {"heed bench --keys 65536 --heads 1 --window 256,256 --rounds 3", "a window over a long text"},
    {"heed bench --normalizer entmax15 --score additive --json", "other mechanisms, as data"},
    {NULL, NULL},
};

const verb verb_bench = {
    .name = "bench",
    .summary = "time the attention operator on this machine",
    .arguments = "",
    .description =
        "Plans the operator for sizes and mechanisms (spelled as for heed attend), draws the "
        "arrays that it reads, and says for each length how long forward and backward take, what "
        "the plan "
        "says it needs, and what the process was seen to need.",
    .least_arguments = 0,
    .most_arguments = 0,
    .options = rows,
    .more_options = mechanism_option,
    .more_heading = "mechanisms",
    .common = COMMON_THREADS | COMMON_SEED | COMMON_JSON | COMMON_QUIET,
    .examples = examples,
    .run = run,
};
