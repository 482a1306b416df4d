/* SPDX-License-Identifier: MIT */
/* What the files of AMX are compiled for, so that none needs flags of its own: what stands between
 * the first time that this is included and the second. */
#ifndef HEED_AMX_TARGET
#    define HEED_AMX_TARGET
#    include <immintrin.h>
#    if defined(__clang__)
#        pragma clang attribute push(                                                              \
            __attribute__((                                                                        \
                target("amx-tile,amx-bf16,avx512bf16,avx512f,avx512bw,avx512dq,avx512vl,fma"))),   \
            apply_to = function)
#    else
#        pragma GCC push_options
#        pragma GCC target("amx-tile,amx-bf16,avx512bf16,avx512f,avx512bw,avx512dq,avx512vl,fma")
#    endif
#else
#    undef HEED_AMX_TARGET
#    if defined(__clang__)
#        pragma clang attribute pop
#    else
#        pragma GCC pop_options
#    endif
#endif
