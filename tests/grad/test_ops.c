/* SPDX-License-Identifier: MIT */
/* Each operation's own gradient check, in float64, against central differences. */
#include "check.h"

#include <assert.h>

#include "autograd/gradcheck.h"
#include "ops/ops.h"

#include <string.h>

static const double tolerance = 1e-8; /* h = 1e-5: the quotient's own error is near 1e-10 */

static void test_op(void **state)
{
    const heed__op *op = *state;
    heed__gradcheck check;
    check_ok(heed__gradcheck_create(NULL, &check));
    check_ok(op->check(&check));
    assert_true(check.instances > 0);
    if (!(check.worst < tolerance))
        fail_msg("%s: gradient off by %g (limit %g)", op->name, (double)check.worst, tolerance);
    heed__gradcheck_clear(&check);
}

/* The check itself must notice a wrong gradient. */
static heed_status wrong_shape(const heed__shapes *s, heed__size *size)
{
    size->rows = s->in[0].rows;
    size->cols = s->in[0].cols;
    return HEED_OK;
}

static heed_status wrong_forward(const heed__call *call)
{
    for (int i = 0; i < 4; i++) call->out.data[i] = 2 * call->in[0].data[i];
    return HEED_OK;
}

static heed_status wrong_backward(const heed__call *call)
{
    for (int i = 0; i < 4; i++) call->in[0].grad[i] += (i == 3 ? 1.999 : 2) * call->out.grad[i];
    return HEED_OK;
}

static void test_check_notices_a_wrong_gradient(void **state)
{
    (void)state;
    const heed__op wrong = {.name = "wrong",
                            .least_inputs = 1,
                            .most_inputs = 1,
                            .shape = wrong_shape,
                            .forward = wrong_forward,
                            .backward = wrong_backward};
    heed__gradcheck check;
    check_ok(heed__gradcheck_create(NULL, &check));
    heed__var x = heed__gradcheck_input(&check, 2, 2);
    check_ok(heed__gradcheck_apply(&check, &wrong, &x, 1, NULL, 0));
    assert_true(check.worst > 1e-5);
    heed__gradcheck_clear(&check);
}

int main(void)
{
    struct CMUnitTest tests[64] = {cmocka_unit_test(test_check_notices_a_wrong_gradient)};
    size_t count = 1;
    for (const heed__op *const *op = heed__ops; *op; op++) {
        assert(count < 64);
        tests[count++] = (struct CMUnitTest){(*op)->name, test_op, NULL, NULL, (void *)*op};
    }
    return _cmocka_run_group_tests("operations", tests, count, NULL, NULL);
}
