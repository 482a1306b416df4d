/* SPDX-License-Identifier: MIT */
/* The arrays that mechanisms ask for by name: those of the batch, and learned ones. */
#include "cli/attend/attend.h"

#include "cli/report.h"

#include <stdio.h>
#include <string.h>

/* ---- what was given */

static heed_status add(named *list, int *count, const char *name, size_t length, const char *flag,
                       const char *path, heed_array *array)
{
    if (*count == MOST_NAMED)
        return report(HEED_E_INVALID, "--%s: more than %d arrays", flag, MOST_NAMED);
    if (length >= sizeof list->name)
        return report(HEED_E_INVALID, "--%s %.*s: no array has so long a name", flag, (int)length,
                      name);
    named *n = &list[(*count)++];
    *n = (named){.flag = flag, .path = path, .array = array};
    memcpy(n->name, name, length);
    return HEED_OK;
}

heed_status attend_add_extra(attend *a, const char *name, const char *flag, const char *path,
                             heed_array *array)
{
    return add(a->extra, &a->n_extra, name, strlen(name), flag, path, array);
}

heed_status attend_add_parameter(attend *a, const char *name, const char *flag, heed_array *array)
{
    return add(a->parameter, &a->n_parameter, name, strlen(name), flag, NULL, array);
}

static heed_status split(const char *flag, const char *text, const char **path)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || !equals[1])
        return report(HEED_E_INVALID, "--%s %s: it must be NAME=FILE.npy", flag, text);
    *path = equals + 1;
    return HEED_OK;
}

static heed_status add_all(const options *given, const char *flag, named *list, int *count)
{
    heed_status status = HEED_OK;
    for (int i = 0; i < options_count(given, flag) && status == HEED_OK; i++) {
        const char *text = options_nth(given, flag, i), *path = NULL;
        status = split(flag, text, &path);
        if (status == HEED_OK)
            status = add(list, count, text, (size_t)(path - 1 - text), flag, path, NULL);
    }
    return status;
}

/* --grad-array and --grad-parameter: the nth of a name is that of the nth array of that name. */
static heed_status want_gradients(const options *given, const char *flag, named *list, int count)
{
    heed_status status = HEED_OK;
    for (int i = 0; i < options_count(given, flag) && status == HEED_OK; i++) {
        const char *text = options_nth(given, flag, i), *path = NULL;
        int at = 0;
        status = split(flag, text, &path);
        if (status != HEED_OK) break;
        size_t length = (size_t)(path - 1 - text);
        while (at < count && (list[at].gradient_path || strlen(list[at].name) != length ||
                              memcmp(list[at].name, text, length) != 0))
            at++;
        if (at == count)
            return report(HEED_E_INVALID, "--%s %s: no array of that name was given", flag, text);
        list[at].gradient_path = path;
    }
    return status;
}

/* --sink is the learned array of normaliser "sink". */
static heed_status add_sink(attend *a)
{
    const char *path = options_text(a->given, "sink");
    heed_attention_parameter p;
    for (size_t i = 0; path && heed_attention_plan_parameter(a->plan, i, &p); i++)
        if (strstr(p.name, "sink"))
            return add(a->parameter, &a->n_parameter, p.name, strlen(p.name), "sink", path, NULL);
    return HEED_OK;
}

heed_status attend_named(attend *a)
{
    heed_status status = add_all(a->given, "array", a->extra, &a->n_extra);
    if (status == HEED_OK) status = add_all(a->given, "parameter", a->parameter, &a->n_parameter);
    return status;
}

/* ---- finding what the plan reads */

static named *find(named *list, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (!list[i].taken && strcmp(list[i].name, name) == 0) return &list[i];
    return NULL;
}

static heed_status check_taken(const named *list, int count, const char *what, const char *needs)
{
    for (int i = 0; i < count; i++)
        if (!list[i].taken)
            return report(HEED_E_INVALID, "--%s %s: no mechanism here has %s of that name%s%s",
                          list[i].flag, list[i].name, what, *needs ? "; there are:" : "", needs);
    return HEED_OK;
}

static const char *what_it_is(heed_attention_extra_kind kind)
{
    static const char *const words[] = {
        [HEED_ATTENTION_QUERY_REALS] = "numbers [B, H, Tq], [B, Tq] or [Tq]",
        [HEED_ATTENTION_QUERY_IDS] = "whole numbers [B, H, Tq], [B, Tq] or [Tq]",
        [HEED_ATTENTION_KEY_IDS] = "whole numbers [B, H, Tk], [B, Tk] or [Tk]",
        [HEED_ATTENTION_PAIR_REALS] = "numbers [B, H, Tq, Tk], or what broadcasts to it",
        [HEED_ATTENTION_PAIR_FLAGS] = "booleans [B, H, Tq, Tk], or what broadcasts to it"};
    return words[kind];
}

void attend_say_needs(const attend *a, char *text, size_t size)
{
    heed_attention_parameter p;
    heed_attention_extra_info e;
    size_t used = 0;
    *text = 0;
    for (size_t i = 0; heed_attention_plan_parameter(a->plan, i, &p) && used < size; i++)
        used +=
            (size_t)snprintf(text + used, size - used, "  --parameter %s=FILE.npy: [%lld, %lld]\n",
                             p.name, (long long)p.rows, (long long)p.columns);
    for (size_t i = 0; heed_attention_plan_extra(a->plan, i, &e) && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "  --array %s=FILE.npy: %s\n", e.name,
                                 what_it_is(e.kind));
}

/* ---- arrays of the batch */

static heed_status bad_shape(const named *n, const heed_array *array, const char *rule, int64_t one,
                             int64_t two, int64_t three, int64_t four)
{
    char given[SHAPE_ROOM], wanted[SHAPE_ROOM];
    const int64_t shape[] = {one, two, three, four};
    return report(HEED_E_INVALID, "--%s %s is %s; it must be %s = %s", n->flag, n->path,
                  attend_shape(array->rank, array->shape, given), rule,
                  attend_shape(four >= 0 ? 4 : 3, shape, wanted));
}

/* Dimensions from the right, each as it should be or 1; strides of 0 share. */
static int broadcast(const heed_array *array, int rank, const int64_t *wanted, int64_t *strides)
{
    int64_t stride = 1;
    if (array->rank > rank || array->rank < 1) return 0;
    for (int i = 0; i < rank; i++) strides[i] = 0;
    for (int i = array->rank - 1, at = rank - 1; i >= 0; i--, at--) {
        if (array->shape[i] != wanted[at] && (array->shape[i] != 1 || at == rank - 1)) return 0;
        if (array->shape[i] == wanted[at]) strides[at] = stride;
        stride *= array->shape[i];
    }
    return 1;
}

heed_status attend_lay_rows(const attend *a, const named *n, int64_t rows,
                            heed_attention_extra *out)
{
    const heed_array *x = n->array;
    const int64_t three[] = {a->batch, a->heads, rows}, two[] = {a->batch, rows};
    int64_t strides[3];
    if (x->rank == 2 && broadcast(x, 2, two, strides))
        *out = (heed_attention_extra){x->data, NULL, strides[0], strides[1], 0};
    else if (x->rank != 2 && broadcast(x, 3, three, strides))
        *out = (heed_attention_extra){x->data, NULL, strides[0], strides[2], strides[1]};
    else
        return bad_shape(n, x, "[T], [B, T] or [B, H, T] of [B, H, T]", a->batch, a->heads, rows,
                         -1);
    return HEED_OK;
}

static heed_status lay_pairs(const attend *a, const named *n, heed_attention_extra *out)
{
    const int64_t wanted[] = {a->batch, a->heads, a->queries, a->keys};
    int64_t strides[4];
    if (!broadcast(n->array, 4, wanted, strides))
        return bad_shape(n, n->array, "what broadcasts, from the right, to [B, H, Tq, Tk]",
                         a->batch, a->heads, a->queries, a->keys);
    *out = (heed_attention_extra){n->array->data, NULL, strides[0], strides[2], strides[1]};
    return HEED_OK;
}

static heed_array_kind kind_of(heed_attention_extra_kind kind)
{
    if (kind == HEED_ATTENTION_PAIR_FLAGS) return HEED_ARRAY_BOOL;
    int ids = kind == HEED_ATTENTION_QUERY_IDS || kind == HEED_ATTENTION_KEY_IDS;
    return ids ? HEED_ARRAY_INT64 : REAL_KIND;
}

static heed_status want_gradient(attend *a, named *n)
{
    if (!n->gradient_path) return HEED_OK;
    return attend_array(a, REAL_KIND, n->array->rank, n->array->shape, n->gradient_path,
                        &n->gradient);
}

static heed_status take_extra(attend *a, const heed_attention_extra_info *info,
                              heed_attention_extra *out)
{
    named *n = find(a->extra, a->n_extra, info->name);
    heed_status status = HEED_OK;
    if (!n && info->backward_only && !attend_wants_gradients(a->given)) return HEED_OK;
    if (!n)
        return report(HEED_E_INVALID, "--array %s=FILE.npy is missing: %s", info->name,
                      what_it_is(info->kind));
    n->taken = 1;
    if (!n->array) status = attend_read(a, n->path, kind_of(info->kind), &n->array);
    if (status != HEED_OK) return status;
    if (info->kind == HEED_ATTENTION_PAIR_REALS || info->kind == HEED_ATTENTION_PAIR_FLAGS)
        status = lay_pairs(a, n, out);
    else
        status =
            attend_lay_rows(a, n, info->kind == HEED_ATTENTION_KEY_IDS ? a->keys : a->queries, out);
    if (status == HEED_OK) status = want_gradient(a, n);
    if (n->gradient) out->gradient = n->gradient->data;
    return status;
}

heed_status attend_take_extras(attend *a)
{
    heed_attention_extra_info info;
    size_t e = 0;
    char needs[1024] = "";
    heed_status status = want_gradients(a->given, "grad-array", a->extra, a->n_extra);
    for (; status == HEED_OK && heed_attention_plan_extra(a->plan, e, &info); e++) {
        status = take_extra(a, &info, &a->extras[e]);
        snprintf(needs + strlen(needs), sizeof needs - strlen(needs), " %s", info.name);
    }
    a->batch_of.extras = a->extras;
    a->batch_of.extra_count = e;
    return status == HEED_OK ? check_taken(a->extra, a->n_extra, "an array", needs) : status;
}

/* ---- learned arrays */

static int fits(const heed_array *array, const heed_attention_parameter *p)
{
    return array->rank >= 1 && array->shape[0] == p->rows && array->count == p->rows * p->columns;
}

static heed_status take_parameter(attend *a, const heed_attention_parameter *p, size_t index)
{
    named *n = find(a->parameter, a->n_parameter, p->name);
    char text[SHAPE_ROOM], needs[700];
    if (!n) {
        attend_say_needs(a, needs, sizeof needs);
        for (char *c = needs; *c; c++)
            if (*c == '\n') *c = c[1] ? ';' : 0;
        return report(HEED_E_INVALID,
                      "--parameter %s=FILE.npy is missing: [%lld, %lld]; in all there are%s",
                      p->name, (long long)p->rows, (long long)p->columns, needs);
    }
    n->taken = 1;
    heed_status status = n->array ? HEED_OK : attend_read(a, n->path, REAL_KIND, &n->array);
    if (status != HEED_OK) return status;
    if (!fits(n->array, p))
        return report(HEED_E_INVALID, "--%s %s is %s; %s must be [%lld, %lld]", n->flag, n->path,
                      attend_shape(n->array->rank, n->array->shape, text), p->name,
                      (long long)p->rows, (long long)p->columns);
    a->parameters[index] = n->array->data;
    status = want_gradient(a, n);
    if (n->gradient) a->d_parameters[index] = n->gradient->data;
    return status;
}

heed_status attend_take_parameters(attend *a)
{
    heed_attention_parameter p;
    char needs[1024] = "";
    heed_status status = add_sink(a);
    if (status == HEED_OK)
        status = want_gradients(a->given, "grad-parameter", a->parameter, a->n_parameter);
    for (size_t i = 0; status == HEED_OK && heed_attention_plan_parameter(a->plan, i, &p); i++) {
        status = take_parameter(a, &p, i);
        snprintf(needs + strlen(needs), sizeof needs - strlen(needs), " %s", p.name);
    }
    return status == HEED_OK ? check_taken(a->parameter, a->n_parameter, "a learned array", needs)
                             : status;
}

heed_status attend_write_named(attend *a)
{
    heed_status status = HEED_OK;
    for (int i = 0; i < a->n_extra && status == HEED_OK; i++)
        if (a->extra[i].gradient)
            status = attend_write_file(a, a->extra[i].name, a->extra[i].gradient_path,
                                       a->extra[i].gradient, a->kind);
    for (int i = 0; i < a->n_parameter && status == HEED_OK; i++)
        if (a->parameter[i].gradient)
            status = attend_write_file(a, a->parameter[i].name, a->parameter[i].gradient_path,
                                       a->parameter[i].gradient, a->kind);
    return status;
}
