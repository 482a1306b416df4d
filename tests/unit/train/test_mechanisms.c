/* SPDX-License-Identifier: MIT */
/*
 * Every row of the attention tables in a model: named in its settings it trains, to the same bytes
 * on one thread and on three; or it is refused with a reason, and stands in the list here.
 */
#include "train/corpus.h"
#include "train/mechanisms.h"

#include "heed/model.h"
#include "model/model.h"

static void settings_of(const heed_attention_entry *row, const char *part, const char *more,
                        char *out, size_t size)
{
    snprintf(out, size,
             "encoder.dim=16 encoder.heads=4 encoder.key_heads=2 encoder.ffn=16 encoder.layers=2 "
             "train.batch_texts=16 train.valid_share=0.25 train.patience=0 train.steps=3 "
             "%s %s.%s%s=%s",
             more, part, row->table, strcmp(row->table, "stage") == 0 ? "s" : "",
             mechanism_text(row));
}

static void check_model(const char *path)
{
    heed_context *context = NULL;
    heed_model *model = NULL;
    char *plans = NULL;
    check_ok(heed_context_create(NULL, &context));
    check_ok(heed_model_load(context, path, &model));
    check_ok(heed_model_attention(model, 40, 0, &plans));
    assert_non_null(strstr(plans, "attention: score"));
    heed_text_free(plans);
    heed_model_destroy(&model);
    heed_context_destroy(&context);
}

/* Trains on one thread and on three. */
static void check_row(const heed_attention_entry *row, const char *part, const char *data,
                      const char *more)
{
    char settings[512], one[512];
    settings_of(row, part, more, settings, sizeof settings);
    snprintf(one, sizeof one, "%s", files_path("one.heed"));
    corpus_run first = {.data = data, .model = one, .settings = settings};
    corpus_run again = {.data = data, .settings = settings, .threads = 3};
    heed_status status = corpus_train(&first);
    int learns = strcmp(part, "pool") == 0 && strcmp(row->name, "sampled") == 0;
    const char *why = learns ? NULL : mechanism_refusal(row, 0); /* a pool knows what texts cost */
    if (why) {
        if (status == HEED_OK || !strstr(heed_status_message(), why))
            fail_msg("%s \"%s\": %s", row->table, row->name,
                     status == HEED_OK ? "was not refused" : heed_status_message());
        return;
    }
    if (status != HEED_OK) fail_msg("%s \"%s\": %s", row->table, row->name, heed_status_message());
    corpus_file wanted = corpus_read(one);
    again.model = files_path("three.heed");
    check_ok(corpus_train(&again));
    if (!corpus_same(again.model, &wanted))
        fail_msg("%s \"%s\": three threads give other bytes", row->table, row->name);
    free(wanted.bytes);
    check_model(one);
}

static void test_every_row(void **state)
{
    (void)state;
    heed_attention_entry row;
    const char *data = corpus_write("data.tsv", "class");
    char path[512];
    snprintf(path, sizeof path, "%s", data);
    for (size_t i = 0; heed_attention_list(i, &row); i++)
        if (mechanism_is(&row)) check_row(&row, "encoder", path, "encoder.kind=transformer");
}

/* A pool has one learned query: what compares, and what weighs. */
static void test_every_row_of_a_pool(void **state)
{
    (void)state;
    heed_attention_entry row;
    char path[512];
    snprintf(path, sizeof path, "%s", corpus_write("data.tsv", "class"));
    for (size_t i = 0; heed_attention_list(i, &row); i++)
        if (strcmp(row.table, "score") == 0 || strcmp(row.table, "normaliser") == 0)
            check_row(&row, "pool", path, "pool.kind=attention");
}

/* Spans stay within 0 and the longest, and a price that nothing is worth keeps them at 0. */
static void check_spans(const char *stage, float least, float most)
{
    char settings[512], path[512];
    heed_context *context = NULL;
    heed_model *model = NULL;
    float largest = 0;
    heed_attention_entry row = {.table = "stage", .name = stage};
    settings_of(&row, "encoder",
                "encoder.kind=transformer train.lr=0.1 train.steps=24 train.accumulate=2", settings,
                sizeof settings);
    snprintf(path, sizeof path, "%s", corpus_write("data.tsv", "class"));
    corpus_run run = {.data = path, .settings = settings, .model = files_path("spans.heed")};
    check_ok(corpus_train(&run));
    check_ok(heed_context_create(NULL, &context));
    check_ok(heed_model_load(context, files_path("spans.heed"), &model));
    for (size_t i = 0; i < model->params.count; i++) {
        const heed__param *p = model->params.items[i];
        for (int64_t j = 0; strstr(p->name, "span.z") && j < p->rows * p->cols; j++) {
            assert_true(p->data[j] >= 0 && p->data[j] <= 1);
            if (p->data[j] > largest) largest = p->data[j];
        }
    }
    assert_true(largest >= least && largest <= most);
    heed_model_destroy(&model);
    heed_context_destroy(&context);
}

static void test_spans(void **state)
{
    (void)state;
    check_spans("span:longest=24,ramp=4", 0.01f, 1);
    check_spans("span:longest=24,ramp=4,price=1000", 0, 0);
}

/* Several at once: names of learned arrays do not meet. */
static void test_together(void **state)
{
    (void)state;
    heed_attention_entry row = {.table = "stage", .name = "softcap:cap=3,softcap:cap=9"};
    char path[512];
    snprintf(path, sizeof path, "%s", corpus_write("data.tsv", "class"));
    check_row(&row, "encoder", path,
              "encoder.kind=transformer encoder.score=general encoder.normaliser=sink "
              "encoder.causal=true encoder.attention_dropout=0.2 pool.normaliser=sparsemax "
              "pool.score=scaled_dot");
}

int main(void)
{
    const struct CMUnitTest tests[] = {corpus_test(test_every_row),
                                       corpus_test(test_every_row_of_a_pool),
                                       corpus_test(test_spans), corpus_test(test_together)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
