/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "base/memory.h"
#include "train/metric.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- golden values ---- */

enum { MOST_SEGMENTS = 16, MOST_REFERENCES = 2, SIDES = 1 + MOST_REFERENCES, LINE = 8192 };

static FILE *golden;
static char texts[MOST_SEGMENTS][SIDES][LINE], line[LINE];
static int segments;
static char where[LINE];

static char *next_line(char *out)
{
    if (!fgets(out, LINE, golden)) return NULL;
    assert_true(strlen(out) < LINE - 1);
    out[strcspn(out, "\n")] = 0;
    return out;
}

static heed_text text_of(const char *bytes)
{
    return (heed_text){bytes, strlen(bytes)};
}

/* The next number of a line of them. */
static double next(char **at)
{
    char *end;
    double value = strtod(*at, &end);
    if (end == *at) fail_msg("%s: no further number", where);
    *at = end;
    return value;
}

static void check_next(double got, char **at, const char *what)
{
    double wanted = next(at);
    if (fabs(got - wanted) > 1e-9 * fmax(1, fabs(wanted)))
        fail_msg("%s: %s is %.12g, the reference has %.12g", where, what, got, wanted);
}

static void read_texts(void)
{
    for (int i = 0; i < segments; i++)
        for (int k = 0; k < SIDES; k++) assert_non_null(next_line(texts[i][k]));
}

static void check_tokens(const char *name)
{
    const heed__metric_tokenizer *tokenizer = NULL;
    heed__metric_tokens tokens = {0};
    check_ok(heed__metric_tokenizer_find(name, &tokenizer));
    for (int i = 0; i < segments; i++) {
        heed__buffer joined = {0};
        check_ok(heed__metric_tokens_of(tokenizer, 0, text_of(texts[i][0]), &tokens));
        heed__buffer_text(&joined, "");
        for (size_t k = 0; k < tokens.n; k++) {
            heed__buffer_text(&joined, k ? " " : "");
            heed__buffer_add(&joined, tokens.items[k].bytes, tokens.items[k].size);
        }
        assert_non_null(next_line(line));
        assert_string_equal(joined.bytes, line);
        heed__buffer_free(&joined);
    }
    heed__metric_tokens_free(&tokens);
}

static void check_figure(const heed_text_score *score, const char *name, char **at)
{
    for (int i = 0; i < score->n_figures; i++) {
        const heed_text_figure *figure = &score->figures[i];
        if (strcmp(figure->name, name) != 0) continue;
        for (int k = 0; k < figure->n; k++) check_next(figure->values[k], at, name);
        return;
    }
    fail_msg("%s: there is no figure %s", where, name);
}

static const char *const bleu_figures[] = {"bp",     "hyp_len", "ref_len", "precisions",
                                           "counts", "totals",  NULL};

static const char *const rouge_figures[] = {"precision", "recall", NULL};
static const char *const ter_figures[] = {"edits", "ref_len", NULL};
static const char *const no_figures[] = {NULL};

static void check_total(heed_text_metric *m, const char *const *figures)
{
    char *at = line;
    const heed_text_score *score = NULL;
    check_ok(heed_text_metric_score(m, &score));
    assert_int_equal(score->segments, segments);
    assert_non_null(next_line(line));
    if (strncmp(score->signature, line, strlen(line)) != 0)
        fail_msg("%s: signature %s, not %s", where, score->signature, line);
    assert_non_null(strstr(score->signature, "|version:heed-"));
    assert_non_null(next_line(line));
    check_next(score->score, &at, "score");
    for (; *figures; figures++) check_figure(score, *figures, &at);
}

/* The segments are added before their scores are read, which stand after the total. */
static void check_score(void)
{
    char name[16], tokenize[16], letters[16], smooth[16];
    double value, scores[MOST_SEGMENTS];
    int effective, references;
    assert_int_equal(sscanf(where, "score %15s %15s %15s %15s %lf %d %d", name, tokenize, letters,
                            smooth, &value, &effective, &references),
                     7);
    heed_text_metric_options options = {.tokenize = strcmp(tokenize, "-") ? tokenize : NULL,
                                        .lowercase = strcmp(letters, "lc") == 0,
                                        .smooth = strcmp(smooth, "-") ? smooth : NULL,
                                        .smooth_value = value,
                                        .effective_order = effective};
    heed_text_metric *m = NULL;
    check_ok(heed_text_metric_create(name, &options, &m));
    for (int i = 0; i < segments; i++) {
        heed_text sides[SIDES];
        for (int k = 0; k < SIDES; k++) sides[k] = text_of(texts[i][k]);
        check_ok(heed_text_metric_add(m, sides[0], sides + 1, references, &scores[i]));
    }
    check_total(m, strcmp(name, "bleu") == 0        ? bleu_figures
                   : strncmp(name, "rouge", 5) == 0 ? rouge_figures
                   : strcmp(name, "ter") == 0       ? ter_figures
                                                    : no_figures);
    char *at = next_line(line);
    assert_non_null(at);
    for (int i = 0; i < segments; i++) check_next(scores[i], &at, texts[i][0]);
    heed_text_metric_destroy(&m);
    assert_null(m);
}

static void test_golden(void **state)
{
    (void)state;
    int n_texts = 0, n_tokens = 0, n_scores = 0;
    char name[16];
    golden = fopen("tests/golden/text_metrics.txt", "r");
    assert_non_null(golden);
    while (next_line(where)) {
        if (sscanf(where, "texts %15s %d", name, &segments) == 2) {
            assert_true(segments <= MOST_SEGMENTS);
            read_texts();
            n_texts++;
        } else if (sscanf(where, "tokens %15s", name) == 1) {
            check_tokens(name);
            n_tokens++;
        } else {
            check_score();
            n_scores++;
        }
    }
    fclose(golden);
    assert_int_equal(n_texts, 6);
    assert_int_equal(n_tokens, 36);
    assert_int_equal(n_scores, 300);
}

/* ---- by hand ---- */

static double score_of(const char *name, const char *hypothesis, const char *reference)
{
    heed_text_metric *m = NULL;
    heed_text other = text_of(reference);
    double score = -1;
    check_ok(heed_text_metric_create(name, NULL, &m));
    check_ok(heed_text_metric_add(m, text_of(hypothesis), &other, 1, &score));
    heed_text_metric_destroy(&m);
    return score;
}

static void test_edges(void **state)
{
    (void)state;
    heed_text_metric_entry entry;
    for (size_t i = 0; heed_text_metric_at(i, &entry); i++) {
        const char *name = entry.name;
        double all = strcmp(name, "ter") == 0 ? 0 : 100, none = 100 - all; /* TER counts errors */
        assert_true(fabs(score_of(name, "a b c d e f", "a b c d e f") - all) < 1e-9);
        assert_true(score_of(name, "a b c d e f", "") == none);
        assert_true(score_of(name, "", "a b c d e f") == none);
        assert_true(score_of(name, "", "") == 0);
        assert_true(score_of(name, "u v w x y z", "a b c d e f") == none);
    }
    assert_true(score_of("bleu", "a b c", "a b c") == 0); /* no four words: sacreBLEU has 0 */
    assert_true(score_of("bleu", "a b c x d e f", "a b c d e f") > 0); /* no four match: smoothed */
}

/* What would take gigabytes to compare is refused. */
static void test_too_many_words_for_edits(void **state)
{
    (void)state;
    enum { WORDS = 10000 };
    char *bytes = malloc(2 * WORDS);
    for (int i = 0; i < WORDS; i++) memcpy(bytes + 2 * i, i % 2 ? "a " : "b ", 2);
    heed_text text = {bytes, 2 * WORDS}, other = text_of("b a");
    heed_text_metric *m = NULL;
    check_ok(heed_text_metric_create("ter", NULL, &m));
    check_fails(heed_text_metric_add(m, text, &text, 1, NULL), HEED_E_INVALID,
                "10000 words against 10000");
    check_ok(heed_text_metric_add(m, text, &other, 1, NULL));
    heed_text_metric_destroy(&m);
    free(bytes);
}

/* A text may be shown as no bytes at all, and hold line feeds: they are white space. */
static void test_texts_as_they_come(void **state)
{
    (void)state;
    heed_text_metric *m = NULL;
    heed_text nothing = {NULL, 0};
    double score = -1;
    check_ok(heed_text_metric_create("bleu", NULL, &m));
    check_ok(heed_text_metric_add(m, nothing, &nothing, 1, &score));
    assert_true(score == 0);
    heed_text_metric_destroy(&m);
    assert_true(fabs(score_of("bleu", "a\nb-\nc d e", "a bc d e") - 100) < 1e-9);
}

/* A long segment leaves a large table: those after it must not see what it left there. */
static void test_a_long_segment_between_short_ones(void **state)
{
    (void)state;
    enum { WORDS = 20000 };
    char *bytes = malloc(WORDS * 8);
    size_t size = 0;
    for (int i = 0; i < WORDS; i++) size += (size_t)sprintf(bytes + size, "w%d ", i % 7000);
    heed_text_metric *m = NULL;
    heed_text shorter = text_of("w1 w2 w3 w4 w5"), other = text_of("w1 w2 w3 w4 x5"),
              longer = {bytes, size};
    double first = 0, between = 0, last = 0;
    check_ok(heed_text_metric_create("bleu", NULL, &m));
    check_ok(heed_text_metric_add(m, shorter, &other, 1, &first));
    check_ok(heed_text_metric_add(m, longer, &longer, 1, &between));
    check_ok(heed_text_metric_add(m, shorter, &other, 1, &last));
    assert_true(fabs(between - 100) < 1e-9);
    assert_true(first == last && first > 0 && first < 100);
    heed_text_metric_destroy(&m);
    free(bytes);
}

static void check_steady(const char *name)
{
    heed_text_metric *m = NULL;
    heed_text hypothesis = text_of("Ein Satz, der \xC3\xBC"
                                   "berall gleich lang ist."),
              other = hypothesis;
    check_ok(heed_text_metric_create(name, NULL, &m));
    for (int i = 0; i < 2; i++) /* twice: two buffers take turns */
        check_ok(heed_text_metric_add(m, hypothesis, &other, 1, NULL));
    uint64_t before = heed__alloc_count();
    for (int i = 0; i < 100; i++) check_ok(heed_text_metric_add(m, hypothesis, &other, 1, NULL));
    assert_int_equal(heed__alloc_count(), before);
    heed_text_metric_destroy(&m);
}

static void test_steady_state_takes_no_memory(void **state)
{
    (void)state;
    heed_text_metric_entry entry;
    for (size_t i = 0; heed_text_metric_at(i, &entry); i++) check_steady(entry.name);
}

static void test_corpus_bleu(void **state)
{
    (void)state;
    const heed_text hypotheses[] = {text_of("THE cat is on a mat"), text_of("it rains")},
                    references[] = {text_of("the cat is on the mat"), text_of("it rains")};
    double lower = 0, mixed = 0;
    check_ok(heed__corpus_bleu(2, hypotheses, references, 1, &lower));
    check_ok(heed__corpus_bleu(2, hypotheses, references, 0, &mixed));
    /* 7 of 8 words, 4 of 6 pairs, 2 of 4 threes, 1 of 3 fours */
    double wanted = 100 * pow(7.0 / 8 * 4 / 6 * 2 / 4 * 1 / 3, 0.25);
    assert_true(fabs(lower - wanted) < 1e-9);
    assert_true(mixed < lower);
    check_fails(heed__corpus_bleu(0, hypotheses, references, 0, &mixed), HEED_E_INVALID,
                "no segment");
}

static heed_status create(const char *name, heed_text_metric_options options)
{
    heed_text_metric *m = NULL;
    heed_status status = heed_text_metric_create(name, &options, &m);
    assert_true((status == HEED_OK) == (m != NULL));
    heed_text_metric_destroy(&m);
    return status;
}

static void test_refused(void **state)
{
    (void)state;
    check_fails(create("blue", (heed_text_metric_options){0}), HEED_E_INVALID, "there are bleu");
    check_fails(create("bleu", (heed_text_metric_options){.tokenize = "14a"}), HEED_E_INVALID,
                "there is no tokenisation 14a; there are 13a, intl");
    check_fails(create("chrf", (heed_text_metric_options){.tokenize = "13a"}), HEED_E_INVALID,
                "chrf has no choice");
    check_fails(create("rouge1", (heed_text_metric_options){.effective_order = 1}), HEED_E_INVALID,
                "not for rouge1");
    check_fails(create("bleu", (heed_text_metric_options){.smooth = "more"}), HEED_E_INVALID,
                "smooth = more");
    check_fails(create("bleu", (heed_text_metric_options){.smooth_value = 1}), HEED_E_INVALID,
                "smooth = exp takes no smooth_value");
    check_fails(create("bleu", (heed_text_metric_options){.smooth_value = NAN}), HEED_E_INVALID,
                "smooth_value");
    heed_text_metric *m = NULL;
    const heed_text_score *score;
    heed_text good = text_of("a"), bad = text_of("a\xC3("), large = {NULL, (1 << 20) + 1};
    check_ok(heed_text_metric_create("bleu", NULL, &m));
    check_fails(heed_text_metric_score(m, &score), HEED_E_INVALID, "BLEU of no segment");
    check_fails(heed_text_metric_add(m, good, &good, 0, NULL), HEED_E_INVALID, "n_references = 0");
    check_fails(heed_text_metric_add(m, bad, &good, 1, NULL), HEED_E_DATA,
                "hypothesis: byte 2 is not UTF-8");
    check_fails(heed_text_metric_add(m, good, &bad, 1, NULL), HEED_E_DATA,
                "reference: byte 2 is not UTF-8");
    check_fails(heed_text_metric_add(m, large, &good, 1, NULL), HEED_E_INVALID, "1048577 bytes");
    check_fails(heed_text_metric_score(m, &score), HEED_E_INVALID, "no segment");
    heed_text_metric_destroy(&m);
    heed_text_metric_destroy(&m);
    heed_text_metric_destroy(NULL);
}

static void test_signature_of_varying_references(void **state)
{
    (void)state;
    heed_text_metric *m = NULL;
    const char *shown;
    heed_text two[] = {text_of("a b c d e"), text_of("a b c d f")};
    check_ok(heed_text_metric_create("bleu", NULL, &m));
    check_ok(heed_text_metric_add(m, two[0], two, 1, NULL));
    check_ok(heed_text_metric_line(m, &shown));
    assert_string_equal(shown, "100.00 BLEU|nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:"
                               "heed-0.1.0 100.0/100.0/100.0/100.0 (BP = 1.000 ratio = 1.000 "
                               "hyp_len = 5 ref_len = 5)");
    check_ok(heed_text_metric_add(m, two[0], two, 2, NULL));
    check_ok(heed_text_metric_add(m, two[0], two, 1, NULL));
    check_ok(heed_text_metric_line(m, &shown));
    assert_non_null(strstr(shown, "BLEU|nrefs:var|"));
    check_ok(heed_text_metric_json(m, 0, &shown));
    assert_non_null(strstr(shown, "\"segments\":3"));
    assert_non_null(strstr(shown, "\"totals\":[15"));
    heed_text_metric_destroy(&m);
}

static void test_perplexity(void **state)
{
    (void)state;
    assert_true(fabs(heed_perplexity(3 * log(0.25), 3) - 4) < 1e-12);
    assert_true(heed_perplexity(0, 5) == 1);
    assert_true(isnan(heed_perplexity(0, 0)));
}

/* Wherever memory runs out, the call says so and the metric is as before. */
static void check_out_of_memory(const char *name)
{
    heed_text hypothesis = text_of("one two three"), reference = text_of("one two four");
    for (uint64_t n = 1, failed = 1; failed; n++) {
        heed_text_metric *m = NULL;
        const heed_text_score *score;
        const char *json;
        heed__alloc_fail_at(n);
        heed_status status = heed_text_metric_create(name, NULL, &m);
        if (status == HEED_OK) status = heed_text_metric_add(m, hypothesis, &reference, 1, NULL);
        if (status == HEED_OK) status = heed_text_metric_json(m, 0, &json);
        heed__alloc_fail_at(0);
        failed = status != HEED_OK;
        if (failed) assert_int_equal(status, HEED_E_NOMEM);
        if (m) {
            int added = heed_text_metric_score(m, &score) == HEED_OK;
            if (!added) check_ok(heed_text_metric_add(m, hypothesis, &reference, 1, NULL));
            check_ok(heed_text_metric_score(m, &score));
            assert_int_equal(score->segments, 1);
        }
        heed_text_metric_destroy(&m);
    }
}

static void test_out_of_memory(void **state)
{
    (void)state;
    heed_text_metric_entry entry;
    for (size_t i = 0; heed_text_metric_at(i, &entry); i++) check_out_of_memory(entry.name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_too_many_words_for_edits),
        cmocka_unit_test(test_texts_as_they_come),
        cmocka_unit_test(test_a_long_segment_between_short_ones),
        cmocka_unit_test(test_steady_state_takes_no_memory),
        cmocka_unit_test(test_corpus_bleu),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_signature_of_varying_references),
        cmocka_unit_test(test_perplexity),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
