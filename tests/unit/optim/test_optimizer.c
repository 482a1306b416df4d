/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "base/memory.h"
#include "kernels/kernels.h"
#include "optim/optimizer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GOLDEN = 19 };

static void golden_start(float *data)
{
    for (int i = 0; i < GOLDEN; i++) data[i] = (float)((7 * i) % 13 - 6) / 8;
}

static void golden_grad(int step, float *grad)
{
    for (int i = 0; i < GOLDEN; i++) grad[i] = (float)((5 * i + 3 * step) % 11 - 5) / 4;
}

static void check_row(FILE *file, const float *data)
{
    for (int i = 0; i < GOLDEN; i++) {
        double wanted;
        assert_int_equal(fscanf(file, "%lf", &wanted), 1);
        if (fabs((double)data[i] - wanted) > 3e-6)
            fail_msg("element %d is %.9f, torch has %.9f", i, (double)data[i], wanted);
    }
}

/* tests/golden/optim.py says what the numbers are. */
static void test_parameters_are_those_of_torch(void **state)
{
    (void)state;
    FILE *file = fopen("tests/golden/optim.txt", "r");
    assert_non_null(file);
    char name[16];
    int settings, runs = 0;
    for (; fscanf(file, "%15s %d", name, &settings) == 2; runs++) {
        double values[HEED_SETTINGS], rate;
        int decay;
        for (int i = 0; i < settings; i++) assert_int_equal(fscanf(file, "%lf", &values[i]), 1);
        assert_int_equal(fscanf(file, "%lf %d", &rate, &decay), 2);
        const heed__optimizer_kind *kind = heed__optimizer_find(name);
        assert_non_null(kind);
        assert_int_equal(kind->setting_count, settings);
        float data[GOLDEN], grad[GOLDEN];
        golden_start(data);
        const heed__trained tensor = {"p", data, grad, GOLDEN, decay, 1};
        heed__optimizer *optimizer = NULL;
        check_ok(heed__optimizer_create(kind, values, &tensor, 1, &optimizer));
        for (int step = 0; step < 40; step++) {
            golden_grad(step, grad);
            heed__optimizer_step(NULL, optimizer, rate, 1);
            if (step + 1 == 5 || step + 1 == 40) check_row(file, data);
        }
        heed__optimizer_destroy(&optimizer);
    }
    fclose(file);
    assert_int_equal(runs, 7);
}

/* A model of odd sizes: one tensor of several pieces, small ones, one without a gradient. */
enum { TENSORS = 4, BIG = 40003, ALL = BIG + 1 + 300 + 17 };
static const int64_t counts[TENSORS] = {BIG, 1, 300, 17};

typedef struct model {
    float data[ALL], grad[ALL];
    heed__trained tensors[TENSORS];
    heed__optimizer *optimizer;
} model;

static void make_grads(model *m, int step)
{
    for (int i = 0; i < ALL; i++)
        m->grad[i] =
            (float)(((uint32_t)i * 2654435761u + (uint32_t)step * 40503u) >> 20) / 2048 - 1;
}

static model *make_model(const char *kind)
{
    static const char *const names[TENSORS] = {"big", "one", "middle", "still"};
    model *m = calloc(1, sizeof *m);
    assert_non_null(m);
    int64_t at = 0;
    for (int i = 0; i < TENSORS; at += counts[i++])
        m->tensors[i] = (heed__trained){names[i],  m->data + at, i == 3 ? NULL : m->grad + at,
                                        counts[i], i == 0,       i == 1 ? 0.5 : 1};
    for (int i = 0; i < ALL; i++) m->data[i] = (float)(i % 101 - 50) / 64;
    check_ok(heed__optimizer_create(heed__optimizer_find(kind), NULL, m->tensors, TENSORS,
                                    &m->optimizer));
    return m;
}

static void free_model(model *m)
{
    heed__optimizer_destroy(&m->optimizer);
    assert_null(m->optimizer);
    free(m);
}

static void train(heed_context *context, model *m, int from, int to)
{
    for (int step = from; step < to; step++) {
        make_grads(m, step);
        double norm;
        check_ok(heed__optimizer_norm(context, m->optimizer, &norm));
        heed__optimizer_step(context, m->optimizer, 0.01, heed__clip_scale(norm, 5));
    }
}

static void test_threads_do_not_change_a_bit(void **state)
{
    (void)state;
    heed_context *context = NULL;
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &context));
    size_t kinds;
    const heed__optimizer_kind *const *kind = heed__optimizer_kinds(&kinds);
    for (size_t i = 0; i < kinds; i++) {
        model *one = make_model(kind[i]->name), *three = make_model(kind[i]->name);
        const float still = one->data[ALL - 1], moving = one->data[0];
        train(NULL, one, 0, 6);
        train(context, three, 0, 6);
        assert_memory_equal(one->data, three->data, sizeof one->data);
        assert_true(one->data[ALL - 1] == still);
        assert_true(one->data[0] != moving);
        free_model(one);
        free_model(three);
    }
    heed_context_destroy(&context);
}

static void test_steps_allocate_nothing(void **state)
{
    (void)state;
    model *m = make_model("adamw");
    uint64_t before = heed__alloc_count();
    train(NULL, m, 0, 3);
    assert_int_equal(heed__alloc_count(), before);
    free_model(m);
}

/* What a checkpoint does: parameters, state arrays and the number of steps into a new optimiser. */
static void test_a_resumed_run_is_the_same(void **state)
{
    (void)state;
    size_t kinds;
    const heed__optimizer_kind *const *kind = heed__optimizer_kinds(&kinds);
    for (size_t k = 0; k < kinds; k++) {
        model *whole = make_model(kind[k]->name), *rest = make_model(kind[k]->name);
        train(NULL, whole, 0, 4);
        memcpy(rest->data, whole->data, sizeof rest->data);
        size_t arrays = heed__optimizer_state_count(whole->optimizer);
        assert_int_equal(arrays, TENSORS * (kind[k]->slots[1] ? 2 : 1));
        for (size_t i = 0; i < arrays; i++) {
            char from[64], to[64];
            const heed__trained *tensor;
            float *old, *new;
            heed__optimizer_state(whole->optimizer, i, from, sizeof from, &tensor, &old);
            heed__optimizer_state(rest->optimizer, i, to, sizeof to, &tensor, &new);
            assert_string_equal(from, to);
            memcpy(new, old, (size_t)tensor->count * sizeof *new);
        }
        heed__optimizer_resume(rest->optimizer, whole->optimizer->steps);
        train(NULL, whole, 4, 9);
        train(NULL, rest, 4, 9);
        assert_memory_equal(whole->data, rest->data, sizeof whole->data);
        free_model(whole);
        free_model(rest);
    }
    model *m = make_model("adamw");
    char name[64];
    const heed__trained *tensor;
    float *data;
    heed__optimizer_state(m->optimizer, 5, name, sizeof name, &tensor, &data);
    assert_string_equal(name, "square.middle");
    assert_int_equal(tensor->count, 300);
    free_model(m);
}

static void test_the_norm_and_what_it_refuses(void **state)
{
    (void)state;
    model *m = make_model("sgd");
    double norm, square = 0;
    make_grads(m, 0);
    for (int i = 0; i < ALL - 17; i++) square += (double)m->grad[i] * (double)m->grad[i];
    check_ok(heed__optimizer_norm(NULL, m->optimizer, &norm));
    assert_true(fabs(norm - sqrt(square)) < 1e-5 * norm);
    m->grad[BIG] = 1e30f; /* its square is no float32 */
    check_ok(heed__optimizer_norm(NULL, m->optimizer, &norm));
    assert_true(fabs(norm - 1e30) < 1e24);
    m->grad[BIG + 1 + 7] = NAN;
    check_fails(heed__optimizer_norm(NULL, m->optimizer, &norm), HEED_E_NUMERIC,
                "'middle' is nan at element 7");
    m->grad[20000] = -INFINITY;
    check_fails(heed__optimizer_norm(NULL, m->optimizer, &norm), HEED_E_NUMERIC,
                "'big' is -inf at element 20000");
    m->grad[ALL - 1] = NAN; /* behind a tensor that is left alone */
    m->grad[20000] = m->grad[BIG + 8] = 0;
    check_ok(heed__optimizer_norm(NULL, m->optimizer, &norm));
    free_model(m);
}

static void test_clipping(void **state)
{
    (void)state;
    assert_true(heed__clip_scale(4, 1) == 0.25f);
    assert_true(heed__clip_scale(1, 1) == 1);
    assert_true(heed__clip_scale(0, 1) == 1);
    assert_true(heed__clip_scale(4, 0) == 1);
    /* A scaled gradient and one that was scaled before give the same parameters. */
    float data[2][GOLDEN], grad[2][GOLDEN];
    for (int k = 0; k < 2; k++) {
        golden_start(data[k]);
        const heed__trained tensor = {"p", data[k], grad[k], GOLDEN, 1, 1};
        heed__optimizer *optimizer = NULL;
        check_ok(
            heed__optimizer_create(heed__optimizer_find("adamw"), NULL, &tensor, 1, &optimizer));
        for (int step = 0; step < 4; step++) {
            golden_grad(step, grad[k]);
            if (k)
                for (int i = 0; i < GOLDEN; i++) grad[k][i] *= 0.25f;
            heed__optimizer_step(NULL, optimizer, 0.1, k ? 1 : 0.25f);
        }
        heed__optimizer_destroy(&optimizer);
    }
    assert_memory_equal(data[0], data[1], sizeof data[0]);
}

static void test_settings_are_checked(void **state)
{
    (void)state;
    heed__optimizer *optimizer = NULL;
    const heed__optimizer_kind *adamw = heed__optimizer_find("adamw");
    const double beta[] = {1.5, 0.999, 1e-8, 0}, not_a_number[] = {0.9, NAN, 1e-8, 0};
    check_fails(heed__optimizer_create(adamw, beta, NULL, 0, &optimizer), HEED_E_INVALID,
                "adamw: beta1 = 1.5");
    check_fails(heed__optimizer_create(adamw, not_a_number, NULL, 0, &optimizer), HEED_E_INVALID,
                "beta2 = nan");
    assert_null(optimizer);
    assert_null(heed__optimizer_find("adagrad"));
    assert_int_equal(heed__setting_find(adamw->settings, adamw->setting_count, "weight_decay"), 3);
    assert_int_equal(heed__setting_find(adamw->settings, adamw->setting_count, "decay"), -1);
}

static void test_every_failing_allocation_is_an_error(void **state)
{
    (void)state;
    float data[3] = {0}, grad[3] = {0};
    const heed__trained tensor = {"p", data, grad, 3, 1, 1};
    int failures = 0;
    heed__optimizer *optimizer = NULL;
    for (uint64_t n = 1; !optimizer; n++) {
        heed__alloc_fail_at(n);
        heed_status status =
            heed__optimizer_create(heed__optimizer_find("adamw"), NULL, &tensor, 1, &optimizer);
        heed__alloc_fail_at(0);
        failures += status == HEED_E_NOMEM;
        assert_int_equal(status == HEED_OK, optimizer != NULL);
    }
    assert_int_equal(failures, 6);
    heed__optimizer_destroy(&optimizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters_are_those_of_torch),
        cmocka_unit_test(test_threads_do_not_change_a_bit),
        cmocka_unit_test(test_steps_allocate_nothing),
        cmocka_unit_test(test_a_resumed_run_is_the_same),
        cmocka_unit_test(test_the_norm_and_what_it_refuses),
        cmocka_unit_test(test_clipping),
        cmocka_unit_test(test_settings_are_checked),
        cmocka_unit_test(test_every_failing_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
