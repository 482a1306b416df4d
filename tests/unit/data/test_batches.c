/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "base/memory.h"
#include "data/batches.h"
#include "out_of_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXTS = 500 };

/* Text i is i % 13 + 1 words long, and its words are told apart from others'. */
static heed_text give(const void *user, int64_t i)
{
    static _Thread_local char text[400];
    size_t used = 0;
    (void)user;
    for (int64_t k = 0; k <= i % 13; k++)
        used += (size_t)sprintf(text + used, "w%d ", (int)(i % 7));
    return (heed_text){text, used};
}

static heed__tokenizer *tokenizer(int64_t ngrams)
{
    heed__tokenizer_settings s;
    heed__tokenizer *t = NULL;
    check_ok(heed__tokenizer_defaults("words", &s));
    s.ngrams = ngrams;
    s.characters = ngrams > 1 ? 3 : 0;
    s.characters_from = 2;
    check_ok(heed__tokenizer_train(NULL, "words", &s, TEXTS, give, NULL, &t));
    return t;
}

static heed__examples encode(heed_context *context, int64_t ngrams)
{
    heed__tokenizer *t = tokenizer(ngrams);
    heed__examples x;
    check_ok(heed__examples_encode(context, t, TEXTS, give, NULL, &x));
    heed__tokenizer_destroy(&t);
    return x;
}

static void test_examples_do_not_depend_on_threads(void **state)
{
    (void)state;
    heed_context *context = NULL;
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &context));
    heed__examples a = encode(NULL, 2), b = encode(context, 2);
    assert_int_equal(a.n, TEXTS);
    assert_int_equal(a.longest, 13);
    assert_int_equal(a.tokens, a.offsets[TEXTS]);
    assert_memory_equal(a.offsets, b.offsets, (TEXTS + 1) * sizeof *a.offsets);
    assert_memory_equal(a.ids, b.ids, (size_t)a.tokens * sizeof *a.ids);
    for (int i = 0; i < HEED_BAGS; i++) {
        const heed__bags *x = &a.bags[i], *y = &b.bags[i];
        assert_int_equal(x->n, a.tokens);
        assert_true(x->used > 0 && x->used == y->used);
        assert_memory_equal(x->offsets, y->offsets, (size_t)(x->n + 1) * sizeof *x->offsets);
        assert_memory_equal(x->ids, y->ids, (size_t)x->used * sizeof *x->ids);
    }
    for (int64_t i = 0; i < TEXTS; i++)
        assert_int_equal(a.offsets[i + 1] - a.offsets[i], i % 13 + 1);
    heed__examples_free(&a);
    heed__examples_free(&b);
    heed_context_destroy(&context);
}

/* The bags of `length` tokens from `at` on are those of the other from `from` on. */
static void check_bags(const heed__bags *bags, int64_t at, const heed__bags *of, int64_t from,
                       int64_t length)
{
    if (!of->offsets) {
        assert_null(bags->offsets);
        return;
    }
    for (int64_t t = 0; t < length; t++) {
        int64_t count = heed__bags_count(of, from + t, from + t + 1);
        assert_int_equal(heed__bags_count(bags, at + t, at + t + 1), count);
        assert_memory_equal(bags->ids + bags->offsets[at + t], of->ids + of->offsets[from + t],
                            (size_t)count * sizeof *of->ids);
    }
}

/* One epoch: each example once, its own tokens, within the budget. */
static void check_epoch(heed__batches *b, const heed__examples *x, const heed__batch_options *o,
                        int64_t epoch, heed__batch *batch)
{
    int seen[TEXTS] = {0};
    int64_t count = heed__batches_epoch(b, epoch);
    heed__batch_capacity most = heed__batches_capacity(b);
    for (int64_t i = 0; i < count; i++) {
        heed__batches_fill(b, i, batch);
        assert_true(batch->n > 0 && (!o->max_sequences || batch->n <= o->max_sequences));
        assert_true(batch->rows <= o->max_tokens || batch->n == 1);
        assert_true(batch->n <= most.sequences && batch->rows <= most.rows);
        assert_true(batch->longest <= most.longest);
        assert_int_equal(batch->offsets[batch->n], batch->rows);
        for (int64_t k = 0; k < batch->n; k++) {
            int64_t e = batch->examples[k], length = x->offsets[e + 1] - x->offsets[e];
            seen[e]++;
            assert_int_equal(batch->offsets[k + 1] - batch->offsets[k], length);
            assert_memory_equal(batch->tokens + batch->offsets[k], x->ids + x->offsets[e],
                                (size_t)length * sizeof *x->ids);
            for (int g = 0; g < HEED_BAGS; g++)
                check_bags(&batch->bags[g], batch->offsets[k], &x->bags[g], x->offsets[e], length);
        }
    }
    for (int i = 0; i < TEXTS; i++) assert_int_equal(seen[i], 1);
}

static void test_each_epoch_visits_each_example_once(void **state)
{
    (void)state;
    static const heed__batch_options options[] = {
        {.max_tokens = 64},
        {.max_tokens = 1},
        {.max_tokens = 100000},
        {.max_tokens = 64, .max_sequences = 5, .shuffle = 1, .seed = 3},
        {.max_tokens = 40, .shuffle = 1, .bucket = 100, .seed = 4},
    };
    for (int64_t ngrams = 1; ngrams <= 2; ngrams++) {
        heed__examples x = encode(NULL, ngrams);
        for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
            heed__batches *b = NULL;
            heed__batch batch;
            check_ok(heed__batches_create(&x, NULL, &options[i], &b));
            check_ok(heed__batch_create(b, &batch));
            uint64_t before = heed__alloc_count();
            for (int64_t epoch = 0; epoch < 3; epoch++)
                check_epoch(b, &x, &options[i], epoch, &batch);
            assert_int_equal(heed__alloc_count(), before); /* the steady state takes no memory */
            heed__batch_free(&batch);
            heed__batches_destroy(&b);
        }
        heed__examples_free(&x);
    }
}

static void test_without_shuffling_the_order_is_kept(void **state)
{
    (void)state;
    heed__examples x = encode(NULL, 1);
    heed__batches *b = NULL;
    heed__batch batch;
    int64_t next = 0;
    check_ok(heed__batches_create(&x, NULL, &(heed__batch_options){.max_tokens = 50}, &b));
    check_ok(heed__batch_create(b, &batch));
    for (int64_t i = 0, count = heed__batches_epoch(b, 5); i < count; i++) {
        heed__batches_fill(b, i, &batch);
        for (int64_t k = 0; k < batch.n; k++) assert_int_equal(batch.examples[k], next++);
    }
    heed__batch_free(&batch);
    heed__batches_destroy(&b);
    heed__examples_free(&x);
}

/* The first example of each batch of an epoch. */
static int64_t order_of(heed__batches *b, int64_t epoch, heed__batch *batch, int64_t *out)
{
    int64_t count = heed__batches_epoch(b, epoch);
    for (int64_t i = 0; i < count; i++) {
        heed__batches_fill(b, i, batch);
        out[i] = batch->examples[0];
    }
    return count;
}

static void test_an_epoch_is_a_function_of_seed_and_number(void **state)
{
    (void)state;
    heed__examples x = encode(NULL, 1);
    heed__batch_options o = {.max_tokens = 40, .shuffle = 1, .bucket = 64, .seed = 9};
    heed__batches *a = NULL, *b = NULL;
    heed__batch batch;
    int64_t first[TEXTS], again[TEXTS], other[TEXTS];
    check_ok(heed__batches_create(&x, NULL, &o, &a));
    o.seed = 10;
    check_ok(heed__batches_create(&x, NULL, &o, &b));
    check_ok(heed__batch_create(a, &batch));
    int64_t count = order_of(a, 3, &batch, first);
    order_of(a, 0, &batch, other);
    assert_memory_not_equal(first, other, (size_t)count * sizeof *first);
    assert_int_equal(order_of(a, 3, &batch, again), count); /* resumed */
    assert_memory_equal(first, again, (size_t)count * sizeof *first);
    order_of(b, 3, &batch, other);
    assert_memory_not_equal(first, other, (size_t)count * sizeof *first);
    heed__batch_free(&batch);
    heed__batches_destroy(&a);
    heed__batches_destroy(&b);
    heed__examples_free(&x);
}

static void test_buckets_put_like_lengths_together(void **state)
{
    (void)state;
    heed__examples x = encode(NULL, 1);
    heed__batches *b = NULL;
    heed__batch batch;
    int64_t spread[2] = {0};
    for (int bucket = 0; bucket < 2; bucket++) {
        heed__batch_options o = {.max_tokens = 60, .shuffle = 1, .bucket = bucket ? TEXTS : 0};
        check_ok(heed__batches_create(&x, NULL, &o, &b));
        check_ok(heed__batch_create(b, &batch));
        for (int64_t i = 0, count = heed__batches_epoch(b, 0); i < count; i++) {
            heed__batches_fill(b, i, &batch);
            spread[bucket] += batch.longest * batch.n - batch.rows; /* what padding would waste */
        }
        heed__batch_free(&batch);
        heed__batches_destroy(&b);
    }
    assert_true(spread[1] * 10 < spread[0]);
    heed__examples_free(&x);
}

static void test_impossible_budgets_are_refused(void **state)
{
    (void)state;
    heed__examples x = encode(NULL, 1), none = {0};
    heed__batches *b = NULL;
    check_fails(heed__batches_create(&x, NULL, &(heed__batch_options){0}, &b), HEED_E_INVALID,
                "max_tokens = 0");
    check_fails(heed__batches_create(&none, NULL, &(heed__batch_options){.max_tokens = 1}, &b),
                HEED_E_INVALID, "no examples");
    heed__examples_free(&x);
}

static heed_status batch_job(void *arg)
{
    heed__examples x = {0};
    heed__batches *b = NULL;
    heed__batch batch = {0};
    heed_status status = heed__examples_encode(NULL, arg, TEXTS, give, NULL, &x);
    if (status == HEED_OK)
        status = heed__batches_create(&x, NULL, &(heed__batch_options){.max_tokens = 9}, &b);
    if (status == HEED_OK) status = heed__batch_create(b, &batch);
    heed__batch_free(&batch);
    heed__batches_destroy(&b);
    heed__examples_free(&x);
    return status;
}

static void test_batches_survive_each_failing_allocation(void **state)
{
    (void)state;
    heed__tokenizer *t = tokenizer(2);
    check_out_of_memory(batch_job, t, 1000);
    heed__tokenizer_destroy(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples_do_not_depend_on_threads),
        cmocka_unit_test(test_each_epoch_visits_each_example_once),
        cmocka_unit_test(test_without_shuffling_the_order_is_kept),
        cmocka_unit_test(test_an_epoch_is_a_function_of_seed_and_number),
        cmocka_unit_test(test_buckets_put_like_lengths_together),
        cmocka_unit_test(test_impossible_budgets_are_refused),
        cmocka_unit_test(test_batches_survive_each_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
