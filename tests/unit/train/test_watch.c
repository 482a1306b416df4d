/* SPDX-License-Identifier: MIT */
/* What is said of heads over texts, held against weights that are written out. */
#include "train/written.h"

#include "heed/evaluate.h"
#include "io/json.h"

enum { HEADS = 4, PLACES = 5 };

#define SMALL                                                                                      \
    "output.kind=translate input.tokenizer=words encoder.dim=16 encoder.ffn=16 encoder.heads=4 "   \
    "encoder.layers=1 decoder.layers=2 input.dim=16 train.valid_share=0.25 train.patience=0 "      \
    "train.bleu_sample=0 train.steps=20 train.lr=0.01 "

static const char *const names[PLACES] = {"encoder layer 1", "decoder layer 1, itself",
                                          "decoder layer 1", "decoder layer 2, itself",
                                          "decoder layer 2"};
static const char *const pairs[][2] = {{"ant bee cat dog", "dog cat bee ant"},
                                       {"hen", "hen"},
                                       {"eel fox gnu hen ant bee cat", "fox gnu hen"}};
enum { PAIRS = sizeof pairs / sizeof *pairs };

typedef struct figures {
    double entropy, keys, distance;
} figures;

/* Adds those of row i. */
static void add_row(const float *p, int64_t i, int64_t n, figures *to)
{
    double weight = 0, far = 0;
    for (int64_t j = 0; j < n; j++) {
        weight += (double)p[j], far += (double)p[j] * fabs((double)(i - j));
        if (p[j] > 0) to->entropy -= (double)p[j] * log((double)p[j]);
        to->keys += p[j] > 0;
    }
    to->distance += weight > 0 ? far / weight : 0;
}

/* Adds every row's figures of one pair, place by place. */
static void add_pair(heed_model *model, const char *source, const char *target,
                     figures sums[PLACES][HEADS], int64_t rows[PLACES])
{
    heed__encoding s = {0}, t = {0};
    int32_t ids[2][64];
    check_ok(heed__tokenizer_encode(model->tokenizer, source, strlen(source), &s));
    check_ok(heed__tokenizer_encode(model->writer.tokenizer, target, strlen(target), &t));
    memcpy(ids[0], s.ids, (size_t)s.length * sizeof *s.ids);
    memcpy(ids[1] + 1, t.ids, (size_t)t.length * sizeof *t.ids);
    ids[0][s.length] = ids[1][0] = HEED_TOKEN_END;
    int64_t from[2] = {0, s.length + 1}, to[2] = {0, t.length + 1}, zero[1] = {0};
    heed__pairs_batch batch = {.source = {1, from[1], from[1], from, zero, zero},
                               .target = {1, to[1], to[1], to, zero, zero},
                               .source_tokens = ids[0],
                               .inputs = ids[1]};
    static heed__sites sites;
    heed__site_room room = {0};
    sites.all = 1;
    heed__pairs_vars vars = {.sites = &sites};
    heed__tape_start(model->tape, HEED_TAPE_SAVE, (heed__draw){0});
    heed__writer_record(model, model->tape, &batch, &vars);
    for (int i = 0; i < sites.count; i++) heed__site_keep(&sites.items[i].at, model->tape);
    check_ok(heed__tape_run(model->tape, HEED_NO_VAR));
    assert_int_equal(sites.count, PLACES);
    for (int i = 0; i < PLACES; i++) {
        int64_t n = i == 0 ? from[1] : to[1], keys = i == 0 || i % 2 == 0 ? from[1] : to[1];
        float weights[64 * 64];
        assert_string_equal(sites.items[i].name, names[i]);
        rows[i] += n;
        for (int h = 0; h < HEADS; h++) {
            heed__site_slice slice = {0, 0, n, keys, h + 1};
            check_ok(heed__site_rows(&sites.items[i].at, model->tape, &slice, &room, weights));
            for (int64_t r = 0; r < n; r++) add_row(weights + r * keys, r, keys, &sums[i][h]);
        }
    }
    heed__free(room.workspace);
    free(room.one);
    heed__encoding_free(&s);
    heed__encoding_free(&t);
}

static json_t *watched(heed_model *model)
{
    char path[512], *text = NULL;
    const char *paths[1] = {path};
    heed_dataset *rows = NULL;
    heed_read_options read = {.kind = HEED_READ_PAIRS};
    snprintf(path, sizeof path, "%s", files_path("watched.tsv"));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "source\ttarget\n");
    for (int i = 0; i < PAIRS; i++) fprintf(file, "%s\t%s\n", pairs[i][0], pairs[i][1]);
    fclose(file);
    check_ok(heed_dataset_read(NULL, paths, 1, &read, &rows));
    check_ok(heed_evaluate_attention(model, rows, 0, 0, &text));
    json_t *list = json_loads(text, 0, NULL);
    assert_non_null(list);
    heed_text_free(text);
    heed_dataset_destroy(&rows);
    return list;
}

static double number(const json_t *item, const char *name)
{
    const json_t *value = json_object_get(item, name);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void check_model(const char *settings)
{
    heed_model *model = trained(settings);
    figures sums[PLACES][HEADS] = {{{0}}};
    int64_t rows[PLACES] = {0};
    json_t *list = watched(model);
    for (int i = 0; i < PAIRS; i++) add_pair(model, pairs[i][0], pairs[i][1], sums, rows);
    assert_int_equal(json_array_size(list), PLACES * HEADS);
    for (int i = 0; i < PLACES; i++)
        for (int h = 0; h < HEADS; h++) {
            const json_t *item = json_array_get(list, (size_t)(i * HEADS + h));
            assert_string_equal(json_string_value(json_object_get(item, "layer")), names[i]);
            assert_int_equal((int)number(item, "head"), h + 1);
            double n = (double)rows[i];
            assert_true(fabs(number(item, "entropy") - sums[i][h].entropy / n) < 2e-5);
            assert_true(fabs(number(item, "keys") - sums[i][h].keys / n) < 2e-5);
            assert_true(fabs(number(item, "distance") - sums[i][h].distance / n) < 2e-5);
            assert_true(number(item, "rank") >= 1 && number(item, "rank") <= 4 + 1e-5);
            assert_true(number(item, "gradient") > 0);
        }
    json_decref(list);
    heed_model_destroy(&model);
}

static void test_entropy(void **state)
{
    (void)state;
    check_model(SMALL "encoder.kind=transformer");
    check_model(SMALL "encoder.kind=transformer decoder.key_heads=2 decoder.stages=shaw:clip=3 "
                      "decoder.position=none cross.normaliser=entmax15 cross.mask=local_m:width=3");
}

/* The tensor of that name. */
static const float *learned(const heed_model *model, const char *name)
{
    for (size_t i = 0; i < model->params.count; i++)
        if (strcmp(model->params.items[i]->name, name) == 0) return model->params.items[i]->data;
    fail_msg("the model has no %s", name);
    return NULL;
}

/* What a head learned, in keys and as alpha, not as it is stored. */
static void test_learned(void **state)
{
    (void)state;
    heed_model *model =
        trained(SMALL "encoder.kind=transformer encoder.normaliser=entmax:learned=1 "
                      "decoder.normaliser=softmax cross.normaliser=softmax "
                      "decoder.stages=span:longest=20,ramp=3");
    json_t *list = watched(model);
    const float *a = learned(model, "encoder.0.attention.entmax.alpha");
    const float *z = learned(model, "decoder.0.attention.span.z");
    for (int h = 0; h < HEADS; h++) {
        const json_t *sparse = json_array_get(list, (size_t)h);
        const json_t *near = json_array_get(list, (size_t)(HEADS + h));
        assert_true(fabs(number(sparse, "alpha") - 1 - 1 / (1 + exp(-(double)a[h]))) < 2e-5);
        assert_true(fabs(number(near, "span") - 20 * (double)z[h]) < 2e-5);
        assert_true(number(near, "distance") <= number(near, "span") + 3);
        assert_null(json_object_get(near, "alpha"));
    }
    json_decref(list);
    heed_model_destroy(&model);
}

/* Each step of a recurrent decoder is a row of one place; data of another kind is refused. */
static void test_recurrent(void **state)
{
    (void)state;
    heed_model *model = trained(SMALL "encoder.kind=gru cross.normaliser=sparsemax");
    json_t *list = watched(model);
    assert_int_equal(json_array_size(list), 1);
    const json_t *item = json_array_get(list, 0);
    assert_string_equal(json_string_value(json_object_get(item, "layer")), "decoder source");
    assert_true(number(item, "entropy") >= 0 && number(item, "entropy") < log(8) + 1e-5);
    assert_true(number(item, "rank") >= 1);
    assert_true(number(item, "gradient") > 0);
    json_decref(list);
    char path[512], *text = NULL;
    const char *paths[1] = {path};
    heed_dataset *rows = NULL;
    snprintf(path, sizeof path, "%s", corpus_write("labels.tsv", "class"));
    check_ok(heed_dataset_read(NULL, paths, 1, NULL, &rows));
    check_fails(heed_evaluate_attention(model, rows, 0, 0, &text), HEED_E_INVALID,
                "not read as pairs of texts");
    heed_dataset_destroy(&rows);
    heed_model_destroy(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {corpus_test(test_entropy), corpus_test(test_learned),
                                       corpus_test(test_recurrent)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
