/* SPDX-License-Identifier: MIT */
/* heed bench: what the attention operator costs here, for sizes and mechanisms given as options. */
#include "cli/bench.h"
#include "cli/mechanisms.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/session.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_SHAPES = 64 };
static const long long longest = 1 << 30;

typedef struct shapes {
    bench_shape at[MOST_SHAPES];
    int count;
} shapes;

/* ---- shapes */

/* Up to `most` whole numbers with a character between them; returns how many, 0 where it is
 * anything else. */
static int read_numbers(const char *text, char between, int64_t *out, int most)
{
    char *end;
    for (int n = 0; n < most; text = end + 1) {
        long long number = strtoll(text, &end, 10);
        if (end == text || number < 1 || number > longest || (*end && *end != between)) return 0;
        out[n++] = number;
        if (!*end) return n;
    }
    return 0;
}

static heed_status read_shape(const char *text, bench_shape *out)
{
    int64_t n[4];
    if (read_numbers(text, 'x', n, 4) != 4)
        return report(
            HEED_E_INVALID,
            "--shape %s: it must be BxHxTxD, four whole numbers from 1 to %lld: sequences, "
            "heads, keys and head size",
            text, longest);
    *out = (bench_shape){n[0], n[1], n[2], n[3]};
    return HEED_OK;
}

static heed_status read_shapes(const options *given, shapes *out)
{
    static const char *const parts[] = {"batch", "heads", "keys", "dim"};
    heed_status status = HEED_OK;
    out->count = options_count(given, "shape");
    if (out->count > MOST_SHAPES)
        return report(HEED_E_INVALID, "--shape: more than %d in one run", MOST_SHAPES);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (options_given(given, parts[i]))
            return report(HEED_E_INVALID, "--%s is a part of --shape; give one", parts[i]);
    for (int i = 0; i < out->count && status == HEED_OK; i++)
        status = read_shape(options_nth(given, "shape", i), &out->at[i]);
    return status;
}

static heed_status read_lengths(const options *given, shapes *out)
{
    const char *text = options_text(given, "keys");
    int64_t lengths[MOST_SHAPES];
    out->count = read_numbers(text, ',', lengths, MOST_SHAPES);
    if (!out->count)
        return report(HEED_E_INVALID,
                      "--keys %s: it must be up to %d whole numbers from 1 to %lld, with commas "
                      "between them",
                      text, MOST_SHAPES, longest);
    for (int i = 0; i < out->count; i++)
        out->at[i] = (bench_shape){options_integer(given, "batch"), options_integer(given, "heads"),
                                   lengths[i], options_integer(given, "dim")};
    return HEED_OK;
}

static heed_status read_sizes(const options *given, shapes *out)
{
    heed_status status =
        options_count(given, "shape") ? read_shapes(given, out) : read_lengths(given, out);
    if (status == HEED_OK && options_flag(given, "paced") && out->count > 1)
        return report(HEED_E_INVALID, "--paced times one shape, not %d", out->count);
    return status;
}

/* ---- cases */

/* The plan's text goes before the table; it is that of the first shape. */
static heed_status show(const bench_case *c, int first, int quiet, int json)
{
    if (json) return output_json(bench_json(c));
    if (first && !quiet) {
        char *plan = bench_plan_text(c);
        if (plan) output_text(plan);
        free(plan);
        bench_show_heading(c);
    }
    if (first) bench_show_columns();
    bench_show_rows(c);
    return output_flush();
}

static heed_status time_case(bench_case *c, const options *given, int first)
{
    int json = options_flag(given, "json"), rounds = (int)options_integer(given, "rounds");
    if (options_flag(given, "paced")) return bench_paced(c);
    heed_status status = attend_translate(bench_measure(c, rounds));
    return status == HEED_OK ? show(c, first, options_flag(given, "quiet"), json) : status;
}

static heed_status bench_one(const options *given, heed_context *context, const bench_shape *shape,
                             const heed_info_roof *roof, int first)
{
    bench_case *c = calloc(1, sizeof *c);
    if (!c) return report(HEED_E_NOMEM, "no memory");
    c->roof = *roof;
    heed_status status = bench_case_make(c, given, context, shape);
    if (status == HEED_OK) status = time_case(c, given, first);
    bench_case_free(c);
    free(c);
    return status;
}

static heed_status check(const options *given)
{
    if (given->n_arguments && strcmp(given->arguments[0], "attention") != 0)
        return report(HEED_E_INVALID, "heed bench %s: what can be timed is attention",
                      given->arguments[0]);
    return HEED_OK;
}

static heed_status run(const options *given)
{
    shapes all;
    heed_context *context = NULL;
    heed_info_roof roof = {0};
    heed_status status = check(given);
    if (status == HEED_OK) status = read_sizes(given, &all);
    if (status == HEED_OK) status = session_start(given, &context);
    if (status == HEED_OK && !options_flag(given, "paced"))
        status = heed_info_measure(context, &roof);
    for (int i = 0; status == HEED_OK && i < all.count; i++)
        status = bench_one(given, context, &all.at[i], &roof, i == 0);
    heed_context_destroy(&context);
    return status;
}

static const option_row rows[] = {
    {"shape", 0, "BxHxTxD", OPTION_TEXT, NULL, NULL, 0, 0,
     "--batch, --heads, --keys and --dim in one; may be given again: a table"},
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
    {"backward", .help = "forward, backward and their sum are timed: --pass both"},
    {"pass", 0, "PASS", OPTION_CHOICE, "forward", "both|forward|backward", 0, 0, "what is timed"},
    {"precision", 0, "P", OPTION_CHOICE, "highest", "highest|high|medium", 0, 0,
     "what the products are computed in; highest = float32"},
    {"rounds", 0, "N", OPTION_INTEGER, "5", NULL, 1, 100000,
     "rounds after a first run; the figures are of their median"},
    {"paced", .help = "a round for each line read, of at least so many seconds; answers with those "
                      "of one run, by the clock and of processors"},
    {0},
};

static const verb_example examples[] = {
    {"heed bench attention --shape 1x12x2048x64 --causal --backward",
     "a training step's attention"},
    {"heed bench --causal --keys 1024,4096,16384", "how cost grows with length"},
    {"heed bench --shape 32x4x128x64 --threads 1", "many short sequences"},
    {"heed bench --shape 1x1x65536x64 --window 256,256 --rounds 3", "a window over a long text"},
    {"heed bench --normalizer entmax15 --score additive --json", "other mechanisms, as data"},
    {NULL, NULL},
};

const verb verb_bench = {
    .name = "bench",
    .summary = "time the attention operator on this machine",
    .arguments = "[attention]",
    .description =
        "Plans the operator for sizes and mechanisms (spelled as for heed attend), draws the "
        "arrays that it reads, and says for each shape how long it takes, how many operations and "
        "bytes a second that is, which share of the roofline (what multiplier and memory allow, "
        "measured first), what the plan says it needs, and what the process was seen to need. "
        "Operations are those of the products of the pairs that are seen. Backward makes the "
        "gradients of everything but arrays that a file gives.",
    .least_arguments = 0,
    .most_arguments = 1,
    .options = rows,
    .more_options = mechanism_option,
    .more_heading = "mechanisms",
    .common = COMMON_THREADS | COMMON_SEED | COMMON_JSON | COMMON_QUIET,
    .examples = examples,
    .run = run,
};
