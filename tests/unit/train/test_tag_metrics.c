/* SPDX-License-Identifier: MIT */
/* Spans and their scores against seqeval (tests/golden/tags.py), and what is printed of them. */
#include "check.h"

#include "data/labels.h"
#include "data/spans.h"
#include "heed/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 100 };
static char golds[MOST][400], givens[MOST][400];
static heed_text gold[MOST], given[MOST], parts[32];

static heed_text part_at(const void *user, int64_t word)
{
    (void)user;
    return parts[word];
}

static void spans_of(const char *tags, char *out)
{
    heed_text all = {tags, strlen(tags)};
    int64_t n = 0;
    heed__span_walk walk = {0};
    heed__tag_span span;
    *out = 0;
    for (size_t at = 0; heed__labels_next(HEED_LABEL_TAGS, all, &at, &parts[n]);) n++;
    while (heed__span_next(&walk, n, part_at, NULL, &span))
        sprintf(out + strlen(out), "%s%lld-%lld-%.*s", *out ? " " : "", (long long)span.first,
                (long long)span.last, (int)span.type.size, span.type.bytes);
}

/* Cuts "left | right" in place; a NUL takes the place of the bar. */
static char *cut(char *line)
{
    char *bar = strstr(line, " |");
    assert_non_null(bar);
    line[strcspn(line, "\n")] = 0;
    *bar = 0;
    return bar[2] ? bar + 3 : bar + 2;
}

static void check_near(double have, double wanted)
{
    if (!(fabs(have - wanted) < 1e-8)) fail_msg("%.9f, seqeval has %.9f", have, wanted);
}

static void check_type(const heed_metrics *m, const char *line)
{
    char name[8];
    double p, r, f;
    long long count;
    assert_int_equal(sscanf(line, "%7s %lf %lf %lf %lld", name, &p, &r, &f, &count), 5);
    for (int64_t i = 0; i < m->n_labels; i++) {
        if (strcmp(m->labels[i].name, name) != 0) continue;
        check_near(m->labels[i].precision, p);
        check_near(m->labels[i].recall, r);
        check_near(m->labels[i].f1, f);
        assert_int_equal(m->labels[i].count, count);
        return;
    }
    fail_msg("type %s is missing", name);
}

static void check_all(const heed_metrics *m, const char *line)
{
    double p, r, f, accuracy;
    assert_int_equal(sscanf(line, "%lf %lf %lf %lf", &p, &r, &f, &accuracy), 4);
    check_near(m->precision, p);
    check_near(m->recall, r);
    check_near(m->micro_f1, f);
    check_near(m->accuracy, accuracy);
}

static void test_figures_are_those_of_seqeval(void **state)
{
    char line[400], found[400];
    int texts = 0, sequences = 0, types = 0;
    heed_metrics *m = NULL;
    FILE *file = fopen("tests/golden/tags.txt", "r");
    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "spans ", 6) == 0) {
            char *wanted = cut(line);
            spans_of(line + 6, found);
            if (strcmp(found, wanted) != 0)
                fail_msg("%s: '%s', seqeval has '%s'", line + 6, found, wanted);
            sequences++;
        } else if (strncmp(line, "score ", 6) == 0) {
            char *right = cut(line);
            snprintf(golds[texts], sizeof golds[0], "%s", line + 6);
            snprintf(givens[texts], sizeof givens[0], "%s", right);
            gold[texts] = (heed_text){golds[texts], strlen(golds[texts])};
            given[texts] = (heed_text){givens[texts], strlen(givens[texts])};
            texts++;
        } else if (strncmp(line, "all ", 4) == 0) {
            check_ok(heed_metrics_tags(texts, gold, given, &m));
            check_all(m, line + 4);
        } else {
            check_type(m, line + 5);
            types++;
        }
    }
    assert_true(texts == 30 && sequences == 60 && types == 3);
    heed_metrics_destroy(&m);
    fclose(file);
}

static heed_metrics *measure(int n, const char *const *a, const char *const *b)
{
    heed_metrics *m = NULL;
    for (int i = 0; i < n; i++) {
        gold[i] = (heed_text){a[i], strlen(a[i])};
        given[i] = (heed_text){b[i], strlen(b[i])};
    }
    check_ok(heed_metrics_tags(n, gold, given, &m));
    return m;
}

/* By hand: of 3 true spans and 3 found one is right (a type is wrong, an end is wrong). */
static void test_a_case_by_hand(void **state)
{
    (void)state;
    heed_metrics *m = measure(2, (const char *[]){"B-x I-x O B-y", "O B-x I-x"},
                              (const char *[]){"B-x I-x O B-x", "O B-x O"});
    assert_int_equal(m->rows, 2);
    assert_int_equal(m->words, 7);
    assert_int_equal(m->count, 3);
    assert_int_equal(m->found, 3);
    check_near(m->precision, 1.0 / 3);
    check_near(m->recall, 1.0 / 3);
    check_near(m->accuracy, 5.0 / 7);
    check_near(m->exact, 0);
    assert_int_equal(m->n_labels, 2);
    check_near(m->labels[0].precision, 1.0 / 3);
    check_near(m->labels[0].recall, 1.0 / 2);
    check_near(m->labels[1].recall, 0);
    const char *text;
    check_ok(heed_metrics_table(m, &text));
    assert_non_null(strstr(text, "rows 2   words 7   accuracy 0.7143   spans 3, found 3   "
                                 "precision 0.3333   recall 0.3333   F1 0.3333"));
    assert_non_null(strstr(text, "\ntype "));
    check_ok(heed_metrics_json(m, 0, &text));
    assert_non_null(strstr(text, "\"exact\":0.0,\"precision\":0.333333333"));
    assert_non_null(strstr(text, "\"types\":{\"x\":{"));
    heed_metrics_destroy(&m);
}

/* Parts of speech mark no spans: each word counts. */
static void test_tags_that_mark_no_spans(void **state)
{
    (void)state;
    heed_metrics *m =
        measure(2, (const char *[]){"DT NN", "NN VB O"}, (const char *[]){"DT NN", "NN NN O"});
    assert_false(m->spans);
    check_near(m->accuracy, 0.8);
    check_near(m->micro_f1, 0.8);
    check_near(m->exact, 0.5);
    assert_int_equal(m->n_labels, 4);
    assert_string_equal(m->labels[1].name, "NN");
    check_near(m->labels[1].precision, 2.0 / 3);
    heed_metrics_destroy(&m);
}

static void test_refused(void **state)
{
    heed_metrics *m = NULL;
    (void)state;
    gold[0] = gold[1] = (heed_text){"O O", 3};
    given[0] = gold[0];
    given[1] = (heed_text){"O", 1};
    check_fails(heed_metrics_tags(2, gold, given, &m), HEED_E_DATA,
                "text 2 has 2 true tags and was given 1");
    check_fails(heed_metrics_tags(0, gold, given, &m), HEED_E_INVALID, "nothing to measure");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures_are_those_of_seqeval), cmocka_unit_test(test_a_case_by_hand),
        cmocka_unit_test(test_tags_that_mark_no_spans), cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
