/* SPDX-License-Identifier: MIT */
#include "attention/textbook.h"

heed_status heed__textbook_size(const char *name, int64_t value, int64_t low)
{
    if (value < low || value > INT64_C(1) << 31)
        return heed__fail(HEED_E_INVALID, "%s = %lld; it must be %lld to 2^31", name,
                          (long long)value, (long long)low);
    return HEED_OK;
}

heed_status heed__textbook_volume(const char *name, int64_t a, int64_t b, int64_t c)
{
    const int64_t most = INT64_C(1) << 48;
    if (!a || !b || !c) return HEED_OK;
    if (b > most / a || c > most / (a * b))
        return heed__fail(HEED_E_INVALID,
                          "%s would have %lld x %lld x %lld elements; it may have 2^48", name,
                          (long long)a, (long long)b, (long long)c);
    return HEED_OK;
}

heed_status heed__textbook_lengths(const char *name, const int64_t *lengths, int64_t n,
                                   int64_t most)
{
    for (int64_t i = 0; lengths && i < n; i++)
        if (lengths[i] < 0 || lengths[i] > most)
            return heed__fail(HEED_E_INVALID, "%s[%lld] = %lld; it must be 0 to %lld", name,
                              (long long)i, (long long)lengths[i], (long long)most);
    return HEED_OK;
}

heed_status heed__textbook_given(const char *name, const void *array, int64_t elements)
{
    if (elements && !array) return heed__fail(HEED_E_INVALID, "%s is NULL; it must be given", name);
    return HEED_OK;
}
