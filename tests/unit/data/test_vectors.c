/* SPDX-License-Identifier: MIT */
/* Word vectors: which lines reach which rows, and what is refused. */
#include "files.h"

#include "data/vectors.h"

#include "out_of_memory.h"

static const char *const texts[] = {"The film", "the cast", "a . . . b"};

static heed_text give(const void *user, int64_t i)
{
    (void)user;
    return (heed_text){texts[i], strlen(texts[i])};
}

static heed__tokenizer *tokenizer(void)
{
    heed__tokenizer_settings s;
    heed__tokenizer *t = NULL;
    check_ok(heed__tokenizer_defaults("words", &s));
    s.min_count = 1;
    check_ok(heed__tokenizer_train(NULL, "words", &s, 3, give, NULL, &t));
    return t;
}

/* The row of a word, from a table that was filled with 9. */
static const heed_real *row_of(const heed__tokenizer *t, const heed_real *table, const char *word)
{
    for (int64_t id = 0; id < heed__tokenizer_vocabulary(t); id++) {
        heed_text token = heed__tokenizer_token(t, id);
        if (token.size == strlen(word) && memcmp(token.bytes, word, token.size) == 0)
            return table + 2 * id;
    }
    fail_msg("no '%s'", word);
    return NULL;
}

enum { ROOM = 64 };

static heed_status read_into(const char *path, heed_real table[ROOM], heed__tokenizer **t,
                             heed__vectors_found *found)
{
    *t = tokenizer();
    assert_true(2 * heed__tokenizer_vocabulary(*t) <= ROOM);
    for (int i = 0; i < ROOM; i++) table[i] = 9;
    heed_status status = heed__vectors_read(path, *t, 2, table, found);
    return status;
}

static void check_rows(const char *path)
{
    heed_real table[ROOM];
    heed__vectors_found found;
    heed__tokenizer *t;
    check_ok(read_into(path, table, &t, &found));
    assert_int_equal(found.lines, 6);
    assert_int_equal(found.found, 3);
    assert_true(row_of(t, table, "the")[0] == 3); /* itself wins over what is it in lower case */
    assert_true(row_of(t, table, "film")[0] == 5 && row_of(t, table, "film")[1] == -0.25f);
    assert_true(row_of(t, table, "cast")[0] == 7); /* the first of two */
    assert_true(row_of(t, table, "a")[0] == 9);    /* not there */
    assert_true(table[0] == 9 && table[2] == 9);   /* nor are the special ones */
    heed__tokenizer_destroy(&t);
}

#define LINES "The 1 2\nthe 3 4\nFilm 5 -2.5e-1\ncast 7 8 \n. . . 1 2\ncast 1 1\n"

static void test_words_get_their_vectors(void **state)
{
    (void)state;
    check_rows(files_text("glove.txt", LINES));
    check_rows(files_text("word2vec.txt", "6 2\n" LINES));
    check_rows(files_gzip("vectors.gz", "6 2\n" LINES));
    check_rows(files_text("tabs.txt", "The\t1\t2\r\nthe\t3\t4\r\nFilm\t5\t-0.25\r\ncast\t7\t8\r\n"
                                      "x y\t1\t2\r\ncast\t1\t1\r\n"));
}

static void check_refused(const char *text, heed_status wanted, const char *message)
{
    heed_real table[ROOM];
    heed__vectors_found found;
    heed__tokenizer *t;
    check_fails(read_into(files_text("bad.txt", text), table, &t, &found), wanted, message);
    heed__tokenizer_destroy(&t);
}

static void test_what_is_no_vector_is_refused(void **state)
{
    (void)state;
    check_refused("the 1 2 3\n", HEED_E_DATA,
                  "bad.txt:1: a word and 3 numbers, but embeddings have 2; use --embedding-dim 3");
    check_refused("the 1 2\nfilm 1\n", HEED_E_DATA, "bad.txt:2: a word and 1 numbers");
    check_refused("the 1 x\n", HEED_E_FORMAT, "bad.txt:1: 'x' is no number");
    check_refused("the 1 inf\n", HEED_E_FORMAT, "bad.txt:1: 'inf' is no number");
    check_refused("the 1 1e99\n", HEED_E_FORMAT, "bad.txt:1: '1e99' is no number");
    check_refused("dog 1 2\n", HEED_E_DATA, "none of its 1 words is a token");
    check_refused("", HEED_E_DATA, "none of its 0 words is a token");
}

static heed_status read_job(void *arg)
{
    heed_real table[ROOM];
    heed__vectors_found found;
    heed__tokenizer_settings s;
    heed__tokenizer *t = NULL;
    heed_status status = heed__tokenizer_defaults("words", &s);
    s.min_count = 1;
    if (status == HEED_OK) status = heed__tokenizer_train(NULL, "words", &s, 3, give, NULL, &t);
    if (status == HEED_OK) status = heed__vectors_read(arg, t, 2, table, &found);
    heed__tokenizer_destroy(&t);
    return status;
}

static void test_survives_each_failing_allocation(void **state)
{
    (void)state;
    check_out_of_memory(read_job, (void *)files_text("v.txt", LINES), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        files_test(test_words_get_their_vectors),
        files_test(test_what_is_no_vector_is_refused),
        files_test(test_survives_each_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
