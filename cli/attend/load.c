/* SPDX-License-Identifier: MIT */
/* q, k and v, what comes before them, and how long each sequence is. */
#include "cli/attend/attend.h"

#include "cli/report.h"

#include <stdlib.h>
#include <string.h>

/* For messages. */
static const char *path_of(const attend *a, int argument)
{
    const char *path = a->given->arguments[argument];
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* Two files whose shapes do not go together. */
static heed_status misfit(const char *one, const heed_array *x, const char *other,
                          const heed_array *y, const char *rule)
{
    char left[SHAPE_ROOM], right[SHAPE_ROOM];
    return report(HEED_E_INVALID, "%s is %s and %s is %s; %s", one,
                  attend_shape(x->rank, x->shape, left), other,
                  attend_shape(y->rank, y->shape, right), rule);
}

static heed_status check_kinds(const attend *a, int argument, const heed_array *file)
{
    if (file->kind == a->kind) return HEED_OK;
    return report(HEED_E_INVALID, "%s holds %s and %s %s; save them as one kind", path_of(a, 0),
                  heed_array_kind_name(a->kind), path_of(a, argument),
                  heed_array_kind_name(file->kind));
}

static heed_status read_side(attend *a, int argument, heed_array **out)
{
    heed_array file;
    heed_status status = heed_array_read(a->given->arguments[argument], &file);
    if (status != HEED_OK) return status;
    status = check_kinds(a, argument, &file);
    if (status == HEED_OK) status = attend_array(a, REAL_KIND, 0, NULL, path_of(a, argument), out);
    if (status == HEED_OK) {
        heed_array_free(*out);
        status = heed_array_convert(&file, REAL_KIND, path_of(a, argument), *out);
    }
    heed_array_free(&file);
    return status;
}

static heed_status read_arrays(attend *a)
{
    heed_status status = attend_array(a, REAL_KIND, 0, NULL, path_of(a, 0), &a->q);
    if (status != HEED_OK) return status;
    heed_array_free(a->q);
    status = heed_array_convert(a->q_file, REAL_KIND, path_of(a, 0), a->q);
    if (status == HEED_OK) status = read_side(a, 1, &a->k);
    return status == HEED_OK ? read_side(a, 2, &a->v) : status;
}

/* ---- sizes */

static heed_status take_four(attend *a)
{
    const heed_array *q = a->q, *k = a->k, *v = a->v;
    long long heads = options_integer(a->given, "heads"),
              key_heads = options_integer(a->given, "kv-heads");
    a->heads = q->shape[1], a->key_heads = k->shape[1];
    a->queries = q->shape[2], a->keys = k->shape[2];
    a->head_size = q->shape[3], a->value_size = v->shape[3];
    if (k->shape[3] != q->shape[3])
        return misfit(path_of(a, 0), q, path_of(a, 1), k,
                      "the last dimensions, the head size, must be equal");
    if (v->shape[1] != k->shape[1] || v->shape[2] != k->shape[2])
        return misfit(path_of(a, 1), k, path_of(a, 2), v,
                      "keys and values must have the same heads and rows");
    if (heads && heads != a->heads)
        return report(HEED_E_INVALID, "--heads %lld: %s has %lld heads (its second dimension)",
                      heads, path_of(a, 0), (long long)a->heads);
    if (key_heads && key_heads != a->key_heads)
        return report(HEED_E_INVALID, "--kv-heads %lld: %s has %lld heads (its second dimension)",
                      key_heads, path_of(a, 1), (long long)a->key_heads);
    return HEED_OK;
}

static heed_status divide(const attend *a, int argument, const heed_array *x, const char *flag,
                          int64_t heads, int64_t *out)
{
    if (x->shape[2] % heads == 0) {
        *out = x->shape[2] / heads;
        return HEED_OK;
    }
    char text[SHAPE_ROOM];
    return report(HEED_E_INVALID, "%s is %s; its last dimension must be a multiple of --%s %lld",
                  path_of(a, argument), attend_shape(x->rank, x->shape, text), flag,
                  (long long)heads);
}

static heed_status take_three(attend *a)
{
    const heed_array *q = a->q, *k = a->k, *v = a->v;
    int64_t key_size = 0;
    a->flat = 1;
    a->heads = options_integer(a->given, "heads");
    a->key_heads = options_integer(a->given, "kv-heads");
    if (!a->heads) {
        char text[SHAPE_ROOM];
        return report(HEED_E_INVALID,
                      "%s is %s: [B, T, C] needs --heads N (1 where C is one head's size)",
                      path_of(a, 0), attend_shape(q->rank, q->shape, text));
    }
    if (!a->key_heads) a->key_heads = a->heads;
    a->queries = q->shape[1], a->keys = k->shape[1];
    heed_status status = divide(a, 0, q, "heads", a->heads, &a->head_size);
    if (status == HEED_OK) status = divide(a, 1, k, "kv-heads", a->key_heads, &key_size);
    if (status == HEED_OK) status = divide(a, 2, v, "kv-heads", a->key_heads, &a->value_size);
    if (status != HEED_OK) return status;
    if (key_size != a->head_size)
        return misfit(path_of(a, 0), q, path_of(a, 1), k,
                      "C over the heads, the head size, must be equal (see --heads, --kv-heads)");
    if (v->shape[1] != k->shape[1])
        return misfit(path_of(a, 1), k, path_of(a, 2), v,
                      "keys and values must have the same rows");
    return HEED_OK;
}

static heed_status take_sizes(attend *a)
{
    const heed_array *q = a->q, *k = a->k, *v = a->v;
    if (q->rank != 3 && q->rank != 4) {
        char text[SHAPE_ROOM];
        return report(HEED_E_INVALID,
                      "%s is %s; it must be [B, H, T, D], or [B, T, C] with --heads N",
                      path_of(a, 0), attend_shape(q->rank, q->shape, text));
    }
    const char *rule = "all three must have the same number of dimensions and the same first one";
    if (k->rank != q->rank || k->shape[0] != q->shape[0])
        return misfit(path_of(a, 0), q, path_of(a, 1), k, rule);
    if (v->rank != q->rank || v->shape[0] != q->shape[0])
        return misfit(path_of(a, 0), q, path_of(a, 2), v, rule);
    a->batch = q->shape[0];
    heed_status status = q->rank == 4 ? take_four(a) : take_three(a);
    if (status != HEED_OK) return status;
    if (!a->heads || !a->key_heads || a->heads % a->key_heads)
        return report(HEED_E_INVALID,
                      "%lld heads over %lld key heads; a whole number of heads must share each key "
                      "head",
                      (long long)a->heads, (long long)a->key_heads);
    if (a->head_size && a->value_size) return HEED_OK;
    return report(HEED_E_INVALID, "%s has no numbers in a row; a head needs at least one",
                  path_of(a, a->head_size ? 2 : 0));
}

heed_attention_input attend_view(const attend *a, const heed_array *array, int64_t heads,
                                 int64_t rows, int64_t size)
{
    heed_attention_input four = {array->data, heads * rows * size, size, rows * size};
    heed_attention_input three = {array->data, rows * heads * size, heads * size, size};
    return a->flat && array->rank == 3 ? three : four;
}

/* ---- what was there before */

static void copy_rows(const attend *a, const heed_attention_input *from, int64_t rows, int64_t size,
                      int64_t at, heed_array *to)
{
    int64_t total = a->past + a->keys;
    for (int64_t b = 0; b < a->batch; b++)
        for (int64_t h = 0; h < a->key_heads; h++)
            for (int64_t j = 0; j < rows; j++)
                memcpy((heed_real *)to->data + ((b * a->key_heads + h) * total + at + j) * size,
                       from->data + b * from->sequence_stride + h * from->head_stride +
                           j * from->row_stride,
                       (size_t)size * sizeof(heed_real));
}

static heed_status read_past(attend *a, const char *flag, int64_t size, heed_array **out)
{
    const char *path = options_text(a->given, flag);
    heed_status status = attend_read(a, path, REAL_KIND, out);
    if (status != HEED_OK) return status;
    const int64_t *shape = (*out)->shape;
    if ((*out)->rank == 4 && shape[0] == a->batch && shape[1] == a->key_heads && shape[3] == size)
        return HEED_OK;
    char text[SHAPE_ROOM];
    return report(HEED_E_INVALID,
                  "--%s %s is %s; it must be [%lld, %lld, any, %lld] to go before the %s", flag,
                  path, attend_shape((*out)->rank, shape, text), (long long)a->batch,
                  (long long)a->key_heads, (long long)size,
                  strcmp(flag, "past-key") == 0 ? "keys" : "values");
}

/* Keys or values with those of the past before them, [B, Hkv, P + T, D]. */
static heed_status join(attend *a, const heed_array *past, int64_t size, const char *flag,
                        heed_attention_input *view)
{
    heed_array *all;
    int64_t total = a->past + a->keys;
    heed_status status =
        attend_made(a, REAL_KIND, a->batch, a->key_heads, total, size, "the joined rows", &all);
    if (status != HEED_OK) return status;
    if (past) {
        heed_attention_input before = {past->data, a->key_heads * a->past * size, size,
                                       a->past * size};
        copy_rows(a, &before, a->past, size, 0, all);
    }
    copy_rows(a, view, a->keys, size, a->past, all);
    *view = (heed_attention_input){all->data, a->key_heads * total * size, size, total * size};
    return attend_write(a, flag, all, a->kind);
}

static heed_status take_past(attend *a)
{
    heed_array *keys = NULL, *values = NULL;
    heed_status status = HEED_OK;
    int given = options_given(a->given, "past-key");
    if (given != options_given(a->given, "past-value"))
        return report(HEED_E_INVALID, "--past-%s needs --past-%s beside it",
                      given ? "key" : "value", given ? "value" : "key");
    if (given) status = read_past(a, "past-key", a->head_size, &keys);
    if (given && status == HEED_OK) status = read_past(a, "past-value", a->value_size, &values);
    if (status != HEED_OK) return status;
    if (given && keys->shape[2] != values->shape[2])
        return misfit(options_text(a->given, "past-key"), keys,
                      options_text(a->given, "past-value"), values,
                      "they must have the same rows (the third dimension)");
    if (given) a->past = keys->shape[2];
    if (given || options_given(a->given, "present-key"))
        status = join(a, keys, a->head_size, "present-key", &a->in_k);
    if (status == HEED_OK && (given || options_given(a->given, "present-value")))
        status = join(a, values, a->value_size, "present-value", &a->in_v);
    a->keys += a->past;
    return status;
}

heed_status attend_load(attend *a)
{
    heed_status status = read_arrays(a);
    if (status == HEED_OK) status = take_sizes(a);
    if (status != HEED_OK) return status;
    a->in_q = attend_view(a, a->q, a->heads, a->queries, a->head_size);
    a->in_k = attend_view(a, a->k, a->key_heads, a->keys, a->head_size);
    a->in_v = attend_view(a, a->v, a->key_heads, a->keys, a->value_size);
    return take_past(a);
}

/* ---- lengths and offsets */

static heed_status read_counts(attend *a, const char *flag, const int64_t **out)
{
    heed_array *array;
    const char *path = options_text(a->given, flag);
    *out = NULL;
    if (!path) return HEED_OK;
    heed_status status = attend_read(a, path, HEED_ARRAY_INT64, &array);
    if (status != HEED_OK) return status;
    char text[SHAPE_ROOM];
    if (array->rank != 1 || array->shape[0] != a->batch)
        return report(HEED_E_INVALID, "--%s %s is %s; it must be [%lld], one for each sequence",
                      flag, path, attend_shape(array->rank, array->shape, text),
                      (long long)a->batch);
    *out = array->data;
    return HEED_OK;
}

static heed_status read_offset(attend *a)
{
    const char *text = options_text(a->given, "causal-offset");
    heed_attention_batch *b = &a->batch_of;
    heed_array *one;
    char *end = NULL;
    if (!text && !a->past) return HEED_OK;
    long long number = text ? strtoll(text, &end, 10) : a->past; /* the past lies before query 0 */
    int last = text && strcmp(text, "end") == 0;
    if (last) number = a->keys - a->queries;
    if (text && !last && (end == text || *end)) {
        b->query_offset_count = a->batch;
        return read_counts(a, "causal-offset", &b->query_offset);
    }
    heed_status status =
        attend_array(a, HEED_ARRAY_INT64, 1, (const int64_t[]){1}, "the offset", &one);
    if (status != HEED_OK) return status;
    *(int64_t *)one->data = number;
    b->query_offset = one->data;
    b->query_offset_count = 1;
    return HEED_OK;
}

heed_status attend_rows(attend *a)
{
    heed_attention_batch *b = &a->batch_of;
    *b = (heed_attention_batch){.size = sizeof *b, .sequences = a->batch};
    b->queries.length = a->queries, b->keys.length = a->keys;
    b->seed = (uint64_t)options_integer(a->given, "seed");
    heed_status status = read_counts(a, "q-lengths", &b->queries.lengths);
    if (status == HEED_OK) status = read_counts(a, "kv-lengths", &b->keys.lengths);
    return status == HEED_OK ? read_offset(a) : status;
}
