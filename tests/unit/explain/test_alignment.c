/* SPDX-License-Identifier: MIT */
/* Alignments as pictures: nothing is cut off, in no renderer, for any script. */
#include "check.h"

#include "heed/config.h"
#include "heed/explain.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static const char *const german[] = {"der", "kleine", "Dampfschifffahrtskapitän", "lacht"};
static const char *const chinese[] = {"小", "船", "长", "笑", "。"};
static const float weights[5][4] = {{0.1f, 0.8f, 0.1f, 0.0f},
                                    {0.0f, 0.1f, 0.9f, 0.0f},
                                    {0.0f, 0.0f, 1.0f, 0.0f},
                                    {0.0f, 0.0f, 0.4f, 0.6f},
                                    {0.25f, 0.25f, 0.25f, 0.25f}};
static const heed_link links[] = {{1, 0}, {2, 1}, {2, 2}, {3, 3}};
static const unsigned char possible[] = {0, 0, 1, 0};

static heed_alignment small(void)
{
    return (heed_alignment){.name = "a.de:1",
                            .n_source = 4,
                            .n_target = 5,
                            .source = german,
                            .target = chinese,
                            .weights = weights[0],
                            .links = {4, links, possible}};
}

static char *drawn(const heed_alignment *a, const heed_draw_options *options)
{
    char *out = NULL;
    size_t size = 0;
    check_ok(heed_alignment_draw(a, 1, options, &out, &size));
    assert_int_equal(strlen(out) <= size, 1);
    return out;
}

/* The columns that a line takes on a screen. */
static int line_width(const char *line)
{
    int width = 0;
    for (utf8proc_int32_t c; *line && *line != '\n';) {
        line += utf8proc_iterate((const utf8proc_uint8_t *)line, -1, &c);
        width += utf8proc_charwidth(c);
    }
    return width;
}

static void test_terminal_cells_stand_in_columns(void **state)
{
    (void)state;
    heed_alignment a = small();
    char *out = drawn(&a, &(heed_draw_options){.colours = 1});
    assert_non_null(strstr(out, "a.de:1 (rows: target, columns: source)\n"));
    assert_non_null(strstr(out, "\n小 ░░█*░░· \n船 · ░░█*· \n长 · · █+· \n笑 · · ▒▒▓*\n"
                                "。 ░░░░░░░░\n"));
    assert_non_null(strstr(out, "\n   d i t c \n   e n ä h \n   r e n t \n"));
    assert_non_null(strstr(out, "█ from 0.800"));
    assert_non_null(strstr(out, "\n* link  + possible\n"));
    heed_text_free(out);
    out = drawn(&a, &(heed_draw_options){.colours = 0});
    assert_non_null(strstr(out, "\x1b[48;5;"));
    heed_text_free(out);
}

enum { LONG = 90 };

static const char *const mixed[] = {"我", "们", "Bundesverfassungsgericht", "été", "l'", "，", "a"};

static heed_alignment long_one(float *room)
{
    static const char *words[LONG];
    for (int i = 0; i < LONG; i++) words[i] = mixed[i * 5 % 7];
    for (int i = 0; i < LONG * LONG; i++) room[i] = (float)(i % 13) / 13.0f;
    room[7] = NAN;
    return (heed_alignment){
        .n_source = LONG, .n_target = LONG, .source = words, .target = words, .weights = room};
}

static int count(const char *text, const char *wanted)
{
    int n = 0;
    for (; (text = strstr(text, wanted)); text += strlen(wanted)) n++;
    return n;
}

static void test_narrow_terminals_get_panels(void **state)
{
    (void)state;
    float *room = calloc(LONG * LONG, sizeof *room);
    heed_alignment a = long_one(room);
    static const int columns[] = {40, 80, 133, 240};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        char *out = drawn(&a, &(heed_draw_options){.colours = 1, .columns = columns[i]});
        int panels = count(out, "columns ");
        char last[32];
        sprintf(last, " to %d of %d\n", LONG, LONG);
        for (const char *line = out; line; line = strchr(line, '\n'), line += line != NULL) {
            assert_true(line_width(line) <= columns[i]);
            if (!*line) break;
        }
        if (columns[i] < 200) assert_non_null(strstr(out, last));
        if (panels) assert_int_equal(count(out, "\n  " /* labels */) > panels, 1);
        heed_text_free(out);
    }
    free(room);
}

static void test_html_says_each_figure(void **state)
{
    (void)state;
    heed_alignment a = small();
    a.name = "<a>";
    a.source_axis = "German & co";
    char *out = drawn(&a, &(heed_draw_options){.renderer = "html"});
    assert_non_null(strstr(out, "title=\"船 – Dampfschifffahrtskapitän: 0.9000, link\""));
    assert_non_null(strstr(out, "title=\"长 – Dampfschifffahrtskapitän: 1.0000, possible link\""));
    assert_non_null(strstr(out, "title=\"。 – der: 0.2500\""));
    assert_non_null(strstr(out, "&lt;a&gt;"));
    assert_non_null(strstr(out, "German &amp; co →"));
    assert_non_null(strstr(out, "Which word belongs to which"));
    assert_int_equal(count(out, "<td class="), 20);
    assert_int_equal(count(out, "class=\"slant\""), 4);
    assert_null(strstr(out, "own strongest word"));
    heed_text_free(out);
}

static void test_pictures_may_share_a_scale(void **state)
{
    (void)state;
    heed_alignment a = small();
    a.darkest = 4; /* of weights up to 1 */
    char *out = drawn(&a, &(heed_draw_options){.renderer = "html"});
    assert_non_null(strstr(out, "</span> 4.000"));
    heed_text_free(out);
    out = drawn(&a, &(heed_draw_options){.colours = 1});
    assert_non_null(strstr(out, "█ from 3.200"));
    assert_null(strstr(out, "█*")); /* no cell is as dark */
    heed_text_free(out);
}

static void test_cells_without_labels_have_numbers(void **state)
{
    (void)state;
    static const char *const labels[] = {"0", "", "2"};
    static const float numbers[9] = {0, 0.5f};
    heed_alignment a = {
        .n_source = 3, .n_target = 3, .source = labels, .target = labels, .weights = numbers};
    char *out = drawn(&a, &(heed_draw_options){.renderer = "html"});
    assert_non_null(strstr(out, "title=\"0 – 1: 0.5000\""));
    assert_non_null(strstr(out, "title=\"1 – 2: 0.0000\""));
    heed_text_free(out);
}

static void test_json_holds_weights_and_links(void **state)
{
    (void)state;
    heed_alignment two[2] = {small(), {.name = "empty"}};
    char *out = NULL;
    size_t size;
    check_ok(heed_alignment_draw(two, 2, &(heed_draw_options){.renderer = "json", .title = "t"},
                                 &out, &size));
    json_t *root = json_loadb(out, size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "title")), "t");
    assert_null(json_object_get(root, "explanations"));
    json_t *a = json_array_get(json_object_get(root, "alignments"), 0), *row;
    assert_string_equal(json_string_value(json_object_get(a, "name")), "a.de:1");
    assert_string_equal(json_string_value(json_array_get(json_object_get(a, "target"), 4)), "。");
    row = json_array_get(json_object_get(a, "weights"), 3);
    assert_float_equal(json_real_value(json_array_get(row, 3)), 0.6, 1e-6);
    assert_int_equal(json_array_size(json_object_get(a, "links")), 3);
    row = json_array_get(json_object_get(a, "possible"), 0);
    assert_int_equal(json_integer_value(json_array_get(row, 0)), 2);
    assert_int_equal(json_integer_value(json_array_get(row, 1)), 2);
    assert_int_equal(json_array_size(json_object_get(root, "alignments")), 2);
    json_decref(root);
    heed_text_free(out);
}

static uint32_t big_endian(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* All columns stand side by side where they fit; else the page grows by a panel. */
static void test_png_grows_by_panels(void **state)
{
    (void)state;
    float *room = calloc(LONG * LONG, sizeof *room);
    heed_alignment a = long_one(room);
    uint32_t heights[3], needed[3];
    static const int widths[] = {8000, 1000, 500};
    for (int i = 0; i < 3; i++) {
        char *out = NULL;
        size_t size;
        heed_draw_options options = {.renderer = "png", .width = widths[i]};
        heed_status status = heed_alignment_draw(&a, 1, &options, &out, &size);
        if (status == HEED_E_UNSUPPORTED) {
            free(room);
            skip();
        }
        check_ok(status);
        needed[i] = big_endian(out + 16);
        assert_true(needed[i] <= (uint32_t)widths[i]);
        heights[i] = big_endian(out + 20);
        heed_text_free(out);
    }
    assert_true(heights[0] > LONG * 12 && heights[0] < LONG * 40);
    assert_true(heights[1] > LONG * 12 * 2);
    assert_true(heights[2] > heights[1]);
    assert_true(needed[0] < LONG * 40 + 400 && needed[1] > 800 && needed[2] > 400);
    free(room);
}

/* The height of a picture of n matrices; *width its width. 0 = png is not built in. */
static uint32_t height_of(const heed_alignment *a, int64_t n, int most, int across, uint32_t *width)
{
    heed_draw_options options = {.renderer = "png", .width = most, .across = across};
    char *out = NULL;
    size_t size;
    heed_status status = heed_alignment_draw(a, n, &options, &out, &size);
    if (status == HEED_E_UNSUPPORTED) return 0;
    check_ok(status);
    uint32_t height = big_endian(out + 20);
    *width = big_endian(out + 16);
    heed_text_free(out);
    return height;
}

static void test_matrices_side_by_side(void **state)
{
    (void)state;
    static const char *const digits[] = {"0", "1", "2", "3", "4", "5"};
    static float numbers[36] = {0.5f};
    heed_alignment six[6];
    uint32_t wide = 0, narrow = 0, least = 0;
    for (int i = 0; i < 6; i++)
        six[i] = (heed_alignment){.name = digits[i],
                                  .n_source = 6,
                                  .n_target = 6,
                                  .source = digits,
                                  .target = digits,
                                  .weights = numbers};
    uint32_t column = height_of(six, 6, 900, 0, &narrow), rows = height_of(six, 6, 900, 3, &wide);
    if (!column) skip();
    assert_true(wide > 2 * narrow && wide <= 900);
    assert_true(rows < column / 2);
    /* No side by side where cells do not fit, and never a matrix more than there are. */
    assert_true(height_of(six, 6, 300, 3, &least) > rows);
    assert_true(least <= 300);
    assert_int_equal(height_of(six, 2, 900, 9, &wide), height_of(six, 1, 900, 1, &least));
    /* Numbers that are all 0 or 1 need no legend. */
    numbers[0] = 1;
    height_of(six, 1, 900, 1, &least);
    assert_true(least + 50 < narrow);
    numbers[0] = 0.5f;
}

/* Where few columns have a label, cells may be small. */
static void test_few_labels_take_little_room(void **state)
{
    (void)state;
    static const char *labels[LONG];
    float *room = calloc(LONG * LONG, sizeof *room);
    uint32_t width = 0;
    for (int i = 0; i < LONG; i++) labels[i] = i % 10 ? "" : "80";
    heed_alignment a = {
        .n_source = LONG, .n_target = LONG, .source = labels, .target = labels, .weights = room};
    uint32_t height = height_of(&a, 1, 600, 1, &width);
    if (height) assert_true(height < 700 && width <= 600);
    for (int i = 0; i < LONG; i++) labels[i] = "80";
    if (height) assert_true(height_of(&a, 1, 600, 1, &width) > 2 * LONG * 12);
    free(room);
}

static void test_odd_ones_are_drawn_by_all(void **state)
{
    (void)state;
    static const char *const renderers[] = {"terminal", "html", "svg", "png", "json"};
    static const char *const odd[] = {"", "\n", "\x01\x1b[31m", "e\xCC\x81\xCC\x81",
                                      "我们的很长的词语"};
    float all_nan[25];
    for (int i = 0; i < 25; i++) all_nan[i] = i % 2 ? NAN : INFINITY;
    heed_alignment cases[] = {
        {0},
        {.n_source = 5, .source = odd},
        {.n_target = 5, .target = odd},
        {.n_source = 5, .n_target = 5, .source = odd, .target = odd},
        {.n_source = 5, .n_target = 5, .source = odd, .target = odd, .weights = all_nan},
    };
    for (size_t r = 0; r < sizeof renderers / sizeof *renderers; r++)
        for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
            for (int colours = 0; colours < 2; colours++) {
                char *out = NULL;
                size_t size = 0;
                heed_draw_options options = {
                    .renderer = renderers[r], .colours = colours, .columns = 40, .width = 200};
                heed_status status = heed_alignment_draw(cases + c, 1, &options, &out, &size);
                assert_true(status == HEED_OK || status == HEED_E_UNSUPPORTED);
                if (r == 0 && colours == 1 && out) assert_null(strchr(out, 0x1b));
                heed_text_free(out);
            }
    char *out = NULL;
    size_t size;
    check_ok(heed_alignment_draw(NULL, 0, NULL, &out, &size));
    heed_text_free(out);
}

static void test_bad_input_is_refused(void **state)
{
    (void)state;
    char *out = NULL;
    size_t size;
    heed_alignment a = small();
    a.n_target = 3;
    check_fails(heed_alignment_draw(&a, 1, NULL, &out, &size), HEED_E_INVALID,
                "a.de:1: link 3-3 lies outside of 4 source and 3 target words");
    a = small();
    a.source = (const char *const[]){"a", "b", "caf\xe9", "d"};
    check_fails(heed_alignment_draw(&a, 1, NULL, &out, &size), HEED_E_DATA, "byte 4");
    a.n_source = -1;
    check_fails(heed_alignment_draw(&a, 1, NULL, &out, &size), HEED_E_INVALID, "-1 source");
    a = small();
    check_fails(heed_alignment_draw(&a, 1, &(heed_draw_options){.renderer = "gif"}, &out, &size),
                HEED_E_INVALID, "terminal, html");
    assert_null(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terminal_cells_stand_in_columns),
        cmocka_unit_test(test_narrow_terminals_get_panels),
        cmocka_unit_test(test_html_says_each_figure),
        cmocka_unit_test(test_pictures_may_share_a_scale),
        cmocka_unit_test(test_cells_without_labels_have_numbers),
        cmocka_unit_test(test_json_holds_weights_and_links),
        cmocka_unit_test(test_png_grows_by_panels),
        cmocka_unit_test(test_matrices_side_by_side),
        cmocka_unit_test(test_few_labels_take_little_room),
        cmocka_unit_test(test_odd_ones_are_drawn_by_all),
        cmocka_unit_test(test_bad_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
