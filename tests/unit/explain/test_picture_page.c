/* SPDX-License-Identifier: MIT */
/* Pages: html, svg and png. */
#include "explain/picture_case.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Tags open and close in order, attributes are quoted, no bare & or < is in the text. */
static void check_html_balanced(const char *html)
{
    static const char *const empty_tags[] = {"!DOCTYPE", "meta", "br"};
    char open[32][16];
    int depth = 0;
    for (const char *at = html; *at; at++) {
        if (*at == '&') {
            size_t length = strcspn(at, ";");
            assert_true(length < 8 && at[length] == ';');
        }
        assert_int_not_equal(*at, '>');
        if (*at != '<') continue;
        int closes = at[1] == '/';
        char name[16] = "";
        sscanf(at + 1 + closes, "%15[!A-Za-z0-9]", name);
        for (at++; *at != '>'; at++) {
            assert_true(*at != 0 && *at != '<');
            if (*at == '"') at = strchr(at + 1, '"');
            assert_non_null(at);
        }
        int is_empty = 0;
        for (size_t i = 0; i < sizeof empty_tags / sizeof *empty_tags; i++)
            is_empty |= strcmp(name, empty_tags[i]) == 0;
        if (is_empty) continue;
        if (!closes) {
            assert_true(depth < 32);
            strcpy(open[depth++], name);
            if (strcmp(name, "style") == 0) at = strstr(at, "</style>") - 1;
        } else {
            assert_true(depth > 0);
            assert_string_equal(open[--depth], name);
        }
    }
    assert_int_equal(depth, 0);
}

static void test_html_is_whole_and_escaped(void **state)
{
    (void)state;
    fixture f;
    make(&f, "<script>alert(\"x\" & 'y')</script> 会议 \x01 &amp;");
    f.output.label = "<b>";
    f.output.truth = "a\"b";
    f.output.name = "&";
    f.picture.title = "</title><script>";
    f.explanation.name = "a<b";
    f.attribution.method = "<i>";
    const size_t n = f.explanation.n_words;
    float *weights = calloc(n * n, sizeof *weights);
    for (size_t i = 0; i < n * n; i++) weights[i] = i % 7 ? 0.1f : NAN;
    heed__heat_map map = {.title = "layer <1>", .rows = n, .columns = n, .weights = weights};
    f.explanation.n_heat_maps = 1;
    f.explanation.heat_maps = &map;
    heed__buffer out = drawn(&f, "html", NULL);
    assert_int_equal(strlen(out.bytes), out.size);
    assert_null(strstr(out.bytes, "<script"));
    assert_null(strstr(out.bytes, "http"));
    assert_null(strchr(out.bytes, '\x01'));
    assert_non_null(strstr(out.bytes, "<!DOCTYPE html>"));
    assert_non_null(strstr(out.bytes, ">script</span>"));
    assert_non_null(strstr(out.bytes, "&lt;/title&gt;&lt;script&gt;"));
    check_html_balanced(out.bytes);
    heed__buffer_free(&out);
    free(weights);
}

static void test_png_and_svg(void **state)
{
    (void)state;
    fixture f;
    char text[4000] = "";
    while (strlen(text) < 3000) strcat(text, "urgent 会议 meeting Grüße ");
    const heed__renderer *png;
    heed__buffer probe = {0};
    make(&f, "short");
    check_ok(heed__renderer_find("png", &png));
    heed_status status = heed__picture_draw(&f.picture, png, NULL, &probe);
    if (status == HEED_E_UNSUPPORTED) {
        assert_non_null(strstr(heed_status_message(), "libpango1.0-dev"));
        skip();
    }
    check_ok(status);
    text[500] = 0; /* whatever character is cut there is ASCII: 26 bytes a round */
    while (((unsigned char)text[strlen(text) - 1] & 0x80) != 0) text[strlen(text) - 1] = 0;
    make(&f, text);
    heed__picture_options options = heed__picture_defaults();
    options.width = 640;
    heed__buffer first = drawn(&f, "png", &options), again = drawn(&f, "png", &options);
    assert_memory_equal(first.bytes, "\x89PNG\r\n\x1a\n", 8);
    assert_int_equal(big_endian(first.bytes + 16), 640);
    assert_true(big_endian(probe.bytes + 16) < 900); /* a short text needs less */
    assert_true(big_endian(first.bytes + 20) > big_endian(probe.bytes + 20)); /* it wrapped */
    assert_int_equal(first.size, again.size);
    assert_memory_equal(first.bytes, again.bytes, first.size);
    heed__buffer_free(&first), heed__buffer_free(&again), heed__buffer_free(&probe);
    first = drawn(&f, "svg", &options), again = drawn(&f, "svg", &options);
    assert_non_null(strstr(first.bytes, "width=\"640px\""));
    assert_string_equal(first.bytes, again.bytes);
    heed__buffer_free(&first), heed__buffer_free(&again);
    /* Room that is not needed changes nothing, not even where several texts stand. */
    make(&f, "short");
    heed__explanation both[2] = {f.explanation, f.explanation};
    f.picture.explanations = both;
    f.picture.n_explanations = 2;
    options.width = 900;
    first = drawn(&f, "svg", &options);
    options.width = 4000;
    again = drawn(&f, "svg", &options);
    assert_string_equal(first.bytes, again.bytes);
    heed__buffer_free(&first), heed__buffer_free(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_html_is_whole_and_escaped),
        cmocka_unit_test(test_png_and_svg),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
