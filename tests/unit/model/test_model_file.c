/* SPDX-License-Identifier: MIT */
/* Model files whose checksum is right and whose content is not: whoever writes one must not be able
 * to make the reader crash, take memory that the file does not hold, or guess. */
#include "train/corpus.h"

#include "heed/model.h"
#include "io/container.h"
#include "model/model.h"

enum { MOST_TEXTS = 24, MOST_TENSORS = 64 };

static char model_path[160], changed_path[160];

/* A copy of the model's parts, to be changed before it is written. */
typedef struct parts {
    heed__safetensors *file;
    heed__text texts[MOST_TEXTS];
    size_t text_count;
    heed__stored tensors[MOST_TENSORS];
    size_t tensor_count;
    char edited[8192];
} parts;

static void take_apart(parts *p)
{
    memset(p, 0, sizeof *p);
    check_ok(heed__container_read(NULL, model_path, &p->file));
    for (size_t i = 0; i < p->file->text_count; i++)
        if (strcmp(p->file->texts[i].key, HEED_CONTAINER_FORMAT_KEY) != 0 &&
            strcmp(p->file->texts[i].key, HEED_CONTAINER_CHECKSUM_KEY) != 0)
            p->texts[p->text_count++] = p->file->texts[i];
    for (size_t i = 0; i < p->file->tensor_count; i++)
        p->tensors[p->tensor_count++] = p->file->tensors[i];
}

static heed_status put_together(parts *p, heed_model **out)
{
    check_ok(heed__container_write(NULL, changed_path, p->texts, p->text_count, p->tensors,
                                   p->tensor_count));
    heed__safetensors_free(&p->file);
    return heed_model_load(NULL, changed_path, out);
}

/* Replaces `from` by `to` in a text; with from NULL the whole text. */
static void edit(parts *p, const char *key, const char *from, const char *to)
{
    for (size_t i = 0; i < p->text_count; i++) {
        if (strcmp(p->texts[i].key, key) != 0) continue;
        const char *text = p->texts[i].value, *at = from ? strstr(text, from) : text;
        if (!at) fail_msg("%s has no %s: %s", key, from, text);
        size_t skipped = from ? strlen(from) : strlen(text);
        snprintf(p->edited, sizeof p->edited, "%.*s%s%s", (int)(at - text), text, to, at + skipped);
        p->texts[i].value = p->edited;
        return;
    }
    fail_msg("no text %s", key);
}

static heed__stored *tensor(parts *p, const char *name)
{
    for (size_t i = 0; i < p->tensor_count; i++)
        if (strcmp(p->tensors[i].name, name) == 0) return &p->tensors[i];
    fail_msg("no tensor %s", name);
    return NULL;
}

static int open_model(void **state)
{
    if (corpus_setup(state) != 0) return 1;
    strcpy(model_path, files_path("a.heed"));
    strcpy(changed_path, files_path("changed.heed"));
    corpus_run run = {.data = corpus_write("data.tsv", "two"), .model = model_path};
    run.settings = CORPUS_SMALL "train.steps=2 encoder.kind=transformer encoder.heads=4";
    return corpus_train(&run) != HEED_OK;
}

static void test_texts(void **state)
{
    (void)state;
    static const char *const cases[][4] = {
        {"heed.config", "\"dim\":32", "\"dim\":8192", "does not fit"},
        {"heed.config", "\"dim\":32", "\"dim\":31", "does not fit"},
        {"heed.config", "\"dim\":32", "\"dim\":1e99", "encoder.dim"},
        {"heed.config", "\"layers\":1", "\"layers\":64", "missing"},
        {"heed.config", "\"heads\":4", "\"heads\":1024", "more than dim"},
        {"heed.config", "\"key_heads\":0", "\"key_heads\":1024", "does not divide"},
        {"heed.config", "\"kind\":\"transformer\"", "\"kind\":\"lstm\"", "missing"},
        {"heed.config", "\"kind\":\"attention+mean\"", "\"kind\":\"mean\"", "does not fit"},
        {"heed.config", "\"positions\":\"sinusoidal\"", "\"positions\":\"learned\"", "missing"},
        {"heed.config", "\"score\":\"scaled_dot\"", "\"score\":\"additive\"", "missing"},
        {"heed.config", "\"dim\":32", "\"dimm\":32", "no such setting"},
        {"heed.config", "\"dim\":32", "\"dim\":32,\"dim\":32", "duplicate"},
        {"heed.config", NULL, "{", "heed.config"},
        {"heed.config", NULL, "[]", "must be a JSON object"},
        {"heed.config", NULL, "{}", ""},
        {"heed.outputs", NULL, "[]", "1 to 16 outputs"},
        {"heed.outputs", NULL, "{}", "1 to 16 outputs"},
        {"heed.outputs", NULL, "[1]", "must be an object"},
        {"heed.outputs", NULL, "[[[[[[[[", "heed.outputs"},
        {"heed.outputs", "\"class\"", "\"guess\"", "guess"},
        {"heed.outputs", "\"class\"", "\"number\"", "does not fit"},
        {"heed.outputs", "\"class\"", "\"klass\"", "klass"},
        {"heed.outputs", "\"praise\"", "\"blame\"", ""},
        {"heed.outputs", "\"praise\"", "7", "not a string"},
        {"heed.outputs", ",\"praise\"", "", "does not fit"},
        {"heed.outputs", "\"spread\":", "\"spread\":-", "spread"},
        {"heed.outputs", "\"temperature\":", "\"temperature\":-", "temperature"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parts p;
        heed_model *model = NULL;
        take_apart(&p);
        edit(&p, cases[i][0], cases[i][1], cases[i][2]);
        heed_status status = put_together(&p, &model);
        if (status != HEED_E_FORMAT || model)
            fail_msg("%s: %s loads with %s", cases[i][0], cases[i][2], heed_status_name(status));
        if (!strstr(heed_status_message(), cases[i][3]) ||
            !strstr(heed_status_message(), "changed.heed"))
            fail_msg("%s: '%s' lacks '%s'", cases[i][2], heed_status_message(), cases[i][3]);
    }
}

/* What is only said of a model may be anything; what is only a limit takes no memory by itself. */
static void test_harmless_texts(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"heed.data", NULL, "not JSON"},
        {"heed.metrics", NULL, "[[["},
        {"heed.config", "\"max_length\":4096", "\"max_length\":1048576"},
        {"heed.config", "\"batch_tokens\":8192", "\"batch_tokens\":100000000"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parts p;
        heed_model *model = NULL;
        float values[8];
        char *info = NULL;
        heed_text text = {"a lovely film", 13};
        take_apart(&p);
        edit(&p, cases[i][0], cases[i][1], cases[i][2]);
        check_ok(put_together(&p, &model));
        check_ok(heed_model_predict(model, &text, 1, values));
        check_ok(heed_model_info(model, 2, &info));
        heed_text_free(info);
        heed_model_destroy(&model);
    }
}

static void check_refused(parts *p, const char *what)
{
    heed_model *model = NULL;
    heed_status status = put_together(p, &model);
    if (status != HEED_E_FORMAT || model) fail_msg("%s: %s", what, heed_status_name(status));
    if (!strstr(heed_status_message(), "changed.heed"))
        fail_msg("%s: '%s' names no file", what, heed_status_message());
}

static void test_tensors(void **state)
{
    (void)state;
    parts p;
    static const char *const names[] = {"tokenizer", "embedding.weight", "encoder.norm.gain",
                                        "output.1.bias"};
    static const int64_t flat[] = {32 * 96}, none[2] = {0, 32};
    for (int i = 0; i < 4; i++) {
        take_apart(&p);
        heed__stored *gone = tensor(&p, names[i]);
        *gone = p.tensors[--p.tensor_count];
        check_refused(&p, names[i]);
    }
    take_apart(&p);
    tensor(&p, "encoder.0.attention.qkv.weight")->rank = 1;
    tensor(&p, "encoder.0.attention.qkv.weight")->shape = flat;
    check_refused(&p, "a flat matrix");
    take_apart(&p);
    tensor(&p, "embedding.weight")->shape = none;
    check_refused(&p, "no rows");
    take_apart(&p);
    tensor(&p, "output.0.bias")->dtype = HEED_DTYPE_I32;
    check_refused(&p, "integers");
}

/* The tokenizer's bytes, changed one at a time: refused, or a tokenizer that works. */
static void test_tokenizer(void **state)
{
    (void)state;
    unsigned next = 3;
    for (int i = 0; i < 300; i++) {
        parts p;
        heed_model *model = NULL;
        float values[8];
        heed_text text = {"a lovely film was quite dull", 28};
        take_apart(&p);
        heed__stored *t = tensor(&p, "tokenizer");
        unsigned char *bytes = malloc(t->bytes);
        memcpy(bytes, t->data, t->bytes);
        bytes[corpus_next(&next) % t->bytes] ^= (unsigned char)(1u << corpus_next(&next) % 8);
        if (i % 10 == 0) { /* a short one */
            static int64_t shape[1];
            shape[0] = (int64_t)(corpus_next(&next) % t->bytes);
            t->shape = shape;
        }
        t->data = bytes;
        heed_status status = put_together(&p, &model);
        if (status == HEED_OK)
            check_ok(heed_model_predict(model, &text, 1, values));
        else
            assert_int_equal(status, HEED_E_FORMAT);
        heed_model_destroy(&model);
        free(bytes);
    }
}

#define file_test(function) cmocka_unit_test_setup_teardown(function, open_model, files_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {file_test(test_texts), file_test(test_harmless_texts),
                                       file_test(test_tensors), file_test(test_tokenizer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
