/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "base/memory.h"
#include "explain/colour.h"
#include "explain/picture.h"
#include "explain/runs.h"
#include "explain/words.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* One text with one output and one method, cut into words at spaces, Chinese into characters. */
typedef struct fixture {
    heed__word words[512];
    float scores[512];
    heed__attribution attribution;
    heed__explained_output output;
    heed__explanation explanation;
    heed__picture picture;
} fixture;

static void make(fixture *f, const char *text)
{
    memset(f, 0, sizeof *f);
    size_t length = strlen(text), n = 0;
    heed__word pieces[512];
    int64_t word_of[512];
    for (size_t at = 0; at < length; n++) {
        pieces[n].begin = at++;
        while (at < length && ((unsigned char)text[at] & 0xC0) == 0x80) at++;
        pieces[n].end = at;
    }
    n = heed__words_from_pieces(text, length, pieces, n, f->words, word_of);
    for (size_t i = 0; i < n; i++) f->scores[i] = (float)(i + 1) / (float)n;
    f->attribution = (heed__attribution){"occlusion", f->scores, 0, {2, 0.5, 0.125, 0}};
    f->output = (heed__explained_output){.name = "topic",
                                         .label = "meeting",
                                         .probability = 0.973,
                                         .n_attributions = 1,
                                         .attributions = &f->attribution};
    f->explanation = (heed__explanation){.text = text,
                                         .length = length,
                                         .n_words = n,
                                         .words = f->words,
                                         .n_outputs = 1,
                                         .outputs = &f->output};
    f->picture = (heed__picture){.n_explanations = 1, .explanations = &f->explanation};
}

static heed__buffer drawn(const fixture *f, const char *name, const heed__picture_options *options)
{
    const heed__renderer *renderer;
    heed__buffer out = {0};
    check_ok(heed__renderer_find(name, &renderer));
    check_ok(heed__picture_draw(&f->picture, renderer, options, &out));
    return out;
}

static void check_pieces(const char *text, const size_t (*pieces)[2], size_t n, const char *wanted)
{
    heed__word spans[32], words[32];
    int64_t word_of[32];
    char got[256] = "";
    for (size_t i = 0; i < n; i++) spans[i] = (heed__word){pieces[i][0], pieces[i][1]};
    size_t count = heed__words_from_pieces(text, strlen(text), spans, n, words, word_of);
    for (size_t i = 0; i < count; i++) {
        strcat(got, i ? "|" : "");
        strncat(got, text + words[i].begin, words[i].end - words[i].begin);
    }
    assert_string_equal(got, wanted);
}

static void test_pieces_become_words(void **state)
{
    (void)state;
    /* "_un" "believ" "able" "," "_isn" "'" "t" "_it": leading spaces are in the pieces. */
    check_pieces(
        "unbelievable, isn't it",
        (const size_t[][2]){
            {0, 0}, {0, 2}, {2, 8}, {8, 12}, {12, 13}, {13, 17}, {17, 18}, {18, 19}, {19, 22}},
        9, "unbelievable|,|isn't|it");
    check_pieces("会议改期", (const size_t[][2]){{0, 6}, {6, 9}, {9, 12}}, 3, "会议|改|期");
    /* One character as three byte pieces, then a span cut in the middle of a character. */
    check_pieces("急x", (const size_t[][2]){{0, 1}, {1, 2}, {2, 3}, {3, 4}}, 4, "急|x");
    check_pieces("Straße", (const size_t[][2]){{0, 5}, {5, 7}}, 2, "Straße");
    check_pieces("ab", (const size_t[][2]){{0, 9}, {7, 9}}, 2, "ab");
    check_pieces("", NULL, 0, "");
}

static void test_scores_and_attention_of_words(void **state)
{
    (void)state;
    const int64_t word_of[] = {-1, 0, 0, 1};
    const float pieces[] = {9, 0.25f, -0.5f, NAN};
    float scores[2];
    heed__words_scores(word_of, pieces, 4, HEED_COMBINE_SUM, scores, 2);
    assert_true(scores[0] == -0.25f && isnan(scores[1]));
    heed__words_scores(word_of, pieces, 4, HEED_COMBINE_MAX, scores, 2);
    assert_true(scores[0] == -0.5f && isnan(scores[1]));
    const float weights[16] = {1, 0,     0,     0,    0, 0.5f, 0.25f, 0.25f,
                               0, 0.25f, 0.25f, 0.5f, 0, 0,    0.25f, 0.75f};
    float merged[4];
    heed__words_attention(word_of, weights, 4, merged, 2);
    assert_true(merged[0] == 0.625f && merged[1] == 0.375f);
    assert_true(merged[2] == 0.25f && merged[3] == 0.75f);
}

/* Any ranges whatever give runs that are the text, in order, on whole characters. */
static void check_runs_cover(const heed__explanation *e)
{
    heed__runs runs;
    check_ok(heed__runs_make(e, 0, &runs));
    size_t at = 0;
    for (size_t i = 0; i < runs.count; i++) {
        assert_int_equal(runs.items[i].begin, at);
        assert_true(runs.items[i].end > at);
        at = runs.items[i].end;
        assert_true(at == e->length || ((unsigned char)e->text[at] & 0xC0) != 0x80);
    }
    assert_int_equal(at, e->length);
    heed__runs_free(&runs);
}

static void test_no_word_is_lost(void **state)
{
    (void)state;
    fixture f;
    make(&f, "Überfällig: 会议 moved, 明天 at 9 — don’t\n\n reply. ");
    check_runs_cover(&f.explanation);
    unsigned random = 7;
    for (int round = 0; round < 500; round++) {
        for (size_t i = 0; i < f.explanation.n_words; i++) {
            random = random * 1664525u + 1013904223u;
            f.words[i].begin = random >> 8 & 127;
            f.words[i].end = random >> 16 & 127;
        }
        check_runs_cover(&f.explanation);
    }
    f.words[0] = (heed__word){3, SIZE_MAX};
    check_runs_cover(&f.explanation);
    f.explanation.n_words = 0;
    check_runs_cover(&f.explanation);
    f.explanation.length = 0;
    check_runs_cover(&f.explanation);
}

static void test_limit_says_what_it_leaves_out(void **state)
{
    (void)state;
    fixture f;
    make(&f, "会议明天 tomorrow");
    heed__runs runs;
    check_ok(heed__runs_make(&f.explanation, 3, &runs));
    assert_int_equal(runs.shown, 9);
    assert_int_equal(runs.left_out, 10);
    heed__runs_free(&runs);
    heed__picture_options options = heed__picture_defaults();
    options.max_characters = 3;
    for (int i = 0; i < 2; i++) {
        heed__buffer out = drawn(&f, i ? "html" : "terminal", &options);
        assert_non_null(strstr(out.bytes, "10 more characters are not shown"));
        assert_null(strstr(out.bytes, "tomorrow"));
        heed__buffer_free(&out);
    }
}

static void test_colours(void **state)
{
    (void)state;
    double before[2][2] = {{2, 2}, {2, 2}};
    for (int step = 0; step <= 100; step++)
        for (int dark = 0; dark < 2; dark++)
            for (int sign = 0; sign < 2; sign++) {
                heed__rgb c = heed__colour_of((float)(sign ? -step : step) / 100, dark);
                assert_true(heed__contrast(c, heed__text_colour(c)) >= 4.5);
                /* stronger means farther from the page, step by step */
                heed__rgb page = heed__colour_of(0, dark);
                double far = heed__contrast(c, page);
                assert_true(step == 0 || far >= before[dark][sign] - 0.02);
                before[dark][sign] = far;
                assert_true(step < 100 || far > 3.0);
            }
    for (int index = 16; index < 256; index++) {
        heed__rgb c = heed__colour_from_256(index);
        heed__rgb same = heed__colour_from_256(heed__colour_256(c));
        assert_memory_equal(&c, &same, sizeof c);
        assert_true(heed__contrast(c, heed__text_colour(c)) >= 4.5);
    }
    heed__rgb black = {0, 0, 0}, white = {255, 255, 255};
    assert_true(fabs(heed__contrast(black, white) - 21) < 1e-9);
}

static int display_width(const char *line, size_t length)
{
    int width = 0;
    for (size_t at = 0; at < length;) {
        utf8proc_int32_t c;
        if (line[at] == '\x1b') {
            while (line[at++] != 'm') {
            }
            continue;
        }
        at += (size_t)utf8proc_iterate((const utf8proc_uint8_t *)line + at, -1, &c);
        width += utf8proc_charwidth(c);
    }
    return width;
}

/* What is left when escapes, line ends, brackets and spaces are taken away. */
static void letters_of(const char *text, char *letters)
{
    for (; *text; text++) {
        if (*text == '\x1b')
            while (*text != 'm') text++;
        else if (!strchr(" \n\t[]{}", *text))
            *letters++ = *text;
    }
    *letters = 0;
}

static void test_terminal_wraps_by_display_width(void **state)
{
    (void)state;
    fixture f;
    make(&f,
         "紧急通知：明天上午九点在三楼会议室召开重要会议，请务必准时参加。 Please don't be late, "
         "the Straßenbahnfahrkartenverkaufsstelle opens\tat nine, 谢谢！");
    for (int colours = 0; colours < 3; colours++)
        for (int columns = 40; columns < 90; columns++) {
            heed__picture_options options = {900, columns, (heed__colours)colours, 0, 0};
            heed__buffer out = drawn(&f, "terminal", &options);
            for (char *line = out.bytes, *end; (end = strchr(line, '\n')); line = end + 1)
                assert_true(display_width(line, (size_t)(end - line)) <= columns);
            char wanted[1024], got[4096];
            letters_of(f.explanation.text, wanted);
            letters_of(out.bytes, got);
            assert_non_null(strstr(got, wanted));
            assert_true((strstr(out.bytes, "\x1b[") != NULL) == (colours > 0));
            heed__buffer_free(&out);
        }
}

static void test_terminal_marks_without_colours(void **state)
{
    (void)state;
    fixture f;
    make(&f, "the urgent meeting 紧急会议");
    f.scores[0] = 0.01f, f.scores[1] = 1, f.scores[2] = 0.4f;
    f.scores[3] = f.scores[4] = 0.9f, f.scores[5] = -0.5f, f.scores[6] = NAN;
    heed__picture_options options = {900, 300, HEED_COLOURS_NONE, 0, 0};
    heed__buffer out = drawn(&f, "terminal", &options);
    assert_non_null(strstr(out.bytes, "the [[urgent]] [meeting] [[紧急]]{会}?议?\n"));
    assert_non_null(strstr(out.bytes, "topic: meeting  97.3 %"));
    assert_non_null(strstr(out.bytes, "falls by 0.500; without 2 random words it falls by 0.125"));
    assert_null(strstr(out.bytes, "do not trust"));
    heed__buffer_free(&out);
    f.attribution.faithfulness.drop_highest = 0.1;
    out = drawn(&f, "terminal", &options);
    assert_non_null(strstr(out.bytes, "do not trust this picture"));
    heed__buffer_free(&out);
}

/* Each strength has a look of its own, in each number of colours. */
static void test_terminal_shades_differ(void **state)
{
    (void)state;
    fixture f;
    make(&f, "a b c d e f g h i j k");
    for (int i = 0; i < 11; i++) f.scores[i] = (float)(i - 5) / 5;
    for (int colours = 1; colours < 3; colours++) {
        heed__picture_options options = {900, 80, (heed__colours)colours, 0, 0};
        heed__buffer out = drawn(&f, "terminal", &options);
        char looks[11][32] = {{0}};
        for (char letter = 'a'; letter <= 'k'; letter++) {
            char wanted[] = {'m', letter, '\x1b', 0};
            char *at = strstr(out.bytes, wanted);
            assert_true((at != NULL) == (letter != 'f'));
            if (!at) continue;
            char *start = at;
            while (start[-1] != '[' || start[0] != '4') start--;
            memcpy(looks[letter - 'a'], start, (size_t)(at - start));
        }
        for (int i = 0; i < 11; i++)
            for (int j = 0; j < i; j++) assert_string_not_equal(looks[i], looks[j]);
        heed__buffer_free(&out);
    }
}

static void test_terminal_cannot_be_steered(void **state)
{
    (void)state;
    fixture f;
    make(&f, "a\x1b[2J b \x07 c \xc2\x9b"
             "31m \xe2\x80\xae reversed");
    heed__picture_options options = {900, 80, HEED_COLOURS_NONE, 0, 0};
    heed__buffer out = drawn(&f, "terminal", &options);
    assert_null(strchr(out.bytes, '\x1b'));
    assert_null(strchr(out.bytes, '\x07'));
    assert_null(strstr(out.bytes, "\xc2\x9b"));
    assert_null(strstr(out.bytes, "\xe2\x80\xae"));
    heed__buffer_free(&out);
}

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

static void test_json_holds_all(void **state)
{
    (void)state;
    fixture f;
    make(&f, "say \"会议\" now");
    f.scores[0] = NAN, f.scores[1] = 0.25f;
    f.output.probability = NAN;
    heed__buffer out = drawn(&f, "json", NULL);
    json_error_t error;
    json_t *root = json_loadb(out.bytes, out.size, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(root);
    json_t *e = json_array_get(json_object_get(root, "explanations"), 0);
    assert_string_equal(json_string_value(json_object_get(e, "text")), f.explanation.text);
    json_t *output = json_array_get(json_object_get(e, "outputs"), 0);
    assert_true(json_is_null(json_object_get(output, "probability")));
    json_t *words = json_object_get(output, "words");
    assert_int_equal(json_array_size(words), f.explanation.n_words);
    json_t *first = json_array_get(words, 0), *second = json_array_get(words, 1);
    assert_true(json_is_null(json_object_get(json_object_get(first, "scores"), "occlusion")));
    assert_true(json_real_value(json_object_get(json_object_get(second, "scores"), "occlusion")) ==
                0.25);
    assert_string_equal(json_string_value(json_object_get(second, "text")), "\"");
    assert_int_equal(json_integer_value(json_object_get(second, "begin")), 4);
    json_t *faith = json_object_get(json_object_get(output, "faithfulness"), "occlusion");
    assert_true(json_real_value(json_object_get(faith, "drop_random")) == 0.125);
    json_decref(root);
    heed__buffer_free(&out);
}

static void test_hard_cases_in_every_renderer(void **state)
{
    (void)state;
    static const char *const texts[] = {"", " \n\t ", "a", "会", "\r\n", "e\xcc\x81\xcc\x81"};
    size_t n_renderers;
    const heed__renderer *const *renderers = heed__renderers(&n_renderers);
    assert_int_equal(n_renderers, 5);
    for (size_t i = 0; i < n_renderers; i++)
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
            for (int kind = 0; kind < 4; kind++) {
                static const float odd[] = {0, NAN, INFINITY, -INFINITY};
                fixture f;
                make(&f, texts[t]);
                for (size_t w = 0; w < f.explanation.n_words; w++) f.scores[w] = odd[kind];
                heed__buffer out = {0};
                heed_status status = heed__picture_draw(&f.picture, renderers[i], NULL, &out);
                assert_true(status == HEED_OK || status == HEED_E_UNSUPPORTED);
                assert_true(status != HEED_OK || out.size > 0);
                heed__buffer_free(&out);
            }
}

static void test_bad_input_is_refused(void **state)
{
    (void)state;
    fixture f;
    const heed__renderer *renderer;
    heed__buffer out = {0};
    check_fails(heed__renderer_find("gif", &renderer), HEED_E_INVALID, "terminal, html, svg, png");
    check_ok(heed__renderer_find("html", &renderer));
    make(&f, "caf\xe9 au lait");
    check_fails(heed__picture_draw(&f.picture, renderer, NULL, &out), HEED_E_DATA, "byte 4");
    make(&f, "two words");
    float weight = 1;
    heed__heat_map map = {.title = "m", .rows = 1, .columns = 1, .weights = &weight};
    f.explanation.heat_maps = &map;
    f.explanation.n_heat_maps = 1;
    check_fails(heed__picture_draw(&f.picture, renderer, NULL, &out), HEED_E_DATA, "1 rows for 2");
    heed__picture_options options = heed__picture_defaults();
    options.width = 10;
    check_fails(heed__picture_draw(&f.picture, renderer, &options, &out), HEED_E_INVALID, "200");
    heed__buffer_free(&out);
}

static uint32_t big_endian(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
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
    assert_int_equal(big_endian(probe.bytes + 16), 900);
    assert_true(big_endian(first.bytes + 20) > big_endian(probe.bytes + 20)); /* it wrapped */
    assert_int_equal(first.size, again.size);
    assert_memory_equal(first.bytes, again.bytes, first.size);
    heed__buffer_free(&first), heed__buffer_free(&again), heed__buffer_free(&probe);
    first = drawn(&f, "svg", &options), again = drawn(&f, "svg", &options);
    assert_non_null(strstr(first.bytes, "width=\"640px\""));
    assert_string_equal(first.bytes, again.bytes);
    heed__buffer_free(&first), heed__buffer_free(&again);
}

static void test_no_memory_is_said(void **state)
{
    (void)state;
    static const char *const names[] = {"terminal", "html", "json"};
    fixture f;
    make(&f, "the urgent meeting 会议");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const heed__renderer *renderer;
        check_ok(heed__renderer_find(names[i], &renderer));
        heed_status status = HEED_E_NOMEM;
        for (uint64_t n = 1; status != HEED_OK; n++) {
            assert_int_equal(status, HEED_E_NOMEM);
            heed__buffer out = {0};
            heed__alloc_fail_at(n);
            status = heed__picture_draw(&f.picture, renderer, NULL, &out);
            heed__alloc_fail_at(0);
            heed__buffer_free(&out);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_become_words),
        cmocka_unit_test(test_scores_and_attention_of_words),
        cmocka_unit_test(test_no_word_is_lost),
        cmocka_unit_test(test_limit_says_what_it_leaves_out),
        cmocka_unit_test(test_colours),
        cmocka_unit_test(test_terminal_wraps_by_display_width),
        cmocka_unit_test(test_terminal_marks_without_colours),
        cmocka_unit_test(test_terminal_shades_differ),
        cmocka_unit_test(test_terminal_cannot_be_steered),
        cmocka_unit_test(test_html_is_whole_and_escaped),
        cmocka_unit_test(test_json_holds_all),
        cmocka_unit_test(test_hard_cases_in_every_renderer),
        cmocka_unit_test(test_bad_input_is_refused),
        cmocka_unit_test(test_png_and_svg),
        cmocka_unit_test(test_no_memory_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
