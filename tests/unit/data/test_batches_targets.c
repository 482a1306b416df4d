/* SPDX-License-Identifier: MIT */
/* Batches of two sides, and windows of a language model's text. */
#include "check.h"

#include "base/memory.h"
#include "data/batches.h"
#include "out_of_memory.h"

#include <stdlib.h>
#include <string.h>

enum { PAIRS = 300 };

/* Examples of these lengths; their ids count up from 2, so that each token says where it stood. */
static heed__examples examples(int64_t n, int64_t (*length)(int64_t), int ngrams)
{
    heed__examples x = {.n = n};
    check_ok(heed__alloc((size_t)n + 1, sizeof *x.offsets, "test", &x.offsets));
    for (int64_t i = 0; i < n; i++) {
        x.offsets[i + 1] = x.offsets[i] + length(i);
        if (length(i) > x.longest) x.longest = length(i);
    }
    x.tokens = x.offsets[n];
    check_ok(heed__alloc((size_t)x.tokens, sizeof *x.ids, "test", &x.ids));
    heed__bags *bags = &x.bags[HEED_BAGS_TOKENS];
    if (ngrams) check_ok(heed__bags_empty(bags));
    for (int64_t k = 0; k < x.tokens; k++) {
        x.ids[k] = (int32_t)(k + 2);
        for (int64_t j = 0; ngrams && j < k % 3; j++)
            check_ok(heed__bags_add(bags, (int32_t)(k + j)));
        if (ngrams) check_ok(heed__bags_close(bags));
    }
    return x;
}

static int64_t source_length(int64_t i)
{
    return i % 7 + 1;
}
static int64_t target_length(int64_t i)
{
    return i % 11 + 1;
}

static void check_source(const heed__batch *batch, int64_t k, const heed__examples *x)
{
    int64_t e = batch->examples[k], length = x->offsets[e + 1] - x->offsets[e];
    int64_t at = batch->offsets[k];
    assert_int_equal(batch->offsets[k + 1] - at, length + 1);
    assert_memory_equal(batch->tokens + at, x->ids + x->offsets[e],
                        (size_t)length * sizeof *x->ids);
    assert_int_equal(batch->tokens[at + length], HEED_TOKEN_END);
    const heed__bags *bags = &batch->bags[HEED_BAGS_TOKENS];
    assert_null(batch->bags[HEED_BAGS_CHARACTERS].offsets);
    if (!x->bags[HEED_BAGS_TOKENS].offsets) return;
    for (int64_t t = 0; t < length; t++) {
        int64_t from = x->offsets[e] + t; /* what the examples hold: see above */
        assert_int_equal(heed__bags_count(bags, at + t, at + t + 1), from % 3);
        for (int64_t j = 0; j < from % 3; j++)
            assert_int_equal(bags->ids[bags->offsets[at + t] + j], from + j);
    }
    assert_int_equal(heed__bags_count(bags, at + length, at + length + 1), 0);
}

static void check_target(const heed__batch *batch, int64_t k, const heed__examples *y)
{
    int64_t e = batch->examples[k], length = y->offsets[e + 1] - y->offsets[e];
    int64_t at = batch->target_offsets[k];
    size_t bytes = (size_t)length * sizeof *y->ids;
    assert_int_equal(batch->target_offsets[k + 1] - at, length + 1);
    assert_int_equal(batch->target_inputs[at], HEED_TOKEN_START);
    assert_memory_equal(batch->target_inputs + at + 1, y->ids + y->offsets[e], bytes);
    assert_memory_equal(batch->target_labels + at, y->ids + y->offsets[e], bytes);
    assert_int_equal(batch->target_labels[at + length], HEED_TOKEN_END);
}

static void check_epoch(heed__batches *b, const heed__examples *x, const heed__examples *y,
                        const heed__batch_options *o, int64_t epoch, heed__batch *batch)
{
    int seen[PAIRS] = {0};
    int64_t count = heed__batches_epoch(b, epoch);
    heed__batch_capacity most = heed__batches_capacity(b);
    for (int64_t i = 0; i < count; i++) {
        heed__batches_fill(b, i, batch);
        assert_true(batch->n > 0 && (!o->max_sequences || batch->n <= o->max_sequences));
        assert_true(batch->n == 1 ||
                    (batch->rows <= o->max_tokens && batch->target_rows <= o->max_tokens));
        assert_true(batch->n <= most.sequences && batch->rows <= most.rows);
        assert_true(batch->target_rows <= most.target_rows);
        assert_true(batch->longest <= most.longest);
        assert_true(batch->target_longest <= most.target_longest);
        assert_int_equal(batch->offsets[batch->n], batch->rows);
        assert_int_equal(batch->target_offsets[batch->n], batch->target_rows);
        for (int64_t k = 0; k < batch->n; k++) {
            seen[batch->examples[k]]++;
            check_source(batch, k, x);
            check_target(batch, k, y);
        }
    }
    for (int i = 0; i < PAIRS; i++) assert_int_equal(seen[i], 1);
}

static void test_each_epoch_visits_each_pair_once(void **state)
{
    (void)state;
    static const heed__batch_options options[] = {
        {.max_tokens = 64},
        {.max_tokens = 1},
        {.max_tokens = 100000},
        {.max_tokens = 64, .max_sequences = 5, .shuffle = 1, .seed = 3},
        {.max_tokens = 40, .shuffle = 1, .bucket = 100, .seed = 4},
    };
    for (int ngrams = 0; ngrams < 2; ngrams++) {
        heed__examples x = examples(PAIRS, source_length, ngrams);
        heed__examples y = examples(PAIRS, target_length, 0);
        for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
            heed__batches *b = NULL;
            heed__batch batch;
            check_ok(heed__batches_create(&x, &y, &options[i], &b));
            check_ok(heed__batch_create(b, &batch));
            assert_int_equal(heed__batches_capacity(b).longest, 8);
            assert_int_equal(heed__batches_capacity(b).target_longest, 12);
            uint64_t before = heed__alloc_count();
            for (int64_t epoch = 0; epoch < 3; epoch++)
                check_epoch(b, &x, &y, &options[i], epoch, &batch);
            assert_int_equal(heed__alloc_count(), before);
            heed__batch_free(&batch);
            heed__batches_destroy(&b);
        }
        heed__examples_free(&x);
        heed__examples_free(&y);
    }
}

/* One bucket holds all: within a batch, and from batch to batch when put back in order, lengths of
 * targets fall, and those of sources where targets are equal. */
static void test_buckets_sort_by_target_then_source(void **state)
{
    (void)state;
    heed__examples x = examples(PAIRS, source_length, 0), y = examples(PAIRS, target_length, 0);
    heed__batch_options o = {.max_tokens = 50, .shuffle = 1, .bucket = PAIRS, .seed = 5};
    heed__batches *b = NULL;
    heed__batch batch;
    check_ok(heed__batches_create(&x, &y, &o, &b));
    check_ok(heed__batch_create(b, &batch));
    int64_t count = heed__batches_epoch(b, 2), moved = 0, spread = 0;
    for (int64_t i = 0; i < count; i++) {
        heed__batches_fill(b, i, &batch);
        for (int64_t k = 1; k < batch.n; k++) {
            int64_t e = batch.examples[k], before = batch.examples[k - 1];
            assert_true(target_length(before) >= target_length(e));
            if (target_length(before) == target_length(e))
                assert_true(source_length(before) >= source_length(e));
            moved += e < before;
        }
        spread += target_length(batch.examples[0]) - target_length(batch.examples[batch.n - 1]);
    }
    assert_true(moved > 20);   /* equal ones stay shuffled */
    assert_true(spread <= 11); /* each length ends in at most one batch */
    heed__batch_free(&batch);
    heed__batches_destroy(&b);
    heed__examples_free(&x);
    heed__examples_free(&y);
}

static int64_t stream_length(int64_t i)
{
    return i == 1 ? 1 : 102 + 50 * i;
}

/* Every token is a label once, after the boundary or the input that stands before it. */
static void check_running(heed__batches *b, const heed__examples *y, int64_t block, int64_t epoch,
                          heed__batch *batch, int64_t *first)
{
    int *seen = calloc((size_t)y->tokens, sizeof *seen);
    int64_t count = heed__batches_epoch(b, epoch), windows = 0;
    heed__batch_capacity most = heed__batches_capacity(b);
    *first = 0;
    for (int64_t i = 0; i < count; i++) {
        heed__batches_fill(b, i, batch);
        assert_int_equal(batch->rows, 0);
        assert_true(batch->target_rows <= most.target_rows && batch->n <= most.sequences);
        for (int64_t k = 0; k < batch->n; k++) {
            int64_t at = batch->target_offsets[k], end = batch->target_offsets[k + 1];
            assert_int_equal(batch->offsets[k + 1], 0);
            assert_in_range(end - at, 1, block);
            if (batch->target_labels[at] == 2) *first = end - at;
            for (int64_t row = at; row < end; row++) {
                int32_t label = batch->target_labels[row];
                assert_int_equal(batch->target_inputs[row], row > at ? label - 1 : 1);
                if (row > at) assert_int_equal(batch->target_labels[row - 1], label - 1);
                seen[label - 2]++;
            }
            windows++;
        }
    }
    assert_true(windows <= most.sequences || most.sequences == 3);
    for (int64_t e = 0; e < y->n; e++)
        for (int64_t k = y->offsets[e]; k < y->offsets[e + 1]; k++) assert_int_equal(seen[k], 1);
    free(seen);
}

static void test_running_text_is_cut_anew_each_epoch(void **state)
{
    (void)state;
    heed__examples y = examples(3, stream_length, 0);
    for (int64_t block = 1; block < 300; block += 37) {
        heed__batch_options o = {.max_tokens = 3 * block,
                                 .shuffle = 1,
                                 .seed = 9,
                                 .block = block,
                                 .running = 1,
                                 .max_sequences = 3};
        heed__batches *b = NULL;
        heed__batch batch;
        check_ok(heed__batches_create(NULL, &y, &o, &b));
        check_ok(heed__batch_create(b, &batch));
        uint64_t before = heed__alloc_count();
        int64_t first[4], again;
        for (int64_t epoch = 0; epoch < 4; epoch++)
            check_running(b, &y, block, epoch, &batch, &first[epoch]);
        check_running(b, &y, block, 1, &batch, &again);
        assert_int_equal(again, first[1]); /* a function of the epoch */
        if (block > 30 && block < 102) assert_true(first[0] != first[1] || first[1] != first[2]);
        assert_int_equal(heed__alloc_count(), before);
        heed__batch_free(&batch);
        heed__batches_destroy(&b);
        o.shuffle = 0;
        check_ok(heed__batches_create(NULL, &y, &o, &b));
        check_ok(heed__batch_create(b, &batch));
        check_running(b, &y, block, 5, &batch, &first[0]);
        assert_int_equal(first[0], block < 102 ? block : 102);
        heed__batch_free(&batch);
        heed__batches_destroy(&b);
    }
    heed__examples_free(&y);
}

static void test_documents_begin_and_end(void **state)
{
    (void)state;
    heed__examples y = examples(2, source_length, 0); /* of 1 and 2 tokens: ids 2; 3, 4 */
    heed__batch_options o = {.max_tokens = 100, .block = 2};
    heed__batches *b = NULL;
    heed__batch batch;
    check_ok(heed__batches_create(NULL, &y, &o, &b));
    check_ok(heed__batch_create(b, &batch));
    assert_int_equal(heed__batches_epoch(b, 0), 1);
    heed__batches_fill(b, 0, &batch);
    static const int32_t inputs[] = {1, 2, 1, 3, 4}, labels[] = {2, 1, 3, 4, 1};
    static const int64_t offsets[] = {0, 2, 4, 5}, windows[] = {0, 1, 2};
    assert_int_equal(batch.n, 3);
    assert_int_equal(batch.target_rows, 5);
    assert_int_equal(batch.target_longest, 2);
    assert_memory_equal(batch.target_inputs, inputs, sizeof inputs);
    assert_memory_equal(batch.target_labels, labels, sizeof labels);
    assert_memory_equal(batch.target_offsets, offsets, sizeof offsets);
    assert_memory_equal(batch.examples, windows, sizeof windows);
    heed__batch_free(&batch);
    heed__batches_destroy(&b);
    o.block = 0; /* whole documents */
    check_ok(heed__batches_create(NULL, &y, &o, &b));
    assert_int_equal(heed__batches_capacity(b).target_longest, 3);
    heed__batches_destroy(&b);
    heed__examples_free(&y);
}

static int64_t one(int64_t i)
{
    (void)i;
    return 1;
}

static void test_arguments_are_checked(void **state)
{
    (void)state;
    heed__examples x = examples(3, source_length, 0), y = examples(2, one, 0);
    heed__batch_options o = {.max_tokens = 9, .running = 1};
    heed__batches *b = NULL;
    check_fails(heed__batches_create(&x, &y, &o, &b), HEED_E_INVALID, "3 sources and 2 targets");
    check_fails(heed__batches_create(NULL, NULL, &o, &b), HEED_E_INVALID, "no examples");
    check_ok(heed__batches_create(NULL, &y, &o, &b)); /* a token may be all there is */
    heed__batches_destroy(&b);
    o.block = -1;
    check_fails(heed__batches_create(NULL, &x, &o, &b), HEED_E_INVALID, "block = -1");
    heed__examples_free(&x);
    heed__examples_free(&y);
}

static heed_status create_job(void *arg)
{
    heed__examples *x = arg;
    heed__batches *b = NULL;
    heed__batch batch = {0};
    heed_status status =
        heed__batches_create(&x[0], &x[1], &(heed__batch_options){.max_tokens = 9}, &b);
    if (status == HEED_OK) status = heed__batch_create(b, &batch);
    heed__batch_free(&batch);
    heed__batches_destroy(&b);
    if (status != HEED_OK) return status;
    status = heed__batches_create(NULL, &x[1], &(heed__batch_options){.max_tokens = 9}, &b);
    heed__batches_destroy(&b);
    return status;
}

static void test_survives_each_failing_allocation(void **state)
{
    (void)state;
    heed__examples x[2] = {examples(PAIRS, source_length, 1), examples(PAIRS, target_length, 0)};
    check_out_of_memory(create_job, x, 100);
    heed__examples_free(&x[0]);
    heed__examples_free(&x[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_epoch_visits_each_pair_once),
        cmocka_unit_test(test_buckets_sort_by_target_then_source),
        cmocka_unit_test(test_running_text_is_cut_anew_each_epoch),
        cmocka_unit_test(test_documents_begin_and_end),
        cmocka_unit_test(test_arguments_are_checked),
        cmocka_unit_test(test_survives_each_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
