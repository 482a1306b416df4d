/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "data/guide.h"
#include "files.h"

/* Lines of words s0 s1 .. and t0 t1 ..: pair p has p % 5 + 1 source words and p % 3 + 1 target
 * ones; target word t is linked to source word t, and its last one to all. Every 7th pair has no
 * source.
 */
enum { PAIRS = 600 };

typedef struct corpus {
    const char *source, *target, *links;
    heed_dataset *dataset;
    heed__tokenizer *tokenizer;
    heed__examples sources, targets;
} corpus;

static int source_words(int64_t line)
{
    return line % 7 == 6 ? 0 : (int)(line % 5) + 1;
}

static int target_words(int64_t line)
{
    return (int)(line % 3) + 1;
}

static int is_linked(int64_t line, int source, int target)
{
    return source == target || target == target_words(line) - 1;
}

static const char *write_side(const char *name, int (*words)(int64_t), const char *word)
{
    static char text[1 << 16];
    size_t used = 0;
    for (int64_t line = 0; line < PAIRS; line++) {
        for (int i = 0; i < words(line); i++)
            used += (size_t)sprintf(text + used, " %s%d", word, i);
        used += (size_t)sprintf(text + used, "\n");
    }
    return files_text(name, text);
}

static const char *write_links(const char *name, int64_t lines)
{
    static char text[1 << 17];
    size_t used = 0;
    text[0] = 0;
    for (int64_t line = 0; line < lines; line++) {
        for (int t = 0; t < target_words(line); t++)
            for (int s = 0; s < source_words(line); s++)
                if (is_linked(line, s, t))
                    used += (size_t)sprintf(text + used, "%d%c%d ", s, s % 2 ? 'p' : '-', t);
        used += (size_t)sprintf(text + used, "\n");
    }
    return files_text(name, text);
}

static void encode(corpus *c)
{
    heed__tokenizer_settings settings;
    check_ok(heed__tokenizer_defaults("characters", &settings));
    check_ok(heed__tokenizer_train_side(files_context, "characters", &settings, c->dataset,
                                        HEED_SIDE_BOTH, &c->tokenizer));
    check_ok(heed__examples_encode_side(files_context, c->tokenizer, c->dataset, HEED_SIDE_SOURCE,
                                        &c->sources));
    check_ok(heed__examples_encode_side(files_context, c->tokenizer, c->dataset, HEED_SIDE_TARGET,
                                        &c->targets));
}

static corpus make_corpus(void)
{
    heed_read_options options = {.max_bad = 0.5};
    corpus c = {.source = write_side("a.s", source_words, "s"),
                .target = write_side("a.t", target_words, "t"),
                .links = write_links("a.links", PAIRS)};
    check_ok(heed_dataset_read_parallel(files_context, &c.source, 1, &c.target, 1, &options,
                                        &c.dataset));
    return c;
}

static void free_corpus(corpus *c)
{
    heed_dataset_destroy(&c->dataset);
    heed__tokenizer_destroy(&c->tokenizer);
    heed__examples_free(&c->sources);
    heed__examples_free(&c->targets);
}

/* Tokens are the characters "s", digit and blank: token t is of word t / 3, blanks of none. */
static int char_linked(int64_t line, int64_t source, int64_t target)
{
    if (source % 3 == 2 || target % 3 == 2) return 0;
    return is_linked(line, (int)(source / 3), (int)(target / 3));
}

static int batch_has(const heed__guide_batch *g, int64_t row, int64_t item)
{
    for (int64_t i = g->first[row]; i < g->first[row + 1]; i++)
        if (g->items[i] == item) return 1;
    return 0;
}

/* Every row of a batch has just the links that its pair's line says. */
static int64_t check_batch(const corpus *c, const heed__batch *batch, const heed__guide_batch *g,
                           int later)
{
    int64_t checked = 0;
    for (int64_t i = 0; i < batch->n; i++) {
        const char *path;
        int64_t line, row = batch->target_offsets[i];
        int64_t tokens = batch->offsets[i + 1] - batch->offsets[i] - 1;
        heed_dataset_position(c->dataset, batch->examples[i], &path, &line);
        for (; row < batch->target_offsets[i + 1]; row++) {
            int64_t t = row - batch->target_offsets[i] - later, wanted = 0;
            int64_t last = batch->target_offsets[i + 1] - batch->target_offsets[i] - 2;
            for (int64_t s = 0; s < tokens; s++) {
                int linked = t >= 0 && t <= last && char_linked(line - 1, s, t);
                assert_int_equal(batch_has(g, row, s), linked);
                wanted += linked;
            }
            assert_int_equal(g->first[row + 1] - g->first[row], wanted);
            checked += wanted;
        }
    }
    return checked;
}

static int64_t check_all(const corpus *c, const heed__guide *guide, int later)
{
    heed__batches *batches = NULL;
    heed__batch batch = {0};
    heed__guide_batch links;
    heed__batch_options options = {.max_tokens = 200, .shuffle = 1, .bucket = 50, .seed = 3};
    check_ok(heed__batches_create(&c->sources, &c->targets, &options, &batches));
    heed__batch_capacity capacity = heed__batches_capacity(batches);
    check_ok(heed__batch_create(batches, &batch));
    check_ok(heed__guide_batch_create(guide, &capacity, &links));
    int64_t checked = 0, n = heed__batches_epoch(batches, 1);
    for (int64_t i = 0; i < n; i++) {
        heed__batches_fill(batches, i, &batch);
        heed__guide_fill(guide, &batch, &links);
        checked += check_batch(c, &batch, &links, later);
    }
    heed__guide_batch_free(&links);
    heed__batch_free(&batch);
    heed__batches_destroy(&batches);
    return checked;
}

static void test_batches_get_their_links_by_both_rules(void **state)
{
    (void)state;
    corpus c = make_corpus();
    heed_dataset *rest = NULL;
    heed__guide_files *files = NULL;
    heed__guide guide;
    check_ok(heed__guide_read(&c.links, &c.source, 1, c.dataset, &files));
    check_ok(heed_dataset_split(c.dataset, 0.2, 7, &rest)); /* rows leave, links stay theirs */
    encode(&c);
    for (heed_align_rule rule = HEED_ALIGN_OUTPUT; rule <= HEED_ALIGN_INPUT; rule++) {
        check_ok(heed__guide_make(files_context, files, c.dataset, c.tokenizer, c.tokenizer, rule,
                                  0, &c.sources, &c.targets, &guide));
        assert_int_equal(guide.n, heed_dataset_rows(c.dataset));
        assert_true(check_all(&c, &guide, rule == HEED_ALIGN_INPUT) > 1000);
        heed__guide_free(&guide);
    }
    heed__guide_files_destroy(&files);
    heed_dataset_destroy(&rest);
    free_corpus(&c);
}

static void refused(const corpus *c, const char *links, const char *message)
{
    heed__guide_files *files = NULL;
    check_fails(heed__guide_read(&links, &c->source, 1, c->dataset, &files), HEED_E_DATA, message);
    assert_null(files);
}

static void test_other_numbers_of_lines_are_refused(void **state)
{
    (void)state;
    corpus c = make_corpus();
    heed__guide_files *files = NULL;
    refused(&c, write_links("b.links", PAIRS - 1), "has 599 lines of links");
    refused(&c, write_links("b.links", 2 * PAIRS), "has 1200 lines of links");
    const char *twice[] = {c.source, c.source}, *links[] = {c.links, c.links};
    check_fails(heed__guide_read(links, twice, 2, c.dataset, &files), HEED_E_INVALID,
                "given twice");
    free_corpus(&c);
}

static void test_links_outside_of_a_pair_are_named(void **state)
{
    (void)state;
    const char *source = files_text("s", "a b\nc d e\n"), *target = files_text("t", "x\ny z\n");
    const char *links = files_text("bad.links", "0-0 1-0\n0-0 3-1\n");
    corpus c = {.source = source};
    heed__guide_files *files = NULL;
    heed__guide guide;
    check_ok(heed_dataset_read_parallel(files_context, &source, 1, &target, 1, NULL, &c.dataset));
    check_ok(heed__guide_read(&links, &source, 1, c.dataset, &files));
    encode(&c);
    check_fails(heed__guide_make(files_context, files, c.dataset, c.tokenizer, c.tokenizer,
                                 HEED_ALIGN_OUTPUT, 0, &c.sources, &c.targets, &guide),
                HEED_E_DATA, "bad.links:2: link 3-1");
    check_fails(heed__guide_make(files_context, files, c.dataset, c.tokenizer, c.tokenizer,
                                 HEED_ALIGN_OUTPUT, 0, &c.targets, &c.sources, &guide),
                HEED_E_INVALID, "is not row 0");
    heed__guide_files_destroy(&files);
    free_corpus(&c);
}

static void test_a_header_is_no_pair(void **state)
{
    (void)state;
    const char *data = files_text("pairs.tsv", "source\ttarget\nein Hund\ta dog\nja\tyes\n");
    const char *links = files_text("pairs.links", "0-0 1-1\n0-0\n");
    heed_read_options options = {.kind = HEED_READ_PAIRS};
    corpus c = {.source = data};
    heed__guide_files *files = NULL;
    heed__guide guide;
    check_ok(heed_dataset_read(files_context, &data, 1, &options, &c.dataset));
    assert_int_equal(heed_dataset_layout(c.dataset)->has_header, 1);
    check_ok(heed__guide_read(&links, &data, 1, c.dataset, &files));
    encode(&c);
    check_ok(heed__guide_make(files_context, files, c.dataset, c.tokenizer, c.tokenizer,
                              HEED_ALIGN_OUTPUT, 0, &c.sources, &c.targets, &guide));
    assert_int_equal(guide.n, 2);
    /* "a" is linked to the 3 characters of "ein", each of "dog" to the 4 of "Hund"; then the end;
     * each of "yes" to the 2 of "ja". */
    static const int counts[] = {3, 0, 4, 4, 4, 0, 2, 2, 2, 0};
    for (int row = 0; row < 10; row++)
        assert_int_equal(guide.first[row + 1] - guide.first[row], counts[row]);
    assert_int_equal(guide.rows[1], 6);
    assert_int_equal(guide.items[3], 4);
    assert_int_equal(guide.longest, 4);
    heed__guide_free(&guide);
    heed__guide_files_destroy(&files);
    free_corpus(&c);
}

/* "dog" has no link; the blank before it is of no word. */
static void test_the_rest_is_linked_to_the_end(void **state)
{
    (void)state;
    const char *source = files_text("s", "ein Hund\n"), *target = files_text("t", "a dog\n");
    const char *links = files_text("some.links", "0-0\n");
    corpus c = {.source = source};
    heed__guide_files *files = NULL;
    heed__guide guide;
    check_ok(heed_dataset_read_parallel(files_context, &source, 1, &target, 1, NULL, &c.dataset));
    check_ok(heed__guide_read(&links, &source, 1, c.dataset, &files));
    encode(&c);
    check_ok(heed__guide_make(files_context, files, c.dataset, c.tokenizer, c.tokenizer,
                              HEED_ALIGN_INPUT, 1, &c.sources, &c.targets, &guide));
    static const int counts[] = {0, 3, 0, 1, 1, 1}, end = 8;
    for (int row = 0; row < 6; row++)
        assert_int_equal(guide.first[row + 1] - guide.first[row], counts[row]);
    for (int item = 3; item < 6; item++) assert_int_equal(guide.items[item], end);
    heed__guide_free(&guide);
    heed__guide_files_destroy(&files);
    free_corpus(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        files_test(test_batches_get_their_links_by_both_rules),
        files_test(test_other_numbers_of_lines_are_refused),
        files_test(test_links_outside_of_a_pair_are_named),
        files_test(test_a_header_is_no_pair),
        files_test(test_the_rest_is_linked_to_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
