/* SPDX-License-Identifier: MIT */
/* Numbers of 16 bits, every one of them, and arrays from one kind to another. */
#include "check.h"

#include "heed/array.h"
#include "tensor/half.h"

#include <math.h>
#include <string.h>

typedef struct format {
    double (*to)(uint16_t);
    uint16_t (*from)(double);
    int fraction, bias;
} format;

static const format formats[] = {{heed__half_to, heed__half_from, 10, 15},
                                 {heed__bfloat_to, heed__bfloat_from, 7, 127}};

/* The definition, by libm. */
static double value_of(const format *f, unsigned bits)
{
    int exponent = (int)(bits & 0x7fff) >> f->fraction,
        fraction = (int)(bits & ((1u << f->fraction) - 1));
    double x = exponent == 2 * f->bias + 1 ? (fraction ? NAN : INFINITY)
               : exponent == 0
                   ? ldexp(fraction, 1 - f->bias - f->fraction)
                   : ldexp((1 << f->fraction) + fraction, exponent - f->bias - f->fraction);
    return bits & 0x8000 ? -x : x;
}

static void test_every_pattern(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++)
        for (unsigned bits = 0; bits < 65536; bits++) {
            double x = formats[k].to((uint16_t)bits), wanted = value_of(&formats[k], bits);
            assert_true(isnan(wanted) ? isnan(x) : x == wanted);
            assert_int_equal(signbit(x) != 0, bits >> 15);
            assert_int_equal(formats[k].from(x), bits);
        }
}

/* Halfway to the next number goes to the even one, anything nearer to the near one: between every
 * two neighbours, the last of which is infinity, which is reached as if it were a number. */
static void test_rounding(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        const format *f = &formats[k];
        unsigned infinity = (2u * (unsigned)f->bias + 1) << f->fraction;
        for (unsigned low = 0; low < infinity; low++) {
            double a = f->to((uint16_t)low);
            double b = low + 1 < infinity ? f->to((uint16_t)(low + 1)) : ldexp(1, f->bias + 1);
            double middle = (a + b) / 2; /* exact */
            assert_int_equal(f->from(middle), low + (low & 1));
            assert_int_equal(f->from(nextafter(middle, 0)), low);
            assert_int_equal(f->from(nextafter(middle, INFINITY)), low + 1);
            assert_int_equal(f->from(-middle), 0x8000 | (low + (low & 1)));
        }
        assert_int_equal(f->from(1e300), infinity);
        assert_int_equal(f->from(-INFINITY), 0x8000 | infinity);
        assert_int_equal(f->from(1e-300), 0);
        assert_int_equal(f->from(-5e-324), 0x8000);
        assert_true(isnan(f->to(f->from(NAN))));
    }
    uint64_t low_payload = (UINT64_C(2047) << 52) | 1; /* a NaN whose upper bits are all 0 */
    double x;
    memcpy(&x, &low_payload, sizeof x);
    assert_true(isnan(heed__half_to(heed__half_from(x))));
    assert_true(isnan(heed__bfloat_to(heed__bfloat_from(x))));
}

static void test_conversions(void **state)
{
    (void)state;
    const int64_t shape[] = {2, 2};
    heed_array wide, half, back, wrong;
    check_ok(heed_array_create(HEED_ARRAY_FLOAT64, 2, shape, "wide", &wide));
    double *x = wide.data;
    assert_int_equal(wide.count, 4);
    assert_true(x[0] == 0 && x[3] == 0);
    x[0] = 1.0 / 3, x[1] = 65520, x[2] = -INFINITY, x[3] = 1 + ldexp(1, -11) + ldexp(1, -40);
    check_ok(heed_array_convert(&wide, HEED_ARRAY_FLOAT16, "wide", &half));
    const uint16_t wanted[] = {0x3555, 0x7c00, 0xfc00, 0x3c01}; /* the last: not by way of float */
    assert_memory_equal(half.data, wanted, sizeof wanted);
    check_ok(heed_array_convert(&half, HEED_ARRAY_FLOAT32, "half", &back));
    assert_int_equal(back.kind, HEED_ARRAY_FLOAT32);
    assert_int_equal(back.rank, 2);
    assert_true(((float *)back.data)[3] == 1.0009765625f);
    check_fails(heed_array_convert(&half, HEED_ARRAY_INT64, "half.npy", &wrong), HEED_E_INVALID,
                "half.npy: its elements are float16; they must be int64");
    assert_null(wrong.data);
    heed_array_free(&wide);
    heed_array_free(&half);
    heed_array_free(&back);
    heed_array_free(NULL);
}

static void test_whole_numbers(void **state)
{
    (void)state;
    const int64_t shape[] = {2}, negative[] = {-1}, vast[] = {INT64_MAX / 4, 4};
    heed_array narrow, wide, wrong;
    check_ok(heed_array_create(HEED_ARRAY_INT32, 1, shape, "ids", &narrow));
    ((int32_t *)narrow.data)[0] = -7;
    check_ok(heed_array_convert(&narrow, HEED_ARRAY_INT64, "ids", &wide));
    assert_int_equal(((int64_t *)wide.data)[0], -7);
    ((int64_t *)wide.data)[1] = INT64_C(1) << 31;
    check_fails(heed_array_convert(&wide, HEED_ARRAY_INT32, "ids", &wrong), HEED_E_INVALID,
                "element 1 is 2147483648");
    check_fails(heed_array_convert(&wide, HEED_ARRAY_FLOAT32, "ids", &wrong), HEED_E_INVALID,
                "must be floating, such as float32");
    check_fails(heed_array_create(HEED_ARRAY_BOOL, 1, negative, "ids", &wrong), HEED_E_INVALID,
                "dimension 0 is -1");
    check_fails(heed_array_create(HEED_ARRAY_FLOAT64, 2, vast, "ids", &wrong), HEED_E_INVALID,
                "overflows");
    check_fails(heed_array_create(HEED_ARRAY_BOOL, 33, vast, "ids", &wrong), HEED_E_INVALID, "33");
    heed_array_free(&narrow);
    heed_array_free(&wide);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_pattern),
        cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_conversions),
        cmocka_unit_test(test_whole_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
