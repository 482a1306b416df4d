/* SPDX-License-Identifier: MIT */
/* A report's charts and curves, without a model: what is drawn, and what is left out. */
#include "data/files.h"

#include "explain/html.h"
#include "heed/config.h"
#include "heed/report.h"
#include "report/chart.h"
#include "report/curves.h"

#include <math.h>

static int count_of(const char *text, const char *word)
{
    int count = 0;
    for (; (text = strstr(text, word)); text += strlen(word)) count++;
    return count;
}

static char *drawn(const double *x, const double *y, size_t n, int from_zero, double rule)
{
    heed__buffer out = {0};
    const heed__chart_line line = {"<name>", "ca", x, y, n, 1};
    const heed__chart chart = {.title = "a & b",
                               .unit = "",
                               .lines = &line,
                               .n_lines = 1,
                               .most_x = n ? x[n - 1] : 0,
                               .from_zero = from_zero,
                               .rule = rule,
                               .rule_name = "rule",
                               .mark = NAN,
                               .mark_name = ""};
    heed__chart_draw(&out, &chart);
    assert_int_equal(out.status, HEED_OK);
    return out.bytes;
}

static void a_chart_has_ticks_points_and_a_name(void **state)
{
    (void)state;
    const double x[] = {10, 20, 30}, y[] = {0.8, 0.5, 0.25};
    char *svg = drawn(x, y, 3, 1, 0.5);
    assert_int_equal(count_of(svg, "<circle"), 3);
    assert_int_equal(count_of(svg, "class=\"at\""), 3);
    assert_non_null(strstr(svg, "a &amp; b"));
    assert_non_null(strstr(svg, "&lt;name&gt;"));
    assert_non_null(strstr(svg, ">0.8</text>"));
    assert_non_null(strstr(svg, "0.2500</tspan>"));
    assert_non_null(strstr(svg, ">rule</text>"));
    assert_int_equal(count_of(svg, "<text"), count_of(svg, "</text>"));
    assert_null(strstr(svg, "nan"));
    free(svg);
}

/* Nothing, one point, equal ones, NaN, infinity, and sizes that need powers of ten. */
static void odd_data_is_drawn_or_left_out(void **state)
{
    (void)state;
    const double steps[] = {1, 2, 3}, same[] = {2, 2, 2}, none[] = {NAN, INFINITY, NAN};
    const double wide[] = {1e-4, 1, 1e4}, zero[] = {0, 0, 0}, some[] = {NAN, 3, NAN};
    assert_null(drawn(steps, none, 3, 0, NAN));
    assert_null(drawn(steps, same, 0, 0, NAN));
    const double *const all[] = {same, wide, zero, some};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char *svg = drawn(steps, all[i], 3, 0, NAN);
        assert_non_null(svg);
        assert_null(strstr(svg, "nan"));
        assert_null(strstr(svg, "inf"));
        assert_null(strstr(svg, "\"?\""));
        assert_null(strstr(svg, "huge"));
        free(svg);
    }
    char *svg = drawn(steps, wide, 3, 0, NAN);
    assert_non_null(strstr(svg, ">0.0001</text>"));
    assert_non_null(strstr(svg, ">10000</text>"));
    free(svg);
}

static void numbers_are_short(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.48012, "0.4801"},      {12.345, "12.35"}, {1302, "1,302"},
                 {-1234567, "-1,234,567"}, {0, "0.000"},      {999.4, "999.4"},
                 {1.3e-6, "1.3e-6"},       {NAN, "?"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        heed__buffer out = {0};
        heed__chart_number(&out, cases[i].value);
        assert_string_equal(out.bytes, cases[i].text);
        heed__buffer_free(&out);
    }
}

static const char lines[] =
    "{\"step\":10,\"loss\":1,\"valid_loss\":0.9,\"metric\":\"accuracy\",\"accuracy\":0.5,"
    "\"better\":true,\"trace\":{\"step\":[5,10],\"loss\":[1.5,1],\"lr\":[0.1,0.2]}}\n"
    "{\"step\":20,\"loss\":7,\"valid_loss\":7,\"metric\":\"accuracy\",\"accuracy\":0.1,"
    "\"better\":false,\"trace\":{\"step\":[15,20],\"loss\":[7,7],\"lr\":[0.3,0.4]}}\n"
    "no line of figures\n"
    "{\"step\":20,\"loss\":0.5,\"valid_loss\":0.4,\"metric\":\"accuracy\",\"accuracy\":0.75,"
    "\"better\":true,\"trace\":{\"step\":[15,20],\"loss\":[0.7,0.5],\"lr\":[0.3,0.4]}}\n"
    "{\"step\":30,\"loss\":0.";

static void curves_follow_a_run_that_went_back(void **state)
{
    (void)state;
    heed__curves c;
    assert_int_equal(heed__curves_read(files_text("m.jsonl", lines), &c), HEED_OK);
    const heed__run *run = &c.runs[0];
    assert_int_equal(c.n, 1);
    assert_int_equal(c.together, 0);
    assert_int_equal(run->valid.n, 2);
    assert_string_equal(c.metric, "accuracy");
    assert_float_equal(run->valid.column[HEED_CURVE_METRIC][1], 0.75, 0);
    assert_float_equal(run->valid.column[HEED_CURVE_VALID_LOSS][1], 0.4, 0);
    assert_true(isnan(run->valid.column[HEED_CURVE_BLEU][1]));
    assert_float_equal(run->best_step, 20, 0);
    assert_int_equal(run->trace.n, 4);
    assert_float_equal(run->trace.column[HEED_CURVE_LOSS][2], 0.7, 0);
    assert_float_equal(run->trace.column[HEED_CURVE_RATE][3], 0.4, 0);
    heed__curves_free(&c);
}

/* Two members, the second of which went back, and what both say. */
static const char of_members[] =
    "{\"member\":1,\"step\":10,\"loss\":1,\"valid_loss\":0.9,\"metric\":\"accuracy\","
    "\"accuracy\":0.5,\"better\":true,\"trace\":{\"step\":[5,10],\"loss\":[1.5,1]}}\n"
    "{\"member\":1,\"step\":20,\"loss\":1,\"valid_loss\":0.8,\"metric\":\"accuracy\","
    "\"accuracy\":0.75,\"better\":true}\n"
    "{\"member\":2,\"step\":10,\"loss\":1,\"valid_loss\":7,\"metric\":\"accuracy\","
    "\"accuracy\":0.25,\"better\":true}\n"
    "{\"member\":2,\"rewound_from\":12,\"step\":0}\n"
    "{\"member\":2,\"step\":10,\"loss\":1,\"valid_loss\":0.7,\"metric\":\"accuracy\","
    "\"accuracy\":0.625,\"better\":true}\n"
    "{\"member\":2,\"step\":20,\"loss\":1,\"valid_loss\":9,\"metric\":\"accuracy\","
    "\"accuracy\":0.1,\"better\":false}\n"
    "{\"member\":2,\"rewound_from\":24,\"step\":10}\n"
    "{\"together\":2,\"step\":10,\"valid_loss\":0.6,\"metric\":\"accuracy\",\"accuracy\":0.875,"
    "\"better\":true,\"seconds\":30}\n";

static void each_member_has_its_curves(void **state)
{
    (void)state;
    heed__curves c;
    const char *path = files_text("members.jsonl", of_members);
    assert_int_equal(heed__curves_read(path, &c), HEED_OK);
    assert_int_equal(c.n, 2);
    assert_int_equal(c.runs[0].valid.n, 2);
    assert_int_equal(c.runs[0].trace.n, 2);
    assert_int_equal(c.runs[1].valid.n, 1);
    assert_float_equal(c.runs[1].valid.column[HEED_CURVE_VALID_LOSS][0], 0.7, 0);
    assert_int_equal(c.together, 2);
    assert_float_equal(c.together_says[HEED_CURVE_METRIC], 0.875, 0);
    heed__curves_free(&c);
    heed_report_options o = {.size = sizeof o, .metrics_path = path};
    char *page;
    size_t size;
    assert_int_equal(heed_report(&o, &page, &size), HEED_OK);
    assert_non_null(strstr(page, "87.50 %</b><span>accuracy, validation, 2 members together"));
    assert_non_null(strstr(page, "Members alone: 75.00 %, 62.50 %."));
    assert_non_null(strstr(page, ">member 1<tspan x=\"360\" dy=\"15\">75.00</tspan>"));
    assert_non_null(strstr(page, ">member 2<tspan x=\"360\" dy=\"15\">62.50</tspan>"));
    assert_non_null(strstr(page, ">2 together</text>"));
    assert_null(strstr(page, "step of the best model"));
    assert_null(strstr(page, ">best</text>"));
    heed_text_free(page);
    o.again = 7, o.step = 20, o.steps = 40, o.member = 2, o.members = 3;
    assert_int_equal(heed_report(&o, &page, &size), HEED_OK);
    assert_non_null(strstr(page, "member 2 of 3, step 20 of 40"));
    heed_text_free(page);
}

/* Of many, two have a name; a number of member that cannot be is passed over. */
static void many_members_are_pale(void **state)
{
    (void)state;
    char text[4096];
    size_t used = 0;
    for (int i = 0; i < 18; i++)
        for (int step = 1; step < 3; step++)
            used += (size_t)snprintf(text + used, sizeof text - used,
                                     "{\"member\":%d,\"step\":%d,\"valid_loss\":%g}\n", i, step,
                                     1 + 0.125 * (i % 5) + step);
    heed_report_options o = {.size = sizeof o};
    char *page;
    size_t size;
    o.metrics_path = files_text("many.jsonl", text);
    assert_int_equal(heed_report(&o, &page, &size), HEED_OK);
    assert_int_equal(count_of(page, "class=\"ca pale\""), 14);
    assert_non_null(strstr(page, ">member 5<"));
    assert_non_null(strstr(page, ">member 4<"));
    assert_null(strstr(page, ">member 2<"));
    heed_text_free(page);
}

static void a_page_stands_alone(void **state)
{
    (void)state;
    static const char *const pairs[] = {"svg", "table", "text", "div", "main", "style", "html"};
    heed_report_options o = {.size = sizeof o, .title = "<script>alert(1)</script>"};
    char *page, open[16], close[16];
    size_t size;
    o.metrics_path = files_text("m.jsonl", lines);
    o.again = 7, o.step = 20, o.steps = 40, o.seconds_left = 3;
    assert_int_equal(heed_report(&o, &page, &size), HEED_OK);
    assert_int_equal(strlen(page), size);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        snprintf(open, sizeof open, "<%s", pairs[i]);
        snprintf(close, sizeof close, "</%s>", pairs[i]);
        assert_int_equal(count_of(page, open), count_of(page, close));
    }
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, "http://"));
    assert_null(strstr(page, "https://"));
    assert_non_null(strstr(page, "content=\"7\""));
    assert_non_null(strstr(page, "step 20 of 40"));
    assert_non_null(strstr(page, "75.00 %"));
    assert_non_null(strstr(page, "prefers-color-scheme:dark"));
    heed_text_free(page);
    o.again = 0;
    assert_int_equal(heed_report(&o, &page, &size), HEED_OK);
    assert_null(strstr(page, "refresh"));
    heed_text_free(page);
    o.metrics_path = files_path("missing.jsonl");
    assert_int_equal(heed_report(&o, &page, &size), HEED_E_IO);
    assert_null(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chart_has_ticks_points_and_a_name),
        cmocka_unit_test(odd_data_is_drawn_or_left_out),
        cmocka_unit_test(numbers_are_short),
        cmocka_unit_test(curves_follow_a_run_that_went_back),
        cmocka_unit_test(each_member_has_its_curves),
        cmocka_unit_test(many_members_are_pale),
        cmocka_unit_test(a_page_stands_alone),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
